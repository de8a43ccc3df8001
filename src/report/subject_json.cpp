#include "report/json_parts.h"
#include "report/json_writer.h"
#include "report/subject_report.h"

namespace oidc_audit::report {

namespace {

void optional_field(JsonWriter& json, std::string_view name, const std::optional<std::string>& value) {
  json.key(name);
  if (value)
    json.string(*value);
  else
    json.null();
}

void text_or_null(JsonWriter& json, std::string_view name, std::string_view text) {
  json.key(name);
  if (text.empty())
    json.null();
  else
    json.string(text);
}

void write_segments(JsonWriter& json, const std::vector<oidc::Segment>& segments) {
  json.key("segments").begin_object();
  for (std::size_t i = 0; i < segments.size(); ++i) {
    bool repeated = false;  // a key may be written twice where a property is named freely
    for (std::size_t k = 0; k < i; ++k) repeated = repeated || segments[k].name == segments[i].name;
    if (!repeated) json.field(segments[i].name, segments[i].value);
  }
  json.end_object();
}

void write_with_trait(JsonWriter& json, std::string_view name, const std::vector<oidc::Segment>& segments,
                      oidc::SegmentTrait trait) {
  json.key(name).begin_array();
  for (const oidc::Segment& segment : segments) {
    if (segment.has(trait)) json.string(segment.name);
  }
  json.end_array();
}

template <typename Reading>
void write_reading(JsonWriter& json, const Reading& reading) {
  json.field("provider", reading.provider->id).field("kind", reading.kind);
  json.key("tenant");
  if (reading.tenant.name.empty()) {
    json.null();
  } else {
    json.begin_object().field("name", reading.tenant.name);
    optional_field(json, "value", reading.tenant.value);
    json.end_object();
  }
  write_segments(json, reading.segments);
  optional_field(json, "phase", reading.phase);
  optional_field(json, "ref", reading.ref);
  optional_field(json, "ref_type", reading.ref_type);
  optional_field(json, "environment", reading.environment);
  optional_field(json, "context", reading.context);
  text_or_null(json, "issuer_scope", reading.scope ? to_string(*reading.scope) : std::string_view());
  text_or_null(json, "tenant_from", reading.tenant.where);
  text_or_null(json, "immutable_tenant_claim", reading.tenant.immutable_claim);
  write_with_trait(json, "mutable_segments", reading.segments, oidc::kMutableName);
  write_with_trait(json, "immutable_segments", reading.segments, oidc::kImmutableId);
  write_with_trait(json, "attacker_influenced", reading.segments, oidc::kAttackerInfluenced);
  write_with_trait(json, "per_run_segments", reading.segments, oidc::kPerRun);
}

void write_subject(JsonWriter& json, const SourceManager& sources, const SubjectEntry& entry) {
  const oidc::ParsedName& parsed = *entry.parsed;
  json.begin_object();
  json.field("name", parsed.name);
  text_or_null(json, "prefix", parsed.prefix.text);
  text_or_null(json, "issuer", parsed.issuer);
  json.key("candidates").begin_array();
  for (const oidc::Candidate& candidate : parsed.candidates) {
    json.begin_object();
    write_reading(json, candidate);
    json.field("likelihood", to_string(candidate.likelihood));
    json.end_object();
  }
  json.end_array();
  json.key("nearest");
  if (entry.facts->near) {
    const oidc::NearMatch& near = *entry.facts->near;
    json.begin_object();
    write_reading(json, near);
    json.key("departures").begin_array();
    for (const oidc::Flaw& flaw : near.flaws) {
      json.begin_object().field("departure", to_string(flaw.departure));
      text_or_null(json, "segment", flaw.segment);
      json.field("text", parsed.name.substr(flaw.begin, flaw.end - flaw.begin));
      text_or_null(json, "expected", flaw.expected);
      json.end_object();
    }
    json.end_array().end_object();
  } else {
    json.null();
  }
  json.key("findings").begin_array();
  for (const Finding& finding : entry.findings) write_finding(json, sources, finding);
  json.end_array().end_object();
}

void write_provider(JsonWriter& json, const oidc::Provider& provider) {
  json.field("id", provider.id).field("title", provider.title);
  json.field("evidence", to_string(provider.evidence));
  json.key("issuers").begin_array();
  for (const oidc::IssuerInfo& issuer : provider.issuers) {
    json.begin_object().field("id", issuer.id).field("pattern", issuer.pattern);
    json.field("scope", to_string(issuer.scope));
    text_or_null(json, "note", issuer.note);
    json.end_object();
  }
  json.end_array();
  json.field("broker", provider.broker).field("people", provider.people);
  json.field("tenant_optional", provider.tenant_optional);
  text_or_null(json, "immutable_alternative", provider.immutable_alternative);
  json.strings("group_claims", provider.group_claims);
}

}  // namespace

std::string subject_json(const SubjectReport& report) {
  JsonWriter json;
  json.begin_object().field("schema", "oidc-audit/subject/1");
  json.key("subjects").begin_array();
  for (const SubjectEntry& entry : report.subjects) write_subject(json, report.sources, entry);
  json.end_array().end_object();
  return json.take() + "\n";
}

std::string provider_list_json(std::span<const oidc::Provider> providers) {
  JsonWriter json;
  json.begin_object().field("schema", "oidc-audit/providers/1").key("providers").begin_array();
  for (const oidc::Provider& provider : providers) {
    json.begin_object();
    write_provider(json, provider);
    json.end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

std::string provider_json(const oidc::Provider& provider, const oidc::ProviderDocs& docs) {
  JsonWriter json;
  json.begin_object().field("schema", "oidc-audit/providers/1").key("providers").begin_array().begin_object();
  write_provider(json, provider);
  json.field("summary", docs.summary).field("audience", docs.audience).field("tenant", docs.tenant);
  json.key("subjects").begin_array();
  for (const auto& subject : docs.subjects) {
    json.begin_object().field("kind", subject.kind).field("form", subject_form(subject));
    text_or_null(json, "note", subject.note);
    json.field("group", subject.group).end_object();
  }
  json.end_array().key("segments").begin_array();
  for (const auto& segment : docs.segments) {
    json.begin_object().field("name", segment.name).field("holds", segment.values);
    json.strings("traits", trait_words(segment.traits));
    text_or_null(json, "note", segment.note);
    json.end_object();
  }
  json.end_array();
  json.strings("notes", docs.notes).strings("references", docs.references);
  json.key("examples").begin_array();
  for (const auto& example : docs.examples) {
    json.begin_object();
    text_or_null(json, "issuer", example.issuer);
    json.field("name", example.name).key("expect").raw(example.expect_json);
    json.end_object();
  }
  json.end_array().end_object().end_array().end_object();
  return json.take() + "\n";
}

}  // namespace oidc_audit::report
