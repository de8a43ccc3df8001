#include "oidc/near_finder.h"

#include <algorithm>
#include <cassert>
#include <tuple>

#include "base/strings.h"
#include "oidc/near.h"

namespace oidc_audit::oidc {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr std::size_t kNone = std::string_view::npos;

// The first segment that the tenant's value is told from, with what it is cut at; empty name: none.
struct TenantSource {
  std::string_view segment;
  std::string_view delimiter;  // the tenant ends before its first occurrence
};

bool grammar_has(const Grammar& grammar, std::string_view name) {
  const auto in = [&](const Sequence& sequence) {
    return std::any_of(sequence.begin(), sequence.end(), [&](const Element& element) {
      return (element.kind == Element::Kind::segment && element.segment.name == name) ||
             (element.kind == Element::Kind::open && element.text == name);
    });
  };
  return in(grammar.elements()) || std::any_of(grammar.items().begin(), grammar.items().end(), in);
}

// A grammar that picks out special names of a more general one.
bool refines(const Grammar& grammar) {
  return std::any_of(grammar.elements().begin(), grammar.elements().end(), [](const Element& element) {
    return element.kind == Element::Kind::segment &&
           element.segment.value_class->check == ValueClass::Check::hyphen_digits;
  });
}

// Any URL begins with `https://`: a grammar of URLs is come near to by a key behind that.
bool has_key(const Grammar& grammar, std::string_view text) {
  const Sequence& elements = grammar.elements();
  return std::any_of(elements.begin(), elements.end(), [&](const Element& element) {
    return element.kind == Element::Kind::literal && element.text.size() > 3 && element.text != "https://" &&
           text.find(element.text) != std::string_view::npos;
  });
}

// What a complete reading of a mended name says, over the bytes of the name as it stands.
void take_reading(Candidate&& candidate, std::string_view name, NearMatch& near) {
  near.kind = std::move(candidate.kind);
  near.tenant = std::move(candidate.tenant);
  near.scope = candidate.scope;
  near.phase = std::move(candidate.phase);
  near.ref = std::move(candidate.ref);
  near.ref_type = std::move(candidate.ref_type);
  near.environment = std::move(candidate.environment);
  near.context = std::move(candidate.context);
  for (Segment& segment : candidate.segments) {
    // Decoded text would go away with the reading: here the text as written is what matters.
    segment.value = name.substr(segment.begin, segment.end - segment.begin);
    near.segments.push_back(segment);
  }
}

class NearFinder {
 public:
  NearFinder(const Catalogue::Impl& impl, const ParsedName& parsed, const ParseOptions& options,
             const std::vector<Catalogue::Impl::IssuerHit>& hits)
      : impl_(impl), parsed_(parsed), options_(options), hits_(hits) {}

  std::optional<NearMatch> run(std::vector<Wildcard>& wildcards) {
    if (parsed_.rest.empty() || parsed_.rest.size() > kMaxParsedBytes) return std::nullopt;
    const bool bound = is_certain(hits_);
    for (const auto& ref : impl_.near_by_first_byte[static_cast<unsigned char>(parsed_.rest.front())]) {
      if (bound && std::none_of(hits_.begin(), hits_.end(),
                                [&](const auto& hit) { return hit.ref.provider == ref.provider; }))
        continue;
      consider(ref.provider, ref.rule);
    }
    if (!best_) return std::nullopt;
    for (Wildcard& wildcard : wildcards) place(wildcard);
    return finish();
  }

 private:
  struct Found {
    std::uint32_t provider;
    std::uint32_t rule;
    std::size_t from;
    Walk walk;
    std::size_t bad;  // flaws that are no pattern characters
  };

  bool better(const Found& a, const Found& b) const {
    const int weight_a = impl_.compiled(a.provider).weight;
    const int weight_b = impl_.compiled(b.provider).weight;
    const auto worth = [](const Found& found) {
      return static_cast<long>(found.walk.literal_bytes) - 6 * static_cast<long>(found.bad);
    };
    const long worth_a = worth(a);
    const long worth_b = worth(b);
    return std::tie(worth_a, b.bad, weight_a, b.provider, b.rule) >
           std::tie(worth_b, a.bad, weight_b, a.provider, a.rule);
  }

