// Facts that name another place, for `related`.

#include "rules/places.h"
#include "rules/vocabulary.h"

namespace oidc_audit::rules {
namespace {

std::optional<Location> place_of(const Ask& ask, std::uint32_t entry) {
  if (entry == SubjectSet::kNoSubject) return std::nullopt;
  const SubjectSet& set = ask.world->subjects();
  const auto uses = set.uses(set[entry]);
  if (uses.empty()) return std::nullopt;
  return place_in_subject(*ask.world->raw_binding(uses.front().binding).binding, uses.front().subject,
                          "/name");
}

std::uint32_t twin(const Ask& ask, Twin way) {
  return ask.entry_index == kNone ? SubjectSet::kNoSubject : ask.world->subjects().twin(ask.entry_index, way);
}

template <Twin way>
std::optional<Location> twin_place(const Ask& ask) {
  return place_of(ask, twin(ask, way));
}

std::optional<Location> shadow_place(const Ask& ask) {
  if (ask.binding == nullptr || ask.entry_index == kNone) return std::nullopt;
  const std::uint32_t other = ask.world->shadowing_binding(ask.binding->index, ask.entry_index);
  if (other == kNone) return std::nullopt;
  return place_in_binding(*ask.world->raw_binding(other).binding, "/metadata/name");
}

std::optional<Location> phase_place(const Ask& ask) {
  if (ask.binding == nullptr || ask.analysis == nullptr) return std::nullopt;
  const auto use = ask.world->phase_twin(ask.binding->index, ask.entry_index, *ask.analysis);
  if (!use) return std::nullopt;
  return place_in_subject(*ask.world->raw_binding(use->binding).binding, use->subject, "/name");
}

std::optional<Location> external_place(const Ask& ask) {
  if (ask.role == nullptr || ask.role->external_binding == kNone) return std::nullopt;
  return place_in_binding(*ask.world->raw_binding(ask.role->external_binding).binding, "/metadata/name");
}

}  // namespace

std::span<const PlaceFact> place_facts() {
  static const std::vector<PlaceFact> facts = [] {
    std::vector<PlaceFact> all = {
        {"trimmed_bound", twin_place<Twin::trimmed>},
        {"confusable_with", twin_place<Twin::confusable>},
        {"nfc_bound", twin_place<Twin::nfc>},
        {"case_variant_of", twin_place<Twin::case_variant>},
        {"slash_variant_of", twin_place<Twin::slash>},
        {"id_twin", twin_place<Twin::id>},
        {"owner_twin", twin_place<Twin::owner>},
        {"shadowed_by", shadow_place},
        {"phase_twin", phase_place},
        {"external_binding", external_place},
    };
    const auto more = authentication_place_facts();
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }();
  return facts;
}

}  // namespace oidc_audit::rules
