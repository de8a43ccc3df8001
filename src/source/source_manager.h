#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "source/source_range.h"

namespace oidc_audit {

/// Owns the text of every input and answers where a byte stands. Text never moves once added, so views
/// into it are good for the manager's lifetime. Line tables are made on first use: a run without
/// findings never counts lines. Not safe to use from several threads.
class SourceManager {
 public:
  /// Buffers are addressed with 32 bits.
  static constexpr std::size_t kMaxBufferBytes = 0xFFFF'FFF0U;

  /// `name` is what reports call it: a path as the user gave it, `-` for standard input, or
  /// `live:CONTEXT/...`. A UTF-8 byte-order mark is taken off. Fails (limit) when the text is too large.
  Result<BufferId> add(std::string name, std::string text);

  std::string_view text(BufferId buffer) const;
  const std::string& name(BufferId buffer) const;
  std::string_view text(SourceRange range) const;

  /// A line ends at \n, \r\n or a lone \r. An offset inside a code point counts as its start; one past
  /// the end is the end.
  LineColumn position(BufferId buffer, std::uint32_t offset) const;
  /// The same with the column counted in UTF-16 units, as SARIF's `utf16CodeUnits` wants it.
  LineColumn utf16_position(BufferId buffer, std::uint32_t offset) const;
  LineColumn start(SourceRange range) const { return position(range.buffer, range.begin); }
  LineColumn end(SourceRange range) const { return position(range.buffer, range.end); }

  /// Text of a 1-based line without its end; empty when there is no such line.
  std::string_view line(BufferId buffer, std::uint32_t number) const;
  /// Byte offset at which a 1-based line starts. REQUIRES: the line exists.
  std::uint32_t line_start(BufferId buffer, std::uint32_t number) const;

  std::size_t size() const { return buffers_.size(); }

 private:
  /// Columns at a place inside a long line, so that a file of one line is not counted from its start again
  /// and again.
  struct Checkpoint {
    std::uint32_t offset;
    std::uint32_t column;
    std::uint32_t utf16_column;
  };
  struct Buffer {
    std::string name;
    std::string text;
    std::size_t skipped = 0;                         // bytes of a byte-order mark at the front
    mutable std::vector<std::uint32_t> line_starts;  // empty until asked for
    mutable std::vector<Checkpoint> checkpoints;     // in long lines; made with line_starts
  };
  const Buffer& buffer(BufferId id) const { return buffers_[static_cast<std::size_t>(id)]; }
  static std::string_view view(const Buffer& buffer) {
    return std::string_view(buffer.text).substr(buffer.skipped);
  }
  static const std::vector<std::uint32_t>& line_starts(const Buffer& buffer);
  static void add_checkpoints(const Buffer& buffer, std::size_t begin, std::size_t end);
  std::pair<std::uint32_t, Checkpoint> count(BufferId id, std::uint32_t offset) const;

  std::deque<Buffer> buffers_;
};

}  // namespace oidc_audit
