#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace oidc_audit::rules {

/// Boolean facts of one thing as bits, so that a rule can be ruled out by comparing masks.
struct Traits {
  std::array<std::uint64_t, 2> words{};

  void set(std::size_t bit, bool value = true) noexcept {
    const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
    if (value) {
      words[bit / 64] |= mask;
    } else {
      words[bit / 64] &= ~mask;
    }
  }
  bool test(std::size_t bit) const noexcept { return (words[bit / 64] >> (bit % 64) & 1U) != 0; }
};

/// Which bits must and must not be set.
struct TraitFilter {
  Traits required;
  Traits forbidden;

  bool empty() const noexcept {
    return (required.words[0] | required.words[1] | forbidden.words[0] | forbidden.words[1]) == 0;
  }
  bool admits(const Traits& traits) const noexcept {
    return (traits.words[0] & required.words[0]) == required.words[0] &&
           (traits.words[1] & required.words[1]) == required.words[1] &&
           (traits.words[0] & forbidden.words[0]) == 0 && (traits.words[1] & forbidden.words[1]) == 0;
  }
};

// The boolean facts of each kind of thing. The names are the words of docs/writing-rules.md; a fact in the
// second part is a text, and its bit says that the text is not empty.
// Version 14 indents such lists further at every run.
// clang-format off
#define OIDC_AUDIT_SUBJECT_BITS(X)                                                                           \
  X(is_user)                                                                                                 \
  X(is_group)                                                                                                \
  X(is_service_account)                                                                                      \
  X(unknown_kind)                                                                                            \
  X(wrong_api_group)                                                                                         \
  X(has_valid_service_account_name)                                                                          \
  X(without_namespace)                                                                                       \
  X(service_account_missing)                                                                                 \
  X(namespace_missing)                                                                                       \
  X(default_service_account) X(external) X(system_name) X(builtin_name) X(spells_service_account)            \
      X(prefixed) X(configured_prefix) X(known_issuer) X(shared_issuer) X(malformed_prefix)                  \
          X(lookalike_issuer) X(lookalike_configured) X(foreign_grammar) X(recognised) X(has_tenant)         \
              X(tenant_missing) X(tenantless_live) X(truncated) X(impossible) X(too_long)                    \
                  X(length_collision) X(mutable_names) X(per_run) X(has_wildcard) X(wildcard_covers_tenant)  \
                      X(wildcard_partial_tenant) X(has_placeholder) X(tenant_restricted) X(tenant_stranger)  \
                          X(tenant_case_differs) X(is_allowed_tenant_name) X(email) X(public_mail) X(guest)  \
                              X(mutable_human_name) X(generic_group) X(unprefixed_group) X(catch_all)        \
                                  X(self_service_group) X(uuid) X(has_alias) X(numeric_looking)              \
                                      X(rounded_number) X(opaque) X(workload) X(pull_request) X(read_phase)  \
                                          X(branch_ref) X(tag_ref) X(protected_ref) X(unprotected_branch)    \
                                              X(no_context) X(debug_session) X(job_chosen) X(whitespace)     \
                                                  X(invisible) X(mixed_script) X(not_nfc) X(fixed_word_case) \
                                                      X(empty_segment) X(nothing_after_prefix)               \
                                                          X(percent_error) X(slash_error) X(subject_shaped)  \
                                                              X(group_shaped) X(external_as_service_account) \
                                                                  X(tenant_of_others) X(dead_name) X(upper_case) X(names_origin) X(bound_again) X(idp_prefix) X(ci_prefix) X(lookalike_id) \
                                                                      X(trimmed_bound) X(confusable_with)    \
                                                                          X(nfc_bound) X(case_variant_of)    \
                                                                              X(slash_variant_of) X(id_twin) X(owner_twin)
// clang-format on

// Version 14 indents such lists further at every run.
// clang-format off
#define OIDC_AUDIT_BINDING_BITS(X) \
  X(cluster_wide)                  \
  X(namespaced)                    \
  X(in_kube_system)                \
  X(role_missing)                  \
  X(role_namespace_unknown)        \
  X(no_subjects)                   \
  X(has_external)                  \
  X(only_builtin_subjects)         \
  X(all_subjects_missing)          \
  X(namespace_missing) X(admin_capable) X(write_capable) X(read_only) X(reads_secrets) X(from_server)
// clang-format on

// Roles and rules have those of rbac::RoleFacts as well, behind these.
// Version 14 indents such lists further at every run.
// clang-format off
#define OIDC_AUDIT_ROLE_BITS(X)                                                                          \
  X(found)                                                                                               \
  X(builtin)                                                                                             \
  X(default_object)                                                                                      \
  X(aggregated)                                                                                          \
  X(rules_overwritten)                                                                                   \
  X(all_verbs_on_everything)                                                                             \
  X(can_escalate) X(can_bind) X(can_impersonate) X(bound) X(bound_to_external) X(bound_to_live_external) \
      X(bound_cluster_wide_to_external) X(selected_by_aggregation)
// clang-format on

// Version 14 indents such lists further at every run.
// clang-format off
#define OIDC_AUDIT_RULE_BITS(X) X(any_verb) X(any_group) X(any_resource) X(named)
// clang-format on

#define OIDC_AUDIT_BIT_NAME(name) name,
#define OIDC_AUDIT_BIT_TEXT(name) #name,

enum class SubjectBit : std::uint8_t { OIDC_AUDIT_SUBJECT_BITS(OIDC_AUDIT_BIT_NAME) };
enum class BindingBit : std::uint8_t { OIDC_AUDIT_BINDING_BITS(OIDC_AUDIT_BIT_NAME) };
enum class RoleBit : std::uint8_t { OIDC_AUDIT_ROLE_BITS(OIDC_AUDIT_BIT_NAME) };
enum class RuleBit : std::uint8_t { OIDC_AUDIT_RULE_BITS(OIDC_AUDIT_BIT_NAME) };

inline constexpr std::string_view kSubjectBitNames[] = {OIDC_AUDIT_SUBJECT_BITS(OIDC_AUDIT_BIT_TEXT)};
inline constexpr std::string_view kBindingBitNames[] = {OIDC_AUDIT_BINDING_BITS(OIDC_AUDIT_BIT_TEXT)};
inline constexpr std::string_view kRoleBitNames[] = {OIDC_AUDIT_ROLE_BITS(OIDC_AUDIT_BIT_TEXT)};
inline constexpr std::string_view kRuleBitNames[] = {OIDC_AUDIT_RULE_BITS(OIDC_AUDIT_BIT_TEXT)};

static_assert(std::size(kSubjectBitNames) <= 128 && std::size(kBindingBitNames) <= 128);

/// Bits from here on belong to texts.
inline constexpr std::size_t kFirstSubjectTextBit = static_cast<std::size_t>(SubjectBit::trimmed_bound);

#undef OIDC_AUDIT_BIT_NAME
#undef OIDC_AUDIT_BIT_TEXT

inline bool is(const Traits& traits, SubjectBit bit) noexcept {
  return traits.test(static_cast<std::size_t>(bit));
}
inline bool is(const Traits& traits, BindingBit bit) noexcept {
  return traits.test(static_cast<std::size_t>(bit));
}
inline bool is(const Traits& traits, RoleBit bit) noexcept {
  return traits.test(static_cast<std::size_t>(bit));
}

}  // namespace oidc_audit::rules
