#include "oidc/value_template.h"

#include <algorithm>

#include "base/glob.h"
#include "base/strings.h"

namespace oidc_audit::oidc {

namespace {

constexpr std::string_view kClaim = "claim:";

}  // namespace

Result<ValueTemplate> ValueTemplate::parse(std::string_view text) {
  ValueTemplate made;
  std::string literal;
  const auto flush = [&] {
    if (literal.empty()) return;
    Part part;
    part.text = std::move(literal);
    literal.clear();
    made.parts_.push_back(std::move(part));
  };
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '{') {
      literal += text[at++];
      continue;
    }
    const std::size_t close = text.find('}', at);
    if (close == std::string_view::npos)
      return Error(ErrorKind::configuration, "a `{` without `}` in `" + std::string(text) + "`");
    flush();
    std::string_view name = text.substr(at + 1, close - at - 1);
    at = close + 1;
    Part part;
    part.variable = true;
    if (const std::size_t bar = name.find('|'); bar != std::string_view::npos) {
      const std::string_view cut = name.substr(bar + 1);
      name = name.substr(0, bar);
      if (cut == "hyphens") {
        part.cut = Cut::hyphens;
      } else if (cut == "lower") {
        part.cut = Cut::lower;
      } else if (cut == "job-path") {
        part.cut = Cut::job_path;
      } else if (cut.starts_with("before:") && cut.size() > 7) {
        part.cut = Cut::before;
        part.at = std::string(cut.substr(7));
      } else if (cut.starts_with("after:") && cut.size() > 6) {
        part.cut = Cut::after;
        part.at = std::string(cut.substr(6));
      } else {
        return Error(ErrorKind::configuration,
                     "`" + std::string(cut) + "` in `" + std::string(text) +
                         "` is not one of before:TEXT, after:TEXT, hyphens, lower, job-path");
      }
    }
    if (name.empty())
      return Error(ErrorKind::configuration, "a variable needs a name in `" + std::string(text) + "`");
    part.text = std::string(name);
    if (name.starts_with(kClaim)) made.uses_claims_ = true;
    made.parts_.push_back(std::move(part));
  }
  flush();
  return made;
}

std::pair<std::string_view, std::string_view> ValueTemplate::first_variable() const noexcept {
  for (const Part& part : parts_) {
    if (part.variable)
      return {part.text, part.cut == Cut::before ? std::string_view(part.at) : std::string_view()};
  }
  return {};
}

std::optional<std::string> ValueTemplate::expand(const Variables& variables) const {
  std::string out;
  for (const Part& part : parts_) {
    if (!part.variable) {
      out += part.text;
      continue;
    }
    const auto value = variables(part.text);
    if (!value) return std::nullopt;
    std::string_view text = *value;
    switch (part.cut) {
      case Cut::none:
        out += text;
        break;
      case Cut::before:
        out += text.substr(0, text.find(part.at));
        break;
      case Cut::after: {
        const std::size_t at = text.find(part.at);
        if (at == std::string_view::npos) return std::nullopt;
        out += text.substr(at + part.at.size());
        break;
      }
      case Cut::lower:
        out += to_lower_ascii(text);
        break;
      case Cut::job_path:
        out += replace_all(text, "/job/", "/");
        break;
      case Cut::hyphens:
        for (const char c : text) out += c == '_' ? '-' : c;
        break;
    }
  }
  return out;
}

std::optional<ValueRule::Outcome> ValueRule::expand(const Variables& variables) const {
  for (const Choice& choice : choices) {
    auto value = choice.value.expand(variables);
    if (!value) continue;
    const bool from_claims = choice.value.uses_claims();
    if (choice.map.empty()) {
      if (value->empty()) continue;
      return Outcome{std::move(*value), from_claims};
    }
    for (const auto& [glob, translation] : choice.map) {
      if (glob_matches(glob, *value)) return Outcome{translation, from_claims};
    }
  }
  return std::nullopt;
}

Condition::Answer Condition::test(const Variables& variables, bool claims_known) const {
  bool unknown = false;
  for (const Test& test : tests) {
    const bool claim = std::string_view(test.variable).starts_with(kClaim);
    if (claim && !claims_known) {
      unknown = true;
      continue;
    }
    const auto value = variables(test.variable);
    const bool there = value && !value->empty();
    const bool holds = std::any_of(test.globs.begin(), test.globs.end(), [&](const std::string& glob) {
      if (glob == "+") return there;
      if (glob == "-") return !there;
      if (glob.size() > 1 && glob.front() == '!')
        return !(value && glob_matches(std::string_view(glob).substr(1), *value));
      return value && glob_matches(glob, *value);
    });
    if (!holds) return Answer::no;
  }
  return unknown ? Answer::unknown : Answer::yes;
}

}  // namespace oidc_audit::oidc
