#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/user_info.h"

namespace oidc_audit::report {

class JsonWriter;

/// What the server itself says about a decision, beside ours.
struct DecisionVerification {
  bool allowed = false;
  std::string reason;            ///< the server's
  std::string evaluation_error;  ///< likewise
  std::string error;             ///< not empty: the server gave no verdict, and the rest means nothing
  bool agrees = false;
};

/// What the server itself says about a token, beside ours.
struct IdentityVerification {
  std::optional<UserInfo> user;  ///< absent: the server answers 401
  std::string error;             ///< not empty: the server could not be asked
  bool agrees = false;
  std::vector<std::string> differences;  ///< for people
};

/// `{"allowed", "reason", "evaluationError", "error", "agrees"}`
void write_verification(JsonWriter& json, const DecisionVerification& verification);
/// `{"accepted", "username", "uid", "groups", "extra", "error", "agrees", "differences"}`
void write_verification(JsonWriter& json, const IdentityVerification& verification);

/// One line, or some where the two differ.
std::string verification_text(const DecisionVerification& verification);
std::string verification_text(const IdentityVerification& verification);

}  // namespace oidc_audit::report
