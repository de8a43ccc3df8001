#include <fmt/format.h>

#include <algorithm>

#include "rules/vocabulary.h"

namespace oidc_audit::rules {
namespace {

using cel::Value;

constexpr std::string_view kText = "string";
constexpr std::string_view kTexts = "list(string)";
constexpr std::string_view kMap = "map(string, string)";

Value owned(std::string text) { return Value::string(std::move(text)); }

Value pairs(const std::vector<std::pair<rbac::Text, rbac::Text>>& list) {
  std::vector<std::pair<Value, Value>> entries;
  for (const auto& [key, value] : list) entries.emplace_back(text_value(key.value), text_value(value.value));
  return Value::map(std::move(entries));
}

Value texts(const std::vector<rbac::Text>& list) {
  std::vector<std::string_view> views;
  for (const rbac::Text& text : list) views.push_back(text.value);
  return views_value(views);
}

const rbac::Binding& binding(const Ask& ask) { return *ask.binding->binding; }
const rbac::Role* role(const Ask& ask) { return ask.role->role; }
bool is_found(const Ask& ask) { return ask.role->role != nullptr; }

constexpr std::size_t kNamed = 5;  // names that a message lists

std::vector<std::string_view> external_names(const Ask& ask, const rbac::Binding& b, std::size_t most) {
  std::vector<std::string_view> names;
  for (const rbac::Subject& subject : b.subjects) {
    if (names.size() >= most) break;
    if (ask.world->analyzer().is_external(subject) || subject.name == "system:authenticated" ||
        subject.name == "system:unauthenticated" || subject.name == "system:anonymous") {
      names.push_back(subject.name.value);
    }
  }
  return names;
}

std::string scope(const Ask& ask) {
  const rbac::Binding& b = binding(ask);
  if (b.kind == rbac::BindingKind::cluster_role_binding) return "cluster-wide";
  if (b.meta.namespace_name.empty()) return "in one namespace";
  return fmt::format("in namespace `{}`", b.meta.namespace_name.value);
}

// Verbs and resources that make a role write-capable, for messages: without repetitions, in order.
std::vector<std::string_view> write_words(const Ask& ask, bool verbs) {
  std::vector<std::string_view> out;
  if (!is_found(ask)) return out;
  for (const rbac::PolicyRule& rule : role(ask)->rules) {
    const bool writes = std::any_of(rule.verbs.begin(), rule.verbs.end(), [](const rbac::Text& verb) {
      return verb.value != "get" && verb.value != "list" && verb.value != "watch";
    });
    if (!writes) continue;
    for (const rbac::Text& word : verbs ? rule.verbs : rule.resources) {
      const bool read = verbs && (word.value == "get" || word.value == "list" || word.value == "watch");
      if (!read && std::find(out.begin(), out.end(), word.value) == out.end()) out.push_back(word.value);
    }
  }
  return out;
}

bool only_named_reads(const Ask& ask) {
  if (!is_found(ask) || role(ask)->rules.empty()) return false;
  return std::all_of(role(ask)->rules.begin(), role(ask)->rules.end(), [](const rbac::PolicyRule& rule) {
    return !rule.resource_names.empty() && rule.non_resource_urls.empty() &&
           std::all_of(rule.verbs.begin(), rule.verbs.end(), [](const rbac::Text& verb) {
             return verb.value == "get" || verb.value == "list" || verb.value == "watch";
           });
  });
}

std::vector<std::string_view> aggregates_to(const Ask& ask) {
  constexpr std::string_view kPrefix = "rbac.authorization.k8s.io/aggregate-to-";
  std::vector<std::string_view> out;
  if (!is_found(ask)) return out;
  for (const auto& [key, value] : role(ask)->meta.labels) {
    if (key.value.starts_with(kPrefix) && value.value == "true")
      out.push_back(key.value.substr(kPrefix.size()));
  }
  return out;
}

const rbac::Binding* external_binding(const Ask& ask) {
  if (ask.role->external_binding == kNone) return nullptr;
  return ask.world->raw_binding(ask.role->external_binding).binding;
}

std::string shadowed_by(const Ask& ask) {
  const std::uint32_t other = ask.world->shadowing_binding(ask.binding->index, ask.entry_index);
  return other == kNone ? std::string() : ref_text(ask.world->raw_binding(other).binding->meta);
}

std::string_view phase_twin(const Ask& ask) {
  const auto use = ask.world->phase_twin(ask.binding->index, ask.entry_index, *ask.analysis);
  return use ? ask.world->raw_binding(use->binding).binding->subjects[use->subject].name.value
             : std::string_view();
}

bool unprefixed(const IssuerConfig& issuer, bool groups) {
  const auto& prefix = groups ? issuer.groups_prefix : issuer.username_prefix;
  // Left out, users get the issuer's URL and groups get nothing.
  return prefix ? prefix->empty() : groups && issuer.plain_groups;
}

}  // namespace

std::span<const FactRow> binding_rows() {
  static const FactRow rows[] = {
      {"kind", kText, [](const Ask& a) { return text_value(binding(a).meta.kind.value); }},
      {"name", kText, [](const Ask& a) { return text_value(binding(a).meta.name.value); }},
      {"namespace", kText, [](const Ask& a) { return text_value(binding(a).meta.namespace_name.value); }},
      {"api_version", kText, [](const Ask& a) { return text_value(binding(a).meta.api_version.value); }},
      {"ref", kText, [](const Ask& a) { return owned(ref_text(binding(a).meta)); }},
      {"scope", kText, [](const Ask& a) { return owned(scope(a)); }},
      {"role_kind", kText, [](const Ask& a) { return text_value(binding(a).role_ref.kind_text.value); }},
      {"role_name", kText, [](const Ask& a) { return text_value(binding(a).role_ref.name.value); }},
      {"subject_count", "int",
       [](const Ask& a) { return Value::int64(static_cast<std::int64_t>(binding(a).subjects.size())); }},
      {"external_subjects", kTexts,
       [](const Ask& a) { return views_value(external_names(a, binding(a), kNamed)); }},
      {"labels", kMap, [](const Ask& a) { return pairs(binding(a).meta.labels); }},
      {"annotations", kMap, [](const Ask& a) { return pairs(binding(a).meta.annotations); }},
  };
  return rows;
}

std::span<const FactRow> role_rows() {
  static const FactRow rows[] = {
      {"default", "bool", [](const Ask& a) { return Value::boolean(a.role->default_object); }},
      {"kind", kText,
       [](const Ask& a) {
         if (!is_found(a))
           return a.binding != nullptr ? text_value(binding(a).role_ref.kind_text.value) : text_value("");
         return text_value(role(a)->kind == rbac::RoleKind::role ? "Role" : "ClusterRole");
       }},
      {"name", kText,
       [](const Ask& a) {
         if (!is_found(a))
           return a.binding != nullptr ? text_value(binding(a).role_ref.name.value) : text_value("");
         return text_value(role(a)->meta.name.value);
       }},
      {"namespace", kText,
       [](const Ask& a) {
         return is_found(a) ? text_value(role(a)->meta.namespace_name.value) : text_value("");
       }},
      {"ref", kText,
       [](const Ask& a) { return owned(is_found(a) ? ref_text(role(a)->meta) : std::string()); }},
      {"rule_count", "int",
       [](const Ask& a) {
         return Value::int64(is_found(a) ? static_cast<std::int64_t>(role(a)->rules.size()) : 0);
       }},
      {"aggregates_to", kTexts, [](const Ask& a) { return views_value(aggregates_to(a)); }},
      {"write_verbs", kTexts, [](const Ask& a) { return views_value(write_words(a, true)); }},
      {"write_resources", kTexts, [](const Ask& a) { return views_value(write_words(a, false)); }},
      {"only_named_reads", "bool", [](const Ask& a) { return Value::boolean(only_named_reads(a)); }},
      {"bind_names", kTexts, [](const Ask& a) { return views_value(a.role->facts.bind_names); }},
      {"escalate_names", kTexts, [](const Ask& a) { return views_value(a.role->facts.escalate_names); }},
      {"impersonate_names", kTexts,
       [](const Ask& a) { return views_value(a.role->facts.impersonate_names); }},
      {"external_binding", kText,
       [](const Ask& a) {
         const rbac::Binding* b = external_binding(a);
         return owned(b == nullptr ? std::string() : ref_text(b->meta));
       }},
      {"external_subjects", kTexts,
       [](const Ask& a) {
         const rbac::Binding* b = external_binding(a);
         return b == nullptr ? texts_value({}) : views_value(external_names(a, *b, kNamed));
       }},
      {"labels", kMap, [](const Ask& a) { return is_found(a) ? pairs(role(a)->meta.labels) : pairs({}); }},
      {"annotations", kMap,
       [](const Ask& a) { return is_found(a) ? pairs(role(a)->meta.annotations) : pairs({}); }},
  };
  return rows;
}

std::span<const FactRow> rule_rows() {
  static const FactRow rows[] = {
      {"index", "int", [](const Ask& a) { return Value::int64(a.rule_index); }},
      {"verbs", kTexts, [](const Ask& a) { return texts(a.rule->verbs); }},
      {"api_groups", kTexts, [](const Ask& a) { return texts(a.rule->api_groups); }},
      {"resources", kTexts, [](const Ask& a) { return texts(a.rule->resources); }},
      {"resource_names", kTexts, [](const Ask& a) { return texts(a.rule->resource_names); }},
      {"non_resource_urls", kTexts, [](const Ask& a) { return texts(a.rule->non_resource_urls); }},
  };
  return rows;
}

std::span<const FactRow> grant_rows() {
  static const FactRow rows[] = {
      {"index", "int", [](const Ask& a) { return Value::int64(a.subject_index); }},
      {"duplicate", "bool",
       [](const Ask& a) { return Value::boolean(a.world->is_duplicate(a.binding->index, a.subject_index)); }},
      {"shadowed_by", kText, [](const Ask& a) { return owned(shadowed_by(a)); }},
      {"phase_twin", kText, [](const Ask& a) { return text_value(phase_twin(a)); }},
  };
  return rows;
}

std::span<const FactRow> object_rows() {
  static const FactRow rows[] = {
      {"kind", kText, [](const Ask& a) { return text_value(a.object->kind.value); }},
      {"name", kText, [](const Ask& a) { return text_value(a.object->name.value); }},
      {"namespace", kText, [](const Ask& a) { return text_value(a.object->namespace_name.value); }},
      {"api_version", kText, [](const Ask& a) { return text_value(a.object->api_version.value); }},
      {"ref", kText, [](const Ask& a) { return owned(ref_text(*a.object)); }},
      {"labels", kMap, [](const Ask& a) { return pairs(a.object->labels); }},
      {"annotations", kMap, [](const Ask& a) { return pairs(a.object->annotations); }},
      {"is_role", "bool",
       [](const Ask& a) {
         return Value::boolean(a.object->kind == "Role" || a.object->kind == "ClusterRole");
       }},
      {"is_binding", "bool",
       [](const Ask& a) {
         return Value::boolean(a.object->kind == "RoleBinding" || a.object->kind == "ClusterRoleBinding");
       }},
      {"is_service_account", "bool",
       [](const Ask& a) { return Value::boolean(a.object->kind == "ServiceAccount"); }},
      {"is_namespace", "bool", [](const Ask& a) { return Value::boolean(a.object->kind == "Namespace"); }},
      {"from_server", "bool", [](const Ask& a) { return Value::boolean(a.object->from_server); }},
      {"namespace_known", "bool", [](const Ask& a) { return Value::boolean(a.object->namespace_known); }},
  };
  return rows;
}

std::span<const FactRow> config_rows() {
  static const FactRow rows[] = {
      {"expanding_front_end", "bool",
       [](const Ask& a) { return Value::boolean(a.world->config().expanding_front_end); }},
      {"issuers_known", "bool",
       [](const Ask& a) { return Value::boolean(!a.world->config().issuers.empty()); }},
      {"multiple_issuers", "bool",
       [](const Ask& a) { return Value::boolean(a.world->config().issuers.size() > 1); }},
      {"unprefixed_issuer", "bool",
       [](const Ask& a) {
         const auto& issuers = a.world->config().issuers;
         return Value::boolean(std::any_of(issuers.begin(), issuers.end(),
                                           [](const IssuerConfig& i) { return unprefixed(i, false); }));
       }},
      {"unprefixed_groups", "bool",
       [](const Ask& a) {
         const auto& issuers = a.world->config().issuers;
         return Value::boolean(std::any_of(issuers.begin(), issuers.end(),
                                           [](const IssuerConfig& i) { return unprefixed(i, true); }));
       }},
      {"foreign_cluster_unprefixed", "bool",
       [](const Ask& a) {
         const auto& issuers = a.world->config().issuers;
         return Value::boolean(std::any_of(issuers.begin(), issuers.end(), [&](const IssuerConfig& i) {
           if (!unprefixed(i, false)) return false;
           if (i.kubernetes_cluster) return true;
           const oidc::Provider* p = a.world->analyzer().catalogue().find_issuer(i.url).provider;
           return p != nullptr && p->id.starts_with("kubernetes");
         }));
       }},
      {"issuers", kTexts,
       [](const Ask& a) {
         std::vector<std::string_view> urls;
         for (const IssuerConfig& i : a.world->config().issuers) urls.push_back(i.url);
         return views_value(urls);
       }},
      {"groups_mapped", "bool",
       [](const Ask& a) {
         const Authentication* all = a.world->authentication();
         if (all == nullptr) return Value::boolean(false);
         const auto entries = all->joined_entries();
         return Value::boolean(
             std::any_of(entries.begin(), entries.end(), [](const AuthenticatorEntry& entry) {
               return entry.mapping(MappingEntry::Kind::groups) != nullptr;
             }));
       }},
      {"server_known", "bool",
       [](const Ask& a) {
         const Authentication* all = a.world->authentication();
         return Value::boolean(all != nullptr && all->joined() != nullptr);
       }},
      {"prefixes", kTexts, [](const Ask& a) { return texts_value(a.world->config().all_prefixes()); }},
      {"brokers", kTexts, [](const Ask& a) { return texts_value(a.world->config().brokers); }},
      {"protected_refs", kTexts, [](const Ask& a) { return texts_value(a.world->config().protected_refs); }},
  };
  return rows;
}

std::span<const FactRow> inventory_rows() {
  static const FactRow rows[] = {
      {"complete_cluster_roles", "bool",
       [](const Ask& a) { return Value::boolean(a.world->complete().cluster_roles); }},
      {"complete_roles", "bool", [](const Ask& a) { return Value::boolean(a.world->complete().roles); }},
      {"complete_bindings", "bool",
       [](const Ask& a) { return Value::boolean(a.world->complete().bindings); }},
      {"complete_service_accounts", "bool",
       [](const Ask& a) { return Value::boolean(a.world->complete().service_accounts); }},
      {"complete_namespaces", "bool",
       [](const Ask& a) { return Value::boolean(a.world->complete().namespaces); }},
      {"complete", "bool",
       [](const Ask& a) {
         const Completeness& c = a.world->complete();
         return Value::boolean(c.cluster_roles && c.roles && c.bindings && c.service_accounts &&
                               c.namespaces);
       }},
      {"has_namespaces", "bool",
       [](const Ask& a) { return Value::boolean(!a.world->objects().namespaces.empty()); }},
      {"has_service_accounts", "bool",
       [](const Ask& a) { return Value::boolean(!a.world->objects().service_accounts.empty()); }},
      {"binding_count", "int",
       [](const Ask& a) { return Value::int64(static_cast<std::int64_t>(a.world->binding_count())); }},
      {"role_count", "int",
       [](const Ask& a) { return Value::int64(static_cast<std::int64_t>(a.world->objects().roles.size())); }},
  };
  return rows;
}

}  // namespace oidc_audit::rules
