#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/strings.h"
#include "cli/command.h"
#include "cli/completion.h"
#include "cluster/kubeconfig.h"
#include "cluster/kubeconfig_file.h"
#include "diag/severity_words.h"
#include "oidc/auth_config.h"
#include "oidc/catalogue.h"
#include "rbac/resources.h"
#include "rules/rule_set.h"
#include "source/source_manager.h"

// What values an option or argument takes is told by its placeholder, the word that help shows for it, so
// that a new option is completed without a line here when it uses a placeholder that is known.

namespace oidc_audit::cli {

namespace {

struct Request {
  std::string_view prefix;
  const GivenOptions& given;
  const CompletionWorld& world;
};

Completion of_words(std::vector<Candidate> candidates, int directive = kCompletionNoFiles) {
  return {std::move(candidates), directive};
}

Completion nothing(const Request&) { return {}; }
Completion files(const Request&) { return {{}, kCompletionDefault}; }
Completion directories(const Request&) { return {{}, kCompletionNoFiles | kCompletionDirectories}; }
Completion manifests(const Request&) {
  return {{{"yaml", ""}, {"yml", ""}, {"json", ""}}, kCompletionExtensions};
}

// Rules of --rules are of use too; packs that cannot be read are passed over without a word.
rules::RuleSet load_rules(const Request& request) {
  rules::RuleSet rules = rules::RuleSet::builtin();
  SourceManager sources;
  for (const std::string& directory : request.given.values("--rules")) {
    (void)rules.add_directory(request.world.files, directory, sources);
  }
  return rules;
}

std::vector<Candidate> rule_ids(const Request& request) {
  std::vector<Candidate> out;
  const rules::RuleSet rules = load_rules(request);
  for (const RuleInfo& info : rules.infos()) out.push_back({info.id.str(), info.title});
  return out;
}

Completion rule_names(const Request& request) { return of_words(rule_ids(request)); }

Completion rule_levels(const Request& request) {
  const std::size_t equals = request.prefix.find('=');
  if (equals == std::string_view::npos) {
    std::vector<Candidate> ids = rule_ids(request);
    for (Candidate& id : ids) id.value += '=';
    return of_words(std::move(ids), kCompletionNoFiles | kCompletionNoSpace);
  }
  std::vector<Candidate> out;
  for (const std::string_view level : severity_words()) {
    out.push_back({std::string(request.prefix.substr(0, equals + 1)).append(level), ""});
  }
  return of_words(std::move(out));
}

Completion providers(const Request& request) {
  std::vector<Candidate> out;
  const auto add = [&out](const oidc::Catalogue& catalogue) {
    for (const oidc::Provider& provider : catalogue.providers()) {
      out.push_back({provider.id, provider.title});
    }
  };
  if (const auto directory = request.given.value("--rules")) {
    const std::string below = *directory + "/providers";
    const bool nested = request.world.files.type(below) == FileType::directory;
    auto own = oidc::Catalogue::with_directory(request.world.files, nested ? below : *directory);
    if (own.ok()) {
      add(own.value());
      return of_words(std::move(out));
    }
  }
  add(oidc::Catalogue::builtin());
  return of_words(std::move(out));
}

/// Files as somebody sees them who waits for a word to be completed: what is large or no plain file, such as
/// a pipe, which would wait for a writer, is not read.
class QuickFiles final : public Files {
 public:
  explicit QuickFiles(const Files& files) : files_(files) {}
  FileType type(const std::string& path) const override { return files_.type(path); }
  Result<std::string> read(const std::string& path, std::size_t max_bytes) const override {
    if (type(path) == FileType::other) return Error(ErrorKind::unreadable, "no plain file");
    return files_.read(path, std::min(max_bytes, kMaxBytes));
  }
  Result<std::vector<DirEntry>> list(const std::string& path) const override { return files_.list(path); }
  Result<std::string> canonical(const std::string& path) const override { return files_.canonical(path); }
  Result<void> write_atomically(const std::string&, std::string_view) override {
    return Error(ErrorKind::unreadable, "nothing is written to complete a word");
  }

