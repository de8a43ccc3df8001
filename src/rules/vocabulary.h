#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cel/env.h"
#include "cel/value.h"
#include "rules/authentication.h"
#include "rules/rule.h"
#include "rules/subject_analysis.h"
#include "rules/traits.h"
#include "rules/world.h"

namespace oidc_audit::rules {

struct IamEntry;

/// The variables of expressions, by their index in every environment.
enum class Variable : std::uint8_t {
  subject,
  binding,
  role,
  rule,
  grant,
  object,
  config,
  inventory,
  iam,
  authentication,
  authenticator,
  mapping,
  validation,
};
inline constexpr std::size_t kVariableCount = 13;
inline constexpr std::string_view kVariableNames[kVariableCount] = {
    "subject",   "binding", "role",           "rule",          "grant",   "object",    "config",
    "inventory", "iam",     "authentication", "authenticator", "mapping", "validation"};

/// Variables that are the same for everything that a run asks about; bit i is Variable i.
inline constexpr std::uint32_t kOfRun =
    1U << static_cast<unsigned>(Variable::config) | 1U << static_cast<unsigned>(Variable::inventory);

/// Variables that a rule of this kind may use; bit i is Variable i.
std::uint32_t variables_of(Each each);

/// What is being asked about at the moment. The views that expressions see read from here.
struct Ask {
  World* world = nullptr;
  const SubjectAnalysis* analysis = nullptr;
  const SubjectEntry* entry = nullptr;  ///< its traits are complete
  std::uint32_t entry_index = kNone;
  const BindingEntry* binding = nullptr;
  std::uint32_t subject_index = 0;  ///< into the binding's subjects
  const RoleEntry* role = nullptr;
  const rbac::PolicyRule* rule = nullptr;
  std::uint32_t rule_index = 0;
  Traits rule_traits;
  const rbac::Meta* object = nullptr;
  const IamEntry* iam = nullptr;
  const ServerConfig* server = nullptr;
  const AuthenticatorEntry* authenticator = nullptr;
  const MappingEntry* mapping = nullptr;
  const ValidationEntry* validation = nullptr;
};

/// A fact that is no bit. Rows are the whole vocabulary: a new word is a new row, and a line in
/// docs/writing-rules.md (a test compares the two).
struct FactRow {
  std::string_view name;
  std::string_view type;  ///< in CEL's notation: `string`, `list(string)`
  cel::Value (*get)(const Ask& ask);
};

/// Bits and rows of one variable, in the order of the object type's fields: bits first.
struct VariableFacts {
  std::string_view type_name;
  std::vector<std::string_view> bits;
  std::span<const FactRow> rows;
};
const VariableFacts& facts_of(Variable variable);

/// The bit of a plain boolean fact, or of a text that has one; nullopt for others.
std::optional<std::size_t> bit_of(Variable variable, std::string_view field, bool text);

/// The boolean facts of `config` or `inventory`, which do not change while a run asks.
Traits run_traits(const Ask& ask, Variable variable);

/// The traits that a filter on the variable is compared with.
const Traits& traits_of(const Ask& ask, Variable variable);

/// Facts that name another place: `case_variant_of`, `shadowed_by`, ...
struct PlaceFact {
  std::string_view name;
  std::optional<Location> (*place)(const Ask& ask);
};
std::span<const PlaceFact> place_facts();
std::span<const PlaceFact> authentication_place_facts();  ///< those of them about authenticators

/// An environment with the variables above, then `lets` in order.
cel::Env make_env(std::span<const std::pair<std::string, cel::Type>> lets = {});

/// The values of the variables, reading from `ask`, which must outlive them.
std::array<cel::Value, kVariableCount> make_variables(const Ask& ask);

// The rows, one file a variable or two.
std::span<const FactRow> subject_rows();
std::span<const FactRow> binding_rows();
std::span<const FactRow> role_rows();
std::span<const FactRow> rule_rows();
std::span<const FactRow> grant_rows();
std::span<const FactRow> object_rows();
std::span<const FactRow> config_rows();
std::span<const FactRow> inventory_rows();
std::span<const FactRow> iam_rows();
std::span<const FactRow> authentication_rows();
std::span<const FactRow> authenticator_rows();
std::span<const FactRow> mapping_rows();
std::span<const FactRow> validation_rows();

// Helpers of the rows.
cel::Value text_value(std::string_view text);                        ///< text that outlives the evaluation
cel::Value texts_value(const std::vector<std::string>& texts);       ///< copied
cel::Value views_value(const std::vector<std::string_view>& texts);  ///< texts outlive the evaluation
std::string ref_text(const rbac::Meta& meta);                        ///< `Kind/[namespace/]name`

}  // namespace oidc_audit::rules
