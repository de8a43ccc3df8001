#include "document/embedded_text.h"

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/unicode.h"

namespace oidc_audit::document {

namespace {

// A ConfigMap holds 1 MiB at most; larger texts get the place of the whole scalar.
constexpr std::size_t kMostBytes = std::size_t{4} << 20;

/// Finds where each byte of a scalar's text was written. Every step compares what was written with what was
/// read; the first difference gives up.
class Alignment {
 public:
  Alignment(std::string_view raw, std::uint32_t begin, std::string_view text)
      : raw_(raw), begin_(begin), text_(text) {}

  std::vector<std::uint32_t> run() {
    if (raw_.empty() || text_.size() > kMostBytes) return {};
    offsets_.reserve(text_.size() + 1);
    const bool good = raw_.front() == '|'    ? literal_block()
                      : raw_.front() == '"'  ? double_quoted()
                      : raw_.front() == '\'' ? single_quoted()
                                             : false;
    if (!good || offsets_.size() != text_.size() + 1) return {};
    return std::move(offsets_);
  }

 private:
  void put(std::size_t raw_at, std::size_t bytes = 1) {
    offsets_.insert(offsets_.end(), bytes, begin_ + static_cast<std::uint32_t>(raw_at));
  }

  // The next line of raw text: its content, and where the line after it starts.
  std::pair<std::string_view, std::size_t> raw_line(std::size_t at) const {
    std::size_t end = raw_.find_first_of("\r\n", at);
    if (end == std::string_view::npos) return {raw_.substr(at), raw_.size()};
    std::size_t next = end + 1;
    if (raw_[end] == '\r' && next < raw_.size() && raw_[next] == '\n') ++next;
    return {raw_.substr(at, end - at), next};
  }

  bool literal_block() {
    std::size_t at = raw_line(0).second;  // behind the header
    std::size_t indent = std::string_view::npos;
    std::size_t done = 0;
    while (done < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', done), text_.size());
      const std::string_view line = text_.substr(done, end - done);
      if (at > raw_.size() || (at == raw_.size() && !line.empty())) return false;
      const auto [raw, next] = raw_line(at);
      if (line.empty()) {
        if (raw.find_first_not_of(' ') != std::string_view::npos) return false;
      } else {
        if (indent == std::string_view::npos) {
          if (raw.size() < line.size()) return false;
          indent = raw.size() - line.size();
        }
        if (raw.size() < indent || raw.substr(indent) != line) return false;
        for (std::size_t i = 0; i < line.size(); ++i) put(at + indent + i);
      }
      if (end < text_.size()) put(at + raw.size());
      at = next;
      done = end + 1;
    }
    put(std::min(at, raw_.size()));
    return true;
  }

  bool single_quoted() {
    for (std::size_t i = 1; i + 1 < raw_.size(); ++i) {
      if (offsets_.size() >= text_.size() || raw_[i] != text_[offsets_.size()]) return false;
      put(i);
      if (raw_[i] == '\'') ++i;  // '' is one
    }
    put(raw_.size() - 1);
    return true;
  }

  // Both JSON and YAML; lines that YAML folds differ from what was read and are given up.
  bool double_quoted() {
    for (std::size_t i = 1; i + 1 < raw_.size();) {
      const std::size_t done = offsets_.size();
      if (done >= text_.size()) return false;
      if (raw_[i] != '\\') {
        if (raw_[i] != text_[done]) return false;
        put(i++);
        continue;
      }
      const std::size_t start = i;
      const std::size_t digits = hex_digits(raw_[start + 1]);
      i += 2 + digits;
      // A surrogate pair is one character.
      if (digits == 4 && is_surrogate(start + 2) && raw_.substr(i, 2) == "\\u") i += 6;
      if (i + 1 > raw_.size()) return false;
      put(start, decode_utf8(text_, done).bytes);
    }
    put(raw_.size() - 1);
    return true;
  }

  static std::size_t hex_digits(char escape) {
    if (escape == 'x') return 2;
    if (escape == 'u') return 4;
    return escape == 'U' ? 8 : 0;
  }
  bool is_surrogate(std::size_t at) const {
    return at + 1 < raw_.size() && (raw_[at] == 'd' || raw_[at] == 'D') &&
           std::string_view("89abAB").find(raw_[at + 1]) != std::string_view::npos;
  }

  std::string_view raw_;
  std::uint32_t begin_;
  std::string_view text_;
  std::vector<std::uint32_t> offsets_;
};

}  // namespace

EmbeddedDocuments::EmbeddedDocuments(const SourceManager& sources, Value scalar) : whole_(scalar.range()) {
  const std::string_view text = scalar.text();
  const std::string_view source = scalar.tree()->source();
  const std::less_equal<const char*> not_behind;
  if (!text.empty() && not_behind(source.data(), text.data()) &&
      not_behind(text.data() + text.size(), source.data() + source.size())) {
    // Written as it is read.
    const auto first = static_cast<std::uint32_t>(text.data() - source.data());
    whole_.begin = std::min(whole_.begin, first);
    offsets_.resize(text.size() + 1);
    for (std::size_t i = 0; i <= text.size(); ++i) offsets_[i] = first + static_cast<std::uint32_t>(i);
  } else {
    offsets_ = Alignment(sources.text(whole_), whole_.begin, text).run();
  }
  const Result<BufferId> buffer = inner_.add("embedded text", std::string(text));
  if (!buffer.ok()) return;
  // A byte-order mark is no part of what is read.
  const std::size_t skipped = text.size() - inner_.text(buffer.value()).size();
  if (!offsets_.empty() && skipped != 0) {
    offsets_.erase(offsets_.begin(), offsets_.begin() + static_cast<std::ptrdiff_t>(skipped));
  }
  ReadOptions options;
  options.comments = false;
  stream_ = read_documents(inner_, buffer.value(), options);
  for (Issue& issue : stream_.issues) {
    if (issue.location.range) issue.location.range = outer(*issue.location.range);
    for (RelatedLocation& related : issue.related) {
      if (related.location.range) related.location.range = outer(*related.location.range);
    }
  }
}

SourceRange EmbeddedDocuments::outer(SourceRange inner) const {
  if (offsets_.empty()) return whole_;
  const auto at = [&](std::uint32_t offset) {
    return offsets_[std::min<std::size_t>(offset, offsets_.size() - 1)];
  };
  SourceRange range = whole_;
  range.begin = at(inner.begin);
  range.end = std::max(at(inner.end), range.begin);
  return range;
}

}  // namespace oidc_audit::document