  void offer(std::uint32_t p, std::uint32_t r, std::size_t from, Walk walk) {
    Found found{p, r, from, std::move(walk), 0};
    found.bad = static_cast<std::size_t>(
        std::count_if(found.walk.flaws.begin(), found.walk.flaws.end(),
                      [](const Flaw& flaw) { return flaw.departure != Departure::wildcard; }));
    if (!best_ || better(found, *best_)) best_ = std::move(found);
  }

  void consider(std::uint32_t p, std::uint32_t r) {
    const SubjectRule& rule = impl_.compiled(p).subjects[r];
    if (options_.kind == NameKind::user && !rule.for_users) return;
    if (options_.kind == NameKind::group && !rule.for_groups) return;
    if (parsed_.issuer.empty() && rule.needs_issuer) return;
    const std::string_view text = parsed_.rest;
    const bool start =
        std::any_of(rule.grammar.starts().begin(), rule.grammar.starts().end(), [&](const auto& key) {
          // Wholly there in any case, or as far as a pattern character goes.
          const std::size_t size = std::min(key.size(), text.size());
          for (std::size_t i = 0; i < size; ++i) {
            if (is_wildcard(text[i])) return i >= 3;
            if (lower(text[i]) != lower(key[i])) return false;
          }
          return size == key.size() && (key != "https://" || has_key(rule.grammar, text));
        });
    if (start) {
      if (refines(rule.grammar)) return;
      Walk walk = walk_grammar(rule.grammar, text, 0);
      // A brace or a slash begins many things: then all of the other delimiters have to be there.
      const bool keyed = std::any_of(rule.grammar.starts().begin(), rule.grammar.starts().end(),
                                     [](const std::string& key) { return key.size() >= 3; });
      constexpr std::size_t kFewestKeys = 4;
      const bool whole =
          walk.keys >= kFewestKeys && std::all_of(walk.flaws.begin(), walk.flaws.end(), [](const Flaw& flaw) {
            return flaw.departure == Departure::impossible_value || flaw.departure == Departure::wrong_case;
          });
      if (!walk.flaws.empty() && (keyed || whole || is_certain(hits_))) offer(p, r, 0, std::move(walk));
      return;
    }
    // The front was dropped: a later key begins the name.
    const Sequence& elements = rule.grammar.elements();
    for (std::size_t i = 1; i < elements.size(); ++i) {
      const Element& element = elements[i];
      if (element.kind != Element::Kind::literal || element.text.size() < 4 ||
          element.text[1] != text.front())
        continue;
      if (!text.starts_with(std::string_view(element.text).substr(1))) continue;
      Walk walk = walk_grammar(rule.grammar, text, i);
      const bool sound = walk.keys >= 2 &&
                         std::all_of(walk.flaws.begin(), walk.flaws.end(),
                                     [](const Flaw& flaw) { return flaw.departure == Departure::wildcard; });
      if (!sound) continue;
      std::string expected;
      for (std::size_t e = 0; e < i; ++e) {
        if (elements[e].kind == Element::Kind::literal) expected += elements[e].text;
        if (elements[e].kind == Element::Kind::segment) expected += "<" + elements[e].segment.name + ">";
      }
      walk.flaws.insert(
          walk.flaws.begin(),
          Flaw{Departure::missing_start, {}, 0, 0, "`" + expected + element.text.front() + "` before it"});
      offer(p, r, i, std::move(walk));
      return;
    }
  }

  TenantSource tenant_source() const {
    const Provider::Compiled& provider = impl_.compiled(best_->provider);
    const SubjectRule& rule = provider.subjects[best_->rule];
    const auto& tenants = rule.tenants.empty() ? provider.tenants : rule.tenants;
    // Of the alternatives, the one whose segment was met; else the first that the grammar can hold.
    TenantSource possible;
    for (const TenantRule& tenant : tenants) {
      if (tenant.where != "sub" || !tenant.value) continue;
      const auto [name, delimiter] = tenant.value->first_variable();
      if (std::any_of(best_->walk.captures.begin(), best_->walk.captures.end(),
                      [&, wanted = name](const Capture& capture) { return capture.name == wanted; }))
        return {name, delimiter};
      if (possible.segment.empty() && grammar_has(rule.grammar, name)) possible = {name, delimiter};
    }
    return possible;
  }

  bool tenant_in_issuer() const {
    const Provider::Compiled& provider = impl_.compiled(best_->provider);
    const SubjectRule& rule = provider.subjects[best_->rule];
    const auto& tenants = rule.tenants.empty() ? provider.tenants : rule.tenants;
    return !tenants.empty() && tenants.front().where == "iss";
  }

