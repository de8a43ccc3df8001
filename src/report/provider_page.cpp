#include "report/provider_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/strings.h"
#include "report/subject_report.h"

namespace oidc_audit::report {

namespace {

// A bar would end the cell, also inside a code span.
std::string cell(std::string_view text) { return replace_all(text, "|", "\\|"); }

std::string code(std::string_view text) { return "`" + cell(text) + "`"; }

std::string_view scope_words(oidc::IssuerScope scope) {
  switch (scope) {
    case oidc::IssuerScope::shared:
      return "all customers share it";
    case oidc::IssuerScope::tenant_host:
      return "the host names the tenant";
    case oidc::IssuerScope::tenant_path:
      return "the path names the tenant";
    case oidc::IssuerScope::self_hosted:
      return "run by its operator";
  }
  return "";
}

std::string_view evidence_words(oidc::Evidence evidence) {
  switch (evidence) {
    case oidc::Evidence::documented:
      return "the provider's documentation";
    case oidc::Evidence::provider_source:
      return "source code or tests that encode the provider's format";
    case oidc::Evidence::third_party:
      return "configuration and code of others; compare with a token of your own";
    case oidc::Evidence::derived:
      return "inference; compare with a token of your own";
  }
  return "";
}

std::string trust_words(const oidc::ProviderDocs::SegmentDoc& segment) {
  std::vector<std::string> words;
  if ((segment.traits & oidc::kMutableName) != 0) words.emplace_back("can be renamed");
  if ((segment.traits & oidc::kImmutableId) != 0) words.emplace_back("never changes");
  if ((segment.traits & oidc::kAttackerInfluenced) != 0) {
    words.push_back(segment.influenced_when.empty()
                        ? std::string("**chosen by others**")
                        : fmt::format("**chosen by others** when it is {}", code(segment.influenced_when)));
  }
  if ((segment.traits & oidc::kPerRun) != 0) words.emplace_back("**differs in every run**");
  return join(words, ", ");
}

void issuers(std::string& out, const oidc::Provider& provider) {
  if (provider.issuers.empty()) return;
  out += "\n## Issuer\n\n| issuer | scope | |\n|---|---|---|\n";
  for (const oidc::IssuerInfo& issuer : provider.issuers) {
    out +=
        fmt::format("| {} | {} | {} |\n", code(issuer.pattern), scope_words(issuer.scope), cell(issuer.note));
  }
}

void subjects(std::string& out, const oidc::ProviderDocs& docs) {
  out += "\n## Names\n\n| form | kind | |\n|---|---|---|\n";
  for (const auto& subject : docs.subjects) {
    std::string form;
    if (subject.items.empty()) {
      form = code(readable_form(subject.form));
    } else {
      const std::string head = readable_form(replace_all(subject.form, "{...}", ""));
      if (!head.empty()) form = code(head) + " and then ";
      form += fmt::format("any of these, joined by {}:", code(subject.separator));
      for (const std::string& item : subject.items) form += " " + code(readable_form(item));
    }
    out += fmt::format("| {} | {}{} | {} |\n", form, cell(subject.kind), subject.group ? " (group)" : "",
                       cell(subject.note));
  }
  std::vector<std::string> seen;
  std::string rows;
  for (const auto& segment : docs.segments) {
    if (!segment.in_subject || std::find(seen.begin(), seen.end(), segment.name) != seen.end()) continue;
    seen.push_back(segment.name);
    rows += fmt::format("| {} | {} | {} | {} |\n", code(segment.name), cell(segment.values),
                        trust_words(segment), cell(segment.note));
  }
  if (!rows.empty()) out += "\n| part | holds | trust | |\n|---|---|---|---|\n" + rows;
}

std::string claim_trust(const oidc::ProviderDocs::ClaimDoc& claim) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kWords = {
      {{"tenant", "names the tenant"},
       {"immutable", "never changes"},
       {"mutable", "can be renamed"},
       {"attacker-influenced", "**chosen by others**"},
       {"self-assigned", "**up to the token's holder**"},
       {"per-run", "**differs in every run**"}}};
  std::vector<std::string> words;
  for (const auto& [word, text] : kWords) {
    if (claim.has(word)) words.emplace_back(text);
  }
  return join(words, ", ");
}

// Of a type that is no string, which a mapping by `claim` does not take everywhere.
std::string claim_type(const oidc::ProviderDocs::ClaimDoc& claim) {
  for (const std::string_view word : {"list", "boolean", "number"}) {
    if (claim.has(word)) return fmt::format(" (a {})", word);
  }
  return {};
}

void claims(std::string& out, const oidc::Provider& provider, const oidc::ProviderDocs& docs) {
  out += "\n## Claims\n\n";
  if (provider.issuers.empty()) {
    out += "No token carries these names, so there is no claim to map.\n";
    return;
  }
  out +=
      "What rules and mappings of the API server can ask of a token, beside `iss`, `aud`, `exp`, `nbf` and "
      "`iat`. "
      "`part` is\nthe part of the subject with the same value.\n\n| claim | holds | trust | part "
      "|\n|---|---|---|---|\n";
  for (const auto& claim : docs.claims) {
    out += fmt::format("| {} | {}{} | {} | {} |\n", code(claim.name), cell(claim.means), claim_type(claim),
                       claim_trust(claim), claim.part.empty() ? std::string() : code(claim.part));
  }
}

void shown(std::string& out, const ShownFile& file) {
  out += fmt::format("\n`{}`\n\n```{}\n{}{}```\n", file.path, file.language, file.text,
                     file.text.ends_with('\n') ? "" : "\n");
}

void run(std::string& out, const ShownRun& run) {
  out += fmt::format("\n{}\n\n```console\n$ {}\n{}```\n", run.lead, run.command, run.output);
}

void worked(std::string& out, const ProviderExample& example) {
  if (example.configuration) {
    out += "\n## Configuration\n";
    if (!example.about.empty()) out += fmt::format("\n{}\n", trim_ascii(example.about));
    shown(out, *example.configuration);
  } else if (!example.about.empty()) {
    out += fmt::format("\n## In a cluster\n\n{}\n", trim_ascii(example.about));
  }
  if (example.binding) {
    out += "\n## Binding\n";
    shown(out, *example.binding);
  }
  out += "\n## Check\n";
  if (example.token) {
    out += "\nThe claims of such a token; every value is made up:\n";
    shown(out, *example.token);
  }
  for (const ShownRun& check : example.checks) run(out, check);
  if (!example.strangers.empty()) out += "\n## Who is refused\n";
  for (const ShownRun& stranger : example.strangers) run(out, stranger);
}

std::string page_title(const ProviderPage& page) {
  if (page.example != nullptr && !page.example->title.empty()) return page.example->title;
  return page.provider.title +
         (page.provider.issuers.empty() ? " in Kubernetes" : " to Kubernetes, least privilege");
}

void add_once(std::vector<std::string>& list, std::string text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
}

// `organization` in the subject; or not in the token's names at all
std::string tenant_words(const oidc::ProviderDocs& docs) {
  std::vector<std::string> subject;
  std::vector<std::string> issuer;
  std::vector<std::string> claims;
  bool absent = false;
  for (const auto& tenant : docs.tenants) {
    if (tenant.where == "sub") add_once(subject, "`" + tenant.name + "`");
    if (tenant.where == "iss") add_once(issuer, "`" + tenant.name + "`");
    if (tenant.where.starts_with("claim:"))
      add_once(claims, "the claim `" + tenant.where.substr(std::string_view("claim:").size()) + "`");
    if (tenant.where == "absent") absent = true;
  }
  std::vector<std::string> parts;
  if (!subject.empty()) parts.push_back("in the subject: " + join(subject, ", "));
  if (!issuer.empty()) parts.push_back("in the issuer: " + join(issuer, ", "));
  if (!claims.empty()) parts.push_back(join(claims, ", "));
  if (absent) parts.emplace_back(parts.empty() ? "in no name" : "possibly in none of them");
  return join(parts, "; ");
}

std::string immutable_tenant(const oidc::ProviderDocs& docs) {
  std::vector<std::string> claims;
  for (const auto& tenant : docs.tenants) {
    // Some providers say where in the subject it stands instead of a claim.
    const bool claim = tenant.immutable_claim.find(' ') == std::string::npos;
    if (claim && !tenant.immutable_claim.empty()) add_once(claims, "`" + tenant.immutable_claim + "`");
  }
  return claims.empty() ? std::string() : "the claim " + join(claims, ", ");
}

struct Category {
  std::string_view id;
  std::string_view title;
};
constexpr std::array<Category, 6> kCategories = {
    Category{"ci", "Source hosting and CI"},
    Category{"iac", "Infrastructure as code"},
    Category{"hosting", "Deployment and hosting platforms"},
    Category{"workload", "Workloads and clusters"},
    Category{"cloud", "Clouds"},
    Category{"people", "Identity providers for people, and brokers"},
};

}  // namespace

