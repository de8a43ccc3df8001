#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "base/unicode.h"
#include "base/unicode_text.h"
#include "rules/group_mapping.h"
#include "rules/spelling.h"
#include "rules/vocabulary.h"

namespace oidc_audit::rules {
namespace {

using cel::Value;
using oidc::Departure;

Value owned(std::string text) { return Value::string(std::move(text)); }
const SubjectAnalysis& subject(const Ask& ask) { return *ask.analysis; }

template <typename Take>
Value segment_names(const Ask& ask, Take take) {
  std::vector<std::string_view> names;
  for (const oidc::Segment& s : subject(ask).segments) {
    if (take(s)) names.push_back(s.name);
  }
  return views_value(names);
}

const oidc::Flaw* flaw(const Ask& ask, Departure departure) {
  const auto& near = subject(ask).facts.near;
  if (!near) return nullptr;
  for (const oidc::Flaw& f : near->flaws) {
    if (f.departure == departure) return &f;
  }
  return nullptr;
}

std::string_view slice(const Ask& ask, std::uint32_t begin, std::uint32_t end) {
  const std::string_view name = subject(ask).name;
  return begin <= end && end <= name.size() ? name.substr(begin, end - begin) : std::string_view();
}

Value kind_suggestion(const Ask& ask) {
  const std::string_view kind = subject(ask).subject->kind_text.value;
  constexpr std::string_view kKinds[] = {"User", "Group", "ServiceAccount"};
  std::string folded = to_lower_ascii(kind);
  std::erase_if(folded, [](char c) { return c == '-' || c == '_' || c == ' '; });
  if (folded.ends_with('s')) folded.pop_back();
  if (folded == "serviceaccount" || folded == "sa") return text_value("ServiceAccount");
  for (const std::string_view k : kKinds) {
    if (to_lower_ascii(k) == folded) return text_value(k);
  }
  const auto near = nearest(kind, kKinds);
  return text_value(near.value_or(""));
}

Value prefix_problem(const Ask& ask) {
  using oidc::PrefixProblem;
  switch (subject(ask).parsed.prefix.problem) {
    case PrefixProblem::none:
      return text_value(subject(ask).parsed.prefix.kind == oidc::PrefixKind::malformed
                            ? "it is no issuer URL with `#`"
                            : "");
    case PrefixProblem::missing_scheme:
      return text_value("`https://` is missing");
    case PrefixProblem::plain_http:
      return text_value("the issuer is an https URL, not http");
    case PrefixProblem::extra_trailing_slash:
      return text_value("the issuer has no trailing slash");
    case PrefixProblem::missing_trailing_slash:
      return text_value("the issuer ends with a slash");
    case PrefixProblem::upper_case_host:
      return text_value("the host is not in lower case");
    case PrefixProblem::missing_path:
      return text_value("the issuer has a path");
    case PrefixProblem::impossible_path:
      return text_value("no issuer of this host has this path");
    case PrefixProblem::second_hash:
      return text_value("there are two `#`");
    case PrefixProblem::wrong_separator:
      return text_value("the issuer is followed by `#` and nothing else");
    case PrefixProblem::empty_subject:
      return text_value("nothing follows the prefix");
  }
  return text_value("");
}

std::string fixed_prefix(const Ask& ask) {
  const oidc::Prefix& prefix = subject(ask).parsed.prefix;
  if (prefix.corrected.empty()) return {};
  return prefix.corrected + std::string(subject(ask).parsed.rest);
}

std::string closest_live(const Ask& ask) {
  const SubjectAnalysis& a = subject(ask);
  if (a.facts.near && !a.facts.near->completed.empty()) return a.facts.near->completed;
  if (std::string fixed = fixed_prefix(ask); !fixed.empty()) return fixed;
  if (a.facts.encoding.size() == 1) {
    const oidc::EncodingFlaw& e = a.facts.encoding.front();
    return std::string(a.name.substr(0, e.begin)) + e.expected + std::string(a.name.substr(e.end));
  }
  if (!a.trimmed.empty()) return a.trimmed;
  if (has_mixed_scripts(a.name)) {
    const std::string plain = skeleton(a.name);
    const bool ascii =
        std::all_of(plain.begin(), plain.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    // The skeleton writes `m` as `rn`: only a name whose ASCII letters survive it can be offered.
    if (ascii && a.name.find('m') == std::string_view::npos &&
        a.name.find_first_of("01I|") == std::string_view::npos) {
      return plain;
    }
  }
  if (const std::string nfc = to_nfc(a.name); nfc != a.name) return nfc;
  return {};
}

std::string explanation(const Ask& ask) {
  const SubjectAnalysis& a = subject(ask);
  std::string out(a.provider != nullptr ? a.provider->title : "");
  for (const oidc::Segment& s : a.segments) {
    out += out.empty() ? "" : (out == a.provider->title ? ": " : ", ");
    out += fmt::format("{} `{}`", s.name, s.value);
  }
  return out;
}

GroupMapping mapping(const Ask& ask) {
  return group_mapping(subject(ask), ask.world->analyzer().allowed_tenants(subject(ask).provider));
}

std::string_view tenant_meant(const Ask& ask) {
  const SubjectAnalysis& a = subject(ask);
  const auto* allowed = ask.world->analyzer().allowed_tenants(a.provider);
  if (allowed == nullptr || a.tenant_value().empty()) return {};
  const std::string folded = fold_case(a.tenant_value());
  for (const std::string& tenant : *allowed) {
    if (fold_case(tenant) == folded) return tenant;
  }
  const std::vector<std::string_view> candidates(allowed->begin(), allowed->end());
  return nearest(a.tenant_value(), candidates).value_or("");
}

Value alias(const Ask& ask) {
  const auto& names = ask.world->config().names;
  for (const std::string_view key : {subject(ask).name, subject(ask).local}) {
    if (const auto it = names.find(key); it != names.end()) return text_value(it->second);
  }
  return text_value("");
}

// Whether the provider has subjects that name a ref, an environment or a phase.
Value narrower_possible(const Ask& ask) {
  const SubjectAnalysis& a = subject(ask);
  if (a.provider == nullptr) return Value::boolean(false);
  const Result<oidc::ProviderDocs> docs = ask.world->analyzer().catalogue().docs(a.provider->id);
  if (!docs.ok()) return Value::boolean(false);
  static constexpr std::string_view kNarrow[] = {"ref",      "environment", "run_phase", "operation",
                                                 "branch",   "tag",         "phase",     "deployment",
                                                 "ref_type", "vcs_ref",     "vcs-ref"};
  const auto& segments = docs.value().segments;
  return Value::boolean(std::any_of(segments.begin(), segments.end(), [&](const auto& s) {
    return a.find(s.name) == nullptr &&
           std::find(std::begin(kNarrow), std::end(kNarrow), s.name) != std::end(kNarrow);
  }));
}

std::string_view origin_owner(const SubjectAnalysis& a) {
  for (const std::string_view name : {"vcs_origin", "vcs-origin", "origin"}) {
    const oidc::Segment* s = a.find(name);
    if (s == nullptr) continue;
    const std::size_t slash = s->value.find('/');  // github.com/owner/repo
    if (slash == std::string_view::npos) return {};
    const std::string_view rest = s->value.substr(slash + 1);
    return rest.substr(0, rest.find('/'));
  }
  return {};
}

// The owner that most bindings of the same tenant name, where a subject carries the origin of its code.
std::string fork_reason(const Ask& ask) {
  const SubjectAnalysis& a = subject(ask);
  const std::string_view owner = origin_owner(a);
  if (owner.empty()) return {};
  if (const auto* allowed = ask.world->analyzer().allowed_tenants(a.provider); allowed != nullptr) {
    if (std::find(allowed->begin(), allowed->end(), owner) != allowed->end()) return {};
    return fmt::format("its code comes from `{}`, which is none of the allowed owners", owner);
  }
  std::vector<std::pair<std::string, std::size_t>> owners;
  const SubjectSet& set = ask.world->subjects();
  constexpr std::size_t kMost = 256;  // subjects compared: enough to know whose the others are
  std::size_t seen = 0;
  for (std::uint32_t e = 0; e < set.size() && seen < kMost; ++e) {
    const std::string_view name = set[e].subject->name.value;
    if (name.find("origin") == std::string_view::npos) continue;
    ++seen;
    SubjectAnalysis other;
    ask.world->analyzer().analyze(*set[e].subject, other);
    const std::string_view theirs = origin_owner(other);
    if (other.provider != a.provider || theirs.empty()) continue;
    const auto it =
        std::find_if(owners.begin(), owners.end(), [&](const auto& o) { return o.first == theirs; });
    if (it == owners.end()) {
      owners.emplace_back(std::string(theirs), 1);
    } else {
      ++it->second;
    }
  }
  const auto most = std::max_element(owners.begin(), owners.end(),
                                     [](const auto& x, const auto& y) { return x.second < y.second; });
  if (most == owners.end() || most->first == owner || most->second < 2) return {};
  return fmt::format("its code comes from `{}`, that of the other bindings from `{}`", owner, most->first);
}

std::optional<Location> place_of(const Ask& ask, std::uint32_t entry) {
  if (entry == SubjectSet::kNoSubject) return std::nullopt;
  const SubjectSet& set = ask.world->subjects();
  const auto uses = set.uses(set[entry]);
  if (uses.empty()) return std::nullopt;
  const rbac::Binding& binding = *ask.world->raw_binding(uses.front().binding).binding;
  Location out;
  out.object = binding.meta.ref();
  out.pointer = fmt::format("/subjects/{}/name", uses.front().subject);
  out.range = binding.subjects[uses.front().subject].name.range;
  return out;
}

std::uint32_t twin(const Ask& ask, Twin way) {
  return ask.entry_index == kNone ? SubjectSet::kNoSubject : ask.world->subjects().twin(ask.entry_index, way);
}

template <Twin way>
Value twin_name(const Ask& ask) {
  const std::uint32_t other = twin(ask, way);
  return text_value(other == SubjectSet::kNoSubject ? std::string_view()
                                                    : ask.world->subjects()[other].subject->name.value);
}

template <Twin way>
std::optional<Location> twin_place(const Ask& ask) {
  return place_of(ask, twin(ask, way));
}

std::optional<Location> shadow_place(const Ask& ask) {
  const std::uint32_t other = ask.world->shadowing_binding(ask.binding->index, ask.entry_index);
  if (other == kNone) return std::nullopt;
  const rbac::Binding& binding = *ask.world->raw_binding(other).binding;
  return Location{binding.meta.ref(), "/metadata/name", binding.meta.name.range};
}

std::optional<Location> phase_place(const Ask& ask) {
  const auto use = ask.world->phase_twin(ask.binding->index, ask.entry_index, *ask.analysis);
  if (!use) return std::nullopt;
  const rbac::Binding& binding = *ask.world->raw_binding(use->binding).binding;
  return Location{binding.meta.ref(), fmt::format("/subjects/{}/name", use->subject),
                  binding.subjects[use->subject].name.range};
}

std::optional<Location> external_place(const Ask& ask) {
  if (ask.role == nullptr || ask.role->external_binding == kNone) return std::nullopt;
  const rbac::Binding& binding = *ask.world->raw_binding(ask.role->external_binding).binding;
  return Location{binding.meta.ref(), "/metadata/name", binding.meta.name.range};
}

std::string project_of(const SubjectAnalysis& a) {
  for (const std::string_view name : {"project", "repository", "repo", "project_path", "pipeline",
                                      "workspace", "app", "service", "stack"}) {
    if (const oidc::Segment* s = a.find(name)) return std::string(s->value);
  }
  return {};
}

std::string group_shape(const Ask& ask) {
  const SubjectAnalysis& a = subject(ask);
  if (!ask.entry->traits.test(static_cast<std::size_t>(SubjectBit::group_shaped))) return {};
  if (a.as_other_kind && a.provider != nullptr) return fmt::format("a group of {}", a.provider->title);
  if (a.name.starts_with('/')) return "a group path";
  return "a usual name of groups";
}

std::string self_service_source(const Ask& ask) {
  const SubjectAnalysis& a = subject(ask);
  if (!ask.entry->traits.test(static_cast<std::size_t>(SubjectBit::self_service_group))) return {};
  if (a.facts.email) return "a group of a public mail service, which anybody may found or join";
  if (to_lower_ascii(a.local) == "allgithubusers") return "Pinniped, for every account of GitHub";
  return "a broker such as Dex, for organizations and teams that anybody may found";
}

}  // namespace

std::span<const FactRow> subject_rows() {
  static constexpr std::string_view kText = "string";
  static constexpr std::string_view kTexts = "list(string)";
  static const FactRow rows[] = {
      {"kind", kText, [](const Ask& a) { return text_value(subject(a).subject->kind_text.value); }},
      {"name", kText, [](const Ask& a) { return text_value(subject(a).name); }},
      {"namespace", kText, [](const Ask& a) { return text_value(a.entry->namespace_name); }},
      {"api_group", kText, [](const Ask& a) { return text_value(subject(a).subject->api_group.value); }},
      {"kind_suggestion", kText, kind_suggestion},
      {"prefix", kText, [](const Ask& a) { return text_value(subject(a).prefix); }},
      {"local", kText, [](const Ask& a) { return text_value(subject(a).local); }},
      {"issuer", kText, [](const Ask& a) { return text_value(a.world->analyzer().issuer_of(subject(a))); }},
      {"issuer_host", kText,
       [](const Ask& a) { return text_value(host_of(a.world->analyzer().issuer_of(subject(a)))); }},
      {"prefix_problem", kText, prefix_problem},
      {"prefix_fix", kText, [](const Ask& a) { return owned(fixed_prefix(a)); }},
      {"lookalike_of", kText,
       [](const Ask& a) {
         return text_value(subject(a).facts.lookalike ? subject(a).facts.lookalike->known
                                                      : std::string_view());
       }},
      {"provider", kText,
       [](const Ask& a) {
         return text_value(subject(a).provider ? std::string_view(subject(a).provider->id) : "");
       }},
      {"provider_title", kText,
       [](const Ask& a) {
         return text_value(subject(a).provider ? std::string_view(subject(a).provider->title) : "");
       }},
      {"providers", kTexts,
       [](const Ask& a) {
         std::vector<std::string_view> ids;
         for (const oidc::Candidate& c : subject(a).parsed.candidates) {
           if (std::find(ids.begin(), ids.end(), c.provider->id) == ids.end()) ids.push_back(c.provider->id);
         }
         return views_value(ids);
       }},
      {"grammar", kText, [](const Ask& a) { return text_value(subject(a).grammar); }},
      {"context", kText, [](const Ask& a) { return text_value(subject(a).context); }},
      {"tenant", kText, [](const Ask& a) { return text_value(subject(a).tenant_value()); }},
      {"tenant_segment", kText,
       [](const Ask& a) {
         return text_value(subject(a).tenant ? subject(a).tenant->name : std::string_view());
       }},
      {"segments", "map(string, string)",
       [](const Ask& a) {
         std::vector<std::pair<Value, Value>> entries;
         for (const oidc::Segment& s : subject(a).segments)
           entries.emplace_back(text_value(s.name), text_value(s.value));
         return Value::map(std::move(entries));
       }},
      {"project", kText, [](const Ask& a) { return owned(project_of(subject(a))); }},
      {"phase", kText, [](const Ask& a) { return text_value(subject(a).phase); }},
      {"ref", kText, [](const Ask& a) { return text_value(subject(a).ref); }},
      {"ref_type", kText, [](const Ask& a) { return text_value(subject(a).ref_type); }},
      {"environment", kText, [](const Ask& a) { return text_value(subject(a).environment); }},
      {"missing_segment", kText,
       [](const Ask& a) {
         const oidc::Flaw* f = flaw(a, Departure::truncated);
         return owned(f == nullptr         ? std::string()
                      : f->segment.empty() ? f->expected
                                           : std::string(f->segment));
       }},
      {"impossible_reason", kText,
       [](const Ask& a) {
         if (const oidc::Flaw* f = flaw(a, Departure::impossible_value)) {
           const std::string_view text = slice(a, f->begin, f->end);
           std::string out =
               f->segment.empty() ? fmt::format("`{}`", text) : fmt::format("{} `{}`", f->segment, text);
           if (!f->expected.empty()) out += fmt::format(", where only {} is possible", f->expected);
           return owned(std::move(out));
         }
         if (std::string text = impossible_text(subject(a)); !text.empty()) return owned(std::move(text));
         const bool obsolete = subject(a).candidate != nullptr && subject(a).candidate->obsolete;
         return owned(
             obsolete ? fmt::format("the form `{}`, which the provider no longer issues", subject(a).grammar)
                      : "");
       }},
      {"length_limit", "int",
       [](const Ask& a) { return Value::int64(static_cast<std::int64_t>(length_limit(subject(a)))); }},
      {"immutable_form", kText,
       [](const Ask& a) {
         return text_value(subject(a).provider ? std::string_view(subject(a).provider->immutable_alternative)
                                               : "");
       }},
      {"mutable_segments", kTexts,
       [](const Ask& a) {
         return segment_names(a, [](const oidc::Segment& s) { return s.has(oidc::kMutableName); });
       }},
      {"attacker_segments", kTexts,
       [](const Ask& a) {
         return segment_names(a, [](const oidc::Segment& s) { return s.has(oidc::kAttackerInfluenced); });
       }},
      {"per_run_segments", kTexts,
       [](const Ask& a) {
         return segment_names(a, [](const oidc::Segment& s) { return s.has(oidc::kPerRun); });
       }},
      {"group_claim", kText, [](const Ask& a) { return owned(mapping(a).expression); }},
      {"group_example", kText, [](const Ask& a) { return owned(mapping(a).group); }},
      {"group_note", kText, [](const Ask& a) { return owned(mapping(a).note); }},
      {"explanation", kText, [](const Ask& a) { return owned(explanation(a)); }},
      {"wildcard_text", kText,
       [](const Ask& a) {
         const auto& w = subject(a).facts.wildcards;
         return text_value(w.empty() ? std::string_view() : slice(a, w.front().begin, w.front().end));
       }},
      {"wildcard_segment", kText,
       [](const Ask& a) {
         const auto& w = subject(a).facts.wildcards;
         return text_value(w.empty() ? std::string_view() : w.front().segment);
       }},
      {"placeholder_text", kText,
       [](const Ask& a) {
         const auto& p = subject(a).facts.placeholders;
         return text_value(p.empty() ? std::string_view() : slice(a, p.front().begin, p.front().end));
       }},
      {"allowed_tenants", kTexts,
       [](const Ask& a) {
         const auto* allowed = a.world->analyzer().allowed_tenants(subject(a).provider);
         return allowed == nullptr ? texts_value({}) : texts_value(*allowed);
       }},
      {"tenant_meant", kText, [](const Ask& a) { return text_value(tenant_meant(a)); }},
      {"email_domain", kText,
       [](const Ask& a) { return owned(to_lower_ascii(subject(a).facts.email_domain)); }},
      {"self_service_source", kText, [](const Ask& a) { return owned(self_service_source(a)); }},
      {"alias", kText, alias},
      {"decoded", kText,
       [](const Ask& a) {
         const bool encoded =
             subject(a).candidate != nullptr && subject(a).candidate->opaque && !subject(a).segments.empty();
         return owned(encoded && subject(a).segments.size() > 1 ? explanation(a) : std::string());
       }},
      {"narrower_possible", "bool", narrower_possible},
      {"fork_capable", "bool", [](const Ask& a) { return Value::boolean(!fork_reason(a).empty()); }},
      {"fork_reason", kText, [](const Ask& a) { return owned(fork_reason(a)); }},
      {"whitespace_problem", kText,
       [](const Ask& a) {
         std::string text = stray_space_text(subject(a).name);
         if (text.empty() && !subject(a).trimmed.empty()) text = "a space where the provider writes none";
         return owned(std::move(text));
       }},
      {"trimmed", kText, [](const Ask& a) { return text_value(subject(a).trimmed); }},
      {"trimmed_bound", kText, twin_name<Twin::trimmed>},
      {"invisible_text", kText, [](const Ask& a) { return owned(invisible_text(subject(a).name)); }},
      {"confusable_with", kText, twin_name<Twin::confusable>},
      {"nfc", kText, [](const Ask& a) { return owned(to_nfc(subject(a).name)); }},
      {"nfc_bound", kText, twin_name<Twin::nfc>},
      {"fixed_word", kText,
       [](const Ask& a) {
         const oidc::Flaw* f = flaw(a, Departure::wrong_case);
         return f == nullptr ? text_value("") : text_value(f->expected);
       }},
      {"case_variant_of", kText, twin_name<Twin::case_variant>},
      {"percent_problem", kText,
       [](const Ask& a) {
         if (subject(a).facts.encoding.empty()) return text_value("");
         const oidc::EncodingFlaw& e = subject(a).facts.encoding.front();
         return owned(fmt::format("`{}` where a token carries `{}`", slice(a, e.begin, e.end), e.expected));
       }},
      {"slash_variant_of", kText, twin_name<Twin::slash>},
      {"slash_fix", kText,
       [](const Ask& a) {
         const bool wrong = a.entry->traits.test(static_cast<std::size_t>(SubjectBit::slash_error));
         if (!wrong) return owned({});
         const auto& near = subject(a).facts.near;
         return owned(near && !near->completed.empty() ? near->completed
                                                       : std::string(subject(a).name) + "/");
       }},
      {"group_shape", kText, [](const Ask& a) { return owned(group_shape(a)); }},
      {"id_twin", kText, twin_name<Twin::id>},
      {"closest_live", kText, [](const Ask& a) { return owned(closest_live(a)); }},
      {"binding_count", "int", [](const Ask& a) { return Value::int64(a.entry->uses_count); }},
  };
  return rows;
}

std::span<const PlaceFact> place_facts() {
  static const PlaceFact facts[] = {
      {"trimmed_bound", twin_place<Twin::trimmed>},
      {"confusable_with", twin_place<Twin::confusable>},
      {"nfc_bound", twin_place<Twin::nfc>},
      {"case_variant_of", twin_place<Twin::case_variant>},
      {"slash_variant_of", twin_place<Twin::slash>},
      {"id_twin", twin_place<Twin::id>},
      {"shadowed_by", shadow_place},
      {"phase_twin", phase_place},
      {"external_binding", external_place},
  };
  return facts;
}

}  // namespace oidc_audit::rules
