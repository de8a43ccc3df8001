#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "base/unicode.h"
#include "report/access_report.h"
#include "report/decision_report.h"
#include "report/excerpt.h"
#include "report/table.h"

namespace oidc_audit::report {

namespace {

constexpr std::array<std::string_view, 8> kVerbs = {"get",    "list",  "watch",  "create",
                                                    "update", "patch", "delete", "deletecollection"};

std::string holder_name(const rbac::Holder& holder) {
  if (holder.namespace_name.empty()) return std::string(holder.name);
  return fmt::format("{}/{}", holder.namespace_name, holder.name);
}

std::string scope_text(const rbac::AccessGrant& grant) {
  return grant.cluster_wide() ? std::string("cluster") : std::string(grant.namespace_name());
}

std::string joined(const std::vector<std::string_view>& values) {
  std::string out;
  for (const std::string_view value : values) {
    if (!out.empty()) out += ' ';
    out += value.empty() ? std::string_view("\"\"") : value;
  }
  return out;
}

std::string role_name(const rbac::AccessGrant& grant) {
  return fmt::format("{}/{}", grant.role->meta.kind.value, grant.role->meta.name.value);
}

void append_notes(std::string& out, const std::vector<std::string>& notes) {
  for (const std::string& note : notes) out += fmt::format("note: {}\n", escape_for_display(note));
}

void append_errors(std::string& out, const std::vector<rbac::LookupError>& errors) {
  for (const rbac::LookupError& error : errors)
    out += fmt::format("note: {} grants nothing: {}\n",
                       escape_for_display(oidc_audit::to_string(error.binding->meta.ref())),
                       escape_for_display(error.text));
}

std::string resource_of(std::string_view resource, std::string_view group) {
  return group.empty() ? std::string(resource) : fmt::format("{}.{}", resource, group);
}

/// One line of `kubectl auth can-i --list`: rules taken apart by resource, joined where all else is equal.
struct ListRow {
  std::string resource;
  std::string urls;
  std::string names;
  friend auto operator<=>(const ListRow&, const ListRow&) = default;
};

constexpr std::size_t kMaxRows = 50'000;

std::map<ListRow, std::set<std::string_view>> list_rows(const rbac::HeldScope& scope, bool& cut) {
  std::map<ListRow, std::set<std::string_view>> rows;
  const auto add = [&](ListRow row, const rbac::PolicyRule& rule) {
    if (rows.size() >= kMaxRows) {
      cut = true;
      return;
    }
    std::set<std::string_view>& verbs = rows[std::move(row)];
    for (const rbac::Text& verb : rule.verbs) verbs.insert(verb.value);
  };
  for (const rbac::HeldRule& held : scope.rules) {
    const rbac::PolicyRule& rule = *held.rule;
    for (const rbac::Text& group : rule.api_groups) {
      for (const rbac::Text& resource : rule.resources) {
        if (cut) return rows;
        add({resource_of(resource.value, group.value), "", list_text(rule.resource_names)}, rule);
      }
    }
    // A RoleBinding cannot grant a path.
    if (!rule.non_resource_urls.empty() && scope.namespace_name.empty())
      add({"", list_text(rule.non_resource_urls), "[]"}, rule);
  }
  return rows;
}

std::string scope_title(const rbac::HeldScope& scope) {
  return scope.namespace_name.empty() ? std::string("in the whole cluster")
                                      : fmt::format("in namespace {}", scope.namespace_name);
}

std::string bracketed(const std::set<std::string_view>& values) {
  std::string out = "[";
  for (const std::string_view value : values) {
    if (out.size() > 1) out += ' ';
    out += value;
  }
  return out + "]";
}

std::string title_of(const WhatCanReport& report) {
  if (report.answer.masters)
    return "is a member of system:masters: may do everything, before RBAC is asked\n";
  if (report.answer.scopes.empty()) return "holds no rule\n";
  return "";
}

}  // namespace

std::string list_text(const std::vector<rbac::Text>& list, std::string_view separator) {
  std::string out = "[";
  for (const rbac::Text& element : list) {
    if (out.size() > 1) out += separator;
    out += element.value.empty() ? std::string_view("\"\"") : element.value;
  }
  return out + "]";
}

std::string parsed_text(const SubjectParser& parse, rbac::SubjectKind kind, std::string_view name) {
  if (!parse || (kind != rbac::SubjectKind::user && kind != rbac::SubjectKind::group)) return {};
  const ParsedSubject parsed = parse(name);
  if (parsed.provider.empty()) return {};
  std::string text = fmt::format("{} {}", parsed.provider, parsed.kind);
  for (const auto& [key, value] : parsed.segments) text += fmt::format(" {}={}", key, value);
  return text;
}

std::string who_can_text(const WhoCanReport& report) {
  std::string out;
  Table table({"KIND", "NAME", "SCOPE", "ONLY NAMED", "BINDING", "ROLE", "READ AS"});
  for (const rbac::HolderAccess& access : report.answer.holders) {
    const std::string kind(rbac::to_string(access.holder.kind));
    const std::string parsed = parsed_text(report.parse, access.holder.kind, access.holder.name);
    if (access.masters) table.add({kind, "system:masters", "cluster", "", "(before RBAC)"});
    for (const rbac::AccessGrant& grant : access.grants)
      table.add({kind, holder_name(access.holder), scope_text(grant), joined(grant.judgement->names),
                 std::string(grant.binding->meta.name.value), role_name(grant), parsed});
  }
  out += table.empty() ? std::string("nobody\n") : table.text();
  if (report.question.indirect) {
    Table indirect({"KIND", "NAME", "SCOPE", "WAY", "THROUGH", "BINDING", "ROLE"});
    for (const rbac::IndirectAccess& access : report.answer.indirect)
      indirect.add({std::string(rbac::to_string(access.holder.kind)), holder_name(access.holder),
                    scope_text(access.grant), std::string(rbac::to_string(access.way)), access.through,
                    std::string(access.grant.binding->meta.name.value), role_name(access.grant)});
    out += "\ncan make it theirs:\n";
    out += indirect.empty() ? std::string("nobody\n") : indirect.text();
  }
  append_errors(out, report.answer.errors);
  append_notes(out, report.notes);
  return out;
}

std::string what_can_text(const WhatCanReport& report) {
  std::string out = title_of(report);
  if (const std::string parsed = parsed_text(report.parse, rbac::SubjectKind::user, report.user.name);
      !parsed.empty() && !report.groups_alone)
    out +=
        fmt::format("`{}` is read as {}\n", escape_for_display(report.user.name), escape_for_display(parsed));
  bool cut = false;
  for (const rbac::HeldScope& scope : report.answer.scopes) {
    if (!out.empty()) out += '\n';
    out += escape_for_display(scope_title(scope)) + ":\n";
    Table table({"Resources", "Non-Resource URLs", "Resource Names", "Verbs"});
    for (const auto& [row, verbs] : list_rows(scope, cut))
      table.add({row.resource, row.urls.empty() ? "[]" : row.urls, row.names, bracketed(verbs)});
    out += table.text();
  }
  if (cut) out += "note: there are more rules; -o json lists all\n";
  append_errors(out, report.answer.errors);
  append_notes(out, report.notes);
  return out;
}

std::string what_can_matrix(const WhatCanReport& report) {
  std::string out = title_of(report);
  std::vector<std::string> header = {"SCOPE", "RESOURCE", "NAMES"};
  for (const std::string_view verb : kVerbs) {
    std::string upper(verb);
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](char c) { return static_cast<char>(c - 'a' + 'A'); });
    header.push_back(upper);
  }
  header.emplace_back("OTHER");
  Table table(header);
  bool cut = false;
  for (const rbac::HeldScope& scope : report.answer.scopes) {
    for (const auto& [row, verbs] : list_rows(scope, cut)) {
      std::vector<std::string> cells = {
          scope.namespace_name.empty() ? "cluster" : std::string(scope.namespace_name),
          row.resource.empty() ? row.urls : row.resource, row.names == "[]" ? "" : row.names};
      const bool star = verbs.count("*") != 0;
      for (const std::string_view verb : kVerbs)
        cells.emplace_back(star || verbs.count(verb) != 0 ? "yes" : "-");
      std::string other;
      for (const std::string_view verb : verbs) {
        if (std::find(kVerbs.begin(), kVerbs.end(), verb) != kVerbs.end()) continue;
        if (!other.empty()) other += ' ';
        other += verb;
      }
      cells.push_back(other);
      table.add(std::move(cells));
    }
  }
  if (!table.empty()) out += table.text();
  if (cut) out += "note: there are more rules; -o json lists all\n";
  append_errors(out, report.answer.errors);
  append_notes(out, report.notes);
  return out;
}

