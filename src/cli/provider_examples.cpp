#include "cli/provider_examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/files.h"
#include "base/strings.h"
#include "document/reader.h"
#include "oidc/catalogue.h"
#include "oidc/go_json.h"
#include "report/provider_page.h"
#include "rules/yaml_reader.h"

namespace oidc_audit::cli {

namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;
constexpr std::string_view kProgram = "oidc-audit";

using document::NodeKind;
using document::Value;

std::string to_json(Value value) {
  switch (value.kind()) {
    case NodeKind::null:
      return "null";
    case NodeKind::boolean:
      return value.as_bool().value_or(false) ? "true" : "false";
    case NodeKind::integer:
    case NodeKind::floating:
      return std::string(value.text());
    case NodeKind::string:
      return oidc::json_quote(value.text());
    case NodeKind::sequence: {
      std::vector<std::string> parts;
      for (const Value item : value.items()) parts.push_back(to_json(item));
      return "[" + join(parts, ",") + "]";
    }
    case NodeKind::mapping: {
      std::vector<std::string> parts;
      for (const document::Member member : value.members())
        parts.push_back(oidc::json_quote(member.key.text()) + ":" + to_json(member.value));
      return "{" + join(parts, ",") + "}";
    }
  }
  return {};
}

// Who asks for what; what a refused question does not say is that of the allowed one.
struct Question {
  std::string lead;
  std::string does;
  std::string name_space;
  std::string user;
  std::vector<std::string> groups;
  std::vector<std::string> claim_options;
  std::vector<std::string> changed_claims;
};

class ExampleReader {
 public:
  ExampleReader(WorkedExample& example, rules::YamlReader& yaml) : example_(example), yaml_(yaml) {}

  void read(Value root) {
    const std::vector<rules::Key> keys = {
        text_key("title", example_.title),
        text_key("about", example_.about),
        text_key("now", now_),
        text_key("lead", base_.lead),
        text_key("does", base_.does),
        text_key("namespace", base_.name_space),
        text_key("user", base_.user),
        list_key("groups", base_.groups),
        {"refused",
         [this](Value, Value value) {
           if (!value.is_sequence()) return yaml_.error(value, "`refused` must be a list");
           for (const Value item : value.items()) refused(item);
         }},
    };
    if (!yaml_.mapping(root, "an example", keys)) return;
    if (base_.does.empty()) yaml_.error(root, "an example needs `does`: what is asked, such as `list pods`");
    if (base_.user.empty() && !example_.claims)
      yaml_.error(root, "an example needs claims.json beside it, or `user`");
    if (base_.lead.empty()) base_.lead = "It goes through the configuration to user, groups and a decision:";
    example_.allowed.push_back(question(base_));
    for (Question& one : refused_) {
      if (one.does.empty()) one.does = base_.does;
      if (one.name_space.empty()) one.name_space = base_.name_space;
      if (one.user.empty() && one.groups.empty()) {
        one.user = base_.user;
        one.groups = base_.groups;
      }
      example_.refused.push_back(question(one));
    }
  }

 private:
  rules::Key text_key(std::string_view name, std::string& into) {
    return {name, [this, name, &into](Value, Value value) { into = yaml_.text(value, name); }};
  }
  rules::Key list_key(std::string_view name, std::vector<std::string>& into) {
    return {name, [this, name, &into](Value, Value value) { into = yaml_.texts(value, name); }};
  }

  void refused(Value item) {
    Question one;
    const std::vector<rules::Key> keys = {
        text_key("who", one.lead),
        text_key("does", one.does),
        text_key("namespace", one.name_space),
        text_key("user", one.user),
        list_key("groups", one.groups),
        {"claims", [this, &one](Value, Value value) { claims(value, one); }},
    };
    if (!yaml_.mapping(item, "what is refused", keys)) return;
    if (one.lead.empty()) yaml_.error(item, "`who` is missing: who is refused");
    refused_.push_back(std::move(one));
  }

  void claims(Value value, Question& one) {
    if (!value.is_mapping()) return yaml_.error(value, "`claims` must be a mapping");
    for (const document::Member member : value.members()) {
      const std::string name(member.key.text());
      one.changed_claims.push_back(name);
      one.claim_options.emplace_back("--claim");
      if (member.value.is_string())
        one.claim_options.push_back(name + "=" + std::string(member.value.text()));
      else
        one.claim_options.push_back(name + ":=" + (member.value.is_null() ? "" : to_json(member.value)));
    }
  }

  ExampleQuestion question(const Question& from) const {
    ExampleQuestion out;
    out.lead = from.lead;
    out.changed_claims = from.changed_claims;
    out.args = {"simulate"};
    for (const std::string_view word : split(from.does, ' ')) out.args.emplace_back(word);
    const auto option = [&out](std::string name, const std::string& value) {
      out.args.push_back(std::move(name));
      out.args.push_back(value);
    };
    if (!from.name_space.empty()) option("-n", from.name_space);
    if (!from.user.empty()) option("--user", from.user);
    for (const std::string& group : from.groups) option("--group", group);
    if (from.user.empty()) {
      if (example_.claims) option("--claims", *example_.claims);
      out.args.insert(out.args.end(), from.claim_options.begin(), from.claim_options.end());
      if (example_.auth_config) option("--auth-config", *example_.auth_config);
      if (!now_.empty()) option("--now", now_);
    }
    if (example_.rbac) option("-f", *example_.rbac);
    return out;
  }

