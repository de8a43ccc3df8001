#include <algorithm>
#include <deque>
#include <tuple>

#include "base/glob.h"
#include "oidc/catalogue_impl.h"

namespace oidc_audit::oidc {

namespace {

// Variables of one reading. Texts of claims are kept until the reading is made.
class Scope {
 public:
  Scope(const std::vector<Segment>& segments, const std::vector<Capture>& captures, const ParsedName& parsed,
        const Catalogue::Impl& impl, const Catalogue::Impl::IssuerHit* hit, const ParseOptions& options)
      : segments_(segments),
        captures_(captures),
        parsed_(parsed),
        impl_(impl),
        hit_(hit),
        options_(options) {}

  std::optional<std::string_view> operator()(std::string_view name) {
    for (const Segment& segment : segments_) {
      if (segment.name == name) return segment.value;
    }
    if (name.starts_with('_')) {
      for (const Capture& capture : captures_) {
        if (capture.name == name) return parsed_.rest.substr(capture.begin, capture.end - capture.begin);
      }
      return std::nullopt;
    }
    if (name == "issuer" || name == "issuer-rest" || name == "issuer-host") {
      if (parsed_.issuer.empty()) return std::nullopt;
      if (name == "issuer") return parsed_.issuer;
      if (name == "issuer-host") return url_host(parsed_.issuer);
      const std::size_t scheme = parsed_.issuer.find("://");
      return scheme == std::string_view::npos ? parsed_.issuer : parsed_.issuer.substr(scheme + 3);
    }
    if (name == "issuer-id") {
      if (hit_ == nullptr) return std::nullopt;
      return impl_.providers[hit_->ref.provider].issuers[hit_->ref.issuer].id;
    }
    if (name.starts_with("iss.")) {
      if (hit_ == nullptr) return std::nullopt;
      name.remove_prefix(4);
      for (const Capture& capture : hit_->captures) {
        if (capture.name == name) return parsed_.issuer.substr(capture.begin, capture.end - capture.begin);
      }
      return std::nullopt;
    }
    if (name.starts_with("claim:") && options_.claims != nullptr) {
      auto value = (*options_.claims)(name.substr(6));
      if (!value) return std::nullopt;
      kept_.push_back(std::move(*value));
      return std::string_view(kept_.back());
    }
    return std::nullopt;
  }

