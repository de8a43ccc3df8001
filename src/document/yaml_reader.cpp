#include "document/yaml_reader.h"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <istream>
#include <new>
#include <optional>
#include <streambuf>
#include <string>

#include "base/unicode.h"
#include "document/base64.h"
#include "document/yaml_extent.h"
#include "document/yaml_scalar.h"

namespace oidc_audit::document {

namespace {

// Unwinds yaml-cpp's parser when the builder met a limit; never leaves this file.
struct Stopped {};

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // streambuf's get area is never written to
    setg(begin, begin, begin + text.size());
  }
};

Issue make_issue(BufferId buffer, std::size_t begin, std::size_t end, std::string code, std::string message,
                 std::string hint = {}) {
  Issue issue;
  issue.code = std::move(code);
  issue.level = IssueLevel::error;
  issue.message = std::move(message);
  issue.hint = std::move(hint);
  issue.location.range =
      SourceRange{buffer, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
  return issue;
}

class Events final : public YAML::EventHandler {
 public:
  Events(BufferId buffer, std::string_view text, std::size_t base, DocumentBuilder& builder)
      : buffer_(buffer), text_(text), base_(base), floor_(base), builder_(builder) {}

  // yaml-cpp takes whatever is left behind a document's root for a further document, and for ones of
  // nothing without end when it cannot even start a node. A document starts behind `...` or not at all.
  void OnDocumentStart(const YAML::Mark& mark) override {
    const std::size_t at = place(mark);
    if (documents_++ > 0) {
      const std::string_view between = text_.substr(floor_, at > floor_ ? at - floor_ : 0);
      if (between.find("...") == std::string_view::npos) {
        const std::size_t begin = std::min(skip_yaml_space(text_, floor_), text_.size());
        fail(begin, std::min(begin + 1, text_.size()), "yaml-syntax",
             "YAML syntax: unexpected text behind the end of the document");
      }
    }
    floor_ = std::max(floor_, at);
    builder_.begin_document();
  }
  void OnDocumentEnd() override { flush(std::nullopt); }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const std::size_t at = place(mark);
    flush(at);
    pending_ = Pending{at, anchor};
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const std::size_t at = place(mark);
    flush(at);
    const std::size_t end = end_of_alias(text_, at);
    floor_ = std::max(floor_, end);
    check(builder_.alias(offset(at), offset(end), static_cast<DocumentBuilder::Anchor>(anchor)));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const std::size_t at = place(mark);
    flush(at);
    scalar(at, tag, static_cast<DocumentBuilder::Anchor>(anchor), value);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(mark, tag, anchor, style, NodeKind::sequence, '[');
  }
  void OnSequenceEnd() override {
    close(']');
    check(builder_.end_sequence(offset(floor_)));
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(mark, tag, anchor, style, NodeKind::mapping, '{');
  }
  void OnMapEnd() override {
    close('}');
    check(builder_.end_mapping(offset(floor_)));
  }

  const std::optional<Issue>& issue() const { return issue_; }

 private:
  struct Pending {
    std::size_t at;
    YAML::anchor_t anchor;
  };

  std::size_t place(const YAML::Mark& mark) const {
    const std::size_t pos = mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
    return std::min(base_ + pos, text_.size());
  }
  static std::uint32_t offset(std::size_t at) { return static_cast<std::uint32_t>(at); }

  void check(bool ok) {
    if (!ok) stop(builder_.issue());
  }
  void fail(std::size_t begin, std::size_t end, std::string code, std::string message,
            std::string hint = {}) {
    stop(make_issue(buffer_, begin, end, std::move(code), std::move(message), std::move(hint)));
  }
  void stop(std::optional<Issue> issue) {
    issue_ = std::move(issue);
    throw Stopped();
  }

  // A null is either a word or nothing at all; in the second case the mark is that of whatever comes
  // next. Which it is shows when the next event stands at the same place.
  void flush(std::optional<std::size_t> next) {
    if (!pending_) return;
    const Pending null = *pending_;
    pending_.reset();
    const int properties = null.anchor != 0 ? 1 : 0;
    const std::size_t start = skip_properties(text_, null.at, properties);
    std::size_t size = 0;
    DocumentBuilder::Scalar event;
    if (start >= floor_ && next != start && null_word_at(text_, start, size)) {
      event.begin = offset(start);
      floor_ = start + size;
    } else {
      floor_ = behind_indicator(null.at);
      event.begin = offset(floor_);
    }
    event.end = offset(floor_);
    event.text = event.begin;
    event.size = event.end - event.begin;
    if (builder_.at_key()) {
      fail(event.begin, event.end, "yaml-key", "a key of a mapping is null", "put the key in quotes");
    }
    check(builder_.scalar(event, static_cast<DocumentBuilder::Anchor>(null.anchor)));
  }

  // Where a value that is not written would stand: behind its `:`, `-` or `?`.
  std::size_t behind_indicator(std::size_t until) const {
    std::size_t at = floor_;
    while (at < until) {
      at = skip_yaml_space(text_, at);
      if (at >= until) break;
      if (text_[at] == ':' || text_[at] == '-' || text_[at] == '?') return at + 1;
      ++at;
    }
    return floor_;
  }

  void scalar(std::size_t at, std::string_view tag, DocumentBuilder::Anchor anchor, std::string_view value) {
    const bool plain = tag == "?";
    const bool tagged = !plain && tag != "!";
    const int properties = (anchor != 0 ? 1 : 0) + (plain ? 0 : 1);
    // The tag `!` stands for quotes as well as for itself: a quote is no property, so this skips only what is
    // there.
    const std::size_t start = skip_properties(text_, at, properties);
    const ScalarStyle style = style_at(text_, start, plain, value);
    std::size_t end = start;
    switch (style) {
      case ScalarStyle::plain:
        end = end_of_plain(text_, start, value);
        break;
      case ScalarStyle::single_quoted:
      case ScalarStyle::double_quoted:
        end = end_of_quoted(text_, start);
        check_quoted(start, end);
        break;
      case ScalarStyle::block:
        end = end_of_block(text_, start, value);
        break;
      case ScalarStyle::empty:
        break;
    }
    floor_ = std::max(floor_, end);

    DocumentBuilder::Scalar event;
    event.begin = offset(start);
    event.end = offset(end);
    event.quoted = style != ScalarStyle::plain && style != ScalarStyle::empty;
    const bool key = builder_.at_key();
    event.merge = key && value == "<<" && (plain || tag == "tag:yaml.org,2002:merge");
    std::string decoded;
    if (style == ScalarStyle::double_quoted && !is_valid_utf8(value)) decoded = mended(value);
    if (!decoded.empty()) value = decoded;
    event.kind = kind_of(event, tagged ? tag : std::string_view(), plain, value, decoded);
    if (event.kind == NodeKind::floating && !std::isfinite(parse_yaml_float(value).value_or(0))) {
      fail(start, end, "yaml-number", "value is a number that JSON does not have", "put it in quotes");
    }
    if (key && event.kind != NodeKind::string) {
      if (event.kind == NodeKind::null) {
        fail(start, end, "yaml-key", "a key of a mapping is null", "put the key in quotes");
      }
      // The tool chain turns such keys into JSON's strings.
      decoded = key_text(event.kind, value);
      event.kind = NodeKind::string;
      check(builder_.scalar(event, decoded, anchor));
      return;
    }
    if (!decoded.empty()) value = decoded;
    const std::size_t quote = event.quoted && style != ScalarStyle::block ? 1 : 0;
    if (end >= start + 2 * quote && text_.substr(start + quote, end - start - 2 * quote) == value) {
      event.text = offset(start + quote);
      event.size = static_cast<std::uint32_t>(value.size());
      check(builder_.scalar(event, anchor));
    } else {
      check(builder_.scalar(event, value, anchor));
    }
  }

  // What yaml-cpp lets pass and go-yaml does not.
  void check_quoted(std::size_t start, std::size_t end) {
    if (end == std::string_view::npos)
      fail(start, start + 1, "yaml-syntax", "YAML syntax: string is not closed");
    if (text_[start] != '"') return;
    for (std::size_t at = text_.find('\\', start); at < end; at = text_.find('\\', at + 2)) {
      if (text_[at + 1] == '/') fail(at, at + 2, "yaml-syntax", "YAML syntax: unknown escape character: /");
    }
  }

  // yaml-cpp writes the characters of `\\N` and `\\_` as bare bytes.
  static std::string mended(std::string_view value) {
    std::string out;
    for (std::size_t at = 0; at < value.size();) {
      const CodePoint point = decode_utf8(value, at);
      if (point.valid) {
        out += value.substr(at, point.bytes);
      } else {
        append_utf8(out, static_cast<unsigned char>(value[at]));
      }
      at += point.bytes;
    }
    return out;
  }

  // goyaml.v2/resolve.go: what an explicit tag makes of a scalar.
  NodeKind kind_of(const DocumentBuilder::Scalar& event, std::string_view tag, bool plain,
                   std::string_view value, std::string& decoded) {
    if (plain) return event.merge ? NodeKind::string : resolve_plain_scalar(value);
    if (tag.substr(0, kTagPrefix.size()) != kTagPrefix) return NodeKind::string;
    const std::string_view name = tag.substr(kTagPrefix.size());
    if (name == "binary") {
      if (!decode_base64(value, decoded)) {
        fail(event.begin, event.end, "yaml-tag", "`!!binary` value is not valid base64");
      }
      return NodeKind::string;
    }
    NodeKind wanted = NodeKind::string;
    if (name == "bool") {
      wanted = NodeKind::boolean;
    } else if (name == "int") {
      wanted = NodeKind::integer;
    } else if (name == "float") {
      wanted = NodeKind::floating;
    } else if (name == "null") {
      wanted = NodeKind::null;
    } else {
      return NodeKind::string;
    }
    const NodeKind found = resolve_plain_scalar(value);
    if (found == wanted) return found;
    if (wanted == NodeKind::floating && found == NodeKind::integer) return NodeKind::floating;
    fail(event.begin, event.end, "yaml-tag",
         fmt::format("value is tagged `!!{}` and is a {}", name, to_string(found)));
    return found;
  }

  static std::string key_text(NodeKind kind, std::string_view value) {
    if (kind == NodeKind::boolean) {
      const char first = static_cast<char>(std::tolower(static_cast<unsigned char>(value[0])));
      const bool on = value.size() == 2 && first == 'o';
      return first == 't' || first == 'y' || on ? "true" : "false";
    }
    if (kind == NodeKind::integer) {
      if (const auto number = parse_yaml_integer(value)) return fmt::format("{}", *number);
    }
    if (const auto number = parse_yaml_float(value)) return fmt::format("{}", static_cast<float>(*number));
    return std::string(value);
  }

  void open(const YAML::Mark& mark, std::string_view tag, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style, NodeKind kind, char bracket) {
    const std::size_t at = place(mark);
    flush(at);
    const bool tagged = tag != "?" && tag != "!" && !tag.empty();
    const int properties = (anchor != 0 ? 1 : 0) + (tagged ? 1 : 0);
    const std::size_t start = skip_properties(text_, at, properties);
    if (builder_.at_key()) {
      fail(start, std::min(start + 1, text_.size()), "yaml-key", "a key of a mapping is a collection",
           "put the key in quotes");
    }
    // A single pair inside a flow sequence is called flow style and has no brackets.
    const bool bracketed =
        style == YAML::EmitterStyle::Flow && start < text_.size() && text_[start] == bracket;
    brackets_.push_back(bracketed);
    floor_ = std::max(floor_, bracketed ? start + 1 : start);
    const auto id = static_cast<DocumentBuilder::Anchor>(anchor);
    if (kind == NodeKind::mapping) {
      check(builder_.begin_mapping(offset(start), id));
    } else {
      check(builder_.begin_sequence(offset(start), id));
    }
  }

  void close(char bracket) {
    flush(std::nullopt);
    const bool bracketed = brackets_.back();
    brackets_.pop_back();
    if (!bracketed) return;
    std::size_t at = floor_;
    while (at < text_.size()) {
      at = skip_yaml_space(text_, at);
      if (at >= text_.size() || text_[at] == bracket) break;
      ++at;
    }
    floor_ = std::min(at + 1, text_.size());
  }

  BufferId buffer_;
  std::string_view text_;
  std::size_t base_;
  std::size_t floor_;  // behind the last token
  DocumentBuilder& builder_;
  std::size_t documents_ = 0;
  std::vector<bool> brackets_;
  std::optional<Pending> pending_;
  std::optional<Issue> issue_;
};

