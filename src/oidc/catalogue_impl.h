#pragma once

#include <array>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/strings.h"
#include "oidc/compiled_provider.h"

namespace oidc_audit::oidc {

/// Longer names are not taken apart: no provider can make them (the longest limit known is 2048 bytes).
constexpr std::size_t kMaxParsedBytes = 8192;

struct Catalogue::Impl {
  struct RuleRef {
    std::uint32_t provider;
    std::uint32_t rule;
    std::string_view start;  // owned by the grammar
  };
  /// A rule that no key tells from others, with what most often decides that it cannot be meant.
  struct UnanchoredRef {
    RuleRef rule;
    const Grammar* grammar;  ///< owned by the provider
    bool for_users;
    bool for_groups;
    bool needs_issuer;
    bool shape;
  };
  struct IssuerRef {
    std::uint32_t provider;
    std::uint32_t issuer;
  };
  /// What an issuer URL turned out to be.
  struct IssuerHit {
    IssuerRef ref;
    IssuerProof proof;
    std::vector<Capture> captures;
  };
  using IssuerHits = std::shared_ptr<const std::vector<IssuerHit>>;

  std::vector<Provider> providers;                         // sorted by id
  std::vector<std::pair<std::string, std::string>> texts;  // by provider id: its file as JSON or YAML
  std::array<std::vector<RuleRef>, 256> by_first_byte;
  std::array<std::vector<RuleRef>, 256> near_by_first_byte;  // what a text may have been meant for
  std::vector<UnanchoredRef> unanchored;
  std::unordered_map<std::string_view, std::vector<IssuerRef>, StringHash, std::equal_to<>> issuers_by_host;
  std::vector<IssuerRef> other_issuers;  // the host is a pattern
  std::vector<IssuerRef> open_issuers;
  std::vector<std::string> hosts;

  mutable std::mutex issuers_lock;
  mutable std::unordered_map<std::string, IssuerHits, StringHash, std::equal_to<>> issuers_seen;

  void build_index();
  const Provider::Compiled& compiled(std::uint32_t provider) const { return *providers[provider].compiled; }

  /// Certain and shaped readings of an issuer URL, certain ones alone if there are any; never null. They are
  /// remembered: names are many, their issuers few.
  IssuerHits issuers_of(std::string_view url) const;

  std::vector<IssuerHit> find_issuers(std::string_view url) const;

  /// Readings of `parsed.rest` for that issuer (hits) or none; sorted.
  void read(ParsedName& parsed, const ParseOptions& options, const std::vector<IssuerHit>& hits,
            std::vector<Candidate>& out) const;

  /// Fills kinds, tenant and normalised values from captures. One candidate a kind.
  void make_candidates(ParsedName& parsed, const ParseOptions& options, std::uint32_t provider,
                       std::uint32_t rule, const std::vector<Capture>& captures,
                       const std::vector<std::uint32_t>& items, const IssuerHit* hit, Likelihood likelihood,
                       std::vector<Candidate>& out) const;
};

/// Whether an issuer URL is somebody's own. Of the hits, certain ones stand alone.
inline bool is_certain(const std::vector<Catalogue::Impl::IssuerHit>& hits) noexcept {
  return !hits.empty() && hits.front().proof == IssuerProof::certain;
}
inline bool is_certain(const Catalogue::Impl::IssuerHits& hits) noexcept {
  return hits != nullptr && is_certain(*hits);
}

/// Host (with port) of an http(s) URL; empty when it has none.
std::string_view url_host(std::string_view url) noexcept;

/// Splits the prefix off `parsed.name` and fills prefix, rest and issuer.
/// With the candidates.
void split_prefix(const Catalogue::Impl& impl, const ParseOptions& options, ParsedName& parsed);

/// One `@`, something before it, a domain with a dot behind it, no white space, no delimiters.
bool is_email(std::string_view text) noexcept;

/// `raw` as the provider means it; keeps decoded text in `parsed`.
std::string_view decode_segment(Decoding decoding, std::string_view raw, ParsedName& parsed);

/// Dex's subject: unpadded base64url of a message with user id (1) and connector id (2).
struct DexSubject {
  std::string user_id;
  std::string connector_id;
};
std::optional<DexSubject> decode_dex_subject(std::string_view subject);

}  // namespace oidc_audit::oidc
