#pragma once

#include <span>
#include <string>
#include <vector>

#include "diag/finding.h"
#include "oidc/catalogue.h"
#include "oidc/subject.h"
#include "source/source_manager.h"

namespace oidc_audit::report {

/// One subject name with all that is known of it.
struct SubjectEntry {
  const oidc::ParsedName* parsed = nullptr;
  const oidc::SubjectFacts* facts = nullptr;
  std::vector<Finding> findings;  ///< in report order
};

/// Names as `subject` explains them. Borrowed.
struct SubjectReport {
  const SourceManager& sources;
  std::span<const SubjectEntry> subjects;
};

/// `oidc-audit/subject/1`
std::string subject_json(const SubjectReport& report);

/// For people: provider, segments below each other, tenant, what is mutable or chosen by others, what is
/// wrong.
std::string subject_text(const SubjectReport& report, bool color);

/// `oidc-audit/providers/1`: the providers of a list, or one with everything its file says.
std::string provider_list_json(std::span<const oidc::Provider> providers);
std::string provider_json(const oidc::Provider& provider, const oidc::ProviderDocs& docs);

/// The form of a subject in one line, with what may stand for its `{...}`.
std::string subject_form(const oidc::ProviderDocs::Subject& subject);

std::string provider_list_text(std::span<const oidc::Provider> providers);
std::string provider_text(const oidc::Provider& provider, const oidc::ProviderDocs& docs);

/// What the traits of a segment say: "mutable", "chosen by others", ...; in a fixed order.
std::vector<std::string> trait_words(std::uint8_t traits);

}  // namespace oidc_audit::report
