#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "oidc/subject.h"

namespace oidc_audit {
class Files;
}

namespace oidc_audit::oidc {

/// What kind of source says so; see the provider's references.
enum class Evidence : std::uint8_t { documented, provider_source, third_party, derived };
std::string_view to_string(Evidence evidence);

/// An issuer URL or the pattern of one.
struct IssuerInfo {
  std::string id;       ///< "github.com"
  std::string pattern;  ///< "https://token.actions.githubusercontent.com/{enterprise}"
  IssuerScope scope = IssuerScope::shared;
  std::string note;
  bool any_host = false;  ///< the host is the operator's own
};

/// The parts of a provider that people read and rules ask for. Grammars stay inside the catalogue.
struct Provider {
  std::string id;     ///< kebab-case
  std::string title;  ///< "GitHub Actions"
  Evidence evidence = Evidence::documented;
  bool broker = false;                  ///< issues tokens for subjects of others
  bool people = false;                  ///< subjects are persons rather than jobs or workloads
  bool self_hosted = false;             ///< any issuer URL may be an instance of it
  bool tenant_optional = false;         ///< can emit subjects that do not name the tenant
  bool case_insensitive_names = false;  ///< platform folds case, RBAC does not
  std::vector<IssuerInfo> issuers;
  /// What an immutable identity would be built from; empty: none is known.
  std::string immutable_alternative;
  /// What a Group binding could be mapped from, for remedies: "claims.terraform_organization_name".
  std::vector<std::string> group_claims;
  std::uint32_t max_subject_bytes = 0;  ///< 0: no limit known

  struct Compiled;
  std::shared_ptr<const Compiled> compiled;
};

/// One fact sheet of a provider file, for `providers show` and the generated pages.
struct ProviderDocs {
  std::string category;  ///< "ci", "iac", "hosting", "workload", "people" or "cloud"
  std::string summary;
  std::string audience;
  std::string tenant;  ///< all of `tenants` in one line
  struct Tenant {
    std::string name;
    std::string where;  ///< "sub", "iss", "claim:NAME" or "absent"
    std::string immutable_claim;
  };
  std::vector<Tenant> tenants;
  std::vector<std::string> notes;
  std::vector<std::string> references;
  struct Subject {
    std::string kind;
    std::string form;                ///< the pattern, as written
    std::vector<std::string> items;  ///< what `{...}` of the form may be, any of them in any order
    std::string separator;           ///< between the items
    std::string note;
    bool group = false;
  };
  std::vector<Subject> subjects;
  struct SegmentDoc {
    std::string name;
    std::uint8_t traits = 0;
    std::string values;           ///< what it may hold, for people
    std::string influenced_when;  ///< a glob of the values that others can choose; empty: any
    bool in_subject = false;      ///< a part of a subject, not of an issuer alone
    std::string note;
  };
  std::vector<SegmentDoc> segments;
  /// A claim of its tokens, as far as who sets it matters.
  struct ClaimDoc {
    std::string name;
    std::vector<std::string> is;  ///< words of kClaimWords
    std::string means;            ///< for people
    std::string part;             ///< the segment of subjects that holds its value; empty: none

    bool has(std::string_view word) const;
  };
  std::vector<ClaimDoc> claims;
  struct Example {
    std::string issuer;
    std::string name;         ///< the subject
    std::string expect_json;  ///< the expected parse as compact JSON, as written in the file
    std::string claims_json;  ///< claims the example is parsed with; empty: none
    bool group = false;
  };
  std::vector<Example> examples;
};

/// Gives the text of a claim, nullopt when the token has none of that name. Numbers and booleans as text.
using ClaimLookup = std::function<std::optional<std::string>(std::string_view claim)>;

enum class NameKind : std::uint8_t { unknown, user, group };

struct ParseOptions {
  NameKind kind = NameKind::unknown;
  std::string_view issuer;                     ///< when known from elsewhere; empty: not known
  std::span<const std::string> prefixes = {};  ///< configured prefixes other than `https://...#`
  const ClaimLookup* claims = nullptr;         ///< for what only claims can tell; nullptr: no claims
  bool guess_prefix = true;                    ///< recognise `word:` before a distinctive subject
};

/// All known providers. Grammars are compiled once; matching takes time linear in the name.
/// Immutable after loading; may be used from several threads.
class Catalogue {
 public:
  Catalogue();
  ~Catalogue();
  Catalogue(Catalogue&&) noexcept;
  Catalogue& operator=(Catalogue&&) noexcept;

  /// The providers that are part of the program; loaded on first use, shared by everybody.
  static const Catalogue& builtin();

  /// The built-in providers and those of every `*.yaml` in `directory`; a file whose id is known replaces
  /// that provider. Fails with ErrorKind::configuration at the first file that is wrong.
  static Result<Catalogue> with_directory(const Files& files, const std::string& directory);

  /// A catalogue of these provider files alone (YAML or JSON text with a name for messages).
  static Result<Catalogue> from_texts(std::span<const std::pair<std::string, std::string>> named_texts);

  std::span<const Provider> providers() const noexcept;  ///< sorted by id
  const Provider* find(std::string_view id) const noexcept;

  /// What a provider's page shows. Reads the provider's file again; not for hot paths.
  Result<ProviderDocs> docs(std::string_view id) const;

  /// Takes `name` apart. Never fails: a name that nobody knows has no candidates.
  /// REQUIRES: `name` and `options.issuer` outlive the result.
  ParsedName parse(std::string_view name, const ParseOptions& options = {}) const;

  /// Everything else that can be said of the name. Slower than parse(); meant for names that rules ask about.
  SubjectFacts facts(const ParsedName& parsed, const ParseOptions& options = {}) const;

  /// The provider and scope of an issuer URL; nullptr when it is nobody's for certain.
  struct IssuerMatch {
    const Provider* provider = nullptr;
    const IssuerInfo* issuer = nullptr;
  };
  IssuerMatch find_issuer(std::string_view url) const;

  /// Hosts of issuers with a fixed host, sorted.
  std::span<const std::string> known_issuer_hosts() const noexcept;

  struct Impl;  ///< for the files of the catalogue alone

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace oidc_audit::oidc