std::string binding_text(const BindingReport& report) {
  const rbac::Binding& binding = report.binding;
  std::string out = escape_for_display(oidc_audit::to_string(binding.meta.ref()));
  if (binding.meta.range) out += fmt::format(" ({})", place_text(report.sources, *binding.meta.range));
  out += '\n';
  const std::string role = escape_for_display(
      fmt::format("{} `{}`", binding.role_ref.kind_text.value, binding.role_ref.name.value));
  if (report.role == nullptr) {
    out += fmt::format("grants nothing: {}\n", escape_for_display(report.missing));
  } else {
    out += fmt::format("gives {} ({}{}) in {}\n", role, report.level,
                       report.role->meta.builtin ? ", default role of Kubernetes" : "",
                       escape_for_display(report.scope));
  }
  out += report.subjects.empty() ? "to nobody: it has no subjects\n" : "to:\n";
  for (const ExplainedSubject& explained : report.subjects) {
    const rbac::Subject& subject = binding.subjects[explained.subject];
    out += fmt::format("  {} `{}`: {}\n", escape_for_display(subject.kind_text.value),
                       escape_for_display(subject.name.value), escape_for_display(explained.effect));
    const std::string parsed = parsed_text(report.parse, subject.kind, subject.name.value);
    if (!parsed.empty()) out += fmt::format("      read as {}\n", escape_for_display(parsed));
  }
  if (report.role != nullptr && !report.rules.empty()) {
    Table table({"RULE", "RESOURCES", "GROUPS", "NAMES", "URLS", "VERBS", "LIMITS"});
    for (const ExplainedRule& explained : report.rules) {
      const rbac::PolicyRule& rule = report.role->rules[explained.rule];
      table.add({std::to_string(explained.rule), list_text(rule.resources), list_text(rule.api_groups),
                 list_text(rule.resource_names), list_text(rule.non_resource_urls), list_text(rule.verbs),
                 explained.limits});
    }
    out += "rules:\n" + table.text();
  }
  append_notes(out, report.notes);
  return out;
}

}  // namespace oidc_audit::report
