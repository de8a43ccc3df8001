#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace oidc_audit::oidc {

/// A set of bytes, written like the inside of a regular expression's brackets: "A-Za-z0-9_-"; a leading
/// `^` means everything printable but these (bytes above 0x7F included, controls excluded).
class ByteSet {
 public:
  static Result<ByteSet> parse(std::string_view spec);
  bool has(char c) const noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return (words_[byte >> 6U] >> (byte & 63U)) & 1U;
  }
  void add(unsigned char byte) noexcept { words_[byte >> 6U] |= std::uint64_t{1} << (byte & 63U); }
  void remove(unsigned char byte) noexcept { words_[byte >> 6U] &= ~(std::uint64_t{1} << (byte & 63U)); }
  /// The bytes of a text.
  static ByteSet of(std::string_view text) noexcept {
    ByteSet out;
    for (const char c : text) out.add(static_cast<unsigned char>(c));
    return out;
  }
  /// Whether all of these are in `other`.
  bool is_within(const ByteSet& other) const noexcept {
    std::uint64_t missing = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) missing |= words_[i] & ~other.words_[i];
    return missing == 0;
  }

 private:
  std::array<std::uint64_t, 4> words_{};
};

/// What a segment may hold: bytes, length, words, and the rules that bytes alone cannot say.
struct ValueClass {
  /// Checks beyond bytes and lengths.
  enum class Check : std::uint8_t {
    none,
    git_ref,
    git_branch,
    uuid,
    spiffe_path,
    host,
    url,
    hyphen_digits,
    job_path,
    job_base
  };

  std::string name;
  std::string text;  ///< for people: "letters, digits, `-` and `_`"
  ByteSet body;
  ByteSet first;
  ByteSet last;
  std::uint32_t min = 1;            ///< bytes
  std::uint32_t max = 0;            ///< bytes; 0: no limit
  std::vector<std::string> values;  ///< not empty: one of these words
  Check check = Check::none;

  /// Whether a token can carry `value` here. Linear in its length.
  bool accepts(std::string_view value) const noexcept;
};

/// A class every provider file may name without defining it; nullptr when there is none of that name.
const ValueClass* find_common_class(std::string_view name);

/// Git's rules for a complete reference name (git-check-ref-format) except for the number of slashes.
bool is_git_ref(std::string_view text) noexcept;

/// The path of a Jenkins job behind its first `/job/`, as Jenkins writes it (Util.rawEncode of
/// hudson.model.Job's names; the name of a branch job is itself encoded once before):
/// `folder/job/app/job/feature%252Flogin`.
std::string jenkins_job_path(std::string_view path);

/// The value of a query as net/url's QueryEscape writes it, whether it is encoded already or not.
std::string query_escaped(std::string_view text);

/// 8-4-4-4-12 lower-case hexadecimal digits.
bool is_uuid(std::string_view text) noexcept;

}  // namespace oidc_audit::oidc
