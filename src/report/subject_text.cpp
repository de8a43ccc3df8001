#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "base/unicode.h"
#include "report/subject_report.h"

namespace oidc_audit::report {

namespace {

std::string quoted(std::string_view text) { return "`" + escape_for_display(text) + "`"; }

std::string bold(std::string_view text, bool color) {
  return color ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}

std::string_view sentence(oidc::PrefixProblem problem) {
  switch (problem) {
    case oidc::PrefixProblem::none:
      return {};
    case oidc::PrefixProblem::missing_scheme:
      return "the prefix has no `https://`";
    case oidc::PrefixProblem::plain_http:
      return "the prefix says `http://`; issuers are `https://`";
    case oidc::PrefixProblem::extra_trailing_slash:
      return "the issuer has no slash at its end";
    case oidc::PrefixProblem::missing_trailing_slash:
      return "the issuer has a slash at its end";
    case oidc::PrefixProblem::upper_case_host:
      return "the issuer's host has capitals; tokens carry it in small letters";
    case oidc::PrefixProblem::missing_path:
      return "tokens of this issuer mostly carry a path in the issuer URL";
    case oidc::PrefixProblem::impossible_path:
      return "no issuer of this host has such a path";
    case oidc::PrefixProblem::second_hash:
      return "the prefix stands there twice";
    case oidc::PrefixProblem::wrong_separator:
      return "behind the issuer there must be `#`";
    case oidc::PrefixProblem::empty_subject:
      return "there is nothing behind the prefix";
  }
  return {};
}

std::string flaw_sentence(const oidc::Flaw& flaw, std::string_view name) {
  const std::string text = quoted(name.substr(flaw.begin, flaw.end - flaw.begin));
  const std::string where = flaw.segment.empty() ? std::string() : fmt::format(" in {}", flaw.segment);
  switch (flaw.departure) {
    case oidc::Departure::truncated:
      return fmt::format("ends too early{}: there must be {}", where, flaw.expected);
    case oidc::Departure::impossible_value:
      return fmt::format("{}{} cannot be: it holds {}", text, where, flaw.expected);
    case oidc::Departure::wrong_case:
      return fmt::format("{}{} is written {}", text, where, flaw.expected);
    case oidc::Departure::unexpected_text:
      return fmt::format("{} stands where there must be {}", text, flaw.expected);
    case oidc::Departure::missing_start:
      return fmt::format("begins too late: there must be {}", flaw.expected);
    case oidc::Departure::wildcard:
      return fmt::format("{}{} is plain text for Kubernetes; no token carries it", text, where);
  }
  return {};
}

std::string row(std::string_view label, std::string_view text) {
  return fmt::format("  {:<12}{}\n", label, text);
}

void segment_rows(std::string& out, const std::vector<oidc::Segment>& segments) {
  std::size_t names = 0;
  std::size_t values = 0;
  for (const oidc::Segment& segment : segments) {
    names = std::max(names, segment.name.size());
    values = std::max(values, static_cast<std::size_t>(display_width(escape_for_display(segment.value))));
  }
  values = std::min<std::size_t>(values, 48);
  for (const oidc::Segment& segment : segments) {
    const std::string value = segment.value.empty() ? "(empty)" : escape_for_display(segment.value);
    const auto width = static_cast<std::size_t>(display_width(value));
    std::string words = join(trait_words(segment.traits), ", ");
    if (segment.has(oidc::kTenantSegment)) words = words.empty() ? "tenant" : "tenant, " + words;
    out += fmt::format("    {:<{}}  {}", escape_for_display(segment.name), names, value);
    if (!words.empty()) out += std::string(values > width ? values - width : 0, ' ') + "  " + words;
    out += '\n';
  }
}

template <typename Reading>
void reading_rows(std::string& out, const Reading& reading) {
  segment_rows(out, reading.segments);
  const oidc::Tenant& tenant = reading.tenant;
  if (!tenant.name.empty()) {
    std::string text = fmt::format("{} = {}", tenant.name,
                                   tenant.value ? escape_for_display(*tenant.value) : "not in the name");
    if (tenant.where.starts_with("claim:")) text += fmt::format(" ({})", tenant.where);
    if (tenant.where == "iss") text += " (named by the issuer)";
    if (!tenant.immutable_claim.empty())
      text += fmt::format("; immutably the claim {}", tenant.immutable_claim);
    if (reading.scope) text += fmt::format("; issuer {}", to_string(*reading.scope));
    out += row("tenant", text);
  }
  if (reading.phase) out += row("phase", escape_for_display(*reading.phase));
  if (reading.ref) {
    const std::string type =
        reading.ref_type ? fmt::format(" ({})", escape_for_display(*reading.ref_type)) : "";
    out += row("ref", escape_for_display(*reading.ref) + type);
  }
  if (reading.environment) out += row("environment", escape_for_display(*reading.environment));
}

std::string_view likelihood_words(oidc::Likelihood likelihood) {
  switch (likelihood) {
    case oidc::Likelihood::issuer:
      return "the issuer is the provider's";
    case oidc::Likelihood::possible_host:
      return "the issuer may be an instance of it";
    case oidc::Likelihood::grammar:
      return "by its form; no issuer is known";
    case oidc::Likelihood::passed_on:
      return "passed on by another issuer";
    case oidc::Likelihood::shape:
      return "only the shape fits";
  }
  return {};
}

void subject_block(std::string& out, const SubjectEntry& entry, bool color) {
  const oidc::ParsedName& parsed = *entry.parsed;
  const oidc::SubjectFacts& facts = *entry.facts;
  out += bold(escape_for_display(parsed.name), color) + "\n";
  if (!parsed.prefix.text.empty())
    out += row("prefix",
               fmt::format("{} ({})", escape_for_display(parsed.prefix.text), to_string(parsed.prefix.kind)));
  else if (!parsed.issuer.empty())
    out += row("issuer", escape_for_display(parsed.issuer));
  if (parsed.prefix.problem != oidc::PrefixProblem::none) {
    std::string text(sentence(parsed.prefix.problem));
    if (!parsed.prefix.corrected.empty()) text += fmt::format(": {}", quoted(parsed.prefix.corrected));
    out += row("wrong", text);
  }
  if (!parsed.candidates.empty()) {
    const oidc::Candidate& first = parsed.candidates.front();
    out += row("provider", fmt::format("{} ({}): {}", first.provider->title, first.kind,
                                       likelihood_words(first.likelihood)));
    reading_rows(out, first);
    std::string others;
    for (std::size_t i = 1; i < parsed.candidates.size(); ++i) {
      const oidc::Candidate& other = parsed.candidates[i];
      others += (others.empty() ? "" : ", ") + fmt::format("{} ({})", other.provider->title, other.kind);
    }
    if (!others.empty()) out += row("or", others);
  }
  if (facts.near && (parsed.candidates.empty() || parsed.recognised() == nullptr)) {
    const oidc::NearMatch& near = *facts.near;
    out += row("nearest", near.kind.empty() ? near.provider->title
                                            : fmt::format("{} ({})", near.provider->title, near.kind));
    reading_rows(out, near);
    for (const oidc::Flaw& flaw : near.flaws) out += row("wrong", flaw_sentence(flaw, parsed.name));
    if (!near.completed.empty()) out += row("meant", quoted(near.completed));
  } else if (parsed.candidates.empty()) {
    std::string what = "no provider is known to write such a name";
    if (facts.email)
      what = "an e-mail address";
    else if (facts.uuid)
      what = "a UUID: an object id or the like";
    else if (facts.digits)
      what = "a number";
    if (facts.foreign_grammar != nullptr && facts.issuer_provider != nullptr)
      what = fmt::format("{} does not write such names; this is the form of {}", facts.issuer_provider->title,
                         facts.foreign_grammar->title);
    out += row("provider", what);
  }
  if (facts.lookalike) {
    const std::string of =
        facts.lookalike->known.empty() ? "" : fmt::format(" of the known host {}", facts.lookalike->known);
    out += row("wrong", fmt::format("the host {} is a look-alike{}: {}", quoted(facts.lookalike->host), of,
                                    facts.lookalike->reason));
  }
  for (const oidc::EncodingFlaw& flaw : facts.encoding)
    out += row("wrong", fmt::format("{} is written {} in tokens",
                                    quoted(parsed.name.substr(flaw.begin, flaw.end - flaw.begin)),
                                    quoted(flaw.expected)));
  for (const oidc::Placeholder& placeholder : facts.placeholders)
    out +=
        row("wrong",
            fmt::format("{} was not replaced",
                        quoted(parsed.name.substr(placeholder.begin, placeholder.end - placeholder.begin))));
  for (const Finding& finding : entry.findings) {
    out += fmt::format("  {}: {} [{}]\n", to_string(finding.severity), escape_for_display(finding.message),
                       finding.rule.str());
    for (const std::string_view line : split(finding.remedy, '\n')) {
      if (!line.empty()) out += fmt::format("      {}\n", escape_for_display(line));
    }
  }
}

}  // namespace

std::vector<std::string> trait_words(std::uint8_t traits) {
  std::vector<std::string> words;
  if ((traits & oidc::kMutableName) != 0) words.emplace_back("mutable");
  if ((traits & oidc::kImmutableId) != 0) words.emplace_back("immutable");
  if ((traits & oidc::kAttackerInfluenced) != 0) words.emplace_back("chosen by others");
  if ((traits & oidc::kPerRun) != 0) words.emplace_back("differs in every run");
  return words;
}

std::string subject_text(const SubjectReport& report, bool color) {
  std::string out;
  for (const SubjectEntry& entry : report.subjects) {
    if (!out.empty()) out += '\n';
    subject_block(out, entry, color);
  }
  return out;
}

std::string subject_form(const oidc::ProviderDocs::Subject& subject) {
  if (subject.items.empty()) return subject.form;
  return fmt::format("{}  with, between `{}`, any of: {}", subject.form, subject.separator,
                     join(subject.items, ", "));
}

std::string provider_list_text(std::span<const oidc::Provider> providers) {
  std::size_t ids = 0;
  std::size_t titles = 0;
  for (const oidc::Provider& provider : providers) {
    ids = std::max(ids, provider.id.size());
    titles = std::max(titles, provider.title.size());
  }
  std::string out;
  for (const oidc::Provider& provider : providers) {
    const std::string issuer = provider.issuers.empty() ? "(no issuer)" : provider.issuers.front().pattern;
    out += fmt::format("{:<{}}  {:<{}}  {}\n", provider.id, ids, escape_for_display(provider.title), titles,
                       escape_for_display(issuer));
  }
  return out;
}

std::string provider_text(const oidc::Provider& provider, const oidc::ProviderDocs& docs) {
  std::string out = fmt::format("{}: {}\n\n  {}\n", provider.id, escape_for_display(provider.title),
                                escape_for_display(docs.summary));
  const auto list = [&](std::string_view title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    out += fmt::format("\n{}\n", title);
    for (const std::string& line : lines) out += fmt::format("  {}\n", escape_for_display(line));
  };
  std::vector<std::string> lines;
  for (const oidc::IssuerInfo& issuer : provider.issuers)
    lines.push_back(fmt::format("{} ({}){}{}", issuer.pattern, to_string(issuer.scope),
                                issuer.note.empty() ? "" : ": ", issuer.note));
  list("Issuers", lines);
  list("Audience", {docs.audience});
  if (!docs.tenant.empty()) list("Tenant", {docs.tenant});
  lines.clear();
  for (const auto& subject : docs.subjects) {
    lines.push_back(subject_form(subject));
    lines.push_back(fmt::format("    {}{}{}{}", subject.kind, subject.group ? " (group)" : "",
                                subject.note.empty() ? "" : ": ", subject.note));
  }
  list("Subjects", lines);
  lines.clear();
  for (const auto& segment : docs.segments) {
    const std::string words = join(trait_words(segment.traits), ", ");
    lines.push_back(fmt::format("{}: {}{}{}{}{}", segment.name, segment.values, words.empty() ? "" : "; ",
                                words, segment.note.empty() ? "" : ". ", segment.note));
  }
  list("Segments", lines);
  if (!provider.immutable_alternative.empty())
    list("Immutable alternative", {provider.immutable_alternative});
  list("Notes", docs.notes);
  lines.clear();
  for (const auto& example : docs.examples)
    lines.push_back(example.issuer.empty() ? example.name : example.issuer + "#" + example.name);
  list("Examples", lines);
  list("References", docs.references);
  out += fmt::format("\nEvidence: {}\n", to_string(provider.evidence));
  return out;
}

}  // namespace oidc_audit::report
