// Regular expressions: `matches`, and find and findAll of Kubernetes (pkg/cel/library/regex.go), by RE2.

#include <re2/re2.h>

#include <array>
#include <memory>

#include "base/unicode.h"
#include "cel/frame.h"
#include "cel/library_object.h"
#include "cel/regex.h"
#include "cel/registry.h"
#include "cel/text_util.h"
#include "cel/traits.h"

namespace oidc_audit::cel {
namespace {

// Go's package accepts `(?<name>` and refuses `\C`; the RE2 we may be built with does the opposite.
bool translate(std::string_view pattern, std::string& out, std::string& failure) {
  bool quoted = false;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      const char next = pattern[i + 1];
      if (quoted) {
        quoted = next != 'E';
        if (quoted) {
          out += c;
          continue;
        }
      } else if (next == 'Q') {
        quoted = true;
      } else if (next == 'C') {
        failure = "error parsing regexp: invalid escape sequence: `\\C`";
        return false;
      }
      out += c;
      out += next;
      ++i;
      continue;
    }
    if (!quoted && c == '[') in_class = true;
    if (!quoted && c == ']') in_class = false;
    out += c;
    if (!quoted && !in_class && pattern.substr(i, 3) == "(?<" && i + 3 < pattern.size() &&
        pattern[i + 3] != '=' && pattern[i + 3] != '!') {
      out += "?P<";
      i += 2;
    }
  }
  return true;
}

/// Go's words for what is wrong (regexp/syntax ErrorCode).
std::string_view reason(re2::RE2::ErrorCode code) {
  switch (code) {
    case re2::RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case re2::RE2::ErrorBadCharClass:
      return "invalid character class";
    case re2::RE2::ErrorBadCharRange:
      return "invalid character class range";
    case re2::RE2::ErrorMissingBracket:
      return "missing closing ]";
    case re2::RE2::ErrorMissingParen:
      return "missing closing )";
    case re2::RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case re2::RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case re2::RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case re2::RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case re2::RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case re2::RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case re2::RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case re2::RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    case re2::RE2::ErrorPatternTooLarge:
      return "expression too large";
    default:
      return "regexp/syntax: internal error";
  }
}

/// The part of the pattern that is wrong, as it was written before translation.
std::string place(const re2::RE2& compiled, std::string_view pattern) {
  if (compiled.error_code() == re2::RE2::ErrorTrailingBackslash) return {};
  std::string part = compiled.error_arg();
  if (part.starts_with("(?P<") && pattern.find(part) == std::string_view::npos) part.erase(2, 1);
  return part;
}

std::unique_ptr<re2::RE2> compile(std::string_view pattern, std::string& failure) {
  std::string translated;
  if (!translate(pattern, translated, failure)) return nullptr;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(16 << 20);
  auto compiled = std::make_unique<re2::RE2>(translated, options);
  if (compiled->ok()) return compiled;
  failure = "error parsing regexp: " + std::string(reason(compiled->error_code())) + ": `" +
            place(*compiled, pattern) + "`";
  return nullptr;
}

class Pattern final : public Object {
 public:
  Pattern(std::string_view text, std::unique_ptr<re2::RE2> compiled)
      : text_(text), compiled_(std::move(compiled)) {}
  std::string_view type_name() const override { return "string"; }
  std::string text() const override { return text_; }
  std::size_t cost_size() const override { return count_code_points(text_); }
  int library_tag() const override { return kPatternTag; }
  const re2::RE2& compiled() const { return *compiled_; }

 private:
  std::string text_;
  std::unique_ptr<re2::RE2> compiled_;
};

/// Runs `use` with the compiled pattern of an argument, which is text or was compiled before.
template <typename Use>
Value with_pattern(const Value& argument, Use use) {
  if (argument.is(Kind::object)) return use(static_cast<const Pattern&>(argument.as_object()).compiled());
  std::string failure;
  const std::unique_ptr<re2::RE2> compiled = compile(argument.as_string(), failure);
  if (!compiled) return Value::error(std::move(failure));
  return use(*compiled);
}

bool is_compiled(const Value& value) {
  return value.is(Kind::object) && value.as_object().library_tag() == kPatternTag;
}

