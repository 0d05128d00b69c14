// SHA-256, by OpenSSL: what tells two texts or two files apart. It guards against damage and mistakes, not against
// somebody who writes a file and its digest both.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX, which stays out of our headers

namespace xgrad {

/// The digest of bytes that come in pieces.
class Sha256 {
 public:
  static constexpr std::size_t digits = 64;  ///< length of hex()

  /// Throws std::bad_alloc where OpenSSL has no memory or no SHA-256.
  Sha256();
  void update(std::span<const std::byte> bytes);
  /// The digest of all pieces as 64 lower-case digits, once: nothing may be added afterwards.
  std::string hex();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// The digest of one piece.
std::string sha256(std::span<const std::byte> bytes);

}  // namespace xgrad
