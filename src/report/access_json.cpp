#include "report/access_report.h"
#include "report/decision_report.h"
#include "report/json_parts.h"

namespace oidc_audit::report {

namespace {

void write_holder(JsonWriter& json, const rbac::Holder& holder) {
  json.begin_object();
  json.field("kind", rbac::to_string(holder.kind));
  json.field("namespace", holder.namespace_name);
  json.field("name", holder.name);
  json.end_object();
}

void write_views(JsonWriter& json, std::string_view key, const std::vector<std::string_view>& values) {
  json.key(key).begin_array();
  for (const std::string_view value : values) json.string(value);
  json.end_array();
}

void write_grant(JsonWriter& json, const SourceManager& sources, const rbac::AccessGrant& grant) {
  json.begin_object();
  json.field("scope", grant.cluster_wide() ? "cluster" : "namespace");
  json.field("namespace", grant.namespace_name());
  write_views(json, "names", grant.judgement->names);
  json.key("binding");
  write_object(json, grant.binding->meta.ref());
  json.key("role");
  write_role_reference(json, *grant.binding, grant.role);
  json.key("rules").begin_array();
  for (const std::size_t rule : grant.judgement->rules) json.number(static_cast<std::int64_t>(rule));
  json.end_array();
  json.key("location");
  write_place(json, sources, subject_location(*grant.binding, grant.subject));
  json.end_object();
}

void write_errors(JsonWriter& json, const std::vector<rbac::LookupError>& errors) {
  json.key("errors").begin_array();
  for (const rbac::LookupError& error : errors) {
    json.begin_object();
    json.key("binding");
    write_object(json, error.binding->meta.ref());
    json.field("error", error.text);
    json.end_object();
  }
  json.end_array();
}

void write_question(JsonWriter& json, const rbac::AccessQuestion& question) {
  const rbac::Attributes& request = question.request;
  json.begin_object();
  json.field("verb", request.verb);
  if (request.is_resource) {
    json.field("apiGroup", request.api_group).field("resource", request.resource);
    json.field("subresource", request.subresource).field("name", request.name);
    json.field("namespace", request.namespace_name).field("allNamespaces", question.all_namespaces);
  } else {
    json.field("path", request.path);
  }
  json.end_object();
}

}  // namespace

void write_texts(JsonWriter& json, std::string_view key, const std::vector<rbac::Text>& list) {
  json.key(key).begin_array();
  for (const rbac::Text& element : list) json.string(element.value);
  json.end_array();
}

void write_rule(JsonWriter& json, const rbac::PolicyRule& rule) {
  json.begin_object();
  write_texts(json, "verbs", rule.verbs);
  write_texts(json, "apiGroups", rule.api_groups);
  write_texts(json, "resources", rule.resources);
  write_texts(json, "resourceNames", rule.resource_names);
  write_texts(json, "nonResourceURLs", rule.non_resource_urls);
  json.end_object();
}

void write_parsed(JsonWriter& json, const SubjectParser& parse, rbac::SubjectKind kind,
                  std::string_view name) {
  json.key("parsed");
  ParsedSubject parsed;
  if (parse && (kind == rbac::SubjectKind::user || kind == rbac::SubjectKind::group)) parsed = parse(name);
  if (parsed.provider.empty()) {
    json.null();
    return;
  }
  json.begin_object();
  json.field("provider", parsed.provider).field("kind", parsed.kind);
  json.key("tenant").begin_object();
  json.field("name", parsed.tenant_name).field("value", parsed.tenant_value);
  json.end_object();
  json.key("segments").begin_object();
  for (const auto& [key, value] : parsed.segments) json.field(key, value);
  json.end_object();
  json.end_object();
}

std::string who_can_json(const WhoCanReport& report) {
  JsonWriter json;
  json.begin_object();
  json.field("schema", "oidc-audit/who-can/1");
  json.key("question");
  write_question(json, report.question);
  json.key("subjects").begin_array();
  for (const rbac::HolderAccess& access : report.answer.holders) {
    json.begin_object();
    json.key("subject");
    write_holder(json, access.holder);
    json.field("authorizer", access.masters ? "system:masters" : "rbac");
    write_parsed(json, report.parse, access.holder.kind, access.holder.name);
    json.key("grants").begin_array();
    for (const rbac::AccessGrant& grant : access.grants) write_grant(json, report.sources, grant);
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.key("indirect").begin_array();
  for (const rbac::IndirectAccess& access : report.answer.indirect) {
    json.begin_object();
    json.key("subject");
    write_holder(json, access.holder);
    json.field("way", rbac::to_string(access.way));
    json.field("through", access.through);
    json.key("grant");
    write_grant(json, report.sources, access.grant);
    json.end_object();
  }
  json.end_array();
  write_errors(json, report.answer.errors);
  json.strings("notes", report.notes);
  json.end_object();
  return json.take() + "\n";
}

std::string what_can_json(const WhatCanReport& report) {
  JsonWriter json;
  json.begin_object();
  json.field("schema", "oidc-audit/what-can/1");
  json.field("user", report.user.name);
  json.strings("groups", report.user.groups);
  if (!report.groups_alone) write_parsed(json, report.parse, rbac::SubjectKind::user, report.user.name);
  json.field("masters", report.answer.masters);
  json.key("scopes").begin_array();
  for (const rbac::HeldScope& scope : report.answer.scopes) {
    json.begin_object();
    json.field("scope", scope.namespace_name.empty() ? "cluster" : "namespace");
    json.field("namespace", scope.namespace_name);
    json.key("rules").begin_array();
    for (const rbac::HeldRule& held : scope.rules) {
      json.begin_object();
      json.key("rule");
      write_rule(json, *held.rule);
      json.count("index", held.rule_index);
      json.key("binding");
      write_object(json, held.binding->meta.ref());
      json.key("subject");
      write_subject(json, held.binding->subjects[held.subject], *held.binding);
      json.key("role");
      write_role_reference(json, *held.binding, held.role);
      json.key("location");
      write_place(json, report.sources, subject_location(*held.binding, held.subject));
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
  write_errors(json, report.answer.errors);
  json.strings("notes", report.notes);
  json.end_object();
  return json.take() + "\n";
}

std::string binding_json(const BindingReport& report) {
  JsonWriter json;
  json.begin_object();
  json.field("schema", "oidc-audit/explain-binding/1");
  json.key("binding");
  write_object(json, report.binding.meta.ref());
  json.key("role");
  write_role_reference(json, report.binding, report.role);
  json.field("missing", report.missing);
  json.field("builtinRole", report.role != nullptr && report.role->meta.builtin);
  json.field("scope", report.binding.kind == rbac::BindingKind::role_binding ? "namespace" : "cluster");
  json.field("namespace", report.binding.meta.namespace_name.value);
  json.field("level", report.level);
  json.key("subjects").begin_array();
  for (const ExplainedSubject& explained : report.subjects) {
    const rbac::Subject& subject = report.binding.subjects[explained.subject];
    json.begin_object();
    json.key("subject");
    write_subject(json, subject, report.binding);
    json.field("matches", explained.matches);
    json.field("effect", explained.effect);
    write_parsed(json, report.parse, subject.kind, subject.name.value);
    json.key("location");
    write_place(json, report.sources, subject_location(report.binding, explained.subject));
    json.end_object();
  }
  json.end_array();
  json.key("rules").begin_array();
  for (const ExplainedRule& explained : report.rules) {
    json.begin_object();
    json.count("index", explained.rule);
    json.key("rule");
    write_rule(json, report.role->rules[explained.rule]);
    json.field("limits", explained.limits);
    json.end_object();
  }
  json.end_array();
  json.strings("notes", report.notes);
  json.end_object();
  return json.take() + "\n";
}

}  // namespace oidc_audit::report
