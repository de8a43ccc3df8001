#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "base/unicode_text.h"
#include "rules/spelling.h"
#include "rules/subject_words.h"
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

std::uint32_t twin(const Ask& ask, Twin way) {
  return ask.entry_index == kNone ? SubjectSet::kNoSubject : ask.world->subjects().twin(ask.entry_index, way);
}

template <Twin way>
Value twin_name(const Ask& ask) {
  const std::uint32_t other = twin(ask, way);
  return text_value(other == SubjectSet::kNoSubject ? std::string_view()
                                                    : ask.world->subjects()[other].subject->name.value);
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
      {"kind_suggestion", kText, [](const Ask& a) { return text_value(kind_suggestion(a)); }},
      {"prefix", kText, [](const Ask& a) { return text_value(subject(a).prefix); }},
      {"local", kText, [](const Ask& a) { return text_value(subject(a).local); }},
      {"issuer", kText, [](const Ask& a) { return text_value(a.world->analyzer().issuer_of(subject(a))); }},
      {"issuer_host", kText,
       [](const Ask& a) { return text_value(host_of(a.world->analyzer().issuer_of(subject(a)))); }},
      {"prefix_problem", kText, [](const Ask& a) { return owned(prefix_problem(a)); }},
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
      {"alias", kText, [](const Ask& a) { return text_value(alias(a)); }},
      {"decoded", kText,
       [](const Ask& a) {
         const bool encoded =
             subject(a).candidate != nullptr && subject(a).candidate->opaque && !subject(a).segments.empty();
         return owned(encoded && subject(a).segments.size() > 1 ? explanation(a) : std::string());
       }},
      {"narrower_possible", "bool", [](const Ask& a) { return Value::boolean(narrower_possible(a)); }},
      {"fork_capable", "bool", [](const Ask& a) { return Value::boolean(!fork_reason(a).empty()); }},
      {"fork_reason", kText, [](const Ask& a) { return owned(fork_reason(a)); }},
      {"whitespace_problem", kText,
       [](const Ask& a) {
         std::string text = stray_space_text(subject(a).name);
         if (text.empty() && !subject(a).trimmed.empty()) {
           text = subject(a).local.starts_with(' ')
                      ? fmt::format("a space behind its prefix `{}`", subject(a).prefix)
                      : "a space where the provider writes none";
         }
         return owned(std::move(text));
       }},
      {"space_in_value", "bool", [](const Ask& a) { return Value::boolean(has_space_in_value(a)); }},
      {"trimmed", kText, [](const Ask& a) { return text_value(subject(a).trimmed); }},
      {"trimmed_bound", kText, twin_name<Twin::trimmed>},
      {"invisible_text", kText, [](const Ask& a) { return owned(invisible_text(subject(a).name)); }},
      {"confusable_with", kText, twin_name<Twin::confusable>},
      {"nfc", kText, [](const Ask& a) { return owned(to_nfc(subject(a).name)); }},
      {"nfc_bound", kText, twin_name<Twin::nfc>},
      {"fixed_word", kText,
       [](const Ask& a) {
         const oidc::Flaw* f = flaw(a, Departure::wrong_case);
         if (f != nullptr) return text_value(std::string_view(f->expected).substr(1, f->expected.size() - 2));
         return subject(a).facts.uuid ? owned(to_lower_ascii(subject(a).local)) : text_value("");
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
         const std::string& other = subject(a).facts.other_slashes;
         return owned(other.empty() ? std::string(subject(a).name) + "/" : other);
       }},
      {"group_shape", kText, [](const Ask& a) { return owned(group_shape(a)); }},
      {"id_twin", kText, twin_name<Twin::id>},
      {"owner_twin", kText, twin_name<Twin::owner>},
      {"closest_live", kText, [](const Ask& a) { return owned(closest_live(a)); }},
      {"foreign_provider", kText,
       [](const Ask& a) {
         const oidc::Provider* other = subject(a).facts.foreign_grammar;
         return text_value(other == nullptr ? std::string_view() : std::string_view(other->title));
       }},
      {"issuer_unconfigured", "bool", [](const Ask& a) { return Value::boolean(issuer_unconfigured(a)); }},
      {"unproducible", "bool",
       [](const Ask& a) {
         return Value::boolean(a.entry_index != kNone && a.world->unproducible(a.entry_index).certain);
       }},
      {"unproducible_reason", kText,
       [](const Ask& a) {
         return owned(a.entry_index == kNone ? "" : a.world->unproducible(a.entry_index).reason);
       }},
      {"producible_name", kText,
       [](const Ask& a) {
         return owned(a.entry_index == kNone ? "" : a.world->unproducible(a.entry_index).fix);
       }},
      {"binding_count", "int", [](const Ask& a) { return Value::int64(a.entry->uses_count); }},
  };
  return rows;
}

}  // namespace oidc_audit::rules
