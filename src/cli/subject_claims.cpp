#include "cli/subject_claims.h"

#include <algorithm>
#include <istream>
#include <iterator>

#include "cli/context.h"
#include "cli/inputs.h"
#include "document/reader.h"
#include "oidc/catalogue.h"
#include "rules/rule_set.h"

namespace oidc_audit::cli {

namespace {

constexpr std::size_t kMaxClaims = 1U << 20U;

}  // namespace

std::optional<std::string> ClaimTexts::find(std::string_view name) const {
  for (const auto& [claim, text] : claims) {
    if (claim == name) return text;
  }
  return std::nullopt;
}

Result<ClaimTexts> read_claim_texts(const std::string& path, Context& context) {
  std::string text;
  if (path == "-") {
    text.assign(std::istreambuf_iterator<char>(context.in), std::istreambuf_iterator<char>());
  } else {
    auto read = context.files.read(path, kMaxClaims);
    if (!read.ok()) return std::move(read).error().with_context("reading claims");
    text = std::move(read).value();
  }
  SourceManager sources;
  ASSIGN_OR_RETURN(const BufferId buffer, sources.add(path, std::move(text)));
  document::ReadOptions options;
  options.format = document::Format::json;
  const document::Stream stream = document::read_documents(sources, buffer, options);
  for (const Issue& issue : stream.issues) {
    if (issue.level == IssueLevel::error)
      return Error(ErrorKind::malformed, "claims in `" + path + "`: " + issue.message, issue.hint);
  }
  if (stream.documents.size() != 1 || !stream.documents.front().root.is_mapping())
    return Error(ErrorKind::malformed, "claims in `" + path + "` are not one JSON object");
  ClaimTexts out;
  for (const document::Member member : stream.documents.front().root.members()) {
    if (member.value.is_null()) continue;
    // Of objects and lists only their being there is told.
    const bool collection = member.value.is_mapping() || member.value.is_sequence();
    out.claims.emplace_back(std::string(member.key.text()),
                            collection ? std::string("{}") : std::string(member.value.text()));
  }
  return out;
}

Result<void> add_rule_directory(const std::string& directory, Context& context, SourceManager& sources,
                                rules::RuleSet& set, std::optional<oidc::Catalogue>& catalogue) {
  const std::string providers = directory + "/providers";
  const bool has_providers = context.files.type(providers) == FileType::directory;
  if (has_providers) {
    if (catalogue)
      return Error(
          ErrorKind::configuration,
          "providers are taken from one directory of `--rules` only, not from `" + providers + "` too");
    auto loaded = oidc::Catalogue::with_directory(context.files, providers);
    if (!loaded.ok()) return std::move(loaded).error();
    catalogue = std::move(loaded).value();
  }
  auto issues = set.add_directory(context.files, directory, sources);
  if (!issues.ok()) {
    if (has_providers && issues.error().kind() != ErrorKind::unreadable)
      return {};  // providers alone are fine
    return std::move(issues).error();
  }
  print_issues(sources, issues.value(), context);
  const bool broken = std::any_of(issues.value().begin(), issues.value().end(),
                                  [](const Issue& issue) { return issue.level == IssueLevel::error; });
  if (broken) return Error(ErrorKind::configuration, "the rules in `" + directory + "` cannot be used");
  return {};
}

}  // namespace oidc_audit::cli
