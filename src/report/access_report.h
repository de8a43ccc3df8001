#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "rbac/access_query.h"
#include "report/json_writer.h"
#include "source/source_manager.h"

namespace oidc_audit::report {

/// A subject name as the provider catalogue reads it; `provider` is empty when nobody knows it.
struct ParsedSubject {
  std::string provider;
  std::string kind;
  std::string tenant_name;
  std::string tenant_value;
  std::vector<std::pair<std::string, std::string>> segments;
};
/// Asked for users and groups only.
using SubjectParser = std::function<ParsedSubject(std::string_view name)>;

struct WhoCanReport {
  const SourceManager& sources;
  const rbac::AccessQuestion& question;
  const rbac::WhoCan& answer;
  SubjectParser parse;
  std::vector<std::string> notes;
};
/// `oidc-audit/who-can/1`
std::string who_can_json(const WhoCanReport& report);
std::string who_can_text(const WhoCanReport& report);

struct WhatCanReport {
  const SourceManager& sources;
  UserInfo user;
  bool groups_alone = false;
  const rbac::WhatCan& answer;
  SubjectParser parse;
  std::vector<std::string> notes;
};
/// `oidc-audit/what-can/1`
std::string what_can_json(const WhatCanReport& report);
/// The columns of `kubectl auth can-i --list`, one table a scope.
std::string what_can_text(const WhatCanReport& report);
/// A line a resource, a column a verb.
std::string what_can_matrix(const WhatCanReport& report);

/// One subject of a binding, judged.
struct ExplainedSubject {
  std::size_t subject = 0;
  std::string effect;  ///< what the subject stands for, or why it matches nobody
  bool matches = true;
};

/// One rule of the bound role as it works through this binding.
struct ExplainedRule {
  std::size_t rule = 0;
  std::string limits;  ///< what of it cannot work here; empty: all of it works
};

struct BindingReport {
  const SourceManager& sources;
  const rbac::Binding& binding;
  const rbac::Role* role = nullptr;  ///< null: missing
  std::string missing;               ///< the server's text, when it is
  std::string scope;                 ///< `the whole cluster`, `namespace prod`
  std::string level;                 ///< `admin-capable`, `write-capable`, `read-only`, `grants nothing`
  std::vector<ExplainedSubject> subjects;
  std::vector<ExplainedRule> rules;
  SubjectParser parse;
  std::vector<std::string> notes;
};
/// `oidc-audit/explain-binding/1`
std::string binding_json(const BindingReport& report);
std::string binding_text(const BindingReport& report);

/// `pods, pods/log` and so on; `[]` when empty, as kubectl prints lists.
std::string list_text(const std::vector<rbac::Text>& list, std::string_view separator = " ");
void write_texts(JsonWriter& json, std::string_view key, const std::vector<rbac::Text>& list);
void write_rule(JsonWriter& json, const rbac::PolicyRule& rule);
void write_parsed(JsonWriter& json, const SubjectParser& parse, rbac::SubjectKind kind,
                  std::string_view name);
/// `tfc run of my-org: project=p workspace=w`; empty when nobody knows the name.
std::string parsed_text(const SubjectParser& parse, rbac::SubjectKind kind, std::string_view name);

}  // namespace oidc_audit::report
