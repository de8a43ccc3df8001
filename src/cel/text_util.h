#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cel/value.h"

namespace oidc_audit::cel {

/// Byte positions of code points, one more than there are; for functions that count in code points. For
/// ASCII text the positions are not stored.
class CodePoints {
 public:
  explicit CodePoints(std::string_view text);
  std::size_t size() const { return size_; }
  /// REQUIRES: index <= size().
  std::size_t byte(std::size_t index) const { return ascii_ ? index : starts_[index]; }
  std::string_view slice(std::size_t begin, std::size_t end) const {
    return text_.substr(byte(begin), byte(end) - byte(begin));
  }

 private:
  std::string_view text_;
  std::size_t size_ = 0;
  bool ascii_ = true;
  std::vector<std::uint32_t> starts_;
};

/// A part of a string value that shares its text. REQUIRES: `part` lies inside `whole`.
Value part_of(const Value& whole, std::string_view part);

/// Go's strconv.Quote as strings.quote wants it: only \a \b \f \n \r \t \v \\ and \" are escaped, invalid
/// UTF-8 becomes U+FFFD.
std::string quote(std::string_view text);

}  // namespace oidc_audit::cel
