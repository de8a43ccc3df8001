#include "report/verification.h"

#include <fmt/format.h>

#include "base/unicode.h"
#include "report/json_writer.h"

namespace oidc_audit::report {

void write_verification(JsonWriter& json, const DecisionVerification& verification) {
  json.begin_object();
  json.field("allowed", verification.allowed);
  json.field("reason", verification.reason);
  json.field("evaluationError", verification.evaluation_error);
  json.field("error", verification.error);
  json.field("agrees", verification.agrees);
  json.end_object();
}

void write_verification(JsonWriter& json, const IdentityVerification& verification) {
  const UserInfo user = verification.user.value_or(UserInfo{});
  json.begin_object();
  json.field("accepted", verification.user.has_value());
  json.field("username", user.name);
  json.field("uid", user.uid);
  json.strings("groups", user.groups);
  json.key("extra").begin_object();
  for (const auto& [key, values] : user.extra) json.strings(key, values);
  json.end_object();
  json.field("error", verification.error);
  json.field("agrees", verification.agrees);
  json.strings("differences", verification.differences);
  json.end_object();
}

std::string verification_text(const DecisionVerification& verification) {
  if (!verification.error.empty())
    return fmt::format("not verified: {}\n", escape_for_display(verification.error));
  std::string out = verification.agrees ? "verified: the server says the same"
                                        : fmt::format("DISAGREEMENT: the server says {}",
                                                      verification.allowed ? "allowed" : "refused");
  if (!verification.reason.empty()) out += fmt::format(": {}", escape_for_display(verification.reason));
  if (!verification.evaluation_error.empty())
    out += fmt::format(" (errors: {})", escape_for_display(verification.evaluation_error));
  return out + "\n";
}

std::string verification_text(const IdentityVerification& verification) {
  if (!verification.error.empty())
    return fmt::format("not verified: {}\n", escape_for_display(verification.error));
  if (verification.agrees) return "verified: the server says the same\n";
  std::string out = "DISAGREEMENT with the server:\n";
  for (const std::string& difference : verification.differences)
    out += fmt::format("  {}\n", escape_for_display(difference));
  return out;
}

}  // namespace oidc_audit::report
