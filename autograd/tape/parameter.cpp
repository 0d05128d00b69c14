#include "parameter.hpp"

#include <algorithm>
#include <mutex>

#include "../core/error.hpp"
#include "../core/scalars.hpp"

namespace xgrad {

namespace {

// Keys of living slots, handed out again once their store is gone, so that the tables of long-lived tapes stay small.
class Keys {
 public:
  struct Key {
    Index key;
    std::uint64_t serial;
  };
  Key take() {
    const std::lock_guard lock(mutex_);
    ++serial_;
    if (free_.empty()) return {next_++, serial_};
    const Index key = free_.back();
    free_.pop_back();
    return {key, serial_};
  }
  void give_back(Index key) {
    const std::lock_guard lock(mutex_);
    free_.push_back(key);
  }

 private:
  std::mutex mutex_;
  std::vector<Index> free_;
  Index next_ = 0;
  std::uint64_t serial_ = 0;
};

Keys& keys() {
  static Keys* const k = new Keys;  // never destroyed: stores may be static objects
  return *k;
}

}  // namespace

// ---- Parameter

template <class T>
void Parameter<T>::throw_lost() {
  fail<TapeError>("parameter", "a Var was assigned to this Parameter; it no longer names its value");
}

template <class T>
std::span<T> Parameter<T>::mutable_value() const {
  ++slot().version;
  return {slot().value(), static_cast<std::size_t>(slot().shape.size())};
}

template <class T>
void Parameter<T>::assign(const Array<T>& value) const {
  if (shape_of(value) != slot().shape)
    fail<ShapeError>("assign", "the parameter is " + slot().shape.str() + ", the value is " + shape_of(value).str());
  std::copy(value.data(), value.data() + value.size(), mutable_value().begin());
}

// ---- GradientBuffer

template <class T>
void GradientBuffer<T>::fit() {
  values_.resize(store_->values_.size(), T(0));
  fresh_.resize(store_->slots_.size(), 1);
}

template <class T>
void GradientBuffer<T>::settle(Slot<T>& slot) {
  std::uint8_t& fresh = fresh_[static_cast<std::size_t>(slot.place)];
  if (fresh) std::fill_n(data(slot), slot.shape.size(), T(0));
  fresh = 0;
}

template <class T>
std::span<T> GradientBuffer<T>::flat() {
  if (incomplete_)
    fail<TapeError>("gradients", "the last backward was cut short by an exception\nhint: call zero_grad() first");
  fit();
  for (const auto& slot : store_->slots_) settle(*slot);
  return values_;
}

template <class T>
std::span<const T> GradientBuffer<T>::of(const Parameter<T>& p) {
  if (p.slot().store != store_) fail<TapeError>("gradients", "the parameter belongs to another store");
  const auto all = flat();
  return all.subspan(static_cast<std::size_t>(p.slot().offset), static_cast<std::size_t>(p.slot().shape.size()));
}

template <class T>
void GradientBuffer<T>::zero_grad() {
  fit();
  std::fill(fresh_.begin(), fresh_.end(), std::uint8_t(1));
  incomplete_ = false;
}

// ---- ParamStore

template <class T>
ParamStore<T>::~ParamStore() {
  for (const auto& slot : slots_) keys().give_back(slot->key);
}

template <class T>
Parameter<T> ParamStore<T>::add(const Shape& shape) {
  constexpr Size line = 64 / static_cast<Size>(sizeof(T));
  const Size offset = static_cast<Size>(values_.size());
  const std::size_t end = static_cast<std::size_t>(offset + (shape.size() + line - 1) / line * line);
  if (end > values_.capacity()) {
    Flat grown;
    grown.reserve(std::max(end, 2 * values_.capacity()));
    grown.assign(values_.begin(), values_.end());
    std::swap(grown, values_);
    if (!grown.empty()) retired_.push_back(std::move(grown));
    for (const auto& slot : slots_) ++slot->version;  // a tape that has bound them points at the old buffer
  }
  values_.resize(end, T(0));
  const auto [key, serial] = keys().take();
  slots_.push_back(std::make_unique<Slot<T>>(Slot<T>{this, shape, offset, count(), key, serial}));
  gradients_.fit();
  return Parameter<T>(slots_.back().get());
}

template <class T>
Parameter<T> ParamStore<T>::add(const Array<T>& value) {
  const Parameter<T> p = add(shape_of(value));
  p.assign(value);
  return p;
}

template <class T>
std::span<T> ParamStore<T>::mutable_values() {
  for (const auto& slot : slots_) ++slot->version;
  return values_;
}

#define XGRAD_INSTANTIATE(T)        \
  template class Parameter<T>;      \
  template class GradientBuffer<T>; \
  template class ParamStore<T>;
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
