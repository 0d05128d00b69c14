// The engine: arrays, tape, variables, rules, transforms, random numbers.
#pragma once
#include "core/array.hpp"
#include "core/error.hpp"
#include "core/rng.hpp"
#include "core/shape.hpp"
#include "rules/linear_maps.hpp"
#include "rules/record.hpp"
#include "tape/parameter.hpp"
#include "tape/tape.hpp"
#include "tape/var.hpp"
#include "transforms/transforms.hpp"
