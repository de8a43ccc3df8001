#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/tree.h"
#include "oidc/catalogue.h"
#include "oidc/grammar.h"
#include "oidc/value_template.h"

namespace oidc_audit::oidc {

/// How the text of a segment becomes its value.
enum class Decoding : std::uint8_t {
  none,
  colon,         ///< `%3A` is `:`, nothing else is escaped (GitHub)
  percent,       ///< percent-encoding
  query,         ///< percent-encoding, `+` is a space
  jenkins_path,  ///< `a/job/b` is `a/b`, each part percent-encoded
};

/// How much an issuer pattern proves.
enum class IssuerProof : std::uint8_t {
  certain,  ///< the host is the provider's own
  shaped,   ///< any host, and a path that is the provider's
  open,     ///< any URL: an instance of the operator's
};

/// What the platform escapes when it joins values into a subject.
enum class Escapes : std::uint8_t { unknown, none, colon };

struct SegmentInfo {
  SegmentSpec spec;
  std::uint8_t traits = 0;
  std::string influenced_when;  ///< a glob the value must match to be attacker-influenced; empty: always
  Decoding decoding = Decoding::none;
};

struct TenantRule {
  std::string name;
  std::optional<ValueTemplate> value;
  std::string where;
  std::string immutable_claim;
};

struct KindRule {
  ValueTemplate kind;
  Condition when;
  bool also = false;  ///< cannot be told from the one before: a further reading
};

/// One grammar of a provider with what its parts mean.
struct SubjectRule {
  Grammar grammar;
  bool for_users = true;
  bool for_groups = false;
  bool shape = false;
  bool needs_issuer = false;
  bool dex = false;                  ///< the one segment is Dex's encoded pair
  std::vector<std::string> issuers;  ///< ids; empty: all
  std::vector<KindRule> kinds;
  std::vector<TenantRule> tenants;  ///< the first whose value is there counts; empty: the provider's
  std::optional<ValueRule> context, phase, ref, ref_type, environment;
  std::optional<bool> unscoped;
  bool job_chosen = false;
  bool opaque = false;
  bool obsolete = false;
  bool catch_all = false;
  bool custom_template = false;
  /// Not empty: the kind is this and the items' keys, as they stand, joined with hyphens.
  std::string custom_kind;
  std::vector<std::string> item_words;  ///< one an item
  bool also = false;  ///< a further reading even where an earlier grammar of the provider matches
  Condition debug_session;
};

struct IssuerRule {
  Grammar grammar;
  IssuerProof proof = IssuerProof::certain;
  bool opt_in = false;      ///< used only where somebody asked for it
  std::string kind_prefix;  ///< put before the kinds of subjects of this issuer
  std::string kind_suffix;
};

struct Provider::Compiled {
  std::map<std::string, ValueClass, std::less<>> classes;
  std::map<std::string, SegmentInfo, std::less<>> segments;
  std::vector<IssuerRule> issuers;  ///< as Provider::issuers
  std::vector<SubjectRule> subjects;
  std::vector<TenantRule> tenants;
  std::optional<ValueRule> context, phase, ref, ref_type, environment;
  Escapes escapes = Escapes::unknown;
  int weight = 50;          ///< how common; breaks ties, 0..100
  bool scoped_use = false;  ///< runs of jobs, for which a missing ref, environment and phase matters
};

/// Makes a provider of its file. Errors name the place inside the file.
Result<Provider> compile_provider(document::Value root);

/// Reads what is only for people.
Result<ProviderDocs> read_provider_docs(document::Value root);

}  // namespace oidc_audit::oidc
