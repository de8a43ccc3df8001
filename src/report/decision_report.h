#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rbac/authorizer.h"
#include "rbac/request.h"
#include "report/json_writer.h"
#include "report/verification.h"
#include "sim/near_miss.h"
#include "source/source_manager.h"

namespace oidc_audit::report {

/// A further check of the same action, answered.
struct FurtherCheck {
  rbac::SecondaryCheck check;
  bool allowed = false;
};

/// What a front-end that expands patterns in subject names would let through. Not Kubernetes.
struct ExpanderAnswer {
  bool allowed = false;
  std::vector<rbac::Grant> granted_by;
};

/// Everything one answer of the simulation is made from. Borrowed; nothing is decided here.
struct DecisionReport {
  const SourceManager& sources;
  const rbac::Attributes& request;
  const rbac::Decision& decision;
  std::string denied_message;              ///< empty when allowed
  std::vector<sim::NearMiss> near_misses;  ///< nearest first
  std::vector<FurtherCheck> further;
  std::optional<ExpanderAnswer> expander;
  std::vector<std::string> notes;  ///< what was assumed or taken from elsewhere; one sentence each
  /// How the identity came about, as the JSON of the contract; empty: it was given by name.
  std::string authentication_json;
  /// False: authentication failed, and nothing was asked of the authorizer.
  bool authenticated = true;
  std::optional<DecisionVerification> verification = {};  ///< when the server was asked, too
};

/// Object of the contract: allowed, decision, authorizer, reason, errors, granted_by, denied_message,
/// near_misses, authentication; with it request, further_checks, notes.
void write_decision(JsonWriter& json, const DecisionReport& report, std::string_view schema);

/// For people.
std::string decision_text(const DecisionReport& report, bool color);

/// `get pods/log x in namespace prod`, `get /healthz`; for people, not escaped.
std::string describe_request(const rbac::Attributes& request);

/// `{"apiVersion", "kind", "namespace", "name"}` of a role or binding. A role that is missing is named by the
/// reference of the binding.
void write_role_reference(JsonWriter& json, const rbac::Binding& binding, const rbac::Role* role);
/// `{"kind", "namespace", "name"}`
void write_subject(JsonWriter& json, const rbac::Subject& subject, const rbac::Binding& binding);
/// Where the subject of a binding stands.
Location subject_location(const rbac::Binding& binding, std::size_t subject);

}  // namespace oidc_audit::report
