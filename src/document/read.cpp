#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "document/builder.h"
#include "document/json_reader.h"
#include "document/plain_yaml_reader.h"
#include "document/reader.h"
#include "document/yaml_reader.h"
#include "document/yaml_text.h"

namespace oidc_audit::document {

namespace {

constexpr std::string_view kHelmHint = "render it first: helm template CHART | oidc-audit scan -";
// Smaller texts let the node array grow by itself.
constexpr std::size_t kReserveFrom = std::size_t{1} << 20;
constexpr std::size_t kBytesPerNode = 10;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class StreamReader {
 public:
  StreamReader(const SourceManager& sources, BufferId buffer, const ReadOptions& options)
      : buffer_(buffer), text_(sources.text(buffer)), options_(options) {
    stream_.tree = std::make_unique<Tree>(buffer, text_);
    builder_.emplace(*stream_.tree, options_.limits, stream_.issues);
  }

  Stream run() {
    if (refuse_encoding()) return std::move(stream_);
    std::size_t at = 0;
    if (options_.format == Format::json) at = read_json_file();
    while (at < text_.size()) at = read_segment(at);
    return std::move(stream_);
  }

 private:
  Tree& tree() { return *stream_.tree; }

  void report(std::size_t begin, std::size_t end, IssueLevel level, std::string code, std::string message,
              std::string hint = {}) {
    Issue issue;
    issue.code = std::move(code);
    issue.level = level;
    issue.message = std::move(message);
    issue.hint = std::move(hint);
    issue.location.range =
        SourceRange{buffer_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    add(std::move(issue));
  }

  void add(Issue issue) {
    if (issue.level == IssueLevel::error) ++stream_.failed_documents;
    if (stream_.issues.size() < options_.limits.max_issues) {
      stream_.issues.push_back(std::move(issue));
    } else if (issue.level == IssueLevel::error && !said_more_) {
      said_more_ = true;
      issue.code = "limit-issues";
      issue.message = fmt::format("more than {} issues in one file; further ones are not listed",
                                  options_.limits.max_issues);
      issue.hint.clear();
      stream_.issues.push_back(std::move(issue));
    }
  }

  bool refuse_encoding() {
    const std::string_view head = text_.substr(0, 4);
    const bool utf16 = head.substr(0, 2) == "\xFF\xFE" || head.substr(0, 2) == "\xFE\xFF";
    const bool nul = head.find('\0') != std::string_view::npos;
    if (!utf16 && !nul) return false;
    report(0, std::min<std::size_t>(2, text_.size()), IssueLevel::error, "encoding",
           utf16 || (head.size() >= 2 && head[0] != '\0' && head[1] == '\0') ||
                   (!head.empty() && head[0] == '\0' && head.size() >= 2 && head[1] != '\0')
               ? "text is UTF-16 or UTF-32, not UTF-8"
               : "text is binary, not UTF-8",
           "convert it to UTF-8");
    return true;
  }

  std::size_t skip_space(std::size_t at, std::size_t end) const {
    while (at < end && is_space(text_[at])) ++at;
    return at;
  }

  // JSON values one after another in [at, end), as kubectl reads them. Where something else follows, its
  // place is returned, and `issue` says what is wrong when that is not a marker.
  std::size_t read_json(std::size_t at, std::size_t end, std::optional<Issue>& issue) {
    const std::string_view part = text_.substr(0, end);
    if (end - at >= kReserveFrom && !options_.items) reserve((end - at) / kBytesPerNode);
    builder_->set_item_sink(options_.items ? &options_.items : nullptr);
    JsonReader reader(buffer_, part, *builder_, options_.limits, stream_.issues);
    for (at = skip_space(at, end); at < end; at = skip_space(at, end)) {
      if (find_marker(part, at) == at && (at == 0 || text_[at - 1] == '\n' || text_[at - 1] == '\r')) break;
      builder_->begin_document();
      auto position = static_cast<std::uint32_t>(at);
      issue = reader.read(position);
      if (issue) {
        builder_->abandon_document();
        at = position;
        break;
      }
      at = position;
      const Value root = builder_->end_document();
      stream_.documents.push_back({root, root.range(), Format::json});
    }
    builder_->set_item_sink(nullptr);
    return at;
  }

  void reserve(std::size_t nodes) { builder_->reserve(nodes); }

  // A file that is called JSON: all of it must be. Documents may be divided by `---` lines all the same.
  std::size_t read_json_file() {
    std::size_t at = skip_space(0, text_.size());
    if (at == text_.size()) {
      report(0, 0, IssueLevel::note, "empty", "file is empty");
      return at;
    }
    while (at < text_.size()) {
      std::optional<Issue> issue;
      const std::size_t stop = read_json(at, text_.size(), issue);
      if (issue) add_json_issue(std::move(*issue), at, stop);
      at = issue || stop < text_.size() ? find_marker_behind(stop) : stop;
      if (at < text_.size()) at = skip_space(at + 3, text_.size());
    }
    return at;
  }

  // The next `---` line at or behind an offset that need not start a line.
  std::size_t find_marker_behind(std::size_t at) const {
    if (at == 0 || (at < text_.size() && (text_[at - 1] == '\n' || text_[at - 1] == '\r'))) {
      return find_marker(text_, at);
    }
    const std::size_t line = text_.find('\n', at);
    return line == std::string_view::npos ? text_.size() : find_marker(text_, line + 1);
  }

  void add_json_issue(Issue issue, std::size_t begin, std::size_t stop) {
    if (issue.code == "json-syntax" &&
        text_.substr(begin, stop + 2 - begin).find("{{") != std::string_view::npos) {
      skip_template(begin, text_.find("{{", begin), find_marker_behind(stop));
      return;
    }
    add(std::move(issue));
  }

  // One YAML document, or what stands in its place. Returns where the next starts.
  std::size_t read_segment(std::size_t begin) {
    std::size_t end = find_marker(text_, begin);
    // A marker at the front is this document's own.
    if (end == begin) end = find_marker(text_, next_line(begin));
    while (end < text_.size() && is_only_directives(text_, begin, end)) {
      end = find_marker(text_, next_line(end));
    }
    read_one(begin, end);
    return end;
  }

  std::size_t next_line(std::size_t at) const {
    const std::size_t found = text_.find_first_of("\r\n", at);
    return found == std::string_view::npos ? text_.size() : found + 1;
  }

  void read_one(std::size_t begin, std::size_t end) {
    if (has_no_content(text_, begin, end)) {
      if (options_.comments) collect_comments(tree(), tree().size(), begin, end, stream_.comments);
      return;
    }
    if (read_as_json(begin, end)) return;
    if (const auto bad = find_bad_yaml_byte(text_, begin, end)) {
      report(bad->begin, bad->end, IssueLevel::error, bad->code, bad->message,
             bad->code == "invalid-utf8" ? "convert the file to UTF-8"
                                         : "remove it, or write it as an escape in double quotes");
      return;
    }
    if (options_.pass_over) {
      const auto kind = guess_kind(text_, begin, end);
      if (kind && options_.pass_over(*kind, text_.substr(begin, end - begin))) {
        stream_.passed_over.push_back({*kind, range(begin, end)});
        return;
      }
    }
    read_as_yaml(begin, end);
  }

  SourceRange range(std::size_t begin, std::size_t end) const {
    return {buffer_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
  }

  // True when the segment is JSON, whether it was good or not.
  bool read_as_json(std::size_t begin, std::size_t end) {
    std::size_t at = begin;
    if (text_.substr(at, 3) == "---") at += 3;
    at = skip_space(at, end);
    if (at >= end || (text_[at] != '{' && text_[at] != '[')) return false;
    const std::size_t inner = skip_space(at + 1, end);
    const bool likely = text_[at] == '{' && inner < end && (text_[inner] == '"' || text_[inner] == '}');
    const std::size_t documents = stream_.documents.size();
    const std::size_t issues = stream_.issues.size();
    const std::size_t taken = builder_->items_taken();
    std::optional<Issue> issue;
    const std::size_t stop = read_json(at, end, issue);
    if (!issue && skip_space(stop, end) == end) return true;
    // Flow style YAML looks much the same: `{a: b}`, `{"a": b}`, `["x", y]`.
    std::optional<Issue> first = std::move(issue);
    const bool over_limit = first && first->code != "json-syntax";
    if (over_limit || stream_.documents.size() > documents || builder_->items_taken() > taken) {
      if (first) add_json_issue(std::move(*first), at, stop);
      return true;
    }
    stream_.issues.resize(issues);
    if (find_bad_yaml_byte(text_, begin, end)) {
      if (first) add_json_issue(std::move(*first), at, stop);
      return true;
    }
    auto failure = parse_yaml(begin, end);
    if (!failure) return true;
    stream_.issues.resize(issues);
    if (likely && first) {
      add_json_issue(std::move(*first), at, stop);
    } else {
      refuse(begin, end, std::move(*failure));
    }
    return true;
  }

  void read_as_yaml(std::size_t begin, std::size_t end) {
    if (auto failure = parse_yaml(begin, end)) refuse(begin, end, std::move(*failure));
  }

  std::optional<Issue> parse_yaml(std::size_t begin, std::size_t end) {
    if (end - begin >= kReserveFrom) reserve((end - begin) / kBytesPerNode);
    const std::uint32_t first = tree().size();
    const std::size_t listed = stream_.documents.size();
    std::optional<Issue> failure;
    if (!options_.plain_first || !read_plain(begin, end)) {
      failure = read_yaml(buffer_, text_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end),
                          *builder_, stream_.documents);
    }
    if (!failure && options_.comments) collect_comments(tree(), first, begin, end, stream_.comments);
    if (options_.documents) offer(listed, first);
    return failure;
  }

  // Nodes can be dropped when all documents behind `first` have been taken.
  void offer(std::size_t listed, std::uint32_t first) {
    bool all = true;
    for (std::size_t i = listed; i < stream_.documents.size(); ++i) {
      stream_.documents[i].offered = true;
      all = options_.documents(stream_.documents[i]) && all;
    }
    if (!all) return;
    stream_.taken_documents += stream_.documents.size() - listed;
    stream_.documents.resize(listed);
    builder_->drop_from(first);
  }

  bool read_plain(std::size_t begin, std::size_t end) {
    const std::size_t issues = stream_.issues.size();
    if (read_plain_yaml(text_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), *builder_,
                        stream_.documents)) {
      return true;
    }
    stream_.issues.resize(issues);
    return false;
  }

  void refuse(std::size_t begin, std::size_t end, Issue issue) {
    if (const auto found = find_template(text_, begin, end)) {
      skip_template(begin, *found, end);
    } else {
      add(std::move(issue));
    }
  }

  void skip_template(std::size_t begin, std::size_t at, std::size_t end) {
    if (stream_.templates.empty()) {
      report(at, at + 2, IssueLevel::note, "helm-template",
             "Helm template: skipped, it is no YAML before it is rendered", std::string(kHelmHint));
    }
    stream_.templates.push_back(range(begin, end));
  }

  BufferId buffer_;
  std::string_view text_;
  const ReadOptions& options_;
  Stream stream_;
  std::optional<DocumentBuilder> builder_;
  bool said_more_ = false;
};

}  // namespace

Format format_of_name(std::string_view name) {
  if (name.size() < 5) return Format::yaml;
  return to_lower_ascii(name.substr(name.size() - 5)) == ".json" ? Format::json : Format::yaml;
}

Stream read_documents(const SourceManager& sources, BufferId buffer, const ReadOptions& options) {
  return StreamReader(sources, buffer, options).run();
}

}  // namespace oidc_audit::document
