#include "document/json_reader.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstring>

#include "base/unicode.h"

namespace oidc_audit::document {

namespace {

constexpr char32_t kReplacement = 0xFFFD;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101U;
constexpr std::uint64_t kHighs = 0x8080'8080'8080'8080U;

constexpr std::uint64_t bytes_equal(std::uint64_t word, unsigned char c) {
  const std::uint64_t x = word ^ (kOnes * c);
  return (x - kOnes) & ~x & kHighs;
}

// High bit set in each byte that ends a run of plain string bytes: quote, backslash, control, not ASCII.
// May also mark bytes above the first marked one; the first is exact on little-endian machines.
constexpr std::uint64_t special_bytes(std::uint64_t word) {
  const std::uint64_t control = (word - kOnes * 0x20U) & ~word & kHighs;
  return bytes_equal(word, '"') | bytes_equal(word, '\\') | control | (word & kHighs);
}

std::size_t skip_plain(std::string_view text, std::size_t at) {
  if constexpr (std::endian::native == std::endian::little) {
    while (at + 8 <= text.size()) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at, 8);
      if (const std::uint64_t found = special_bytes(word)) {
        return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
      }
      at += 8;
    }
  }
  while (at < text.size()) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c == '"' || c == '\\' || c < 0x20 || c >= 0x80) break;
    ++at;
  }
  return at;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Four hex digits, or nothing.
std::optional<char32_t> hex4(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return std::nullopt;
  char32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const int digit = hex_value(text[i]);
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<char32_t>(digit);
  }
  return value;
}

}  // namespace

std::optional<Issue> JsonReader::read(std::uint32_t& at) {
  at_ = at;
  issue_.reset();
  const bool ok = value();
  at = at_;
  if (ok) return std::nullopt;
  return issue_ ? issue_ : builder_.issue();
}

void JsonReader::skip_space() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

bool JsonReader::value() {
  const std::size_t outer = builder_.depth();
  for (;;) {
    // A value is due.
    skip_space();
    bool opened = false;
    const char c = peek();
    if (c == '"') {
      if (!string()) return false;
    } else if (c == '{') {
      if (!builder_.begin_mapping(at_)) return false;
      ++at_;
      opened = true;
    } else if (c == '[') {
      if (!builder_.begin_sequence(at_)) return false;
      ++at_;
      opened = true;
    } else if (c == '-' || is_digit(c)) {
      if (!number()) return false;
    } else if (c == 't') {
      if (!word("true", NodeKind::boolean)) return false;
    } else if (c == 'f') {
      if (!word("false", NodeKind::boolean)) return false;
    } else if (c == 'n') {
      if (!word("null", NodeKind::null)) return false;
    } else {
      return fail_here("a value");
    }
    // Close what ends here; then a comma leads to the next key or item.
    for (;;) {
      if (builder_.depth() == outer) return true;
      const bool mapping = builder_.in_mapping();
      skip_space();
      const char next = peek();
      if (next == (mapping ? '}' : ']')) {
        ++at_;
        if (!(mapping ? builder_.end_mapping(at_) : builder_.end_sequence(at_))) return false;
        opened = false;
        continue;
      }
      if (!opened) {
        if (next != ',') return fail_here(mapping ? "`,` or `}`" : "`,` or `]`");
        ++at_;
        skip_space();
      }
      if (mapping) {
        if (peek() != '"')
          return fail_here(opened ? "a key in double quotes or `}`" : "a key in double quotes");
        if (!string()) return false;
        skip_space();
        if (peek() != ':') return fail_here("`:` behind the key");
        ++at_;
      }
      break;
    }
  }
}

bool JsonReader::string() {
  const std::uint32_t begin = at_;
  const auto end = static_cast<std::uint32_t>(skip_plain(text_, begin + 1));
  if (end < text_.size() && text_[end] == '"') {
    at_ = end + 1;
    return builder_.scalar({NodeKind::string, begin, at_, begin + 1, end - begin - 1, true, false});
  }
  return string_with_escapes(begin, end);
}

bool JsonReader::string_with_escapes(std::uint32_t begin, std::uint32_t plain_end) {
  at_ = plain_end;
  scratch_.clear();
  bool changed = false;
  std::uint32_t copied = begin + 1;  // what stands before is in scratch_
  const auto copy_plain = [&] {
    scratch_.append(text_.substr(copied, at_ - copied));
    changed = true;
  };
  while (at_ < text_.size() && text_[at_] != '"') {
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c == '\\') {
      copy_plain();
      if (!escape(scratch_)) return false;
      copied = at_;
    } else if (c < 0x20) {
      return fail(fmt::format("control character 0x{:02X} inside a string", c),
                  c == '\n' || c == '\r' ? "the string is not closed on its line" : "write it as an escape");
    } else {
      const CodePoint point = decode_utf8(text_, at_);
      if (point.valid) {
        at_ += point.bytes;
      } else {
        warn("invalid-utf8", at_, at_ + 1,
             "string is not valid UTF-8; the API server puts U+FFFD in place of the byte");
        copy_plain();
        append_utf8(scratch_, kReplacement);
        copied = ++at_;
      }
    }
    at_ = static_cast<std::uint32_t>(skip_plain(text_, at_));
  }
  if (at_ >= text_.size()) {
    at_ = begin;
    return fail("string is not closed");
  }
  const std::uint32_t end = at_ + 1;
  const DocumentBuilder::Scalar event{NodeKind::string, begin, end, begin + 1, end - begin - 2, true, false};
  if (!changed) {
    at_ = end;
    return builder_.scalar(event);
  }
  copy_plain();
  at_ = end;
  return builder_.scalar(event, scratch_);
}

