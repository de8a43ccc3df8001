#include "report/decision_report.h"
#include "report/json_parts.h"

namespace oidc_audit::report {

namespace {

void write_request(JsonWriter& json, const rbac::Attributes& request) {
  json.begin_object();
  json.field("user", request.user.name);
  json.strings("groups", request.user.groups);
  json.field("verb", request.verb);
  if (request.is_resource) {
    json.field("apiGroup", request.api_group);
    json.field("resource", request.resource);
    json.field("subresource", request.subresource);
    json.field("name", request.name);
    json.field("namespace", request.namespace_name);
  } else {
    json.field("path", request.path);
  }
  json.end_object();
}

void write_grant(JsonWriter& json, const SourceManager& sources, const rbac::Grant& grant) {
  json.begin_object();
  json.key("binding");
  write_object(json, grant.binding->meta.ref());
  json.key("subject");
  write_subject(json, grant.binding->subjects[grant.subject], *grant.binding);
  json.key("role");
  write_role_reference(json, *grant.binding, grant.role);
  json.count("rule", grant.rule);
  json.field("reason", grant.reason);
  json.key("location");
  write_place(json, sources, subject_location(*grant.binding, grant.subject));
  json.end_object();
}

void write_grants(JsonWriter& json, const SourceManager& sources, const std::vector<rbac::Grant>& grants) {
  json.begin_array();
  for (const rbac::Grant& grant : grants) write_grant(json, sources, grant);
  json.end_array();
}

void write_near_miss(JsonWriter& json, const SourceManager& sources, const sim::NearMiss& miss) {
  json.begin_object();
  json.field("cause", sim::to_string(miss.cause));
  json.field("object", miss.object);
  json.field("pointer", miss.pointer);
  json.key("location");
  write_place(json, sources, Location{{}, miss.pointer, miss.range});
  json.field("message", miss.message);
  json.field("fix", miss.fix);
  json.end_object();
}

void write_further(JsonWriter& json, const FurtherCheck& further) {
  json.begin_object();
  json.field("when", further.check.when);
  json.key("request");
  write_request(json, further.check.attributes);
  json.field("allowed", further.allowed);
  json.field("message", further.check.message);
  json.end_object();
}

}  // namespace

void write_role_reference(JsonWriter& json, const rbac::Binding& binding, const rbac::Role* role) {
  if (role != nullptr) {
    write_object(json, role->meta.ref());
    return;
  }
  ObjectRef reference{"rbac.authorization.k8s.io/v1",
                      std::string(binding.role_ref.kind_text.value),
                      {},
                      std::string(binding.role_ref.name.value)};
  if (binding.role_ref.kind == rbac::RoleKind::role)
    reference.namespace_name = std::string(binding.meta.namespace_name.value);
  write_object(json, reference);
}

void write_subject(JsonWriter& json, const rbac::Subject& subject, const rbac::Binding& binding) {
  std::string_view place = subject.namespace_name.value;
  if (subject.kind == rbac::SubjectKind::service_account && place.empty())
    place = binding.meta.namespace_name.value;
  json.begin_object();
  json.field("kind", subject.kind_text.value);
  json.field("namespace", place);
  json.field("name", subject.name.value);
  json.end_object();
}

Location subject_location(const rbac::Binding& binding, std::size_t subject) {
  const rbac::Subject& named = binding.subjects[subject];
  Location location{binding.meta.ref(), "/subjects/" + std::to_string(subject), named.name.range};
  if (location.range) {
    location.pointer += "/name";
  } else {
    location.range = named.range ? named.range : binding.meta.range;
  }
  return location;
}

void write_decision(JsonWriter& json, const DecisionReport& report, std::string_view schema) {
  const rbac::Decision& decision = report.decision;
  json.begin_object();
  json.field("schema", schema);
  json.key("request");
  write_request(json, report.request);
  json.field("allowed", decision.allowed);
  json.field("decision", rbac::to_string(decision.verdict));
  json.field("authorizer", decision.authorizer);
  json.field("reason", decision.reason);
  json.key("errors").begin_array();
  for (const rbac::LookupError& error : decision.errors) json.string(error.text);
  json.end_array();
  json.key("granted_by");
  write_grants(json, report.sources, decision.granted_by);
  json.field("denied_message", report.denied_message);
  json.key("near_misses").begin_array();
  for (const sim::NearMiss& miss : report.near_misses) write_near_miss(json, report.sources, miss);
  json.end_array();
  json.key("authentication");
  if (report.authentication_json.empty()) {
    json.null();
  } else {
    json.raw(report.authentication_json);
  }
  json.key("further_checks").begin_array();
  for (const FurtherCheck& further : report.further) write_further(json, further);
  json.end_array();
  if (report.expander) {
    json.key("pattern_expander").begin_object();
    json.field("note", "not Kubernetes: what a front-end that expands patterns in names would let through");
    json.field("allowed", report.expander->allowed);
    json.key("granted_by");
    write_grants(json, report.sources, report.expander->granted_by);
    json.end_object();
  }
  if (report.verification) {
    json.key("verification");
    write_verification(json, *report.verification);
  }
  json.strings("notes", report.notes);
  json.end_object();
}

}  // namespace oidc_audit::report
