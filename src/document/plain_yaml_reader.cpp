#include "document/plain_yaml_reader.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "document/line_cursor.h"
#include "document/yaml_extent.h"
#include "document/yaml_scalar.h"

namespace oidc_audit::document {

namespace {

// yaml-cpp forgets a key that ends more than 1024 characters behind its start.
constexpr std::size_t kMostKeyBytes = 1000;
// yaml-cpp and the limits of the builder judge what is deeper.
constexpr std::size_t kMostDepth = 100;
constexpr std::size_t kMostFlowDepth = 30;
constexpr std::size_t kNone = std::string_view::npos;

class PlainReader : private LineCursor {
 public:
  PlainReader(std::string_view part, std::size_t begin, DocumentBuilder& builder)
      : LineCursor(part, begin), floor_(begin), builder_(builder) {}

  bool read() {
    if (!skip_marker()) return false;
    while (line_ < text_.size()) {
      if (!start_line()) return false;
      if (at_ < end_ && !read_line()) return false;
      line_ = next_;
    }
    if (blocks_.empty()) return false;
    while (!blocks_.empty()) {
      if (!close_block()) return false;
    }
    return true;
  }

 private:
  struct Block {
    std::size_t indent;
    bool mapping;
  };
  struct Token {
    DocumentBuilder::Scalar event;
    bool decoded = false;  // its text is in decoded_
  };

  static std::uint32_t offset(std::size_t at) { return static_cast<std::uint32_t>(at); }
  // --- Blocks

  // A `---` line of nothing else in front.
  bool skip_marker() {
    if (text_.substr(line_, 3) != "---") return true;
    if (!find_line_end()) return false;
    line_ = next_;
    return is_rest_empty(std::min(at_ + 3, end_));
  }

  bool read_line() {
    const std::size_t column = at_ - line_;
    if (column == 0 &&
        (text_[at_] == '%' || text_.substr(at_, 3) == "..." || text_.substr(at_, 3) == "---")) {
      return false;
    }
    const bool item = is_dash_at(at_);
    if (blocks_.empty()) return read_entries(true);
    if (pending_ != kNone) {
      const Block& top = blocks_.back();
      const bool nested = column > top.indent || (column == top.indent && top.mapping && item);
      if (nested) {
        pending_ = kNone;
        return read_entries(true);
      }
    }
    while (column < blocks_.back().indent) {
      if (!close_block()) return false;
      if (blocks_.empty()) return false;
    }
    if (!blocks_.back().mapping && !item) {
      if (!close_block()) return false;
      if (blocks_.empty()) return false;
    }
    if (!end_pending()) return false;
    if (blocks_.back().indent != column || blocks_.back().mapping == item) return false;
    return read_entries(false);
  }

  // The entries that start on one line, as `- - key: value`; `nested`: the first starts a block.
  bool read_entries(bool nested) {
    for (;; nested = true) {
      const std::size_t column = at_ - line_;
      if (is_dash_at(at_)) {
        if (nested && !open_block(column, false)) return false;
        const std::size_t behind = ++at_;
        if (is_rest_empty(behind)) {
          pending_ = behind;
          return true;
        }
        while (text_[at_] == ' ') ++at_;
        if (text_[at_] == '\t') return false;
        floor_ = std::max(floor_, behind);
        const bool inner = is_dash_at(at_);
        if (inner) continue;
      }
      const bool value = !blocks_.empty() && !blocks_.back().mapping;
      Token token;
      const std::size_t start = at_;
      const std::size_t line = line_;
      if (value && is_collection(start)) return read_value();
      if (text_[start] == '|' && value) return read_block_scalar();
      if (!read_scalar(token)) return false;
      if (char_at(at_) == ':' && is_blank_at(at_ + 1)) {
        if (line_ != line) return false;
        if ((nested || value) && !open_block(start - line_, true)) return false;
        return read_member(token);
      }
      return value && read_rest_of_scalar(token);
    }
  }

  bool is_collection(std::size_t at) const { return text_[at] == '[' || text_[at] == '{'; }

