#include "rules/places.h"

#include <charconv>
#include <optional>
#include <vector>

#include "base/json_pointer.h"
#include "base/strings.h"

namespace oidc_audit::rules {
namespace {

using Range = std::optional<SourceRange>;

// Walks a pointer's steps and notes how far it came.
struct Walk {
  std::vector<std::string_view> steps;
  std::size_t at = 0;
  std::string pointer;  // what exists of it
  Range range;

  explicit Walk(std::string_view text) {
    if (text.starts_with('/')) steps = split(text.substr(1), '/');
  }
  bool done() const { return at >= steps.size(); }
  std::string_view step() const { return done() ? std::string_view() : steps[at]; }
  void take(const Range& found) {
    pointer += '/';
    pointer += steps[at++];
    if (found) range = found;
  }
  bool take_if(std::string_view name, const Range& found) {
    if (step() != name || done()) return false;
    take(found);
    return true;
  }
  std::optional<std::size_t> index(std::size_t size) const {
    std::size_t value = 0;
    const std::string_view text = step();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value >= size) return std::nullopt;
    return value;
  }
};

Range span_of(const std::vector<rbac::Text>& texts) {
  Range out;
  for (const rbac::Text& text : texts) {
    if (!text.range) continue;
    if (!out) out = text.range;
    if (out->buffer == text.range->buffer && text.range->end > out->end) out->end = text.range->end;
  }
  return out;
}

void walk_texts(Walk& walk, std::string_view name, const std::vector<rbac::Text>& texts) {
  if (walk.step() != name || walk.done() || texts.empty()) return;
  walk.take(span_of(texts));
  if (const auto i = walk.index(texts.size()); i && !walk.done()) walk.take(texts[*i].range);
}

void walk_meta(Walk& walk, const rbac::Meta& meta) {
  if (walk.take_if("apiVersion", meta.api_version.range) || walk.take_if("kind", meta.kind.range)) return;
  if (!walk.take_if("metadata", meta.name.range)) return;
  if (walk.take_if("name", meta.name.range)) return;
  if (!meta.namespace_name.empty() && walk.take_if("namespace", meta.namespace_name.range)) return;
  for (const auto& [field, list] : {std::pair{std::string_view("labels"), &meta.labels},
                                    std::pair{std::string_view("annotations"), &meta.annotations}}) {
    if (list->empty() || !walk.take_if(field, list->front().first.range)) continue;
    for (const auto& [key, value] : *list) {
      if (walk.take_if(pointer_token(key.value), value.range)) return;
    }
    return;
  }
}

void walk_subject(Walk& walk, const rbac::Subject& subject) {
  if (walk.take_if("name", subject.name.range) || walk.take_if("kind", subject.kind_text.range)) return;
  if (!subject.api_group.range && walk.step() == "apiGroup") return;
  if (walk.take_if("apiGroup", subject.api_group.range)) return;
  if (!subject.namespace_name.empty()) walk.take_if("namespace", subject.namespace_name.range);
}

void walk_rule(Walk& walk, const rbac::PolicyRule& rule) {
  walk_texts(walk, "verbs", rule.verbs);
  walk_texts(walk, "apiGroups", rule.api_groups);
  walk_texts(walk, "resources", rule.resources);
  walk_texts(walk, "resourceNames", rule.resource_names);
  walk_texts(walk, "nonResourceURLs", rule.non_resource_urls);
}

Location finish(Walk&& walk, const rbac::Meta& meta) {
  Location out;
  out.object = meta.ref();
  out.pointer = std::move(walk.pointer);
  out.range = walk.range ? walk.range : meta.name.range ? meta.name.range : meta.range;
  return out;
}

}  // namespace

Location place_in_subject(const rbac::Binding& binding, std::uint32_t subject, std::string_view pointer) {
  Walk walk(pointer);
  walk.pointer = "/subjects/" + std::to_string(subject);
  walk.range = binding.subjects[subject].range;
  walk_subject(walk, binding.subjects[subject]);
  // Where the step does not exist, the name says best which subject is meant.
  if (walk.at == 0 && binding.subjects[subject].name.range) walk.range = binding.subjects[subject].name.range;
  return finish(std::move(walk), binding.meta);
}

Location place_in_binding(const rbac::Binding& binding, std::string_view pointer) {
  Walk walk(pointer);
  if (walk.take_if("roleRef", binding.role_ref.range)) {
    if (!walk.take_if("name", binding.role_ref.name.range) &&
        !walk.take_if("kind", binding.role_ref.kind_text.range)) {
      walk.take_if("apiGroup", binding.role_ref.api_group.range);
    }
  } else if (walk.step() == "subjects" && !binding.subjects.empty()) {
    walk.take(binding.subjects.front().range);
    if (const auto i = walk.index(binding.subjects.size()); i && !walk.done()) {
      walk.take(binding.subjects[*i].range);
      walk_subject(walk, binding.subjects[*i]);
    }
  } else {
    walk_meta(walk, binding.meta);
  }
  return finish(std::move(walk), binding.meta);
}

Location place_in_role(const rbac::Role& role, std::string_view pointer) {
  Walk walk(pointer);
  if (walk.step() == "rules" && !role.rules.empty()) {
    walk.take(role.rules.front().range);
    if (const auto i = walk.index(role.rules.size()); i && !walk.done()) {
      walk.take(role.rules[*i].range);
      walk_rule(walk, role.rules[*i]);
    }
  } else if (!role.has_aggregation_rule || !walk.take_if("aggregationRule", role.aggregation_range)) {
    walk_meta(walk, role.meta);
  }
  return finish(std::move(walk), role.meta);
}

Location place_in_rule(const rbac::Role& role, std::uint32_t rule, std::string_view pointer) {
  Walk walk(pointer);
  walk.pointer = "/rules/" + std::to_string(rule);
  walk.range = role.rules[rule].range;
  walk_rule(walk, role.rules[rule]);
  return finish(std::move(walk), role.meta);
}

Location place_in_object(const rbac::Meta& meta, std::string_view pointer) {
  Walk walk(pointer);
  walk_meta(walk, meta);
  return finish(std::move(walk), meta);
}

}  // namespace oidc_audit::rules