std::string readable_form(std::string_view form) {
  std::string out;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == '\\' && i + 1 < form.size()) {
      out += form[++i];
      continue;
    }
    const std::size_t end = form[i] == '{' ? form.find('}', i) : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += form[i];
      continue;
    }
    std::string_view name = form.substr(i + 1, end - i - 1);
    i = end;
    if (name.starts_with('<') || name.starts_with('>')) continue;
    while (name.starts_with('_') || name.starts_with('=')) name.remove_prefix(1);
    out += fmt::format("{{{}}}", name);
  }
  return out;
}

std::string provider_page(const ProviderPage& page) {
  const oidc::Provider& provider = page.provider;
  const oidc::ProviderDocs& docs = page.docs;
  std::string out = fmt::format("# {}\n\n", page_title(page));
  out += fmt::format(
      "<!-- Made by `oidc-audit providers docs` from rules/providers/{0}.yaml and fixtures/providers/{0}/; "
      "edit those. -->\n\n{1}\n\n| | |\n|---|---|\n| id | `{0}` |\n",
      provider.id, docs.summary);
  const auto row = [&out](std::string_view label, std::string_view text) {
    if (!text.empty()) out += fmt::format("| {} | {} |\n", label, cell(text));
  };
  if (!provider.issuers.empty()) row("audience", docs.audience);
  row("tenant", tenant_words(docs));
  row("tenant, immutably", immutable_tenant(docs));
  row("immutable identity", provider.immutable_alternative);
  if (provider.max_subject_bytes != 0)
    row("longest subject", fmt::format("{} bytes", provider.max_subject_bytes));
  row("known from", evidence_words(provider.evidence));
  issuers(out, provider);
  subjects(out, docs);
  claims(out, provider, docs);
  if (page.example != nullptr) worked(out, *page.example);
  if (!docs.notes.empty()) out += "\n## Pitfalls\n\n";
  for (const std::string& note : docs.notes) out += fmt::format("* {}\n", note);
  if (!docs.references.empty()) out += "\n## References\n\n";
  for (const std::string& reference : docs.references) {
    out +=
        reference.starts_with("http") ? fmt::format("* <{}>\n", reference) : fmt::format("* {}\n", reference);
  }
  return out;
}

