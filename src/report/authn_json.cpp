#include "report/authn_report.h"
#include "report/json_parts.h"
#include "report/json_writer.h"

namespace oidc_audit::report {

namespace {

std::string_view signature_word(oidc::SignatureCheck check) {
  switch (check) {
    case oidc::SignatureCheck::not_checked:
      return "not-verified";
    case oidc::SignatureCheck::verified:
      return "verified";
    case oidc::SignatureCheck::assumed:
      return "assumed";
    case oidc::SignatureCheck::failed:
      return "failed";
  }
  return "";
}

void write_members(JsonWriter& json, const AuthnReport& report) {
  const oidc::AuthenticationResult& result = report.result;
  json.field("outcome", oidc::to_string(result.outcome));
  json.field("username", result.user.name).field("uid", result.user.uid);
  json.strings("groups", result.user.groups);
  json.key("extra").begin_object();
  for (const auto& [key, values] : result.user.extra) json.strings(key, values);
  json.end_object();
  json.field("stage", oidc::to_string(result.stage));
  json.field("cause", result.cause.has_value() ? oidc::to_string(*result.cause) : std::string_view());
  json.field("at", result.at).field("error", result.error).field("fix", result.fix);
  json.field("message", result.message).field("pointer", result.pointer);
  json.key("location");
  Location location;
  location.range = result.range;
  write_place(json, report.sources, location);
  json.key("comparisons").begin_array();
  for (const oidc::Comparison& comparison : result.comparisons) {
    json.begin_object();
    json.field("what", comparison.what)
        .field("expected", comparison.expected)
        .field("actual", comparison.actual);
    json.end_object();
  }
  json.end_array();
  if (!result.errors.empty()) json.strings("errors", result.errors);
  json.field("signature", signature_word(result.signature));
  std::vector<std::string> notes = result.notes;
  notes.insert(notes.end(), report.notes.begin(), report.notes.end());
  json.strings("notes", notes);
  if (!result.mapped_by.empty()) json.field("mappedBy", result.mapped_by);
}

}  // namespace

void write_authentication(JsonWriter& json, const AuthnReport& report) {
  json.begin_object();
  write_members(json, report);
  json.end_object();
}

std::string whoami_json(const AuthnReport& report) {
  JsonWriter json;
  json.begin_object();
  json.field("schema", "oidc-audit/whoami/1");
  write_members(json, report);
  json.field("kubernetesVersion", "1." + std::to_string(report.kubernetes_minor));
  json.field("issuer", report.result.issuer);
  json.key("authenticators").begin_array();
  for (const oidc::TrailStep& step : report.result.trail) {
    json.begin_object();
    json.count("index", step.authenticator).field("issuer", step.issuer).field("verdict", step.verdict);
    json.end_object();
  }
  json.end_array();
  json.key("claims").begin_array();
  for (const oidc::ShownClaim& claim : report.claims) {
    json.begin_object();
    json.field("name", claim.name).field("value", claim.value).field("provider", claim.provider);
    json.key("segments").begin_array();
    for (const auto& [name, value] : claim.segments) {
      json.begin_object().field("name", name).field("value", value).end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
  if (report.verification) {
    json.key("verification");
    write_verification(json, *report.verification);
  }
  json.end_object();
  return json.take() + "\n";
}

}  // namespace oidc_audit::report
