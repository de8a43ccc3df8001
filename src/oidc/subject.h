#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oidc_audit::oidc {

struct Provider;  // catalogue.h

/// How many tenants share one issuer URL: one URL for all customers, the customer in the host name, the
/// customer in the path, or an instance of the operator's own.
enum class IssuerScope : std::uint8_t { shared, tenant_host, tenant_path, self_hosted };
std::string_view to_string(IssuerScope scope);

/// What is known about the value of a segment. A bit set.
enum SegmentTrait : std::uint8_t {
  kMutableName = 1,         ///< can be renamed, and the old name registered by somebody else
  kImmutableId = 2,         ///< identifies the same thing for ever
  kAttackerInfluenced = 4,  ///< chosen by whoever can push, open a pull request or edit the pipeline
  kPerRun = 8,              ///< differs in every run, so that a literal binding matches once
  kTenantSegment = 16,      ///< carries the trust boundary, or its beginning
};

/// One named part of a subject name. All views are into the parsed name, the catalogue or the
/// ParsedName, and live as long as all three.
struct Segment {
  std::string_view name;
  std::string_view value;   ///< decoded, if the provider encodes
  std::uint32_t begin = 0;  ///< bytes [begin, end) of the whole name, prefix included
  std::uint32_t end = 0;
  std::uint8_t traits = 0;  ///< SegmentTrait bits

  bool has(SegmentTrait trait) const noexcept { return (traits & trait) != 0; }
};

/// The trust boundary of a subject.
struct Tenant {
  std::string_view name;             ///< as the provider calls it; empty when there is none
  std::optional<std::string> value;  ///< nullopt: the name does not carry it
  std::string_view where;            ///< "sub", "iss", "claim:NAME" or "absent"
  std::string_view immutable_claim;  ///< the claim that identifies it for ever; empty: none known
};

/// How a candidate came about; most certain first.
enum class Likelihood : std::uint8_t {
  issuer,         ///< the issuer is known to be this provider's
  possible_host,  ///< the issuer is nobody's in particular, and the provider is self-hosted
  grammar,        ///< no issuer known; the grammar is distinctive
  passed_on,      ///< the issuer is another's or unknown; a broker may pass such a subject on
  shape,          ///< no issuer known; the grammar is no more than a shape (UUID, digits, a:b:c)
};
std::string_view to_string(Likelihood likelihood);

/// One complete reading of a name.
struct Candidate {
  const Provider* provider = nullptr;
  std::string kind;  ///< "workspace-apply", "branch", ...
  Likelihood likelihood = Likelihood::grammar;
  std::optional<IssuerScope> scope;  ///< known when the issuer is
  std::vector<Segment> segments;     ///< in the order of the text
  Tenant tenant;
  std::optional<std::string> phase;     ///< plan, apply, refresh, destroy
  std::optional<std::string> ref;       ///< as the provider writes it
  std::optional<std::string> ref_type;  ///< branch, tag, pull_request
  std::optional<std::string> environment;
  std::optional<std::string> context;  ///< what kind of run or person: "ref", "pull_request", "human", ...
  /// The grammar names nothing narrower than a project: neither ref nor environment nor phase.
  bool unscoped = false;
  /// Any job may choose what this subject stands for (a selectable subject claim).
  bool job_chosen = false;
  /// An opaque value that people cannot review.
  bool opaque = false;
  /// Carries the debug session form of the provider (empty repository and ref).
  bool debug_session = false;
  /// Emitted only where somebody chose a subject template other than the default.
  bool custom_template = false;
  /// No token of today carries this form (the provider changed it).
  bool obsolete = false;
  /// A group that holds everybody or every job of its issuer.
  bool catch_all = false;

  /// nullptr when there is no segment of that name.
  const Segment* find(std::string_view name) const noexcept;
};

/// What stands before the subject proper.
enum class PrefixKind : std::uint8_t {
  none,
  issuer,      ///< `https://issuer#`
  configured,  ///< one of ParseOptions::prefixes
  platform,    ///< one that a managed platform demands of every name: `aks:jwt:`
  guessed,     ///< `word:` before something that is recognised
  malformed,   ///< meant as an issuer prefix, and none: see PrefixProblem
};
std::string_view to_string(PrefixKind kind);

/// What is wrong with an issuer prefix. The API server puts the exact issuer URL and `#` before the claim.
enum class PrefixProblem : std::uint8_t {
  none,
  missing_scheme,          ///< `app.terraform.io#...`
  plain_http,              ///< `http://...#`
  extra_trailing_slash,    ///< the issuer has none
  missing_trailing_slash,  ///< the issuer has one (Auth0, env0, authentik)
  upper_case_host,
  missing_path,     ///< tokens of this issuer carry a path (`/org/<uuid>`)
  impossible_path,  ///< the host is known, and no issuer of it has this path (`/common/`)
  second_hash,
  wrong_separator,  ///< the issuer URL followed by something else than `#`
  empty_subject,    ///< nothing behind the prefix
};
std::string_view to_string(PrefixProblem problem);

struct Prefix {
  PrefixKind kind = PrefixKind::none;
  std::string_view text;    ///< as it stands, separator included
  std::string_view issuer;  ///< the URL, empty unless kind is issuer (or --issuer was given)
  PrefixProblem problem = PrefixProblem::none;
  std::string corrected;  ///< what the prefix would have to be; empty when not known
};

