#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace oidc_audit::document {

/// What bytes can mean in plain YAML.
enum class CharClass : std::uint8_t { indicator = 1, stop = 2, flow_word = 4 };

constexpr std::array<std::uint8_t, 256> make_char_classes() {
  std::array<std::uint8_t, 256> out{};
  const auto mark = [&out](std::string_view characters, CharClass is) {
    for (const char c : characters) out[static_cast<unsigned char>(c)] |= static_cast<std::uint8_t>(is);
  };
  mark("-?:,[]{}#&*!|>'\"%@`", CharClass::indicator);
  mark(": \t\r\n", CharClass::stop);
  mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./*-@+=", CharClass::flow_word);
  return out;
}
inline constexpr std::array<std::uint8_t, 256> kCharClasses = make_char_classes();

inline bool is_class(char c, CharClass wanted) {
  return (kCharClasses[static_cast<unsigned char>(c)] & static_cast<std::uint8_t>(wanted)) != 0;
}

/// Goes through the lines of a text; for PlainReader. Offsets are bytes of the text.
class LineCursor {
 protected:
  LineCursor(std::string_view text, std::size_t line) : text_(text), line_(line) {}

  char char_at(std::size_t at) const { return at < end_ ? text_[at] : '\n'; }
  // White space or the end of the line.
  bool is_blank_at(std::size_t at) const { return at >= end_ || text_[at] == ' ' || text_[at] == '\t'; }
  bool is_dash_at(std::size_t at) const { return text_[at] == '-' && is_blank_at(at + 1); }

  // Sets at_, end_ and next_ for the line at line_.
  bool find_line_end() {
    at_ = line_;
    const void* const found = std::memchr(text_.data() + line_, '\n', text_.size() - line_);
    end_ = found == nullptr ? text_.size()
                            : static_cast<std::size_t>(static_cast<const char*>(found) - text_.data());
    next_ = std::min(end_ + 1, text_.size());
    if (end_ > line_ && text_[end_ - 1] == '\r') {
      if (found == nullptr) return false;
      --end_;
    }
    return true;
  }

  // The same, with at_ at the first character that counts, or at end_ when there is none.
  bool start_line() {
    if (!find_line_end()) return false;
    while (at_ < end_ && text_[at_] == ' ') ++at_;
    if (at_ == end_) return true;
    const char first = text_[at_];
    if (first == '\t' || first == '\r') return false;
    if (first != '#') return true;
    const bool whole = is_comment(at_);
    at_ = end_;
    return whole;
  }

  // A carriage return alone ends a line for yaml-cpp, and with it the comment.
  bool is_comment(std::size_t at) const { return std::memchr(text_.data() + at, '\r', end_ - at) == nullptr; }

  // Nothing, or a comment, from `at` to the end of the line.
  bool is_rest_empty(std::size_t at) const {
    const std::size_t start = at;
    while (at < end_ && text_[at] == ' ') ++at;
    return at == end_ || (text_[at] == '#' && at > start && is_comment(at));
  }

  bool is_end_of_line(std::size_t at) const {
    while (at < end_ && text_[at] == ' ') ++at;
    return at == end_;
  }

  // Where plain text of this line ends: in front of `: `, ` #` or the line's end; npos: not plain.
  std::size_t end_of_text(std::size_t at) const {
    std::size_t behind = at;
    for (; at < end_; ++at) {
      const char c = text_[at];
      if (!is_class(c, CharClass::stop)) {
        behind = at + 1;
        continue;
      }
      if (c == ' ') {
        if (char_at(at + 1) == '#') return is_comment(at) ? behind : std::string_view::npos;
      } else if (c == ':') {
        if (is_blank_at(at + 1)) return behind == at ? behind : std::string_view::npos;
        behind = at + 1;
      } else {
        return std::string_view::npos;
      }
    }
    return behind;
  }

  std::string_view text_;  // up to the end of the document
  std::size_t line_;       // start of the line,
  std::size_t at_ = 0;     // where we are in it,
  std::size_t end_ = 0;    // its end,
  std::size_t next_ = 0;   // and the start of the next one
};

}  // namespace oidc_audit::document