std::string provider_index(std::span<const ProviderPage> pages) {
  std::string out =
      "# Providers\n\n<!-- Made by `oidc-audit providers docs`. -->\n\n"
      "Whose tokens and names are understood. Each page has the forms of its subjects and the claims of its "
      "tokens, with what can be renamed "
      "or\nchosen by others, an AuthenticationConfiguration and a binding for exactly one pipeline, workload "
      "or "
      "team, and one\ncommand that takes a sample token to user, groups and a decision; then the tokens that "
      "must be refused.\n\n"
      "Before the configuration is used, replace the issuer's tenant, the ids and the audience by your own. "
      "An "
      "audience should\nbe used for one cluster alone, so that a token for another place is no token for "
      "this "
      "one.\n";
  for (const Category& category : kCategories) {
    std::string rows;
    for (const ProviderPage& page : pages) {
      if (page.docs.category != category.id) continue;
      const std::string issuer =
          page.provider.issuers.empty() ? "no issuer of tokens" : code(page.provider.issuers.front().pattern);
      rows += fmt::format("| [{}]({}.md) | {} |\n", cell(page.provider.title), page.provider.id, issuer);
    }
    if (!rows.empty()) {
      out += fmt::format("\n## {}\n\n| provider | issuer |\n|---|---|\n{}", category.title, rows);
    }
  }
  return out;
}

}  // namespace oidc_audit::report