// "illegal map value" and the like come in yaml-cpp's words; this says what to look for.
std::string hint_for(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && text[begin - 1] != '\n') --begin;
  const std::size_t content = text.find_first_not_of(" \t", begin);
  if (content != std::string_view::npos &&
      text.substr(begin, content - begin).find('\t') != std::string_view::npos) {
    return "this line is indented with a tab; YAML indents with spaces";
  }
  const std::size_t end = std::min(text.find_first_of("\r\n", at), text.size());
  const std::string_view line = text.substr(begin, end - begin);
  if (line.find(": ") != line.rfind(": ")) return "a value that contains `: ` must stand in quotes";
  return {};
}

Issue syntax_issue(BufferId buffer, std::string_view text, std::size_t base, const YAML::Exception& error) {
  const bool placed = !error.mark.is_null() && error.mark.pos >= 0;
  std::size_t at = placed ? base + static_cast<std::size_t>(error.mark.pos) : base;
  at = std::min(at, text.size());
  std::string message = error.msg;
  if (!message.empty()) message[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(message[0])));
  while (!message.empty() && message.back() == '.') message.pop_back();
  // The end of the text is a place on its last line, not on a line behind it.
  if (at == text.size()) {
    while (at > base && (text[at - 1] == '\n' || text[at - 1] == '\r')) --at;
  }
  const std::size_t end = at < text.size() && text[at] != '\n' && text[at] != '\r' ? at + 1 : at;
  return make_issue(buffer, at, end, "yaml-syntax", "YAML syntax: " + message, hint_for(text, at));
}

}  // namespace

