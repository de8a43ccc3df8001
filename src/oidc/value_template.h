#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace oidc_audit::oidc {

/// Gives the value of a variable of templates and conditions; nullopt when there is none.
///   NAME            a segment of the subject
///   iss.NAME        a part of the issuer URL, as its pattern names it
///   issuer          the whole issuer URL; issuer-rest: without `https://`; issuer-host: its host and port
///   issuer-id       the id of the matching issuer entry
///   claim:NAME      a claim of the token
using Variables = std::function<std::optional<std::string_view>(std::string_view name)>;

/// Text with `{variable}` in it, each optionally cut: `{project_path|before:/}` is what stands before the
/// first `/` (all, if there is none), `{job_workflow_ref|after:@}` what stands behind the first `@`
/// (nothing, if there is none), `{x|hyphens}` text with
/// `-` for `_`, `{x|lower}` text in lower case, `{x|job-path}` text with `/` for `/job/`.
class ValueTemplate {
 public:
  static Result<ValueTemplate> parse(std::string_view text);
  /// nullopt when a variable has no value.
  std::optional<std::string> expand(const Variables& variables) const;
  /// The name of the first variable and, where it is cut with `before:`, what it is cut at; else empty.
  std::pair<std::string_view, std::string_view> first_variable() const noexcept;
  bool uses_claims() const noexcept { return uses_claims_; }

 private:
  enum class Cut : std::uint8_t { none, before, after, hyphens, lower, job_path };
  struct Part {
    bool variable = false;
    Cut cut = Cut::none;
    std::string text;  // literal, or the variable's name
    std::string at;    // what to cut at
  };
  std::vector<Part> parts_;
  bool uses_claims_ = false;
};

/// A value told from a name: the first of several templates that has all its variables, then translated.
struct ValueRule {
  struct Choice {
    ValueTemplate value;
    std::vector<std::pair<std::string, std::string>> map;  ///< glob to translation; empty: as it is
  };
  std::vector<Choice> choices;

  struct Outcome {
    std::string value;
    bool from_claims = false;
  };
  std::optional<Outcome> expand(const Variables& variables) const;
};

/// Conditions on variables, all of which must hold. Of a variable: a glob, several globs, or `+` (there,
/// not empty) and `-` (absent or empty); a leading `!` turns a glob round.
struct Condition {
  struct Test {
    std::string variable;
    std::vector<std::string> globs;
  };
  std::vector<Test> tests;

  enum class Answer : std::uint8_t { no, yes, unknown };
  /// `unknown`: it depends on claims, and there are none.
  Answer test(const Variables& variables, bool claims_known) const;
};

}  // namespace oidc_audit::oidc
