#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "oidc/catalogue.h"
#include "oidc/subject.h"
#include "rbac/model.h"
#include "rules/config.h"
#include "rules/spelling.h"
#include "rules/traits.h"

namespace oidc_audit::rules {

/// Everything that is known of one subject by its own text and the configuration. Views into the subject's
/// name and the catalogue. Made when a subject's rules are asked and dropped afterwards.
struct SubjectAnalysis {
  SubjectAnalysis() = default;
  SubjectAnalysis(const SubjectAnalysis&) = delete;  // its members point at one another
  SubjectAnalysis& operator=(const SubjectAnalysis&) = delete;

  const rbac::Subject* subject = nullptr;
  std::string_view name;
  CharacterSet characters;     ///< of the name
  oidc::ParsedName parsed;     ///< read as what its kind says
  oidc::ParsedName otherwise;  ///< read as the other kind, when the first told nothing
  oidc::SubjectFacts facts;
  bool has_facts = false;

  // What the name says: of the complete reading, or of the nearest one.
  const oidc::Candidate* candidate = nullptr;  ///< complete reading; else null
  bool as_other_kind = false;                  ///< `candidate` reads it as the other kind
  const oidc::Provider* provider = nullptr;
  std::span<const oidc::Segment> segments;
  const oidc::Tenant* tenant = nullptr;
  /// `ref` of a Jenkins multibranch project is the last part of its job's path.
  std::string_view phase, ref, ref_type, environment, context, grammar;
  std::string_view prefix;  ///< also the short one of a name nobody knows
  std::string_view local;   ///< behind it
  std::string trimmed;      ///< without the white space that is wrong; empty: nothing is

  const oidc::Segment* find(std::string_view segment) const noexcept;
  std::string_view tenant_value() const noexcept {
    return tenant != nullptr && tenant->value ? std::string_view(*tenant->value) : std::string_view();
  }
};

/// Takes subjects apart. Holds what of the configuration it needs; both arguments must outlive it.
class SubjectAnalyzer {
 public:
  SubjectAnalyzer(const Config& config, const oidc::Catalogue& catalogue);

  /// REQUIRES: `out` is new.
  void analyze(const rbac::Subject& subject, SubjectAnalysis& out) const;

  /// The boolean facts that depend on the subject and the configuration alone. Those about other subjects
  /// and objects stay unset.
  Traits traits(const SubjectAnalysis& analysis) const;

  const Config& config() const noexcept { return config_; }
  const oidc::Catalogue& catalogue() const noexcept { return catalogue_; }
  /// Allowed tenants for a provider; null when they are not restricted.
  const std::vector<std::string>* allowed_tenants(const oidc::Provider* provider) const;
  /// User or Group that is not Kubernetes' own, or that carries a configured prefix.
  bool is_external(const rbac::Subject& subject) const;
  bool configured_issuer(std::string_view url) const;
  /// The server lets in only tokens of one tenant of this issuer.
  bool tenant_pinned(std::string_view url) const;
  bool shared_issuer(const SubjectAnalysis& analysis) const;
  std::string_view issuer_of(const SubjectAnalysis& analysis) const;

 private:
  void name_traits(const SubjectAnalysis& analysis, Traits& out) const;
  void tenant_traits(const SubjectAnalysis& analysis, Traits& out) const;
  void people_traits(const SubjectAnalysis& analysis, Traits& out) const;
  void context_traits(const SubjectAnalysis& analysis, Traits& out) const;

  const Config& config_;
  const oidc::Catalogue& catalogue_;
  std::vector<std::string> prefixes_;
};

/// Host of a URL, as it stands.
std::string_view host_of(std::string_view url);

/// A name that Kubernetes itself gives out, of this kind.
bool is_builtin_name(rbac::SubjectKind kind, std::string_view name);

/// Everybody with any token, or without one: an external identity is among them.
bool is_catch_all(const rbac::Subject& subject);

/// Values that no provider file knows to be impossible: which and why; empty: none.
std::string impossible_text(const SubjectAnalysis& analysis);

/// The limit that applies to subjects of the analysis' provider, in bytes.
std::size_t length_limit(const SubjectAnalysis& analysis);

}  // namespace oidc_audit::rules