bool are_texts(const Value* args, std::size_t count) {
  const bool pattern = args[1].is(Kind::string) || is_compiled(args[1]);
  return args[0].is(Kind::string) && pattern && (count < 3 || args[2].is(Kind::int64));
}

// Calls with a constant pattern are replaced when the program is made, and lose their type guards.
Value not_texts(std::string_view function, const Value* args, std::size_t count) {
  return is_compiled(args[1]) ? plain_no_such_overload() : no_such_overload(function, args, count);
}

Value matches(Frame&, const Value* args, std::size_t count) {
  if (!are_texts(args, count)) {
    return is_compiled(args[1]) ? plain_no_such_overload() : refused("matches", args[0], Trait::matcher);
  }
  return with_pattern(args[1], [&](const re2::RE2& pattern) {
    const std::string_view text = args[0].as_string();
    return Value::boolean(re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern));
  });
}

bool find_from(const re2::RE2& pattern, std::string_view text, std::size_t from, std::size_t& begin,
               std::size_t& end) {
  re2::StringPiece found;
  const re2::StringPiece whole(text.data(), text.size());
  if (!pattern.Match(whole, from, text.size(), re2::RE2::UNANCHORED, &found, 1)) return false;
  begin = static_cast<std::size_t>(found.data() - text.data());
  end = begin + found.size();
  return true;
}

Value find(Frame&, const Value* args, std::size_t count) {
  if (!are_texts(args, count)) return not_texts("find", args, count);
  return with_pattern(args[1], [&](const re2::RE2& pattern) {
    const std::string_view text = args[0].as_string();
    std::size_t begin = 0;
    std::size_t end = 0;
    if (!find_from(pattern, text, 0, begin, end)) return Value::borrowed_string("");
    return part_of(args[0], text.substr(begin, end - begin));
  });
}

// As Go's FindAllString: an empty match right after a match does not count.
Value find_all(Frame& frame, const Value* args, std::size_t count) {
  if (!are_texts(args, count)) return not_texts("findAll", args, count);
  const std::int64_t limit = count > 2 ? args[2].as_int() : -1;
  return with_pattern(args[1], [&](const re2::RE2& pattern) {
    const std::string_view text = args[0].as_string();
    std::vector<Value> found;
    std::size_t at = 0;
    std::size_t last_end = std::string_view::npos;
    while (at <= text.size() && (limit < 0 || found.size() < static_cast<std::uint64_t>(limit))) {
      std::size_t begin = 0;
      std::size_t end = 0;
      if (!find_from(pattern, text, at, begin, end)) break;
      const bool accept = end != at || begin != last_end;
      if (end == at) {
        at += at < text.size() ? decode_utf8(text, at).bytes : 1U;
      } else {
        at = end;
      }
      last_end = end;
      if (accept) found.push_back(part_of(args[0], text.substr(begin, end - begin)));
    }
    if (!frame.reserve(found.size() * sizeof(Value))) return frame.stop();
    return Value::list(std::move(found), true);
  });
}

constexpr std::array kRows{
    OverloadRow{"matches", "matches", "string, string -> bool", matches, CostRule::one, true},
    OverloadRow{"matches", "matches_string", ".string, string -> bool", matches, CostRule::matches, true},
    OverloadRow{"find", "string_find_string", ".string, string -> string", find, CostRule::k8s_find, true},
    OverloadRow{"findAll", "string_find_all_string", ".string, string -> list(string)", find_all,
                CostRule::k8s_find, true},
    OverloadRow{"findAll", "string_find_all_string_int", ".string, string, int -> list(string)", find_all,
                CostRule::k8s_find, true},
};

}  // namespace

Value compile_pattern(std::string_view pattern, std::string& failure) {
  std::unique_ptr<re2::RE2> compiled = compile(pattern, failure);
  if (!compiled) return Value();
  return Value::object(Ref<const Object>(new Pattern(pattern, std::move(compiled))));
}

bool is_valid_pattern(std::string_view pattern, std::string& failure) {
  return compile(pattern, failure) != nullptr;
}

std::span<const OverloadRow> regex_rows() { return kRows; }

}  // namespace oidc_audit::cel