  std::uint32_t base() const { return static_cast<std::uint32_t>(parsed_.name.size() - parsed_.rest.size()); }

  void place(Wildcard& wildcard) const {
    if (wildcard.begin < base()) return;
    const std::uint32_t at = wildcard.begin - base();
    for (const Capture& capture : best_->walk.captures) {
      if (capture.value_class != nullptr && capture.begin <= at && at < capture.end &&
          !(capture.name.starts_with('_')))
        wildcard.segment = capture.name;
    }
    if (wildcard.segment.empty()) {
      for (const Capture& capture : best_->walk.captures) {
        if (capture.value_class == nullptr && capture.begin <= at && at < capture.end)
          wildcard.segment = capture.name;
      }
    }
    if (tenant_in_issuer()) {
      wildcard.place = WildcardPlace::later;
      return;
    }
    const TenantSource source = tenant_source();
    const auto tenant =
        source.segment.empty()
            ? best_->walk.captures.end()
            : std::find_if(best_->walk.captures.begin(), best_->walk.captures.end(),
                           [&](const Capture& capture) { return capture.name == source.segment; });
    if (tenant == best_->walk.captures.end() || at < tenant->begin) {
      wildcard.place = WildcardPlace::before_tenant;
      return;
    }
    std::uint32_t end = tenant->end;
    if (!source.delimiter.empty()) {
      const std::size_t cut =
          parsed_.rest.substr(tenant->begin, tenant->end - tenant->begin).find(source.delimiter);
      if (cut != kNone) end = tenant->begin + static_cast<std::uint32_t>(cut);
    }
    if (at > end || (at == end && at < tenant->end)) {
      wildcard.place = WildcardPlace::later;
    } else if (at >= tenant->end && at >= end) {
      // Behind the segment: a delimiter stands between, or it would be part of the segment.
      wildcard.place = WildcardPlace::later;
    } else {
      wildcard.place = at == tenant->begin ? WildcardPlace::in_tenant : WildcardPlace::after_tenant_text;
    }
  }

  // Whether a name that began as one of the rule's has to go on as one: there is no template of the
  // operator's.
  bool is_closed(const Provider::Compiled& provider, const SubjectRule& rule) const {
    constexpr std::size_t kFewestKeys = 2;
    return best_->walk.keys >= kFewestKeys &&
           std::none_of(provider.subjects.begin(), provider.subjects.end(), [&](const SubjectRule& other) {
             return &other != &rule && other.custom_template && other.grammar.items().empty();
           });
  }

  // Text that the grammar does not have there is as impossible as a value that it does not admit. A further
  // key may be a claim that templates can name and the catalogue does not know.
  void settle(Flaw& flaw, const SubjectRule& rule) const {
    if (flaw.departure != Departure::unexpected_text) return;
    const bool key = !rule.grammar.items().empty() &&
                     parsed_.rest.substr(flaw.begin).starts_with(rule.grammar.separator());
    if (!key) flaw.departure = Departure::impossible_value;
  }

