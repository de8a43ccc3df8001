#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "rules/rule.h"
#include "rules/traits.h"

namespace oidc_audit::rules {

/// What of a rule's `when` can be told by comparing bits: plain facts (`subject.external`, `!role.builtin`,
/// `subject.id_twin != ''`, `config.server_known`) joined by `&&`, and groups of them joined by `||`.
struct Prefilter {
  /// What must and must not be set, by variable.
  TraitFilter subject, binding, role, rule, config, inventory;

  /// Facts one of which must hold: a bit of `required` that is set or one of `forbidden` that is not.
  struct AnyOf {
    TraitFilter subject, binding, role, rule, config, inventory;
    bool of_subject_alone() const noexcept { return binding.empty() && role.empty() && rule.empty(); }
  };
  std::vector<AnyOf> any;

  /// The bits say all that `when` says: who is admitted need not be asked.
  bool exact = false;

  /// What remains to be compared when the facts of the configuration and of the input as a whole are these,
  /// which are the same for all that a run asks about; nullopt: `when` cannot be true in the run.
  std::optional<Prefilter> in_run(const Traits& of_config, const Traits& of_inventory) const;

  bool of_subject_alone() const noexcept;
  /// False when `when` cannot be true of the subject, whatever its binding.
  bool admits_subject(const Traits& traits) const noexcept;
  /// The rest, for a rule that is asked of subjects or bindings. A binding by itself has no subject's traits.
  bool admits_binding(const Traits& of_subject, const Traits& of_binding,
                      const Traits& of_role) const noexcept;
  /// For a rule that is asked of roles (no traits of a rule) or of their rules.
  bool admits_role(const Traits& of_role, const Traits& of_rule) const noexcept;
};

Prefilter prefilter_of(const Rule& rule);

}  // namespace oidc_audit::rules
