#!/usr/bin/env python3
"""Holds the ratios of tape to hand-written step against recorded ones: W1 to W3, CPU time, in rounds.

    check.py build/release/tests/benchmarks/rnn_step             # 0 where all is well, 1 where not
    check.py build/release/tests/benchmarks/rnn_step --record    # after a change that is meant

A ratio may exceed the recorded one by 10 percent, or by three times the spread of its rounds where that is more. A step
must not go to the heap at all. Times are not looked at: they belong to a machine and an hour. Ratios are recorded for
each set of kernels that the library and OpenBLAS choose on a machine; a set that nobody has recorded is held against
those under "elsewhere", which are what the library promises.
"""
import argparse
import json
import pathlib
import subprocess
import sys

WORKLOADS = ("W1", "W2", "W3")
LEAST_ROUNDS = 21
RECORDED_RUNS = 5
ELSEWHERE = "elsewhere"
RECORDED = pathlib.Path(__file__).with_name("ratios.json")


class Problem(Exception):
    """What ends a script: one line for the user."""


def measure(program, workloads, rounds, env=None):
    """The rows that rnn_step prints, by workload."""
    command = [str(program), "--json", "--rounds", str(rounds), "--workload", ",".join(workloads)]
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True)
    except OSError as error:
        raise Problem(f"{program}: {error.strerror}")
    if done.returncode != 0:
        raise Problem(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["workload"]: row for row in rows}


def kernels_of(row):
    """What a recorded ratio belongs to: the instruction set of our kernels, where it is told, and OpenBLAS's choice."""
    return "/".join(row[key] for key in ("isa", "blas_core") if key in row)


def recorded_ratio(recorded, row):
    """The ratio that a row is held against, and whose it is. None where no machine has one."""
    name, kernels = row["workload"], kernels_of(row)
    if name in recorded.get(kernels, {}):
        return recorded[kernels][name], kernels
    if name in recorded.get(ELSEWHERE, {}):
        return recorded[ELSEWHERE][name], ELSEWHERE
    return None


def complaints(row, recorded):
    """What is wrong with a row: a list of sentences, empty where nothing is."""
    name = row["workload"]
    wrong = []
    if row["rounds"] < LEAST_ROUNDS:
        wrong.append(f"{name}: {row['rounds']} rounds, at least {LEAST_ROUNDS} are needed")
    if row["threads"] != 1:
        wrong.append(f"{name}: {row['threads']} threads, ratios are recorded for one")
    if row["allocations_per_step"] != 0:
        wrong.append(f"{name}: a step goes to the heap {row['allocations_per_step']:g} times, 0 are allowed")
    against = recorded_ratio(recorded, row)
    if against is None:
        return wrong + [f"{name}: no ratio is recorded"]
    ratio, whose = against
    limit = ratio + max(0.10 * ratio, 3 * row["spread"])
    if not row["ratio"] <= limit:
        wrong.append(f"{name}: ratio {row['ratio']:.3f} +- {row['spread']:.3f}, recorded {ratio:.3f} ({whose}), "
                     f"limit {limit:.3f}")
    return wrong


def check(rows, recorded, out=sys.stdout):
    """Whether all is well with the rows, by workload."""
    well = True
    for name in WORKLOADS:
        wrong = complaints(rows[name], recorded) if name in rows else [f"{name}: not measured"]
        for sentence in wrong:
            print(sentence, file=out)
        if not wrong:
            row, (ratio, whose) = rows[name], recorded_ratio(recorded, rows[name])
            print(f"{name}: ratio {row['ratio']:.3f} +- {row['spread']:.3f}, recorded {ratio:.3f} ({whose}): ok", file=out)
        well = well and not wrong
    return well


def record(runs, path):
    """Writes the largest of several processes' ratios: where its memory lies makes a short step of one process faster
    than another's, by more than 10 percent for the shortest."""
    recorded = json.loads(path.read_text()) if path.exists() else {}
    for name, row in runs[0].items():
        ratio = max(run[name]["ratio"] for run in runs)
        recorded.setdefault(kernels_of(row), {})[name] = round(ratio, 3)
    path.write_text(json.dumps(recorded, indent=2, sort_keys=True) + "\n")


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="rnn_step")
    parser.add_argument("--rounds", type=int, default=41, help="at least 21 (default 41)")
    parser.add_argument("--ratios", type=pathlib.Path, default=RECORDED, help="(default: ratios.json beside this file)")
    parser.add_argument("--record", action="store_true", help="write the measured ratios there, check nothing")
    options = parser.parse_args(argv)
    rows = lambda: measure(options.program, WORKLOADS, options.rounds)
    try:
        if options.record:
            record([rows() for _ in range(RECORDED_RUNS)], options.ratios)
            return 0
        return 0 if check(rows(), json.loads(options.ratios.read_text())) else 1
    except (Problem, OSError, ValueError) as problem:
        print(f"check.py: error: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
