#include "ids.hpp"

#include <string>

#include "../../autograd/core/error.hpp"
#include "vocabulary.hpp"

namespace xgrad {

IdsView IdsView::subview(Size begin, Size count) const {
  if (begin < 0 || count < 0 || begin > size_ || count > size_ - begin)
    fail<ValueError>(
        "ids", std::to_string(count) + " from " + std::to_string(begin) + " on are not among " + std::to_string(size_));
  IdsView part = *this;
  if (wide_) part.wide_ += begin;
  else if (narrow_) part.narrow_ += begin;
  part.size_ = count;
  return part;
}

void IdsView::unpack(std::span<Index> to) const {
  if (static_cast<Size>(to.size()) != size_)
    fail<ValueError>("ids", std::to_string(size_) + " do not fill " + std::to_string(to.size()) + " elements");
  for (Size i = 0; i < size_; ++i) to[static_cast<std::size_t>(i)] = (*this)[i];
}

std::vector<Index> IdsView::unpacked() const {
  std::vector<Index> all(static_cast<std::size_t>(size_));
  unpack(all);
  return all;
}

bool operator==(const IdsView& a, const IdsView& b) {
  if (a.size_ != b.size_) return false;
  for (Size i = 0; i < a.size_; ++i)
    if (a[i] != b[i]) return false;
  return true;
}

Ids::Ids(std::span<const Index> ids, Index symbols) {
  if (symbols > Vocabulary::max_size)
    fail<ValueError>("ids", std::to_string(symbols) + " symbols exceed " + std::to_string(Index{Vocabulary::max_size}));
  for (const Index id : ids)
    if (id < 0 || id >= symbols)
      fail<ValueError>("ids",
                       "id " + std::to_string(id) + " is out of range for a vocabulary of " + std::to_string(symbols));
  if (symbols <= 256) ids_ = std::vector<std::uint8_t>(ids.begin(), ids.end());
  else ids_ = std::vector<std::uint16_t>(ids.begin(), ids.end());
}

IdsView Ids::view() const {
  return std::visit([](const auto& ids) { return IdsView(std::span(ids)); }, ids_);
}

}  // namespace xgrad