  // at_ is at the colon behind a key.
  bool read_member(const Token& key) {
    if (key.event.kind != NodeKind::string || key.event.end - key.event.begin > kMostKeyBytes) return false;
    if (text_[key.event.begin] == '<') return false;  // it may merge
    if (!emit(key)) return false;
    const std::size_t behind = ++at_;
    if (is_rest_empty(behind)) {
      pending_ = behind;
      return true;
    }
    while (text_[at_] == ' ') ++at_;
    return read_value();
  }

  // The value that starts at at_ and ends its line.
  bool read_value() {
    if (is_collection(at_)) {
      if (!read_flow(0)) return false;
      return is_rest_empty(at_);
    }
    if (text_[at_] == '|') return read_block_scalar();
    Token token;
    return read_scalar(token) && read_rest_of_scalar(token);
  }

  bool open_block(std::size_t indent, bool mapping) {
    if (blocks_.size() >= kMostDepth) return false;
    blocks_.push_back({indent, mapping});
    const std::size_t begin = line_ + indent;
    floor_ = std::max(floor_, begin);
    return mapping ? builder_.begin_mapping(offset(begin)) : builder_.begin_sequence(offset(begin));
  }

  bool close_block() {
    if (!end_pending()) return false;
    const bool mapping = blocks_.back().mapping;
    blocks_.pop_back();
    return mapping ? builder_.end_mapping(offset(floor_)) : builder_.end_sequence(offset(floor_));
  }

  // A key or a dash without anything behind it has a null there.
  bool end_pending() {
    if (pending_ == kNone) return true;
    DocumentBuilder::Scalar null;
    null.begin = null.end = null.text = offset(pending_);
    floor_ = pending_;
    pending_ = kNone;
    return builder_.scalar(null);
  }

  // --- Scalars

  bool emit(const Token& token) {
    floor_ = std::max<std::size_t>(floor_, token.event.end);
    return token.decoded ? builder_.scalar(token.event, decoded_) : builder_.scalar(token.event);
  }

  // The part of a scalar on this line; at_ is left behind it.
  bool read_scalar(Token& token) {
    const char first = text_[at_];
    if (first == '"' || first == '\'') return read_quoted(token, true);
    if (is_class(first, CharClass::indicator) && (first != '-' || is_dash_at(at_))) return false;
    const std::size_t start = at_;
    const std::size_t behind = end_of_text(start);
    if (behind == kNone) return false;
    set_plain(token, start, behind);
    return set_kind(token);
  }

  void set_plain(Token& token, std::size_t start, std::size_t behind) {
    token.event.begin = token.event.text = offset(start);
    token.event.end = offset(behind);
    token.event.size = offset(behind - start);
    at_ = behind;
  }

  bool set_kind(Token& token) {
    const std::string_view value = text_.substr(token.event.begin, token.event.size);
    token.event.kind = resolve_plain_scalar(value);
    return token.event.kind != NodeKind::floating ||
           std::isfinite(parse_yaml_float(value).value_or(INFINITY));
  }

  // `lines`: it may go on behind this line.
  bool read_quoted(Token& token, bool lines) {
    const char quote = text_[at_];
    const std::size_t open = at_++;
    std::string raw;  // of the lines in front, folded
    std::size_t start = at_;
    bool escaped = false;
    for (;; ++at_) {
      if (at_ > end_) return false;
      if (at_ == end_) {
        if (!lines || !fold_quoted(raw, start)) return false;
        token.decoded = true;
        start = at_--;
        continue;
      }
      if (text_[at_] == '\r') return false;
      if (text_[at_] == quote) {
        if (quote == '"' || char_at(at_ + 1) != quote) break;
        escaped = true;
        ++at_;
      } else if (text_[at_] == '\\' && quote == '"') {
        escaped = true;
        ++at_;
      }
    }
    const std::string_view last = text_.substr(start, at_ - start);
    token.event.kind = NodeKind::string;
    token.event.quoted = true;
    token.event.begin = offset(open);
    token.event.end = offset(++at_);
    token.event.text = offset(start);
    token.event.size = offset(last.size());
    if (!token.decoded && !escaped) return true;
    token.decoded = true;
    raw += last;
    return decode(raw, quote);
  }