bool JsonReader::escape(std::string& out) {
  const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
  constexpr std::string_view kShort = "\"\\/bfnrt";
  constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
  if (const std::size_t which = kShort.find(c); c != '\0' && which != std::string_view::npos) {
    out += kMeant[which];
    at_ += 2;
    return true;
  }
  const auto unit = c == 'u' ? hex4(text_, at_ + 2) : std::nullopt;
  if (!unit) {
    return fail(c == 'u' ? "`\\u` needs four hexadecimal digits" : "unknown escape in a string",
                "JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
  }
  const std::uint32_t begin = at_;
  at_ += 6;
  if (*unit < 0xD800 || *unit > 0xDFFF) {
    append_utf8(out, *unit);
    return true;
  }
  if (*unit < 0xDC00 && text_.substr(at_, 2) == "\\u") {
    const auto low = hex4(text_, at_ + 2);
    if (low && *low >= 0xDC00 && *low <= 0xDFFF) {
      append_utf8(out, 0x10000 + ((*unit - 0xD800) << 10U) + (*low - 0xDC00));
      at_ += 6;
      return true;
    }
  }
  warn("lone-surrogate", begin, at_, "escape is half of a surrogate pair; the API server reads it as U+FFFD");
  append_utf8(out, kReplacement);
  return true;
}

bool JsonReader::number() {
  const std::uint32_t begin = at_;
  const auto digits = [&] {
    const std::uint32_t from = at_;
    while (is_digit(peek())) ++at_;
    return at_ > from;
  };
  NodeKind kind = NodeKind::integer;
  if (peek() == '-') ++at_;
  if (peek() == '0') {
    ++at_;
    if (is_digit(peek()))
      return fail("number starts with a zero", "JSON has no octal numbers; put a name in quotes");
  } else if (!digits()) {
    return fail_here("a digit");
  }
  if (peek() == '.') {
    kind = NodeKind::floating;
    ++at_;
    if (!digits()) return fail_here("a digit behind the decimal point");
  }
  if (peek() == 'e' || peek() == 'E') {
    kind = NodeKind::floating;
    ++at_;
    if (peek() == '+' || peek() == '-') ++at_;
    if (!digits()) return fail_here("a digit in the exponent");
  }
  return builder_.scalar({kind, begin, at_, begin, at_ - begin, false, false});
}

bool JsonReader::word(std::string_view text, NodeKind kind) {
  if (text_.substr(at_, text.size()) != text) return fail_here("a value");
  const std::uint32_t begin = at_;
  at_ += static_cast<std::uint32_t>(text.size());
  return builder_.scalar({kind, begin, at_, begin, at_ - begin, false, false});
}

bool JsonReader::fail(std::string message, std::string hint) {
  Issue issue;
  issue.code = "json-syntax";
  issue.level = IssueLevel::error;
  issue.message = std::move(message);
  issue.hint = std::move(hint);
  const auto size = static_cast<std::uint32_t>(text_.size());
  const std::uint32_t bytes = at_ < size ? decode_utf8(text_, at_).bytes : 0;
  issue.location.range = SourceRange{buffer_, at_, at_ + bytes};
  issue_ = std::move(issue);
  return false;
}

bool JsonReader::fail_here(std::string_view expected) {
  if (at_ >= text_.size()) return fail(fmt::format("text ends where {} is expected", expected));
  std::string hint;
  const char c = text_[at_];
  if (c == '\'') hint = "JSON strings stand in double quotes";
  if (c == '/' || c == '#') hint = "JSON has no comments";
  if ((c == '}' || c == ']') && at_ > 0) hint = "a comma in front of a closing bracket is not allowed";
  const std::string seen = escape_for_display(text_.substr(at_, decode_utf8(text_, at_).bytes));
  return fail(fmt::format("found `{}` where {} is expected", seen, expected), std::move(hint));
}

void JsonReader::warn(std::string code, std::uint32_t begin, std::uint32_t end, std::string message) {
  if (issues_.size() >= limits_.max_issues) return;
  Issue issue;
  issue.code = std::move(code);
  issue.level = IssueLevel::warning;
  issue.message = std::move(message);
  issue.location.range = SourceRange{buffer_, begin, end};
  issues_.push_back(std::move(issue));
}

}  // namespace oidc_audit::document