/// How a name departs from the grammar it comes nearest to.
enum class Departure : std::uint8_t {
  truncated,         ///< ends before its last mandatory part
  impossible_value,  ///< a segment holds what it cannot
  wrong_case,        ///< a key or fixed word in another case
  unexpected_text,   ///< after a recognised beginning comes something else
  missing_start,     ///< the tenant's key was dropped from the front
  wildcard,          ///< explained by pattern characters alone
};
std::string_view to_string(Departure departure);

/// Something wrong at one place of a nearly recognised name.
struct Flaw {
  Departure departure;
  std::string_view segment;  ///< name of the segment it is in; empty: in a key or between segments
  std::uint32_t begin = 0;   ///< bytes [begin, end) of the whole name
  std::uint32_t end = 0;
  std::string expected;  ///< what would be right there, for people: "`plan` or `apply`"
};

/// Where a pattern character stands in relation to the tenant.
enum class WildcardPlace : std::uint8_t {
  unknown,            ///< no grammar recognised
  before_tenant,      ///< in a key or segment before the tenant
  in_tenant,          ///< is the whole tenant segment, or its beginning
  after_tenant_text,  ///< directly after tenant text, no delimiter between, or inside it
  later,              ///< the tenant is complete
};
std::string_view to_string(WildcardPlace place);

struct Wildcard {
  std::uint32_t begin = 0;  ///< bytes [begin, end) of the whole name
  std::uint32_t end = 0;
  WildcardPlace place = WildcardPlace::unknown;
  std::string_view segment;  ///< empty: in a key, or unknown
};

/// The grammar a name that is not recognised comes nearest to, and what is wrong.
struct NearMatch {
  const Provider* provider = nullptr;
  std::string kind;
  std::vector<Segment> segments;  ///< as far as they could be told
  Tenant tenant;
  std::optional<IssuerScope> scope;
  std::optional<std::string> phase, ref, ref_type, environment, context;
  std::vector<Flaw> flaws;       ///< at least one, in order of place
  bool tenant_optional = false;  ///< the provider can emit subjects without the tenant
  std::string completed;         ///< the nearest live spelling when it is certain; else empty

  const Segment* find(std::string_view name) const noexcept;
  bool has(Departure departure) const noexcept;
};

enum class PlaceholderKind : std::uint8_t {
  dollar_braces,  ///< ${NAME}
  double_braces,  ///< {{ name }}
  dollar_parens,  ///< $(NAME)
  angle,          ///< <NAME>
  percent,        ///< %s
  words,          ///< a whole segment such as YOUR_ORG, MY-ORG-NAME
};

struct Placeholder {
  PlaceholderKind kind;
  std::uint32_t begin = 0;  ///< bytes [begin, end) of the whole name
  std::uint32_t end = 0;
};

/// An issuer host that imitates a known one.
struct LookalikeHost {
  std::string_view host;   ///< in the name
  std::string_view known;  ///< the known issuer host
  std::string reason;      ///< "differs by one letter", "is not ASCII", ...
};

/// Percent signs that the provider would not have written, or a missing one.
struct EncodingFlaw {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::string expected;  ///< the text that a token would carry there
};

/// What a name looks like beyond its complete readings; made by Catalogue::facts().
struct SubjectFacts {
  std::optional<NearMatch> near;          ///< only when there is no complete reading
  std::vector<Wildcard> wildcards;        ///< `*`, `?` and regular-expression constructs, in order
  std::vector<Placeholder> placeholders;  ///< in order
  std::vector<EncodingFlaw> encoding;     ///< in order
  std::string other_slashes;  ///< the same name with the slashes of a complete reading; else empty
  /// The issuer in the prefix belongs to this provider for certain, nullptr otherwise.
  const Provider* issuer_provider = nullptr;
  std::optional<IssuerScope> issuer_scope;
  /// Read as a custom template, while the provider's default subject would go on behind it.
  bool truncated_default = false;
  /// The issuer is known and is no broker, and the remainder is the grammar of this other provider.
  const Provider* foreign_grammar = nullptr;
  std::optional<LookalikeHost> lookalike;
  /// A part of the name that the issuer's URL names as well, with another value: "org `a`, ... `b`"; else
  /// empty.
  std::string issuer_conflict;

  bool email = false;             ///< one `@` with a domain behind it, after the prefix
  std::string_view email_domain;  ///< as it stands; empty unless email
  bool public_mail_domain = false;
  bool guest = false;           ///< Entra's `#EXT#` form
  bool uuid = false;            ///< after the prefix
  bool digits = false;          ///< after the prefix, only digits
  bool number_like = false;     ///< digits, `1e6`, `0x10`, `007`, `1.0`
  bool yaml_word = false;       ///< `true`, `null`, `~`, `yes`, ...
  bool rounded_number = false;  ///< more than 2^53 and ending in zeros
  bool plain_word = false;      ///< letters, digits, `-`, `_`, `.` alone
};

/// A subject name taken apart. Views into the name given to Catalogue::parse(), which must outlive it.
class ParsedName {
 public:
  ParsedName() = default;
  ParsedName(ParsedName&&) noexcept = default;
  ParsedName& operator=(ParsedName&&) noexcept = default;

  std::string_view name;  ///< the whole name
  Prefix prefix;
  std::string_view rest;              ///< what follows the prefix
  std::string_view issuer;            ///< from the prefix or ParseOptions; empty: not known
  std::vector<Candidate> candidates;  ///< most likely first, in a stable order

  /// The first candidate, if it is more than a shape that many things have.
  const Candidate* recognised() const noexcept;

  /// Keeps decoded text that segments point at.
  std::string_view keep(std::string text);

 private:
  std::vector<std::unique_ptr<std::string>> kept_;
};

}  // namespace oidc_audit::oidc
