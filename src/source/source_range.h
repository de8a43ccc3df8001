#pragma once

#include <compare>
#include <cstdint>

namespace oidc_audit {

/// Names a buffer of one SourceManager.
enum class BufferId : std::uint32_t {};

/// Bytes [begin, end) of a buffer, counted after a byte-order mark.
struct SourceRange {
  BufferId buffer{};
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  friend auto operator<=>(const SourceRange&, const SourceRange&) = default;
};

/// 1-based; columns count code points.
struct LineColumn {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  friend auto operator<=>(const LineColumn&, const LineColumn&) = default;
};

}  // namespace oidc_audit
