#include <unordered_map>

#include "base/strings.h"
#include "document/lazy_stream.h"
#include "oidc/iam_mapping.h"
#include "source/source_manager.h"

namespace oidc_audit::oidc {

namespace {

using document::Value;

constexpr std::size_t kMostEntries = 100'000;
constexpr std::size_t kMostIssues = 1'000;

ConfigText text_of(Value value) {
  if (!value.is_string()) return {};
  return {std::string(value.text()), value.range()};
}

// What EKS makes a username of when none was given (EKS user guide, creating access entries).
std::string default_username(const IamMapping& entry) {
  if (entry.type == "FARGATE_LINUX" || entry.type == "HYBRID_LINUX") return "system:node:{{SessionName}}";
  if (!entry.type.empty() && entry.type != "STANDARD") return "system:node:{{EC2PrivateDNSName}}";
  const Result<IamPrincipal> principal = read_principal(entry.arn.value);
  if (!principal.ok() || principal.value().kind != PrincipalKind::role) return entry.arn.value;
  return "arn:" + principal.value().partition + ":sts::" + principal.value().account + ":assumed-role/" +
         principal.value().name + "/{{SessionName}}";
}

bool is_entry(Value value) {
  return value.find("principalArn").is_string() &&
         (value.find("username").exists() || value.find("kubernetesGroups").exists() ||
          value.find("accessEntryArn").exists());
}

class AccessEntryReader {
 public:
  AccessEntryReader(const SourceManager& sources, IamMappings& into) : sources_(sources), into_(into) {
    for (std::size_t i = 0; i < into.entries.size(); ++i) {
      const IamMapping& entry = into.entries[i];
      if (entry.source != IamSource::access_entry) continue;
      ++count_;
      if (entry.counts()) by_arn_.emplace(entry.arn.value, i);
    }
  }

  bool read(Value root) {
    if (root.is_sequence()) {
      bool any = false;
      for (const Value item : root.items()) any = read_one(item) || any;
      return any || root.size() == 0;
    }
    return read_one(root);
  }

 private:
  void report(SourceRange range, std::string message, std::string hint = {}) {
    if (into_.issues.size() >= kMostIssues) return;
    Issue issue;
    issue.code = "access-entry";
    issue.message = std::move(message);
    issue.hint = std::move(hint);
    issue.location.range = range;
    into_.issues.push_back(std::move(issue));
  }

  bool read_one(Value value) {
    if (!value.is_mapping()) return false;
    if (value.find("accessEntry").is_mapping()) {
      entry(value.find("accessEntry"));
    } else if (value.find("accessEntries").is_sequence()) {
      for (const Value item : value.find("accessEntries").items()) {
        if (item.is_mapping()) {
          entry(item);
        } else if (item.is_string() && into_.listed.size() < kMostEntries) {
          into_.listed.push_back(text_of(item));
        }
      }
    } else if (value.find("associatedAccessPolicies").is_sequence()) {
      policies(value);
    } else if (is_entry(value)) {
      entry(value);
    } else {
      return false;
    }
    into_.has_access_entries = true;
    return true;
  }

  void entry(Value value) {
    if (into_.entries.size() >= kMostEntries) return;
    IamMapping mapping;
    mapping.source = IamSource::access_entry;
    mapping.index = count_++;
    mapping.arn = text_of(value.find("principalArn"));
    mapping.username = text_of(value.find("username"));
    mapping.type = value.find("type").is_string() ? std::string(value.find("type").text()) : "STANDARD";
    mapping.range = value.range();
    mapping.object = sources_.name(value.range().buffer);
    if (mapping.arn.empty()) {
      report(value.range(), "an access entry has no `principalArn`, and it is passed over");
      return;
    }
    if (mapping.username.empty()) mapping.username = {default_username(mapping), {}};
    const Value groups = value.find("kubernetesGroups");
    if (groups.exists() && !groups.is_null() && !groups.is_sequence())
      report(groups.range(), "`kubernetesGroups` is no list, and it is passed over");
    for (const Value group : groups.items()) {
      if (group.is_string()) {
        mapping.groups.push_back(text_of(group));
      } else {
        report(group.range(), "a group of `" + mapping.arn.value + "` is no string, and it is passed over");
      }
    }
    const auto [known, added] = by_arn_.emplace(mapping.arn.value, into_.entries.size());
    if (!added) {
      into_.entries[known->second].ignored = "the same entry was read again";
      known->second = into_.entries.size();
    }
    into_.entries.push_back(std::move(mapping));
  }

  void policies(Value value) {
    const ConfigText principal = text_of(value.find("principalArn"));
    for (const Value item : value.find("associatedAccessPolicies").items()) {
      if (!item.is_mapping() || into_.policies.size() >= kMostEntries) continue;
      AccessPolicy policy;
      policy.principal = principal.value;
      policy.arn = text_of(item.find("policyArn")).value;
      policy.range = item.range();
      const Value scope = item.find("accessScope");
      policy.cluster_wide = scope.find("type").text() != "namespace";
      for (const Value name : scope.find("namespaces").items()) policy.namespaces.emplace_back(name.text());
      into_.policies.push_back(std::move(policy));
    }
  }

  const SourceManager& sources_;
  IamMappings& into_;
  std::size_t count_ = 0;
  std::unordered_map<std::string, std::size_t> by_arn_;
};

}  // namespace

std::string AccessPolicy::text() const {
  const std::size_t slash = arn.rfind('/');
  std::string out = slash == std::string::npos ? arn : arn.substr(slash + 1);
  if (cluster_wide) return out + " (whole cluster)";
  return out + " (" + (namespaces.size() == 1 ? "namespace " : "namespaces ") + join(namespaces, ", ") + ")";
}

bool add_access_entries(const SourceManager& sources, Value root, IamMappings& into) {
  return AccessEntryReader(sources, into).read(root);
}

std::size_t find_access_entries(document::LazyStream& documents, IamMappings& into) {
  const auto has = [&documents](std::string_view word) { return documents.has(word); };
  const bool listed = has("\"accessEntries\"") && has("arn:aws");
  if (!listed && !(has("principalArn") &&
                   (has("accessEntr") || has("associatedAccessPolicies") || has("kubernetesGroups")))) {
    return 0;
  }
  AccessEntryReader reader(documents.sources(), into);
  std::size_t count = 0;
  for (const document::Document& document : documents.stream().documents) {
    // What has a kind is an object of Kubernetes, or of a tool with a form of its own.
    if (!document.root.find("kind").exists() && !document.root.find("apiVersion").exists())
      count += reader.read(document.root) ? 1 : 0;
  }
  return count;
}

}  // namespace oidc_audit::oidc
