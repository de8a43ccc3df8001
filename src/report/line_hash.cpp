#include "report/line_hash.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/unicode.h"

namespace oidc_audit::report {

namespace {

constexpr std::size_t kWindow = 100;
constexpr std::uint64_t kBase = 37;

constexpr std::uint64_t power(std::size_t exponent) {
  std::uint64_t value = 1;
  for (std::size_t i = 0; i < exponent; ++i) value *= kBase;  // modulo 2^64
  return value;
}

/// A rolling hash over the last kWindow units; a line's hash is complete kWindow units after its start.
class LineHasher {
 public:
  void unit(std::uint16_t value) {
    if (at_line_start_) {
      starts_.push_back(count_);
      at_line_start_ = false;
    }
    if (value == '\n') at_line_start_ = true;
    roll(value);
  }

  std::vector<std::string> finish() {
    unit(0xFFFF);
    for (std::size_t i = 0; i < kWindow; ++i) roll(0);
    return std::move(hashes_);
  }

 private:
  void roll(std::uint16_t value) {
    const std::size_t slot = count_ % kWindow;
    hash_ = hash_ * kBase + value - kDrop * window_[slot];
    window_[slot] = value;
    ++count_;
    if (next_ < starts_.size() && starts_[next_] + kWindow == count_) {
      ++next_;
      hashes_.push_back(fmt::format("{:x}:{}", hash_, ++seen_[hash_]));
    }
  }

  static constexpr std::uint64_t kDrop = power(kWindow);
  std::array<std::uint16_t, kWindow> window_{};
  std::vector<std::size_t> starts_;  // of lines, in units
  std::size_t next_ = 0;             // the first line whose hash is not complete
  std::size_t count_ = 0;
  std::uint64_t hash_ = 0;
  bool at_line_start_ = true;
  std::unordered_map<std::uint64_t, std::size_t> seen_;
  std::vector<std::string> hashes_;
};

}  // namespace

std::vector<std::string> primary_location_line_hashes(std::string_view text) {
  LineHasher hasher;
  bool after_cr = false;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    at += point.bytes;
    const char32_t c = point.value;
    const bool skip = c == ' ' || c == '\t' || (c == '\n' && after_cr);
    after_cr = c == '\r';
    if (skip) continue;
    if (c == '\r') {
      hasher.unit('\n');
    } else if (c < 0x10000) {
      hasher.unit(static_cast<std::uint16_t>(c));
    } else {
      const auto rest = static_cast<std::uint32_t>(c) - 0x10000U;
      hasher.unit(static_cast<std::uint16_t>(0xD800U + (rest >> 10)));
      hasher.unit(static_cast<std::uint16_t>(0xDC00U + (rest & 0x3FFU)));
    }
  }
  return hasher.finish();
}

}  // namespace oidc_audit::report