 private:
  const std::vector<Segment>& segments_;
  const std::vector<Capture>& captures_;
  const ParsedName& parsed_;
  const Catalogue::Impl& impl_;
  const Catalogue::Impl::IssuerHit* hit_;
  const ParseOptions& options_;
  std::deque<std::string> kept_;
};

const std::optional<ValueRule>& own_or(const std::optional<ValueRule>& own,
                                       const std::optional<ValueRule>& general) {
  return own ? own : general;
}

}  // namespace

void Catalogue::Impl::make_candidates(ParsedName& parsed, const ParseOptions& options, std::uint32_t provider,
                                      std::uint32_t rule_index, const std::vector<Capture>& captures,
                                      const std::vector<std::uint32_t>& items, const IssuerHit* hit,
                                      Likelihood likelihood, std::vector<Candidate>& out) const {
  const Provider& owner = providers[provider];
  const Provider::Compiled& general = *owner.compiled;
  const SubjectRule& rule = general.subjects[rule_index];
  const auto base = static_cast<std::uint32_t>(parsed.name.size() - parsed.rest.size());

  Candidate made;
  made.provider = &owner;
  made.likelihood = likelihood;
  if (hit != nullptr)
    made.scope = owner.issuers[hit->ref.issuer].scope;
  else if (!parsed.issuer.empty() && owner.self_hosted)
    made.scope = IssuerScope::self_hosted;
  else if (!owner.issuers.empty())
    made.scope = owner.issuers.front().scope;

  const auto add = [&](std::string_view name, std::string_view value, std::uint32_t begin,
                       std::uint32_t end) {
    Segment segment;
    segment.name = name;
    segment.value = value;
    segment.begin = base + begin;
    segment.end = base + end;
    if (const auto it = general.segments.find(name); it != general.segments.end()) {
      segment.traits = it->second.traits;
      if (!it->second.influenced_when.empty() && !glob_matches(it->second.influenced_when, value))
        segment.traits = static_cast<std::uint8_t>(segment.traits & ~kAttackerInfluenced);
    }
    made.segments.push_back(segment);
  };
  if (rule.dex) {
    auto dex = decode_dex_subject(parsed.rest);
    if (!dex) return;
    const auto size = static_cast<std::uint32_t>(parsed.rest.size());
    add("user_id", parsed.keep(std::move(dex->user_id)), 0, size);
    add("connector_id", parsed.keep(std::move(dex->connector_id)), 0, size);
  } else {
    for (const Capture& capture : captures) {
      if (capture.name.empty() || capture.name.front() == '_') continue;
      std::string_view value = parsed.rest.substr(capture.begin, capture.end - capture.begin);
      if (const auto it = general.segments.find(capture.name); it != general.segments.end())
        value = decode_segment(it->second.decoding, value, parsed);
      add(capture.name, value, capture.begin, capture.end);
    }
  }

  Scope scope(made.segments, captures, parsed, *this, hit, options);
  const Variables variables = std::ref(scope);
  const std::vector<TenantRule>& tenants = rule.tenants.empty() ? general.tenants : rule.tenants;
  for (const TenantRule& tenant : tenants) {
    if (tenant.value) {
      made.tenant.value = tenant.value->expand(variables);
      if (!made.tenant.value && &tenant != &tenants.back()) continue;
    }
    made.tenant.name = tenant.name;
    made.tenant.where = tenant.where;
    made.tenant.immutable_claim = tenant.immutable_claim;
    break;
  }
  bool narrow = false;
  const auto expand = [&](const std::optional<ValueRule>& value, std::optional<std::string>& target) {
    if (!value) return;
    auto outcome = value->expand(variables);
    if (!outcome) return;
    if (!outcome->from_claims) narrow = true;
    target = std::move(outcome->value);
  };
  expand(own_or(rule.phase, general.phase), made.phase);
  expand(own_or(rule.ref, general.ref), made.ref);
  expand(own_or(rule.environment, general.environment), made.environment);
  const bool named = narrow;
  expand(own_or(rule.ref_type, general.ref_type), made.ref_type);
  expand(own_or(rule.context, general.context), made.context);
  made.unscoped = rule.unscoped.value_or(general.scoped_use && !named && made.context != "pull_request");
  made.job_chosen = rule.job_chosen;
  made.opaque = rule.opaque;
  made.obsolete = rule.obsolete;
  made.catch_all = rule.catch_all;
  made.custom_template = rule.custom_template;
  const bool claims_known = options.claims != nullptr;
  made.debug_session = !rule.debug_session.tests.empty() &&
                       rule.debug_session.test(variables, claims_known) == Condition::Answer::yes;
  if (made.tenant.where == "sub") {
    // The segment that holds the tenant's value, whole or as its beginning.
    for (Segment& segment : made.segments) {
      if (made.tenant.value && !made.tenant.value->empty() && segment.value.starts_with(*made.tenant.value)) {
        segment.traits = static_cast<std::uint8_t>(segment.traits | kTenantSegment);
        break;
      }
    }
  }

  // An unknown issuer of a self-hosted provider is taken for an instance of it.
  const IssuerRule* issuer = hit != nullptr ? &general.issuers[hit->ref.issuer] : nullptr;
  if (issuer == nullptr && !parsed.issuer.empty() && owner.self_hosted) {
    const auto open = std::find_if(general.issuers.begin(), general.issuers.end(),
                                   [](const IssuerRule& one) { return one.proof == IssuerProof::open; });
    if (open != general.issuers.end()) issuer = &*open;
  }
  const auto finish = [&](Candidate candidate, const std::string& kind) {
    candidate.kind = issuer != nullptr ? issuer->kind_prefix + kind + issuer->kind_suffix : kind;
    out.push_back(std::move(candidate));
  };
  if (!rule.custom_kind.empty() && rule.kinds.empty()) {
    std::string kind = rule.custom_kind;
    bool first = true;
    for (const std::uint32_t item : items) {
      if (rule.item_words[item].empty()) continue;
      if (!first) kind += '-';
      first = false;
      kind += rule.item_words[item];
    }
    while (!kind.empty() && kind.back() == '-') kind.pop_back();
    finish(std::move(made), kind);
    return;
  }
  // The first kind that certainly holds, then those that cannot be told from it.
  std::vector<std::string> kinds;
  std::vector<std::string> possible;
  for (const KindRule& kind : rule.kinds) {
    const Condition::Answer answer = kind.when.test(variables, claims_known);
    if (answer == Condition::Answer::no) continue;
    if (!kinds.empty() && !kind.also && answer == Condition::Answer::yes) continue;
    auto text = kind.kind.expand(variables);
    if (!text) continue;
    const bool sure = answer == Condition::Answer::yes && (kinds.empty() || kind.also);
    (sure ? kinds : possible).push_back(std::move(*text));
  }
  kinds.insert(kinds.end(), possible.begin(), possible.end());
  if (kinds.empty()) return;
  for (std::size_t i = 0; i + 1 < kinds.size(); ++i) finish(made, kinds[i]);
  finish(std::move(made), kinds.back());
}

namespace {

// Of the readings of one provider that a name alone cannot tell apart, the ones first whose parts are claims
// of the token: `cluster_id` where the token's `cluster_id` is the subject.
void confirmed_first(const ClaimLookup& claims, std::vector<Candidate>& candidates) {
  const auto confirmed = [&](const Candidate& candidate) {
    return std::any_of(candidate.segments.begin(), candidate.segments.end(),
                       [&](const Segment& segment) { return claims(segment.name) == segment.value; });
  };
  for (auto first = candidates.begin(); first != candidates.end();) {
    const auto last = std::find_if(first, candidates.end(), [&](const Candidate& c) {
      return c.provider != first->provider || c.likelihood != first->likelihood;
    });
    std::stable_partition(first, last, confirmed);
    first = last;
  }
}

}  // namespace

void Catalogue::Impl::read(ParsedName& parsed, const ParseOptions& options,
                           const std::vector<IssuerHit>& hits, std::vector<Candidate>& out) const {
  if (parsed.rest.size() > kMaxParsedBytes) return;
  struct Reading {
    std::uint32_t provider;
    std::uint32_t rule;
    const IssuerHit* hit;
    Likelihood likelihood;
    std::size_t literal_bytes;
    std::vector<Capture> captures;
    std::vector<std::uint32_t> items;
  };
  std::vector<Reading> readings;
  std::vector<Capture> captures;
  std::vector<std::uint32_t> items;
  const bool issuer_known = !parsed.issuer.empty();
  const bool certain = is_certain(hits);
  bool broker = false;
  for (const IssuerHit& hit : hits) broker = broker || providers[hit.ref.provider].broker;

  const bool host_known =
      certain || (issuer_known && issuers_by_host.find(url_host(parsed.issuer)) != issuers_by_host.end());
  bool keyed = false;  // begins with a key of some grammar: no mere shape

  const auto consider = [&](const RuleRef& ref) {
    const SubjectRule& rule = compiled(ref.provider).subjects[ref.rule];
    if (options.kind == NameKind::user && !rule.for_users) return;
    if (options.kind == NameKind::group && !rule.for_groups) return;
    const Provider& provider = providers[ref.provider];
    Likelihood likelihood = rule.shape ? Likelihood::shape : Likelihood::grammar;
    const IssuerHit* hit = nullptr;
    if (issuer_known) {
      if (provider.issuers.empty()) return;  // no tokens carry such names
      for (const IssuerHit& one : hits) {
        if (one.ref.provider == ref.provider && hit == nullptr) hit = &one;
      }
      if (hit != nullptr) {
        likelihood = Likelihood::issuer;
        if (!rule.issuers.empty()) {
          const std::string& id = provider.issuers[hit->ref.issuer].id;
          if (std::find(rule.issuers.begin(), rule.issuers.end(), id) == rule.issuers.end()) return;
        }
      } else if (provider.self_hosted && !host_known && (hits.empty() || !rule.shape)) {
        if (!rule.issuers.empty()) return;
        likelihood = rule.shape ? Likelihood::shape : Likelihood::possible_host;
      } else if (!certain || broker) {
        if (rule.shape || rule.needs_issuer || provider.people) return;
        likelihood = Likelihood::passed_on;
      } else {
        return;
      }
    } else if (rule.needs_issuer) {
      return;
    }
    if (!rule.grammar.match(parsed.rest, captures, &items)) return;
    std::size_t covered = 0;
    for (const Capture& capture : captures) {
      if (capture.value_class != nullptr) covered += capture.end - capture.begin;
    }
    readings.push_back(
        {ref.provider, ref.rule, hit, likelihood, parsed.rest.size() - covered, captures, items});
  };

  if (!parsed.rest.empty()) {
    for (const RuleRef& ref : by_first_byte[static_cast<unsigned char>(parsed.rest.front())]) {
      if (!parsed.rest.starts_with(ref.start)) continue;
      keyed = keyed || (ref.start.size() > 3 && ref.start.back() == ':');
      consider(ref);
    }
  }
  const ByteSet bytes = ByteSet::of(parsed.rest);
  for (const UnanchoredRef& ref : unanchored) {
    if (options.kind == NameKind::user && !ref.for_users) continue;
    if (options.kind == NameKind::group && !ref.for_groups) continue;
    if (ref.needs_issuer && !issuer_known) continue;
    if ((keyed && !issuer_known && ref.shape) || !ref.grammar->may_match(parsed.rest, bytes)) continue;
    consider(ref.rule);
  }

  // The first grammar of a provider counts, and those that say they are a further reading.
  std::sort(readings.begin(), readings.end(), [](const Reading& a, const Reading& b) {
    return std::tie(a.provider, a.rule) < std::tie(b.provider, b.rule);
  });
  std::vector<Reading> kept;
  for (Reading& reading : readings) {
    const bool again = !kept.empty() && kept.back().provider == reading.provider;
    if (again &&
        (kept.back().rule == reading.rule || !compiled(reading.provider).subjects[reading.rule].also))
      continue;
    kept.push_back(std::move(reading));
  }
  const bool own = std::any_of(kept.begin(), kept.end(), [](const Reading& reading) {
    return reading.likelihood == Likelihood::issuer;
  });
  if (own)
    std::erase_if(kept, [](const Reading& reading) { return reading.likelihood != Likelihood::issuer; });
  std::stable_sort(kept.begin(), kept.end(), [this](const Reading& a, const Reading& b) {
    if (a.likelihood != b.likelihood) return a.likelihood < b.likelihood;
    if (a.literal_bytes != b.literal_bytes) return a.literal_bytes > b.literal_bytes;
    const int weight_a = compiled(a.provider).weight;
    const int weight_b = compiled(b.provider).weight;
    if (weight_a != weight_b) return weight_a > weight_b;
    return std::tie(a.provider, a.rule) < std::tie(b.provider, b.rule);
  });
  for (const Reading& reading : kept)
    make_candidates(parsed, options, reading.provider, reading.rule, reading.captures, reading.items,
                    reading.hit, reading.likelihood, out);
  if (options.claims != nullptr) confirmed_first(*options.claims, out);
}

}  // namespace oidc_audit::oidc
