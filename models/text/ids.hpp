// The ids of a text, in as few bytes as its vocabulary allows: one each for up to 256 symbols, else two.
//
// A text is the largest thing that a training keeps, and most texts have a hundred symbols. So `Ids` owns the array,
// `IdsView` is a cheap reference to a part of it, as std::string_view is to a string, and windows expand the few ids of
// one step to Index.
#pragma once
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "../../autograd/core/shape.hpp"

namespace xgrad {

/// Ids that somebody else owns and keeps.
class IdsView {
 public:
  IdsView() = default;
  IdsView(std::span<const std::uint8_t> ids) : narrow_(ids.data()), size_(static_cast<Size>(ids.size())) {}
  IdsView(std::span<const std::uint16_t> ids) : wide_(ids.data()), size_(static_cast<Size>(ids.size())) {}

  Size size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Not checked: 0 <= i < size().
  Index operator[](Size i) const { return wide_ ? Index{wide_[i]} : Index{narrow_[i]}; }

  /// The `count` ids from `begin` on. Throws ValueError where there are not so many.
  IdsView subview(Size begin, Size count) const;
  /// Copies all ids. Throws ValueError unless `to` has size() elements.
  void unpack(std::span<Index> to) const;
  std::vector<Index> unpacked() const;

  /// The same ids, in whatever width.
  friend bool operator==(const IdsView& a, const IdsView& b);

 private:
  const std::uint8_t* narrow_ = nullptr;  // the one or the other
  const std::uint16_t* wide_ = nullptr;
  Size size_ = 0;
};

/// An array of ids.
class Ids {
 public:
  Ids() = default;
  explicit Ids(std::vector<std::uint8_t> ids) : ids_(std::move(ids)) {}
  explicit Ids(std::vector<std::uint16_t> ids) : ids_(std::move(ids)) {}
  /// Ids of a vocabulary of `symbols`. Throws ValueError for more than 65536 symbols, and for an id outside
  /// [0, symbols).
  Ids(std::span<const Index> ids, Index symbols);

  /// Valid as long as this object, which must not be a temporary of a longer expression.
  IdsView view() const;
  operator IdsView() const { return view(); }

  Size size() const { return view().size(); }
  Index operator[](Size i) const { return view()[i]; }
  IdsView subview(Size begin, Size count) const { return view().subview(begin, count); }
  std::vector<Index> unpacked() const { return view().unpacked(); }
  /// Bytes that one id takes: 1 or 2.
  Index width() const { return ids_.index() == 0 ? 1 : 2; }

 private:
  std::variant<std::vector<std::uint8_t>, std::vector<std::uint16_t>> ids_;
};

}  // namespace xgrad
