#include "rules/asker.h"

#include <fmt/format.h>

#include <algorithm>

#include "rbac/builtins.h"
#include "rules/iam.h"

namespace oidc_audit::rules {

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
  // Where the server makes groups of subjects, such a name is in its place.
  if (is(entry.traits, SubjectBit::subject_shaped) && !is(entry.traits, SubjectBit::system_name) &&
      world_.authentication() != nullptr && maps_subject_to_group(*world_.authentication(), analysis.name)) {
    entry.traits.set(static_cast<std::size_t>(SubjectBit::subject_shaped), false);
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