  // Adds what a quoted scalar has on this line from `start` on, and goes to where it goes on.
  bool fold_quoted(std::string& raw, std::size_t start) {
    std::size_t behind = end_;
    while (behind > start && text_[behind - 1] == ' ') --behind;
    if (behind > start && text_[behind - 1] == '\t') return false;
    raw.append(text_, start, behind - start);
    if (!find_continuation()) return false;
    fold(raw);
    return true;
  }

  // Goes to the first line with content. False when there is none or it is not indented as a part of this
  // block.
  bool find_continuation() {
    if (blocks_.empty()) return false;
    breaks_ = 0;
    do {
      ++breaks_;
      if (next_ == text_.size()) return false;
      line_ = next_;
      if (!find_line_end()) return false;
      while (at_ < end_ && text_[at_] == ' ') ++at_;
    } while (at_ == end_);
    return at_ - line_ > blocks_.back().indent && text_[at_] != '\t';
  }

  void fold(std::string& out) const {
    if (breaks_ == 1) {
      out += ' ';
    } else {
      out.append(breaks_ - 1, '\n');
    }
  }

  bool decode(std::string_view raw, char quote) {
    decoded_.clear();
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != (quote == '"' ? '\\' : '\'')) {
        decoded_ += raw[i];
        continue;
      }
      const char next = raw[++i];
      if (quote == '\'' || next == '\\' || next == '"') {
        decoded_ += next;
      } else if (next == 'n') {
        decoded_ += '\n';
      } else if (next == 't') {
        decoded_ += '\t';
      } else {
        return false;
      }
    }
    return true;
  }

  // What else belongs to a scalar that is a value: of a plain one perhaps further lines.
  bool read_rest_of_scalar(Token& token) {
    if (!is_rest_empty(at_)) return false;
    if (token.event.quoted || !is_end_of_line(at_) || !may_continue()) return emit(token);
    at_ = end_;
    while (find_continuation() && text_[at_] != '#') {
      const std::size_t behind = end_of_text(at_);
      if (behind == kNone || !is_end_of_line(behind)) return false;
      if (!token.decoded) decoded_ = text_.substr(token.event.begin, token.event.size);
      token.decoded = true;
      fold(decoded_);
      decoded_.append(text_, at_, behind - at_);
      token.event.end = offset(behind);
      at_ = end_;
    }
    // The line that does not belong to it is looked at again.
    if (at_ < end_) next_ = line_;
    if (token.decoded) token.event.kind = resolve_plain_scalar(decoded_);
    return emit(token);
  }

  // A look at the next line, which mostly says no.
  bool may_continue() const {
    std::size_t at = next_;
    while (at < text_.size() && text_[at] == ' ') ++at;
    if (at == text_.size()) return false;
    return at - next_ > blocks_.back().indent || text_[at] == '\n' || text_[at] == '\r';
  }

  // --- Block scalars

  bool read_block_scalar() {
    const std::size_t start = at_++;
    const bool strip = char_at(at_) == '-';
    if (strip) ++at_;
    if (!is_rest_empty(at_)) return false;
    std::size_t indent = 0;
    decoded_.clear();
    std::size_t breaks = 0;  // line ends not yet written
    for (line_ = next_; line_ < text_.size(); line_ = next_) {
      if (!find_line_end() || end_ == text_.size()) return false;
      if (end_ + 1 != next_) return false;  // a line end of two characters
      while (at_ < end_ && text_[at_] == ' ') ++at_;
      const std::size_t column = at_ - line_;
      if (at_ == end_) {
        if (column > 0) return false;  // whether its spaces count depends
        ++breaks;
        continue;
      }
      if (text_[at_] == '\t' || std::memchr(text_.data() + at_, '\r', end_ - at_) != nullptr) return false;
      if (indent == 0) {
        if (column <= blocks_.back().indent) break;
        indent = column;
      }
      if (column < indent) break;
      decoded_.append(breaks, '\n');
      decoded_.append(text_, line_ + indent, end_ - line_ - indent);
      breaks = 1;
    }
    if (indent == 0) return false;
    if (!strip) decoded_ += '\n';
    next_ = line_;
    Token token;
    token.decoded = true;
    token.event.kind = NodeKind::string;
    token.event.quoted = true;
    token.event.begin = offset(start);
    token.event.end = offset(end_of_block(text_, start, decoded_));
    return emit(token);
  }

