#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "oidc/catalogue.h"

namespace oidc_audit::report {

/// A file that a page shows as it is.
struct ShownFile {
  std::string path;      ///< as the page calls it
  std::string language;  ///< of the code block: "yaml", "json"
  std::string text;
};

/// A command with what it prints.
struct ShownRun {
  std::string lead;  ///< the sentence above it; Markdown
  std::string command;
  std::string output;  ///< ends with a line break unless empty
};

/// A worked example: a cluster that takes tokens of a provider, and what comes of some of them.
struct ProviderExample {
  std::string title;  ///< of the page; empty: made from the provider's
  std::string about;  ///< why it is configured so; Markdown
  std::optional<ShownFile> configuration;
  std::optional<ShownFile> binding;
  std::optional<ShownFile> token;
  std::vector<ShownRun> checks;     ///< the first one is the intended use
  std::vector<ShownRun> strangers;  ///< who must be refused
};

struct ProviderPage {
  const oidc::Provider& provider;
  const oidc::ProviderDocs& docs;
  const ProviderExample* example = nullptr;  ///< nullptr: the provider has none
};

/// The documentation page of a provider, in Markdown.
std::string provider_page(const ProviderPage& page);

/// The index of the pages, by what the providers are for; links to ID.md.
std::string provider_index(std::span<const ProviderPage> pages);

/// A pattern of the catalogue as people read it: marks for captures taken out, escapes undone.
/// `{<group}/{_path}{>group}` is `/{path}`.
std::string readable_form(std::string_view form);

}  // namespace oidc_audit::report
