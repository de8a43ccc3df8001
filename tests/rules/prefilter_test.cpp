#include "rules/prefilter.h"

#include <catch2/catch.hpp>

#include "rules/rule.h"
#include "rules/vocabulary.h"

using namespace oidc_audit::rules;

namespace {

struct Facts {
  bool external, email, uuid, cluster_wide, builtin;
};

template <typename Bit>
void set(Traits& traits, Bit bit, bool value) {
  traits.set(static_cast<std::size_t>(bit), value);
}

bool admitted(const Prefilter& filter, const Facts& f) {
  Traits subject, binding, role;
  set(subject, SubjectBit::external, f.external);
  set(subject, SubjectBit::email, f.email);
  set(subject, SubjectBit::uuid, f.uuid);
  set(binding, BindingBit::cluster_wide, f.cluster_wide);
  set(role, RoleBit::builtin, f.builtin);
  return filter.admits_subject(subject) && filter.admits_binding(subject, binding, role);
}

}  // namespace

TEST_CASE("a prefilter admits whatever makes the condition true, and no more where it is exact") {
  struct Row {
    const char* when;
    bool exact;
    bool (*holds)(const Facts&);
  };
  const Row rows[] = {
      {"subject.external", true, [](const Facts& f) { return f.external; }},
      {"!subject.external && subject.email", true, [](const Facts& f) { return !f.external && f.email; }},
      {"subject.external && (subject.email || subject.uuid)", true,
       [](const Facts& f) { return f.external && (f.email || f.uuid); }},
      {"subject.email || !subject.uuid", true, [](const Facts& f) { return f.email || !f.uuid; }},
      {"subject.external && !(subject.email && binding.cluster_wide)", true,
       [](const Facts& f) { return f.external && !(f.email && f.cluster_wide); }},
      {"!(subject.email || role.builtin)", true, [](const Facts& f) { return !(f.email || f.builtin); }},
      {"((subject.email)) && (subject.uuid && !role.builtin)", true,
       [](const Facts& f) { return f.email && f.uuid && !f.builtin; }},
      {"subject.email || (subject.uuid || binding.cluster_wide)", true,
       [](const Facts& f) { return f.email || f.uuid || f.cluster_wide; }},
      // An alternative of several conditions is known to need one of them.
      {"(subject.email && role.builtin) || subject.uuid", false,
       [](const Facts& f) { return (f.email && f.builtin) || f.uuid; }},
      {"subject.external && subject.name == 'x'", false, [](const Facts& f) { return f.external; }},
      {"subject.email || subject.name == 'x'", false, [](const Facts&) { return true; }},
      {"subject.external ? subject.email : subject.uuid", false,
       [](const Facts& f) { return f.external ? f.email : f.uuid; }},
      {"shape && subject.external", true, [](const Facts& f) { return (f.email || f.uuid) && f.external; }},
      {"(subject.email) || (subject.uuid)", true, [](const Facts& f) { return f.email || f.uuid; }},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.when) {
      Rule rule;
      rule.when.text = row.when;
      rule.lets.emplace_back("shape", Expression{"subject.email || subject.uuid", {}, false});
      const Prefilter filter = prefilter_of(rule);
      bool exact = true;
      for (unsigned bits = 0; bits < 32; ++bits) {
        const auto bit = [bits](unsigned i) { return (bits >> i & 1U) != 0; };
        const Facts facts{bit(0), bit(1), bit(2), bit(3), bit(4)};
        const bool truth = row.holds(facts);
        if (truth) CHECK(admitted(filter, facts));
        exact = exact && admitted(filter, facts) == truth;
      }
      if (filter.exact) CHECK(exact);
      CHECK(filter.exact == row.exact);
    }
  }
}

TEST_CASE("a prefilter narrows what it cannot decide") {
  Rule rule;
  rule.when.text = "(subject.email && subject.name == 'x') || (subject.uuid && role.name == 'y')";
  const Prefilter filter = prefilter_of(rule);
  CHECK_FALSE(filter.exact);
  CHECK_FALSE(admitted(filter, {true, false, false, true, true}));
  CHECK(admitted(filter, {false, true, false, false, false}));
  CHECK(filter.of_subject_alone());
}

TEST_CASE("a prefilter is narrowed by what does not change in a run") {
  struct Row {
    const char* when;
    bool known;   // config.server_known
    bool asked;   // in such a run
    bool exact;   // of what remains
    bool always;  // what remains admits everything
  };
  const Row rows[] = {
      {"config.server_known && subject.external", false, false, true, false},
      {"config.server_known && subject.external", true, true, true, false},
      {"!config.server_known", false, true, true, true},
      {"subject.email && !config.server_known", true, false, true, false},
      {"subject.email || config.server_known", true, true, true, true},
      {"subject.email || config.server_known", false, true, true, false},
      {"config.server_known || inventory.complete", false, false, true, false},
      {"config.server_known && subject.name == 'x'", true, true, false, true},
      // Not a plain fact: decided by evaluation.
      {"size(config.brokers) > 0", false, true, false, true},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.when << ", server_known " << row.known) {
      Rule rule;
      rule.when.text = row.when;
      Traits config;
      const auto bit = bit_of(Variable::config, "server_known", false);
      REQUIRE(bit);
      config.set(*bit, row.known);
      const Prefilter whole = prefilter_of(rule);
      const std::optional<Prefilter> filter = whole.in_run(config, {});
      REQUIRE(filter.has_value() == row.asked);
      if (!filter) return;
      CHECK(filter->exact == row.exact);
      CHECK(admitted(*filter, {}) == row.always);
    }
  }
}