std::optional<Issue> read_yaml(BufferId buffer, std::string_view text, std::uint32_t begin, std::uint32_t end,
                               DocumentBuilder& builder, std::vector<Document>& documents) {
  const std::string_view part = text.substr(0, end);  // offsets stay those of the buffer
  ViewBuffer view(part.substr(begin));
  std::istream in(&view);
  Events events(buffer, part, begin, builder);
  builder.begin_document();
  try {
    YAML::Parser parser(in);
    for (;;) {
      builder.begin_document();
      if (!parser.HandleNextDocument(events)) break;
      const Value root = builder.end_document();
      if (root.exists()) documents.push_back({root, root.range(), Format::yaml});
    }
    return std::nullopt;
  } catch (const Stopped&) {
    builder.abandon_document();
    return events.issue();
  } catch (const YAML::DeepRecursion& error) {
    builder.abandon_document();
    Issue issue = syntax_issue(buffer, part, begin, error);
    issue.code = "limit-depth";
    issue.message = "values are nested too deeply";
    issue.hint.clear();
    return issue;
  } catch (const YAML::Exception& error) {
    builder.abandon_document();
    return syntax_issue(buffer, part, begin, error);
  } catch (const std::bad_alloc&) {
    builder.abandon_document();
    return make_issue(buffer, begin, begin, "limit-memory", "document needs more memory than there is");
  } catch (const std::exception& error) {
    // yaml-cpp converts numbers of %YAML directives and escapes with the standard library.
    builder.abandon_document();
    return make_issue(buffer, begin, begin, "yaml-syntax", fmt::format("YAML syntax: {}", error.what()));
  }
}

}  // namespace oidc_audit::document