  // --- Flow collections

  bool skip_flow_space() {
    for (;;) {
      while (at_ < end_ && text_[at_] == ' ') ++at_;
      if (at_ < end_) return text_[at_] != '\t' && text_[at_] != '\r' && text_[at_] != '#';
      if (next_ == text_.size()) return false;
      line_ = next_;
      if (!find_line_end()) return false;
      // What stands at the front of a line may end the document.
      if (at_ < end_ && text_[at_] != ' ' && text_[at_] != ']' && text_[at_] != '}') return false;
    }
  }

  bool read_flow(std::size_t depth) {
    if (depth >= kMostFlowDepth) return false;
    const bool mapping = text_[at_] == '{';
    const char bracket = mapping ? '}' : ']';
    const std::uint32_t begin = offset(at_++);
    if (!(mapping ? builder_.begin_mapping(begin) : builder_.begin_sequence(begin))) return false;
    if (!skip_flow_space()) return false;
    while (text_[at_] != bracket) {
      if (mapping && !read_flow_key()) return false;
      if (!read_flow_value(depth) || !skip_flow_space()) return false;
      if (text_[at_] == bracket) break;
      if (text_[at_] != ',') return false;
      ++at_;
      if (!skip_flow_space() || text_[at_] == bracket) return false;
    }
    floor_ = ++at_;
    return mapping ? builder_.end_mapping(offset(floor_)) : builder_.end_sequence(offset(floor_));
  }

  bool read_flow_key() {
    Token key;
    if (!read_flow_scalar(key) || key.event.kind != NodeKind::string) return false;
    if (key.event.end - key.event.begin > kMostKeyBytes) return false;
    if (char_at(at_) != ':' || (char_at(at_ + 1) != ' ' && !key.event.quoted)) return false;
    ++at_;
    return emit(key) && skip_flow_space();
  }

  bool read_flow_value(std::size_t depth) {
    if (is_collection(at_)) return read_flow(depth + 1);
    Token token;
    return read_flow_scalar(token) && emit(token);
  }

  bool read_flow_scalar(Token& token) {
    if (text_[at_] == '"' || text_[at_] == '\'') return read_quoted(token, false);
    const std::size_t start = at_;
    if (is_class(text_[at_], CharClass::indicator)) return false;
    std::size_t at = start;
    while (at < end_ && is_class(text_[at], CharClass::flow_word)) ++at;
    if (at == start) return false;
    const char behind = char_at(at);
    if (behind != ',' && behind != ']' && behind != '}' && behind != ':' && behind != ' ' && behind != '\n') {
      return false;
    }
    set_plain(token, start, at);
    return set_kind(token);
  }

  std::size_t floor_;            // behind the last token
  std::size_t breaks_ = 0;       // line ends in front of a continuation
  std::size_t pending_ = kNone;  // behind a colon or dash whose value has not come yet
  std::vector<Block> blocks_;
  std::string decoded_;
  DocumentBuilder& builder_;
};

}  // namespace

bool read_plain_yaml(std::string_view text, std::uint32_t begin, std::uint32_t end, DocumentBuilder& builder,
                     std::vector<Document>& documents) {
  builder.begin_document();
  if (!PlainReader(text.substr(0, end), begin, builder).read()) {
    builder.abandon_document();
    return false;
  }
  const Value root = builder.end_document();
  documents.push_back({root, root.range(), Format::yaml});
  return true;
}

}  // namespace oidc_audit::document
