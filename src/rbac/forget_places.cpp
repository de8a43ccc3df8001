#include "rbac/forget_places.h"

namespace oidc_audit::rbac {

namespace {

void forget(Text& text) { text.range.reset(); }

void forget(std::vector<Text>& texts) {
  for (Text& text : texts) forget(text);
}

void forget(std::vector<std::pair<Text, Text>>& pairs) {
  for (auto& [key, value] : pairs) {
    forget(key);
    forget(value);
  }
}

void forget(LabelSelector& selector) {
  selector.range.reset();
  forget(selector.match_labels);
}

void forget(PolicyRule& rule) {
  rule.range.reset();
  forget(rule.verbs);
  forget(rule.api_groups);
  forget(rule.resources);
  forget(rule.resource_names);
  forget(rule.non_resource_urls);
}

}  // namespace

void forget_places(Meta& meta) {
  meta.range.reset();
  forget(meta.api_version);
  forget(meta.kind);
  forget(meta.name);
  forget(meta.namespace_name);
  forget(meta.labels);
  forget(meta.annotations);
}

void forget_places(Role& role) {
  forget_places(role.meta);
  role.aggregation_range.reset();
  for (PolicyRule& rule : role.rules) forget(rule);
  for (LabelSelector& selector : role.cluster_role_selectors) forget(selector);
}

void forget_places(Binding& binding) {
  forget_places(binding.meta);
  binding.role_ref.range.reset();
  forget(binding.role_ref.api_group);
  forget(binding.role_ref.kind_text);
  forget(binding.role_ref.name);
  for (Subject& subject : binding.subjects) {
    subject.range.reset();
    forget(subject.kind_text);
    forget(subject.api_group);
    forget(subject.namespace_name);
    forget(subject.name);
  }
}

void forget_places(ServiceAccount& account) { forget_places(account.meta); }
void forget_places(Namespace& space) { forget_places(space.meta); }

}  // namespace oidc_audit::rbac
