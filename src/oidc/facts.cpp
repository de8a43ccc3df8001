#include <algorithm>

#include "base/strings.h"
#include "base/unicode.h"
#include "base/unicode_text.h"
#include "oidc/catalogue_impl.h"
#include "oidc/name_repair.h"
#include "oidc/name_shape.h"
#include "oidc/near.h"
#include "oidc/near_finder.h"
#include "oidc/value_class.h"

namespace oidc_audit::oidc {

namespace {

bool only_truncated(const Walk& walk) {
  return !walk.flaws.empty() && std::all_of(walk.flaws.begin(), walk.flaws.end(), [](const Flaw& flaw) {
    return flaw.departure == Departure::truncated;
  });
}

// How the platform writes what the text means, where all of the segment is encoded.
std::optional<std::string> as_encoded(const Provider::Compiled& provider, std::string_view segment,
                                      std::string_view raw) {
  const auto it = provider.segments.find(segment);
  if (it == provider.segments.end()) return std::nullopt;
  switch (it->second.decoding) {
    case Decoding::jenkins_path:
      return jenkins_job_path(raw);
    case Decoding::query:
      return query_escaped(raw);
    case Decoding::none:
    case Decoding::colon:
    case Decoding::percent:
      return std::nullopt;
  }
  return std::nullopt;
}

// What the platform would have written for percent signs and colons.
void check_encoding(const Provider::Compiled& provider, const std::vector<Segment>& segments,
                    std::string_view name, bool damaged, SubjectFacts& facts) {
  for (const Segment& segment : segments) {
    const std::string_view raw = name.substr(segment.begin, segment.end - segment.begin);
    if (std::optional<std::string> written = as_encoded(provider, segment.name, raw)) {
      if (damaged && *written != raw)
        facts.encoding.push_back({segment.begin, segment.end, *std::move(written)});
      continue;
    }
    if (provider.escapes == Escapes::unknown) continue;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      const auto add = [&](std::size_t length, std::string expected) {
        const auto begin = static_cast<std::uint32_t>(segment.begin + i);
        facts.encoding.push_back({begin, begin + static_cast<std::uint32_t>(length), std::move(expected)});
        i += length - 1;
      };
      if (raw[i] == ':' && damaged && provider.escapes == Escapes::colon && segment.name == "environment") {
        add(1, "%3A");
        continue;
      }
      if (raw[i] != '%' || i + 2 >= raw.size()) continue;
      const std::string code = to_lower_ascii(raw.substr(i, 3));
      if (provider.escapes == Escapes::colon) {
        if (raw.substr(i, 3) == "%3A") {
          i += 2;
        } else if (to_lower_ascii(raw.substr(i, 5)) == "%253a") {
          add(5, "%3A");
        } else if (code == "%3a") {
          add(3, "%3A");
        } else if (code == "%2f") {
          add(3, "/");
        } else if (code == "%20") {
          add(3, " ");
        } else if (code == "%40") {
          add(3, "@");
        }
      } else if (code == "%3a" || code == "%2f" || code == "%20" || code == "%40") {
        add(3, code == "%3a" ? ":" : code == "%2f" ? "/" : code == "%20" ? " " : "@");
      }
    }
  }
}

std::optional<LookalikeHost> find_lookalike(const Catalogue::Impl& impl, std::string_view host,
                                            std::string_view url) {
  if (host.empty() || host == "github.com") return std::nullopt;  // near to gitlab.com, and well known itself
  if (impl.issuers_by_host.find(host) != impl.issuers_by_host.end() || is_certain(impl.issuers_of(url)))
    return std::nullopt;
  const bool ascii =
      std::all_of(host.begin(), host.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  const std::string lowered = to_lower_ascii(host);
  const std::string folded = ascii ? lowered : fold_case(host);
  const std::string shape = skeleton(folded);
  std::string_view nearest_host;
  std::size_t nearest_distance = 3;
  for (const std::string& known : impl.hosts) {
    if (known == lowered) return std::nullopt;  // only the case differs: the prefix says so
    if (!ascii && (folded == known || shape == skeleton(known)))
      return LookalikeHost{host, known, "it is not ASCII and looks the same"};
    if (ascii && shape == skeleton(known)) return LookalikeHost{host, known, "its characters look the same"};
    // Short names are near to many others.
    const std::size_t limit = known.size() < 10 ? 1 : 2;
    const std::size_t distance = edit_distance(lowered, known, limit);
    if (distance <= limit && distance < nearest_distance) {
      nearest_distance = distance;
      nearest_host = known;
    }
  }
  if (!nearest_host.empty())
    return LookalikeHost{
        host, nearest_host,
        nearest_distance == 1 ? "it differs by one character" : "it differs by two characters"};
  if (!ascii) return LookalikeHost{host, {}, "it is not ASCII"};
  if (lowered.starts_with("xn--") || lowered.find(".xn--") != std::string::npos)
    return LookalikeHost{host, {}, "it is an encoded international name"};
  return std::nullopt;
}

// The `?` before the query of a URL that the nearest grammar has there is no pattern.
void drop_queries(SubjectFacts& facts, std::string_view name) {
  if (!facts.near) return;
  const auto covers = [](const auto& part, const Wildcard& w) {
    return part.begin <= w.begin && w.begin < part.end;
  };
  std::erase_if(facts.wildcards, [&](const Wildcard& w) {
    return name.substr(w.begin, w.end - w.begin) == "?" && name.find('=', w.end) != std::string_view::npos &&
           std::none_of(facts.near->flaws.begin(), facts.near->flaws.end(),
                        [&](const Flaw& flaw) { return covers(flaw, w); }) &&
           std::none_of(facts.near->segments.begin(), facts.near->segments.end(),
                        [&](const Segment& segment) { return covers(segment, w); });
  });
}

// A name of the issuer's own grammar that is wrong in a value alone; other grammars may admit more.
bool is_own(const SubjectFacts& facts) {
  return facts.near && facts.near->provider == facts.issuer_provider && facts.near->segments.size() > 2 &&
         std::all_of(facts.near->flaws.begin(), facts.near->flaws.end(), [](const Flaw& flaw) {
           return !flaw.segment.empty() &&
                  (flaw.departure == Departure::impossible_value || flaw.departure == Departure::wrong_case);
         });
}

// An issuer of one organization signs for no other: what the URL and the subject call alike is alike.
std::string conflict_with(const Catalogue::Impl::IssuerHit& hit, std::string_view url,
                          const Candidate& candidate) {
  for (const Capture& capture : hit.captures) {
    if (capture.value_class == nullptr) continue;
    const Segment* const segment = candidate.find(capture.name);
    const std::string_view own = url.substr(capture.begin, capture.end - capture.begin);
    if (segment == nullptr || segment->value == own) continue;
    return std::string(segment->name) + " `" + std::string(segment->value) +
           "`, where its issuer signs only for `" + std::string(own) + "`";
  }
  return {};
}

// A ref that git does not admit is wrong in itself, whatever its slashes.
bool bad_ref(const SubjectFacts& facts) {
  if (!facts.near || !facts.near->ref) return false;
  const NearMatch& near = *facts.near;
  return std::any_of(near.flaws.begin(), near.flaws.end(), [&](const Flaw& flaw) {
    const Segment* segment = near.find(flaw.segment);
    return flaw.departure == Departure::impossible_value && segment != nullptr && segment->value == *near.ref;
  });
}

// The spelling with other slashes that is a name of the same provider, if it was near to one's.
std::string mend_slashes(const Catalogue& catalogue, const ParsedName& parsed, const ParseOptions& options,
                         const SubjectFacts& facts) {
  const bool cut = facts.near && facts.near->has(Departure::truncated);
  for (std::string& text : with_other_slashes(parsed.name)) {
    if (text.size() > parsed.name.size() && !cut) continue;
    const ParsedName again = catalogue.parse(text, options);
    const Candidate* const c = again.recognised();
    if (c == nullptr || c->likelihood == Likelihood::passed_on) continue;
    if (!facts.near || facts.near->provider == c->provider) return std::move(text);
  }
  return {};
}

}  // namespace

SubjectFacts Catalogue::facts(const ParsedName& parsed, const ParseOptions& options) const {
  SubjectFacts facts;
  const auto base = static_cast<std::uint32_t>(parsed.name.size() - parsed.rest.size());
  std::string_view issuer = parsed.issuer;
  Impl::IssuerHits found = impl_->issuers_of(issuer);
  std::string corrected;
  if (found->empty() && !parsed.prefix.corrected.empty()) {
    corrected = parsed.prefix.corrected.substr(0, parsed.prefix.corrected.size() - 1);
    found = impl_->issuers_of(corrected);
  }
  const std::vector<Impl::IssuerHit>& hits = *found;
  if (is_certain(hits)) {
    const Impl::IssuerRef ref = hits.front().ref;
    facts.issuer_provider = &impl_->providers[ref.provider];
    facts.issuer_scope = facts.issuer_provider->issuers[ref.issuer].scope;
  }
  describe_shape(parsed.rest, facts);
  const Candidate* const recognised = parsed.recognised();
  const Segment* const yaml = recognised == nullptr ? nullptr : recognised->find("environment");
  const bool exempt = yaml != nullptr && yaml->value == "<yaml>";
  facts.placeholders = find_placeholders(parsed.rest, base, exempt ? "<yaml>" : "");
  const auto nearest = [&](std::vector<Wildcard>& wildcards) {
    ParsedName reading;
    reading.name = parsed.name;
    reading.rest = parsed.rest;
    reading.issuer = issuer;
    return find_near(*impl_, reading, options, hits, wildcards);
  };
  if (recognised == nullptr) {
    facts.wildcards = find_wildcards(parsed.rest, base);
    // A placeholder's own characters are no pattern.
    std::erase_if(facts.wildcards, [&](const Wildcard& wildcard) {
      return std::any_of(facts.placeholders.begin(), facts.placeholders.end(),
                         [&](const Placeholder& placeholder) {
                           return wildcard.begin >= placeholder.begin && wildcard.end <= placeholder.end;
                         });
    });
    if (!facts.wildcards.empty() && facts.wildcards.front().begin == base)
      facts.wildcards.front().place = WildcardPlace::before_tenant;
    if (facts.wildcards.empty()) {
      if (const std::string lowered = with_lower_uuids(parsed.name); !lowered.empty()) {
        ParsedName again = parse(lowered, options);
        if (again.recognised() != nullptr) facts.near = near_by_case(parsed, std::move(again));
      }
    }
    if (!facts.near) facts.near = nearest(facts.wildcards);
    drop_queries(facts, parsed.name);
    if (facts.wildcards.empty() && !bad_ref(facts))
      facts.other_slashes = mend_slashes(*this, parsed, options, facts);
  }
  for (const Impl::IssuerHit& hit : hits) {
    if (recognised != nullptr && !issuer.empty() &&
        &impl_->providers[hit.ref.provider] == recognised->provider)
      facts.issuer_conflict = conflict_with(hit, issuer, *recognised);
  }
  if (recognised != nullptr && recognised->custom_template) {
    for (const SubjectRule& rule : recognised->provider->compiled->subjects) {
      if (rule.custom_template || rule.shape || rule.needs_issuer || rule.grammar.starts().empty()) continue;
      if (!parsed.rest.starts_with(rule.grammar.starts().front())) continue;
      facts.truncated_default =
          facts.truncated_default || only_truncated(walk_grammar(rule.grammar, parsed.rest, 0));
    }
    // A template can emit anything: where the default subject fits but for a value, that value was meant.
    std::vector<Wildcard> none;
    auto near = nearest(none);
    const bool slips =
        near && near->provider == recognised->provider &&
        near->segments.size() > std::min<std::size_t>(recognised->segments.size(), 2) &&
        std::all_of(near->flaws.begin(), near->flaws.end(), [&](const Flaw& flaw) {
          const std::string_view value = parsed.name.substr(flaw.begin, flaw.end - flaw.begin);
          return !flaw.segment.empty() && value.find(':') == std::string_view::npos &&
                 (flaw.departure == Departure::wrong_case || flaw.departure == Departure::impossible_value);
        });
    if (slips) facts.near = std::move(near);
  }
  if (recognised != nullptr && !facts.near) {
    check_encoding(*recognised->provider->compiled, recognised->segments, parsed.name, false, facts);
  } else if (facts.near) {
    check_encoding(*facts.near->provider->compiled, facts.near->segments, parsed.name, true, facts);
  }
  if (facts.issuer_provider != nullptr && parsed.candidates.empty() && !parsed.rest.empty() && !facts.email &&
      !is_own(facts) && std::none_of(hits.begin(), hits.end(), [this](const Impl::IssuerHit& hit) {
        return impl_->providers[hit.ref.provider].broker;
      })) {
    ParsedName reading;
    reading.name = parsed.name;
    reading.rest = parsed.rest;
    std::vector<Candidate> others;
    impl_->read(reading, options, {}, others);
    for (const Candidate& other : others) {
      const bool own = std::any_of(hits.begin(), hits.end(), [&](const Impl::IssuerHit& hit) {
        return &impl_->providers[hit.ref.provider] == other.provider;
      });
      if (own || other.likelihood == Likelihood::shape) continue;
      facts.foreign_grammar = other.provider;
      break;
    }
  }
  if (parsed.prefix.kind == PrefixKind::issuer || parsed.prefix.kind == PrefixKind::malformed) {
    std::string_view head = parsed.prefix.text;
    if (!head.empty()) head.remove_suffix(1);
    std::string_view host = url_host(head);
    if (host.empty()) host = head.substr(0, head.find('/'));
    facts.lookalike = find_lookalike(*impl_, host, head);
  }
  return facts;
}

}  // namespace oidc_audit::oidc