  NearMatch finish() {
    const Provider& provider = impl_.providers[best_->provider];
    const SubjectRule& rule = provider.compiled->subjects[best_->rule];
    ParsedName copy;
    copy.name = parsed_.name;
    copy.rest = parsed_.rest;
    copy.issuer = parsed_.issuer;
    std::vector<Candidate> candidates;
    const Catalogue::Impl::IssuerHit* hit = nullptr;
    for (const auto& one : hits_) {
      if (one.ref.provider == best_->provider && hit == nullptr) hit = &one;
    }
    impl_.make_candidates(copy, options_, best_->provider, best_->rule, best_->walk.captures,
                          best_->walk.items, hit, Likelihood::grammar, candidates);
    NearMatch near;
    near.provider = &provider;
    near.tenant_optional = provider.tenant_optional;
    if (!candidates.empty()) {
      take_reading(std::move(candidates.front()), parsed_.name, near);
    } else {
      // No kind holds (its phase or ref is not there): the parts as they are.
      for (const Capture& capture : best_->walk.captures) {
        if (capture.name.empty() || capture.name.front() == '_') continue;
        Segment segment;
        segment.name = capture.name;
        segment.begin = base() + capture.begin;
        segment.end = base() + std::max(capture.begin, capture.end);
        segment.value = parsed_.name.substr(segment.begin, segment.end - segment.begin);
        if (const auto it = provider.compiled->segments.find(capture.name);
            it != provider.compiled->segments.end())
          segment.traits = it->second.traits;
        near.segments.push_back(segment);
      }
      const TenantSource source = tenant_source();
      const auto& tenants = rule.tenants.empty() ? provider.compiled->tenants : rule.tenants;
      if (!tenants.empty()) {
        near.tenant.name = tenants.front().name;
        near.tenant.where = tenants.front().where;
        near.tenant.immutable_claim = tenants.front().immutable_claim;
      }
      if (const Segment* segment = near.find(source.segment); segment != nullptr && !source.segment.empty())
        near.tenant.value = std::string(
            source.delimiter.empty() ? segment->value
                                     : segment->value.substr(0, segment->value.find(source.delimiter)));
      if (hit != nullptr)
        near.scope = provider.issuers[hit->ref.issuer].scope;
      else if (!parsed_.issuer.empty() && provider.self_hosted)
        near.scope = IssuerScope::self_hosted;
      else if (!provider.issuers.empty())
        near.scope = provider.issuers.front().scope;
    }
    // A pattern is no phase and no context.
    for (auto* value : {&near.phase, &near.context, &near.ref_type}) {
      if (*value && std::any_of((*value)->begin(), (*value)->end(), is_wildcard)) value->reset();
    }
    if (near.tenant.value && std::any_of(near.tenant.value->begin(), near.tenant.value->end(), is_wildcard))
      near.tenant.value.reset();
    near.flaws = best_->walk.flaws;
    if (is_closed(*provider.compiled, rule)) {
      for (Flaw& flaw : near.flaws) settle(flaw, rule);
    }
    for (Flaw& flaw : near.flaws) {
      flaw.begin += base();
      flaw.end += base();
    }
    // One slip of the pen after another mended: only where each is certain.
    const bool spelling = std::all_of(near.flaws.begin(), near.flaws.end(), [](const Flaw& flaw) {
      return flaw.departure == Departure::wrong_case && flaw.expected.size() > 2;
    });
    if (spelling) {
      near.completed = std::string(parsed_.name);
      for (auto flaw = near.flaws.rbegin(); flaw != near.flaws.rend(); ++flaw)
        near.completed.replace(flaw->begin, flaw->end - flaw->begin,
                               flaw->expected.substr(1, flaw->expected.size() - 2));
    }
    return near;
  }

  const Catalogue::Impl& impl_;
  const ParsedName& parsed_;
  const ParseOptions& options_;
  const std::vector<Catalogue::Impl::IssuerHit>& hits_;
  std::optional<Found> best_;
};

}  // namespace

std::optional<NearMatch> find_near(const Catalogue::Impl& impl, const ParsedName& parsed,
                                   const ParseOptions& options,
                                   const std::vector<Catalogue::Impl::IssuerHit>& hits,
                                   std::vector<Wildcard>& wildcards) {
  return NearFinder(impl, parsed, options, hits).run(wildcards);
}

NearMatch near_by_case(const ParsedName& as_written, ParsedName mended) {
  assert(as_written.name.size() == mended.name.size() && mended.recognised() != nullptr);
  NearMatch near;
  Candidate& candidate = mended.candidates.front();
  near.provider = candidate.provider;
  near.tenant_optional = candidate.provider->tenant_optional;
  near.completed = std::string(mended.name);
  for (std::size_t i = 0; i < mended.name.size(); ++i) {
    if (as_written.name[i] == mended.name[i]) continue;
    const auto in = [i](const Segment& s) { return s.begin <= i && i < s.end; };
    const auto segment = std::find_if(candidate.segments.begin(), candidate.segments.end(), in);
    const auto begin = static_cast<std::uint32_t>(segment != candidate.segments.end() ? segment->begin : i);
    const auto end = static_cast<std::uint32_t>(segment != candidate.segments.end() ? segment->end : i + 1);
    near.flaws.push_back({Departure::wrong_case,
                          segment != candidate.segments.end() ? segment->name : std::string_view(), begin,
                          end, "`" + std::string(mended.name.substr(begin, end - begin)) + "`"});
    i = end - 1;
  }
  take_reading(std::move(candidate), as_written.name, near);
  return near;
}

}  // namespace oidc_audit::oidc
