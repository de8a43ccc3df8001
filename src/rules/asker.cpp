#include "rules/asker.h"

#include <fmt/format.h>

#include <algorithm>

#include "rbac/builtins.h"
#include "rules/iam.h"
#include "rules/places.h"

namespace oidc_audit::rules {
namespace {

constexpr std::uint32_t bits(std::initializer_list<Variable> variables) {
  std::uint32_t out = 0;
  for (const Variable v : variables) out |= 1U << static_cast<unsigned>(v);
  return out;
}
constexpr std::uint32_t kOfRun = bits({Variable::config, Variable::inventory});
constexpr std::uint32_t kOfName = kOfRun | bits({Variable::subject});

Severity raise(Severity level) {
  return level == Severity::critical ? level : static_cast<Severity>(static_cast<int>(level) + 1);
}
Severity lower(Severity level) {
  return level == Severity::info ? level : static_cast<Severity>(static_cast<int>(level) - 1);
}

bool is(const Traits& traits, SubjectBit bit) { return traits.test(static_cast<std::size_t>(bit)); }
bool is(const Traits& traits, BindingBit bit) { return traits.test(static_cast<std::size_t>(bit)); }
bool is(const Traits& traits, RoleBit bit) { return traits.test(static_cast<std::size_t>(bit)); }

}  // namespace

std::vector<ActiveRule> active_rules(const RuleSet& rules, const Config& config, const RunOptions& options) {
  std::vector<ActiveRule> out;
  for (const auto& loaded : rules.rules()) {
    const Rule& rule = loaded->rule;
    ActiveRule active{.rule = loaded.get(), .severity = std::nullopt};
    bool enabled = rule.enabled_by_default && rule.deprecated.empty();
    for (const auto& [id, setting] : config.rules) {  // later ones win: flags come behind the file
      if (!RuleSet::is_named(*loaded, id)) continue;
      if (setting.enabled) enabled = *setting.enabled && rule.deprecated.empty();
      if (setting.severity) active.severity = setting.severity;
    }
    if (!options.only_rule.empty()) enabled = rule.info.id.str() == options.only_rule;
    if (enabled) out.push_back(active);
  }
  return out;
}

Asker::Asker(const RuleSet& rules, std::vector<ActiveRule> active, World& world)
    : rules_(rules), active_(std::move(active)), world_(world), evaluator_(ask_) {
  ask_.world = &world;
  ask_.role = &world.no_role();
  const Traits config = run_traits(ask_, Variable::config);
  const Traits inventory = run_traits(ask_, Variable::inventory);
  std::erase_if(active_, [&](ActiveRule& rule) {
    std::optional<Prefilter> filter = rule.rule->filter.in_run(config, inventory);
    if (filter) rule.filter = std::move(*filter);
    return !filter;
  });
}

std::vector<ActiveRule*> Asker::of(Each each) {
  std::vector<ActiveRule*> out;
  for (ActiveRule& rule : active_) {
    if (rule.rule->rule.each == each) out.push_back(&rule);
  }
  return out;
}

void Asker::note_error(const LoadedRule& rule) {
  const std::string& id = rule.rule.info.id.str();
  if (!failed_.insert(id).second) return;
  Issue issue;
  issue.code = "rule-error";
  issue.level = IssueLevel::warning;
  issue.message = fmt::format("rule `{}` could not be decided everywhere: {}", id, evaluator_.error());
  issues_.push_back(std::move(issue));
}

// REQUIRES: the rule's prefilter admits what is asked about.
bool Asker::holds(const ActiveRule& active) {
  const LoadedRule& rule = *active.rule;
  if (active.filter.exact) return true;
  if (!rules_.ready(rule, false, issues_)) return false;
  evaluator_.begin(rule.code);
  const bool result = evaluator_.is_true(*rule.code.when);
  if (!evaluator_.error().empty()) note_error(rule);
  return result;
}

// Whether `when` is the same for every binding of a subject; nullopt when the rule does not compile.
std::optional<bool> Asker::depends_on_name_alone(const ActiveRule& active) {
  if (active.filter.exact) return active.filter.of_subject_alone();
  const LoadedRule& rule = *active.rule;
  if (!rules_.ready(rule, false, issues_)) return std::nullopt;
  return (rule.code.when_uses & ~kOfName) == 0;
}

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

void Asker::set_binding(std::uint32_t index) {
  ask_.binding = &world_.binding(index);
  if (ask_.binding->role == kNone) {
    ask_.role = &world_.no_role();
  } else {
    set_role(ask_.binding->role);
  }
}

void Asker::set_role(std::uint32_t index) { ask_.role = &world_.role(index); }

void Asker::complete_traits(const SubjectAnalysis& analysis, SubjectEntry& entry) {
  const Traits twins = entry.traits;
  entry.traits = world_.analyzer().traits(analysis);
  for (std::size_t w = 0; w < twins.words.size(); ++w) entry.traits.words[w] |= twins.words[w];
  world_.object_traits(entry, entry.traits);
  entry.traits.set(static_cast<std::size_t>(SubjectBit::bound_again), entry.uses_count > 1);
  if (analysis.subject->kind == rbac::SubjectKind::group) {
    const bool tenant = tenants_.contains(analysis.name) ||
                        (analysis.local != analysis.name && tenants_.contains(analysis.local));
    entry.traits.set(static_cast<std::size_t>(SubjectBit::tenant_of_others), tenant);
  } else if (has_groups_ && is(entry.traits, SubjectBit::recognised) && !analysis.tenant_value().empty()) {
    tenants_.emplace(analysis.tenant_value());
  }
  bool dead = false;
  for (const SubjectBit bit :
       {SubjectBit::has_wildcard, SubjectBit::has_placeholder, SubjectBit::malformed_prefix,
        SubjectBit::foreign_grammar, SubjectBit::truncated, SubjectBit::impossible, SubjectBit::whitespace,
        SubjectBit::percent_error, SubjectBit::empty_segment, SubjectBit::fixed_word_case,
        SubjectBit::slash_error, SubjectBit::too_long}) {
    dead |= is(entry.traits, bit);
  }
  dead |=
      is(entry.traits, SubjectBit::lookalike_issuer) && !is(entry.traits, SubjectBit::lookalike_configured);
  dead |= is(entry.traits, SubjectBit::subject_shaped) || is(entry.traits, SubjectBit::group_shaped);
  entry.traits.set(static_cast<std::size_t>(SubjectBit::dead_name), dead);
  entry.ready = true;
}

void Asker::ask_entry(std::uint32_t index, std::span<ActiveRule* const> rules) {
  SubjectSet& set = world_.subjects();
  SubjectEntry& entry = set[index];
  SubjectAnalysis analysis;
  world_.analyzer().analyze(*entry.subject, analysis);
  complete_traits(analysis, entry);
  ask_.analysis = &analysis;
  ask_.entry = &entry;
  ask_.entry_index = index;
  std::vector<Candidate> candidates;
  for (ActiveRule* rule : rules) {
    if (!rule->filter.admits_subject(entry.traits)) continue;
    const std::optional<bool> once = depends_on_name_alone(*rule);
    if (once && (!*once || holds(*rule))) candidates.push_back({rule, *once});
  }
  if (candidates.empty()) return;
  for (const SubjectUse& use : set.uses(entry)) {
    set_binding(use.binding);
    ask_.subject_index = use.subject;
    for (const Candidate& candidate : candidates) {
      const Prefilter& filter = candidate.rule->filter;
      if (!candidate.once && (!filter.admits_binding(entry.traits, ask_.binding->traits, ask_.role->traits) ||
                              !holds(*candidate.rule))) {
        continue;
      }
      hit(*candidate.rule);
    }
  }
}

void Asker::ask_subjects() {
  const std::vector<ActiveRule*> rules = of(Each::subject);
  if (rules.empty()) return;
  SubjectSet& set = world_.subjects();
  // Groups come last: whether one is named like a tenant is known when all other names were read.
  for (std::uint32_t i = 0; i < set.size(); ++i)
    has_groups_ |= set[i].subject->kind == rbac::SubjectKind::group;
  for (const bool groups : {false, true}) {
    for (std::uint32_t i = 0; i < set.size(); ++i) {
      if ((set[i].subject->kind == rbac::SubjectKind::group) == groups) ask_entry(i, rules);
    }
  }
  ask_.analysis = nullptr;
  ask_.entry = nullptr;
  ask_.entry_index = kNone;
}

void Asker::ask_bindings() {
  const std::vector<ActiveRule*> rules = of(Each::binding);
  if (rules.empty()) return;
  for (std::uint32_t i = 0; i < world_.binding_count(); ++i) {
    if (world_.raw_binding(i).default_object) continue;
    set_binding(i);
    for (ActiveRule* rule : rules) {
      const Prefilter& filter = rule->filter;
      if (filter.admits_binding({}, ask_.binding->traits, ask_.role->traits) && holds(*rule)) hit(*rule);
    }
  }
  ask_.binding = nullptr;
  ask_.role = &world_.no_role();
}

// Which roles are bound to a name that a token can carry.
void Asker::find_live_bindings() {
  SubjectSet& set = world_.subjects();
  for (std::uint32_t b = 0; b < world_.binding_count(); ++b) {
    const BindingEntry& binding = world_.raw_binding(b);
    if (binding.default_object || binding.role == kNone) continue;
    for (std::uint32_t s = 0; s < binding.binding->subjects.size(); ++s) {
      const std::uint32_t e = set.entry_of(b, s);
      if (e == SubjectSet::kNoSubject) continue;
      const rbac::Subject& subject = *set[e].subject;
      const bool external = world_.analyzer().is_external(subject);
      if (!external && !is_catch_all(subject)) continue;
      if (external && !set[e].ready) {
        SubjectAnalysis analysis;
        world_.analyzer().analyze(subject, analysis);
        complete_traits(analysis, set[e]);
      }
      if (external && is(set[e].traits, SubjectBit::dead_name)) continue;
      world_.mark_live(b);
      break;
    }
  }
}

void Asker::ask_roles() {
  const std::vector<ActiveRule*> by_role = of(Each::role);
  const std::vector<ActiveRule*> by_rule = of(Each::role_rule);
  if (by_role.empty() && by_rule.empty()) return;
  find_live_bindings();
  for (std::uint32_t i = 0; i < world_.role_count(); ++i) {
    set_role(i);
    if (!ask_.role->in_input || ask_.role->default_object) continue;
    for (ActiveRule* rule : by_role) {
      if (rule->filter.admits_role(ask_.role->traits, {}) && holds(*rule)) hit(*rule);
    }
    // Rules that aggregation made stand in other roles, and are asked about there.
    if (ask_.role->computed) continue;
    const auto& written = ask_.role->role->rules;
    for (std::uint32_t r = 0; r < written.size(); ++r) {
      ask_.rule = &written[r];
      ask_.rule_index = r;
      bool have_traits = false;
      for (ActiveRule* rule : by_rule) {
        if (!rule->filter.role.admits(ask_.role->traits)) continue;
        if (!have_traits) {
          have_traits = true;
          ask_.rule_traits = Traits{};
          const auto set = [this](RuleBit bit, bool value) {
            ask_.rule_traits.set(static_cast<std::size_t>(bit), value);
          };
          const auto star = [](const std::vector<rbac::Text>& texts) {
            return std::any_of(texts.begin(), texts.end(),
                               [](const rbac::Text& t) { return t.value == "*"; });
          };
          set(RuleBit::any_verb, star(written[r].verbs));
          set(RuleBit::any_group, star(written[r].api_groups));
          set(RuleBit::any_resource, star(written[r].resources));
          set(RuleBit::named, !written[r].resource_names.empty());
          const rbac::RoleFacts facts = rbac::role_facts(std::span(&written[r], 1));
          std::size_t bit = std::size(kRuleBitNames);
          for (const rbac::RoleFactName& fact : rbac::role_fact_names())
            ask_.rule_traits.set(bit++, facts.*fact.fact);
        }
        if (rule->filter.admits_role(ask_.role->traits, ask_.rule_traits) && holds(*rule)) hit(*rule);
      }
    }
  }
  ask_.rule = nullptr;
  ask_.role = &world_.no_role();
}

void Asker::ask_objects() {
  const std::vector<ActiveRule*> rules = of(Each::object);
  if (rules.empty()) return;
  const auto ask = [&](const rbac::Meta& meta) {
    ask_.object = &meta;
    for (ActiveRule* rule : rules) {
      if (holds(*rule)) hit(*rule);
    }
  };
  const Objects& objects = world_.objects();
  for (const rbac::Role* role : objects.roles) {
    if (!rbac::is_default_object(*role)) ask(role->meta);
  }
  for (std::uint32_t i = 0; i < world_.binding_count(); ++i) {
    if (!world_.raw_binding(i).default_object) ask(world_.raw_binding(i).binding->meta);
  }
  for (const rbac::ServiceAccount* account : objects.service_accounts) ask(account->meta);
  for (const rbac::Namespace* space : objects.namespaces) ask(space->meta);
  ask_.object = nullptr;
}

void Asker::ask_iam(std::span<const IamEntry> entries) {
  const std::vector<ActiveRule*> rules = of(Each::iam_mapping);
  for (const IamEntry& entry : entries) {
    ask_.iam = &entry;
    for (ActiveRule* rule : rules) {
      if (holds(*rule)) hit(*rule);
    }
  }
  ask_.iam = nullptr;
}

void Asker::ask_authentication() {
  const Authentication* all = world_.authentication();
  if (all == nullptr || all->servers().empty()) return;
  const auto ask = [this](const std::vector<ActiveRule*>& rules) {
    for (ActiveRule* rule : rules) {
      if (holds(*rule)) hit(*rule);
    }
  };
  const std::vector<ActiveRule*> whole = of(Each::authentication);
  for (const ServerConfig& server : all->servers()) {
    ask_.server = &server;
    ask(whole);
  }
  const std::vector<ActiveRule*> each = of(Each::authenticator);
  const std::vector<ActiveRule*> mappings = of(Each::claim_mapping);
  const std::vector<ActiveRule*> validations = of(Each::validation_rule);
  for (const AuthenticatorEntry& entry : all->entries()) {
    ask_.server = entry.server;
    ask_.authenticator = &entry;
    ask(each);
    for (const MappingEntry& mapping : entry.mappings) {
      ask_.mapping = &mapping;
      ask(mappings);
    }
    for (const ValidationEntry& validation : entry.validations) {
      ask_.validation = &validation;
      ask(validations);
    }
  }
  ask_.server = nullptr;
  ask_.authenticator = nullptr;
  ask_.mapping = nullptr;
  ask_.validation = nullptr;
}

void Asker::ask_name() {
  alone_ = true;
  SubjectSet& set = world_.subjects();
  if (set.size() == 0) return;
  SubjectEntry& entry = set[0];
  SubjectAnalysis analysis;
  world_.analyzer().analyze(*entry.subject, analysis);
  complete_traits(analysis, entry);
  ask_.analysis = &analysis;
  ask_.entry = &entry;
  ask_.entry_index = 0;
  set_binding(0);
  for (ActiveRule* rule : of(Each::subject)) {
    if (!rule->filter.admits_subject(entry.traits)) continue;
    if (depends_on_name_alone(*rule).value_or(false) && holds(*rule)) hit(*rule);
  }
  ask_.analysis = nullptr;
  ask_.entry = nullptr;
}

}  // namespace oidc_audit::rules
