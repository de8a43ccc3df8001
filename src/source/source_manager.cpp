#include "source/source_manager.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/unicode.h"

namespace oidc_audit {

Result<BufferId> SourceManager::add(std::string name, std::string text) {
  if (text.size() > kMaxBufferBytes) {
    return Error(ErrorKind::limit, fmt::format("`{}` is larger than {} bytes", name, kMaxBufferBytes));
  }
  const std::size_t skipped = text.compare(0, 3, "\xEF\xBB\xBF") == 0 ? 3 : 0;
  buffers_.push_back({std::move(name), std::move(text), skipped, {}, {}});
  return static_cast<BufferId>(buffers_.size() - 1);
}

std::string_view SourceManager::text(BufferId id) const { return view(buffer(id)); }

const std::string& SourceManager::name(BufferId id) const { return buffer(id).name; }

std::string_view SourceManager::text(SourceRange range) const {
  const std::string_view all = text(range.buffer);
  const std::size_t begin = std::min<std::size_t>(range.begin, all.size());
  const std::size_t end = std::clamp<std::size_t>(range.end, begin, all.size());
  return all.substr(begin, end - begin);
}

namespace {

constexpr std::size_t kLongLine = 4096;
constexpr std::size_t kCheckpointStep = 1024;

}  // namespace

const std::vector<std::uint32_t>& SourceManager::line_starts(const Buffer& buffer) {
  if (!buffer.line_starts.empty()) return buffer.line_starts;
  const std::string_view text = view(buffer);
  buffer.line_starts.push_back(0);
  const bool has_cr = text.find('\r') != std::string_view::npos;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!has_cr) {
      i = text.find('\n', i);
      if (i == std::string_view::npos) break;
    }
    const bool lone_cr = text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n');
    if (text[i] != '\n' && !lone_cr) continue;
    add_checkpoints(buffer, buffer.line_starts.back(), i);
    buffer.line_starts.push_back(static_cast<std::uint32_t>(i + 1));
  }
  add_checkpoints(buffer, buffer.line_starts.back(), text.size());
  return buffer.line_starts;
}

void SourceManager::add_checkpoints(const Buffer& buffer, std::size_t begin, std::size_t end) {
  if (end - begin < kLongLine) return;
  const std::string_view text = view(buffer);
  Checkpoint at{static_cast<std::uint32_t>(begin), 1, 1};
  std::size_t next = begin + kCheckpointStep;
  for (std::size_t i = begin; i < end;) {
    if (i >= next) {
      at.offset = static_cast<std::uint32_t>(i);
      buffer.checkpoints.push_back(at);
      next = i + kCheckpointStep;
    }
    const CodePoint point = decode_utf8(text, i);
    i += point.bytes;
    ++at.column;
    at.utf16_column += point.value > 0xFFFF ? 2 : 1;
  }
}

// The 1-based line of an offset, and its columns.
std::pair<std::uint32_t, SourceManager::Checkpoint> SourceManager::count(BufferId id,
                                                                         std::uint32_t offset) const {
  const Buffer& b = buffer(id);
  const std::string_view text = view(b);
  offset = static_cast<std::uint32_t>(std::min<std::size_t>(offset, text.size()));
  const auto& starts = line_starts(b);
  const auto next = std::upper_bound(starts.begin(), starts.end(), offset);
  const std::uint32_t start = *(next - 1);
  Checkpoint at{start, 1, 1};
  const auto behind = std::upper_bound(b.checkpoints.begin(), b.checkpoints.end(), offset,
                                       [](std::uint32_t o, const Checkpoint& c) { return o < c.offset; });
  if (behind != b.checkpoints.begin() && (behind - 1)->offset >= start) at = *(behind - 1);
  for (std::size_t i = at.offset; i < offset;) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      ++i;
      ++at.column;
      ++at.utf16_column;
      continue;
    }
    const CodePoint point = decode_utf8(text, i);
    i += point.bytes;
    if (i > offset) break;
    ++at.column;
    at.utf16_column += point.value > 0xFFFF ? 2 : 1;
  }
  return {static_cast<std::uint32_t>(next - starts.begin()), at};
}

LineColumn SourceManager::position(BufferId id, std::uint32_t offset) const {
  const auto [line, at] = count(id, offset);
  return {line, at.column};
}

LineColumn SourceManager::utf16_position(BufferId id, std::uint32_t offset) const {
  const auto [line, at] = count(id, offset);
  return {line, at.utf16_column};
}

std::string_view SourceManager::line(BufferId id, std::uint32_t number) const {
  const Buffer& b = buffer(id);
  const auto& starts = line_starts(b);
  if (number == 0 || number > starts.size()) return {};
  const std::string_view text = view(b);
  const std::size_t begin = starts[number - 1];
  std::size_t end = number < starts.size() ? starts[number] : text.size();
  while (end > begin && (text[end - 1] == '\n' || text[end - 1] == '\r')) --end;
  return text.substr(begin, end - begin);
}

std::uint32_t SourceManager::line_start(BufferId id, std::uint32_t number) const {
  return line_starts(buffer(id))[number - 1];
}

}  // namespace oidc_audit