  WorkedExample& example_;
  rules::YamlReader& yaml_;
  Question base_;
  std::string now_;
  std::vector<Question> refused_;
};

Error example_error(const SourceManager& sources, const std::string& path, const Issue& issue) {
  std::string place = path;
  if (issue.location.range) {
    const LineColumn start = sources.start(*issue.location.range);
    place += fmt::format(":{}:{}", start.line, start.column);
  }
  return Error(ErrorKind::configuration, place + ": " + issue.message, issue.hint);
}

Result<report::ShownFile> shown(const Files& files, const std::string& path, std::string language) {
  ASSIGN_OR_RETURN(std::string text, files.read(path, kMaxFileBytes));
  return report::ShownFile{path, std::move(language), std::move(text)};
}

report::ShownRun run_question(const ExampleQuestion& question, const Host& host) {
  std::vector<std::string> words = {std::string(kProgram)};
  words.insert(words.end(), question.args.begin(), question.args.end());
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  const Host own{{in, out, err}, host.files, host.clock, host.environment, {}};
  const ExitCode status = run_in(words, own);
  report::ShownRun shown{question.lead, shell_line(words), out.str() + err.str()};
  if (status != ExitCode::ok) shown.output += fmt::format("# exit status {}\n", static_cast<int>(status));
  while (shown.output.ends_with("\n\n")) shown.output.pop_back();
  return shown;
}

Result<report::ProviderExample> worked_page(const WorkedExample& example, const Host& host) {
  report::ProviderExample out;
  out.title = example.title;
  out.about = example.about;
  if (example.auth_config) {
    ASSIGN_OR_RETURN(out.configuration, shown(host.files, *example.auth_config, "yaml"));
  }
  if (example.rbac) {
    ASSIGN_OR_RETURN(out.binding, shown(host.files, *example.rbac, "yaml"));
  }
  if (example.claims) {
    ASSIGN_OR_RETURN(out.token, shown(host.files, *example.claims, "json"));
  }
  for (const ExampleQuestion& question : example.allowed) out.checks.push_back(run_question(question, host));
  for (const ExampleQuestion& question : example.refused)
    out.strangers.push_back(run_question(question, host));
  return out;
}

}  // namespace

Result<WorkedExample> read_worked_example(const Files& files, const std::string& folder) {
  WorkedExample example;
  example.folder = folder;
  const auto there = [&](const char* name) -> std::optional<std::string> {
    std::string path = folder + "/" + name;
    if (files.type(path) != FileType::file) return std::nullopt;
    return path;
  };
  example.auth_config = there("auth-config.yaml");
  example.rbac = there("rbac.yaml");
  example.claims = there("claims.json");
  const std::string path = folder + "/example.yaml";
  ASSIGN_OR_RETURN(std::string text, files.read(path, kMaxFileBytes));
  SourceManager sources;
  ASSIGN_OR_RETURN(const BufferId buffer, sources.add(path, std::move(text)));
  const document::Stream stream = document::read_documents(sources, buffer, {});
  std::vector<Issue> issues = stream.issues;
  if (stream.documents.size() != 1)
    return Error(ErrorKind::configuration, fmt::format("`{}` is not one document", path));
  rules::YamlReader yaml("example", issues);
  ExampleReader(example, yaml).read(stream.documents.front().root);
  for (const Issue& issue : issues) {
    if (issue.level == IssueLevel::error) return example_error(sources, path, issue);
  }
  return example;
}

std::string shell_line(const std::vector<std::string>& words) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ' ';
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
      out += word;
    } else {
      out += "'" + replace_all(word, "'", "'\"'\"'") + "'";
    }
  }
  return out;
}

Result<std::vector<std::pair<std::string, std::string>>> provider_pages(const oidc::Catalogue& catalogue,
                                                                        const std::string& examples,
                                                                        const Host& host) {
  std::vector<oidc::ProviderDocs> docs;
  std::vector<std::optional<report::ProviderExample>> worked;
  for (const oidc::Provider& provider : catalogue.providers()) {
    ASSIGN_OR_RETURN(oidc::ProviderDocs read, catalogue.docs(provider.id));
    docs.push_back(std::move(read));
    worked.emplace_back();
    const std::string folder = examples + "/" + provider.id;
    if (examples.empty() || host.files.type(folder) != FileType::directory) continue;
    ASSIGN_OR_RETURN(const WorkedExample example, read_worked_example(host.files, folder));
    ASSIGN_OR_RETURN(worked.back(), worked_page(example, host));
  }
  std::vector<report::ProviderPage> pages;
  for (std::size_t i = 0; i < docs.size(); ++i)
    pages.push_back({catalogue.providers()[i], docs[i], worked[i] ? &*worked[i] : nullptr});
  std::vector<std::pair<std::string, std::string>> out;
  out.emplace_back("README.md", report::provider_index(pages));
  for (const report::ProviderPage& page : pages)
    out.emplace_back(page.provider.id + ".md", report::provider_page(page));
  return out;
}

}  // namespace oidc_audit::cli
