// What a rule says of the thing it was asked of: effects, severity, message and place.

#include <algorithm>

#include "base/strings.h"
#include "rules/asker.h"
#include "rules/iam.h"
#include "rules/places.h"

namespace oidc_audit::rules {
namespace {

Severity raise(Severity level) {
  return level == Severity::critical ? level : static_cast<Severity>(static_cast<int>(level) + 1);
}
Severity lower(Severity level) {
  return level == Severity::info ? level : static_cast<Severity>(static_cast<int>(level) - 1);
}

}  // namespace

std::span<const Effect> Asker::effects(ActiveRule& active) {
  const LoadedRule& rule = *active.rule;
  if (!rule.code.effects) return rule.rule.effects;
  if (active.effects) return *active.effects;
  std::vector<Effect>& out = effects_;
  out.clear();
  const cel::Value value = evaluator_.eval(*rule.code.effects);
  if (value.is(cel::Kind::list)) {
    for (std::size_t i = 0; i < value.as_list().size(); ++i) {
      const cel::Value item = value.as_list().at(i);
      if (!item.is(cel::Kind::string)) continue;
      if (const auto effect = parse_effect(item.as_string())) out.push_back(*effect);
    }
  }
  if (out.empty()) out.push_back(Effect::unknown);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if ((rule.code.effects_use & ~kOfRun) == 0) active.effects = out;
  return out;
}

bool Asker::severity_case(ActiveRule& active, std::size_t index) {
  const RuleCode& code = active.rule->code;
  active.severity_cases.resize(code.severity_cases.size());
  std::optional<bool>& kept = active.severity_cases[index];
  if (kept) return *kept;
  const bool result = evaluator_.is_true(code.severity_cases[index]);
  if ((code.severity_cases_use[index] & ~kOfRun) == 0) kept = result;
  return result;
}

Severity Asker::severity(ActiveRule& active, std::span<const Effect> effects) {
  const LoadedRule& rule = *active.rule;
  Severity level = rule.rule.info.severity;
  std::uint8_t adjust = rule.rule.adjust;
  for (std::size_t i = 0; i < rule.code.severity_cases.size(); ++i) {
    if (!severity_case(active, i)) continue;
    level = rule.rule.severity_cases[i].then;
    adjust = rule.rule.severity_cases[i].adjust.value_or(adjust);
    break;
  }
  bool admin = false, read_only = false, namespaced = false;
  const Each each = rule.rule.each;
  if ((each == Each::subject || each == Each::binding) && ask_.binding != nullptr && !alone_) {
    const Traits& t = ask_.binding->traits;
    admin = is(t, BindingBit::admin_capable);
    read_only = is(t, BindingBit::read_only) && !is(t, BindingBit::reads_secrets);
    namespaced = is(t, BindingBit::namespaced) && !is(t, BindingBit::in_kube_system);
  } else if ((each == Each::role || each == Each::role_rule) && ask_.role->role != nullptr) {
    const bool external = is(ask_.role->traits, RoleBit::bound_to_external);
    const bool wide = is(ask_.role->traits, RoleBit::bound_cluster_wide_to_external);
    admin = ask_.role->facts.admin_capable && wide;
    read_only = ask_.role->facts.read_only && !ask_.role->facts.reads_secrets;
    const rbac::Binding* by = ask_.role->external_binding == kNone
                                  ? nullptr
                                  : world_.raw_binding(ask_.role->external_binding).binding;
    const bool in_system = by != nullptr && by->meta.namespace_name == "kube-system";
    namespaced = (external ? !wide : ask_.role->role->kind == rbac::RoleKind::role) && !in_system;
  }
  if ((adjust & kAdjustAdmin) != 0 && admin) level = raise(level);
  if ((adjust & kAdjustReadOnly) != 0 && read_only) level = lower(level);
  if ((adjust & kAdjustNamespaced) != 0 && namespaced) level = lower(level);
  if (rule.rule.capped) {
    const auto has = [&](Effect e) { return std::find(effects.begin(), effects.end(), e) != effects.end(); };
    const bool nothing_live = !has(Effect::live) && !has(Effect::unknown);
    if (nothing_live && !has(Effect::open_in_expander)) {
      level = std::min(level, Severity::medium);
    } else if (nothing_live && !world_.config().expanding_front_end) {
      const bool open =
          ask_.entry != nullptr && (is(ask_.entry->traits, SubjectBit::wildcard_covers_tenant) ||
                                    is(ask_.entry->traits, SubjectBit::wildcard_partial_tenant));
      level = std::min(level, open ? Severity::high : Severity::medium);
    }
  }
  return active.severity.value_or(level);
}

Location Asker::place(const LoadedRule& rule) {
  const std::string pointer =
      rule.rule.at.empty() ? std::string() : evaluator_.render(rule.rule.at, rule.code.at);
  switch (rule.rule.each) {
    case Each::subject:
      return place_in_subject(*ask_.binding->binding, ask_.subject_index,
                              pointer.empty() ? "/name" : pointer);
    case Each::binding:
      return place_in_binding(*ask_.binding->binding, pointer.empty() ? "/metadata/name" : pointer);
    case Each::role:
      return place_in_role(*ask_.role->written, pointer.empty() ? "/metadata/name" : pointer);
    case Each::role_rule:
      return place_in_rule(*ask_.role->written, ask_.rule_index, pointer);
    case Each::object:
      return place_in_object(*ask_.object, pointer.empty() ? "/metadata/name" : pointer);
    case Each::iam_mapping:
      return place_in_iam(*ask_.iam, pointer);
    case Each::authentication:
      return place_in_server(*ask_.server, pointer);
    case Each::authenticator:
      return place_in_authenticator(*ask_.authenticator, pointer.empty() ? "/issuer/url" : pointer);
    case Each::claim_mapping:
      return place_in_mapping(*ask_.authenticator, *ask_.mapping, pointer);
    case Each::validation_rule:
      return place_in_validation(*ask_.authenticator, *ask_.validation, pointer);
  }
  return {};
}

std::vector<RelatedLocation> Asker::related(const LoadedRule& rule) {
  std::vector<RelatedLocation> out;
  for (std::size_t i = 0; i < rule.rule.related.size(); ++i) {
    const RelatedSpec& spec = rule.rule.related[i];
    std::optional<Location> location;
    if (spec.of == "role") {
      if (ask_.role->role != nullptr && ask_.role->in_input)
        location = place_in_role(*ask_.role->written, "/metadata/name");
    } else if (spec.of == "binding") {
      const bool of_role = rule.rule.each == Each::role || rule.rule.each == Each::role_rule;
      const std::uint32_t index = of_role                   ? ask_.role->external_binding
                                  : ask_.binding != nullptr ? ask_.binding->index
                                                            : kNone;
      if (index != kNone) location = place_in_binding(*world_.raw_binding(index).binding, "/metadata/name");
    } else {
      for (const PlaceFact& fact : place_facts()) {
        if (fact.name == spec.of) location = fact.place(ask_);
      }
    }
    if (location)
      out.push_back({std::move(*location), evaluator_.render(spec.message, rule.code.related[i])});
  }
  return out;
}

void Asker::hit(ActiveRule& active) {
  const LoadedRule& rule = *active.rule;
  if (!rules_.ready(rule, true, issues_)) return;
  evaluator_.begin(rule.code);
  const std::span<const Effect> outcome = effects(active);
  const Severity level = severity(active, outcome);
  if (level < minimum_) {
    ++hidden_[static_cast<std::size_t>(level)];
    if (!evaluator_.error().empty()) note_error(rule);
    return;
  }
  Finding& finding = findings_.emplace_back();
  finding.effects.assign(outcome.begin(), outcome.end());
  finding.severity = level;
  finding.rule = rule.rule.info.id;
  finding.aliases = rule.rule.info.aliases;
  finding.confidence = rule.rule.info.confidence;
  for (std::size_t i = 0; i < rule.code.confidence_cases.size(); ++i) {
    if (!evaluator_.is_true(rule.code.confidence_cases[i])) continue;
    finding.confidence = rule.rule.confidence_cases[i].then;
    break;
  }
  const bool about_binding = (rule.code.message.uses & ~kOfName) != 0;
  finding.message = alone_ && about_binding ? rule.rule.info.title
                                            : evaluator_.render(rule.rule.message, rule.code.message);
  if (!alone_ || (rule.code.remediation.uses & ~kOfName) == 0) {
    finding.remedy = trim_ascii(evaluator_.render(rule.rule.remediation, rule.code.remediation));
  }
  if (!alone_) {
    finding.location = place(rule);
    finding.related = related(rule);
  }
  if (rule.rule.each == Each::subject) {
    const rbac::Subject& subject = *ask_.analysis->subject;
    finding.subject = SubjectRef{std::string(subject.kind_text.value),
                                 std::string(ask_.entry->namespace_name), std::string(subject.name.value)};
  }
  if (!evaluator_.error().empty()) note_error(rule);
}

}  // namespace oidc_audit::rules