 private:
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 20;  // parsed well within 0.2 s
  const Files& files_;
};

// The merged kubeconfig as a run would see it; an empty one when it cannot be read.
cluster::KubeconfigFile kubeconfig(const Request& request) {
  cluster::KubeFlags flags;
  flags.kubeconfig = request.given.value("--kubeconfig").value_or("");
  const QuickFiles files(request.world.files);
  auto loaded = cluster::merged_kubeconfig(flags, files, request.world.environment);
  return loaded.ok() ? std::move(loaded).value() : cluster::KubeconfigFile{};
}

Completion contexts(const Request& request) {
  const cluster::KubeconfigFile config = kubeconfig(request);
  std::vector<Candidate> out;
  for (const cluster::ContextEntry& context : config.contexts) {
    const bool current = context.name == config.current_context;
    out.push_back({context.name, current ? "current context" : "cluster " + context.cluster});
  }
  return of_words(std::move(out));
}

template <typename Entry>
Completion names_of(const std::vector<Entry>& entries) {
  std::vector<Candidate> out;
  for (const Entry& entry : entries) out.push_back({entry.name, ""});
  return of_words(std::move(out));
}

Completion clusters(const Request& request) { return names_of(kubeconfig(request).clusters); }
Completion kubeconfig_users(const Request& request) { return names_of(kubeconfig(request).users); }

// Those that contexts name, and those that every cluster has: the server is not asked.
Completion namespaces(const Request& request) {
  std::set<std::string> names = {"default", "kube-node-lease", "kube-public", "kube-system"};
  for (const cluster::ContextEntry& context : kubeconfig(request).contexts) {
    names.insert(context.namespace_name);
  }
  std::vector<Candidate> out;
  for (const std::string& name : names) out.push_back({name, ""});
  return of_words(std::move(out));
}

Completion verbs(const Request&) {
  std::vector<Candidate> out;
  for (const char* verb : {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection",
                           "impersonate", "bind", "escalate", "approve", "sign", "attest", "use"}) {
    out.push_back({verb, ""});
  }
  return of_words(std::move(out));
}

Completion resources(const Request&) {
  const rbac::ResourceCatalog catalog;
  std::vector<Candidate> out;
  for (const rbac::ApiResource* resource : catalog.resources()) {
    const std::string group = resource->group.empty() ? "" : fmt::format(".{}", resource->group);
    out.push_back({fmt::format("{}{}", resource->resource, group), std::string(resource->kind)});
  }
  return of_words(std::move(out));
}

Completion subresources(const Request&) {
  const rbac::ResourceCatalog catalog;
  std::set<std::string_view> names;
  for (const rbac::ApiResource* resource : catalog.resources()) {
    names.insert(resource->subresources.begin(), resource->subresources.end());
  }
  std::vector<Candidate> out;
  for (const std::string_view name : names) out.push_back({std::string(name), ""});
  return of_words(std::move(out));
}

Completion api_groups(const Request&) {
  const rbac::ResourceCatalog catalog;
  std::set<std::string_view> groups;
  for (const rbac::ApiResource* resource : catalog.resources()) groups.insert(resource->group);
  std::vector<Candidate> out;
  for (const std::string_view group : groups) out.push_back({std::string(group), ""});
  return of_words(std::move(out));
}

Completion subject_kinds(const Request&) {
  return of_words({{"User:", ""}, {"Group:", ""}, {"ServiceAccount:", ""}},
                  kCompletionNoFiles | kCompletionNoSpace);
}

Completion releases(const Request&) {
  std::vector<Candidate> out;
  for (int minor = oidc::kNewestKubernetesMinor; minor >= oidc::kOldestKubernetesMinor; --minor) {
    out.push_back({fmt::format("1.{}", minor), ""});
  }
  return of_words(std::move(out));
}

// oidc authenticator: the algorithms that kube-apiserver takes.
Completion algorithms(const Request& request) {
  const std::size_t comma = request.prefix.rfind(',');
  const std::string head(comma == std::string_view::npos ? std::string_view()
                                                         : request.prefix.substr(0, comma + 1));
  std::vector<Candidate> out;
  for (const char* name : {"RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"}) {
    out.push_back({head + name, ""});
  }
  return of_words(std::move(out));
}

struct Placeholder {
  std::string_view name;
  Completion (*values)(const Request&);
};

constexpr std::array kPlaceholders = {
    Placeholder{"FILE", files},
    Placeholder{"[ISSUER=]FILE", files},
    Placeholder{"ENDPOINT=FILE", files},
    Placeholder{"NAME=FILE", files},
    Placeholder{"ARN|FILE", files},
    Placeholder{"DIR", directories},
    Placeholder{"PATH", manifests},
    Placeholder{"RULE", rule_names},
    Placeholder{"RULE=LEVEL", rule_levels},
    Placeholder{"PROVIDER", providers},
    Placeholder{"CONTEXT", contexts},
    Placeholder{"CLUSTER", clusters},
    Placeholder{"KUBECONFIG-USER", kubeconfig_users},
    Placeholder{"NAMESPACE", namespaces},
    Placeholder{"VERB", verbs},
    Placeholder{"RESOURCE", resources},
    Placeholder{"SUBRESOURCE", subresources},
    Placeholder{"GROUP", api_groups},
    Placeholder{"KIND:NAME", subject_kinds},
    Placeholder{"1.NN", releases},
    Placeholder{"ALGS", algorithms},
    // Words of the user's own.
    Placeholder{"BINDING", nothing},
    Placeholder{"CLAIM", nothing},
    Placeholder{"CLAIM=VALUE", nothing},
    Placeholder{"DURATION", nothing},
    Placeholder{"EXPR", nothing},
    Placeholder{"GLOB", nothing},
    Placeholder{"ID", nothing},
    Placeholder{"KEY=VALUE", nothing},
    Placeholder{"N", nothing},
    Placeholder{"NAME", nothing},
    Placeholder{"NAME=TEXT", nothing},
    Placeholder{"NUMBER", nothing},
    Placeholder{"TEXT", nothing},
    Placeholder{"TIME", nothing},
    Placeholder{"UID", nothing},
    Placeholder{"URL", nothing},
};

const Placeholder* find_placeholder(std::string_view name) {
  const auto at = std::find_if(kPlaceholders.begin(), kPlaceholders.end(),
                               [&](const Placeholder& each) { return each.name == name; });
  return at == kPlaceholders.end() ? nullptr : &*at;
}

}  // namespace

bool is_known_placeholder(std::string_view placeholder) { return find_placeholder(placeholder) != nullptr; }

Completion complete_value(const OptionDecl& decl, std::string_view prefix, const GivenOptions& given,
                          const CompletionWorld& world) {
  Completion out;
  if (!decl.choices.empty()) {
    for (const std::string& choice : decl.choices) out.candidates.push_back({choice, ""});
  } else if (const Placeholder* placeholder = find_placeholder(decl.value_name)) {
    out = placeholder->values({prefix, given, world});
  }
  // Extensions are no candidates.
  if ((out.directive & kCompletionExtensions) == 0) keep_matching(out.candidates, prefix);
  return out;
}

}  // namespace oidc_audit::cli
