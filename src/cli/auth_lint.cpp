#include "cli/auth_lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "cli/context.h"
#include "cli/inputs.h"
#include "cli/token_options.h"
#include "document/lazy_stream.h"
#include "oidc/authenticator.h"
#include "oidc/legacy_flags.h"

namespace oidc_audit::cli {

namespace {

constexpr std::size_t kMostConfigs = 1000;

Issue note(std::string message, std::string hint) {
  Issue issue;
  issue.code = "authentication-configuration";
  issue.level = IssueLevel::note;
  issue.message = std::move(message);
  issue.hint = std::move(hint);
  return issue;
}

class Finder {
 public:
  Finder(int minor, Inputs& inputs, ServerConfigs& out) : minor_(minor), inputs_(inputs), out_(out) {}

  // `given`: the file is said to hold a configuration, which may be of a managed platform's own form.
  void look_at(const InputFile& file, bool given, const std::vector<std::string>& service_account_issuers) {
    // A server's path is no path here, so nothing that arguments name is read.
    document::LazyStream documents(inputs_.sources, file.buffer);
    std::vector<oidc::FoundConfig> configs = oidc::find_configs(inputs_.sources, documents, minor_);
    if (configs.empty() && given)
      configs.push_back(oidc::load_config_source(inputs_.sources, documents, minor_));
    const std::size_t entries = oidc::find_access_entries(documents, out_.access_entries);
    out_.entry_documents += entries;
    if (!configs.empty() || entries != 0) {
      const std::vector<document::Comment>& comments = documents.stream().comments;
      out_.comments.insert(out_.comments.end(), comments.begin(), comments.end());
    }
    for (oidc::FoundConfig& one : configs) {
      if (out_.found.size() >= kMostConfigs) return tell_full();
      auto& issuers = one.source.loaded.config.service_account_issuers;
      issuers.insert(issuers.end(), service_account_issuers.begin(), service_account_issuers.end());
      if (one.source.without_tokens && !given) {
        Issue told = note(
            "bindings are not compared with this configuration: " + one.source.loaded.errors.front().text,
            "");
        told.location.range = rules::server_config(one, minor_).range;
        out_.issues.push_back(std::move(told));
        continue;
      }
      add(std::move(one));
    }
  }

  void add(oidc::FoundConfig found) {
    const oidc::FoundConfig& kept = out_.found.emplace_back(std::move(found));
    const rules::ServerConfig server = rules::server_config(kept, minor_);
    const oidc::Authenticators authenticators = oidc::Authenticators::from(kept.source.loaded, minor_);
    for (Issue& issue : config_issues(authenticators, server.object)) out_.issues.push_back(std::move(issue));
    // What could be read is looked at; what the server refuses says nothing about bindings.
    if (authenticators.status() != oidc::ConfigStatus::load_error) {
      out_.servers.push_back(server);
      valid_.push_back(authenticators.status() == oidc::ConfigStatus::valid);
    }
  }

  // The one configuration from `begin` on that a server starts with.
  void join(std::size_t begin, bool given) {
    std::size_t count = 0;
    std::size_t last = 0;
    for (std::size_t i = begin; i < out_.servers.size(); ++i) {
      if (!valid_[i] || out_.servers[i].config->jwt.empty()) continue;
      ++count;
      last = i;
    }
    if (count == 1) {
      out_.servers[last].joined = true;
    } else if (count > 1 && !given) {
      out_.issues.push_back(
          note(fmt::format("there are {} configurations of authentication; bindings are not "
                           "compared with them",
                           count),
               "--auth-config FILE says which is that of the server"));
    }
  }

 private:
  void tell_full() {
    if (std::exchange(full_, true)) return;
    Issue issue = note(
        fmt::format("only the first {} configurations of authentication were looked at", kMostConfigs), "");
    issue.level = IssueLevel::warning;
    out_.issues.push_back(std::move(issue));
  }

  int minor_;
  Inputs& inputs_;
  ServerConfigs& out_;
  bool full_ = false;
  std::vector<bool> valid_;
};

}  // namespace

std::vector<Issue> config_issues(const oidc::Authenticators& authenticators, const ObjectRef& object) {
  std::vector<Issue> out;
  for (const oidc::ConfigError& error : authenticators.errors()) {
    Issue issue;
    issue.code = "invalid-authentication-configuration";
    issue.level = IssueLevel::warning;
    const std::string_view text = std::string_view(error.text).substr(0, error.text.find('\n'));
    issue.message = authenticators.config().origin == oidc::ConfigOrigin::platform
                        ? fmt::format("the platform does not take this configuration: {}", text)
                        : fmt::format("an API server 1.{} does not start with this configuration: {}",
                                      authenticators.kubernetes_minor(), text);
    issue.location.object = object;
    issue.location.pointer = error.pointer;
    issue.location.range = error.range;
    out.push_back(std::move(issue));
  }
  return out;
}

Result<void> find_server_configs(const AuthConfigOptions& options, Context& context, Inputs& inputs,
                                 ServerConfigs& out) {
  ASSIGN_OR_RETURN(const int minor, kubernetes_minor(options.kubernetes_version));
  const oidc::LegacyFlags flags = oidc::parse_server_arguments(options.server_flags);
  if (options.file && flags.any_oidc()) {
    return Error(ErrorKind::usage, "authentication-config file and oidc-* flags are mutually exclusive",
                 "give --auth-config or the flags");
  }
  Finder finder(minor, inputs, out);
  std::string canonical;
  if (options.file && *options.file != "-") {
    const Result<std::string> path = context.files.canonical(*options.file);
    canonical = path.ok() ? path.value() : *options.file;  // a pipe has none; as find_files does
  }
  std::optional<std::size_t> given;
  std::vector<InputFile> last;
  for (const InputFile& file : inputs.files) {
    const bool is_given =
        options.file && (canonical.empty() ? file.canonical.empty() : file.canonical == canonical);
    if (is_given) {
      last.push_back(file);
    } else {
      finder.look_at(file, false, {});
    }
  }
  if (options.file) {
    given = out.servers.size();
    const std::size_t issues = out.issues.size();
    for (const InputFile& file : last) finder.look_at(file, true, flags.service_account_issuers);
    if (out.servers.size() == *given) {
      // Asked for by name, it is not passed over like other files that nobody can read.
      return Error(ErrorKind::configuration,
                   fmt::format("`{}` cannot be read as a configuration of authentication", *options.file),
                   out.issues.size() == issues ? std::string() : out.issues[issues].message);
    }
  } else if (flags.any_oidc()) {
    given = out.servers.size();
    ASSIGN_OR_RETURN(ReadAuthConfig read, read_auth_config(options, context, inputs.sources));
    finder.add(std::move(read.found));
  }
  finder.join(given.value_or(0), given.has_value());
  out.given = given.has_value();
  return {};
}

}  // namespace oidc_audit::cli
