#include <algorithm>
#include <array>
#include <map>

#include "base/strings.h"
#include "document/embedded_text.h"
#include "oidc/go_json.h"
#include "oidc/iam_mapping.h"
#include "source/source_manager.h"

namespace oidc_audit::oidc {

namespace {

using document::NodeKind;
using document::Value;

constexpr std::size_t kMostEntries = 100'000;
constexpr std::size_t kMostIssues = 1'000;

ObjectRef reference() { return {"v1", "ConfigMap", "kube-system", "aws-auth"}; }

// configmap.go isSkippable.
bool is_skippable(std::string_view text) {
  const std::string_view bare = trim_ascii(text);
  return bare.empty() || bare == "``" || bare == "\"\"" || bare == "''";
}

class AwsAuthReader {
 public:
  AwsAuthReader(const SourceManager& sources, IamMappings& into) : sources_(sources), into_(into) {}

  void read(Value config_map) {
    into_.has_aws_auth = true;
    const Value data = config_map.find("data");
    for (const auto& [key, value] : data.members()) check_key(key);
    list(data, "mapUsers", "userarn", IamSource::map_users);
    list(data, "mapRoles", "rolearn", IamSource::map_roles);
    accounts(data);
    drop_replaced(IamSource::map_roles);
    drop_replaced(IamSource::map_users);
  }

 private:
  void report(std::string code, std::string_view list, SourceRange range, std::string message,
              std::string hint = {}) {
    if (into_.issues.size() >= kMostIssues) return;
    Issue issue;
    issue.code = std::move(code);
    issue.message = std::move(message);
    issue.hint = std::move(hint);
    issue.location.object = reference();
    issue.location.pointer = "/data/" + std::string(list);
    issue.location.range = range;
    into_.issues.push_back(std::move(issue));
  }

  void check_key(Value key) {
    constexpr std::array<std::string_view, 3> kKeys = {"mapRoles", "mapUsers", "mapAccounts"};
    const std::string_view name = key.text();
    if (std::find(kKeys.begin(), kKeys.end(), name) != kKeys.end()) return;
    for (const std::string_view known : kKeys) {
      if (to_lower_ascii(name) != to_lower_ascii(known)) continue;
      report("aws-auth-unknown-key", name, key.range(),
             "`" + std::string(name) + "` is not read: keys of a ConfigMap count with their case",
             "write `" + std::string(known) + "`");
    }
  }

  // The root of the YAML in data.KEY; absent when there is nothing to read.
  Value root_of(Value data, std::string_view key, std::unique_ptr<document::EmbeddedDocuments>& inner) {
    const Value text = data.find(key);
    if (!text.exists() || text.is_null()) return {};
    if (!text.is_string()) {
      report("aws-auth-not-text", key, text.range(),
             "`" + std::string(key) + "` must be a string that holds YAML, and an API server refuses it",
             "write `" + std::string(key) + ": |` and the list indented below it");
      return {};
    }
    if (is_skippable(text.text())) return {};
    inner = std::make_unique<document::EmbeddedDocuments>(sources_, text);
    if (!unreadable(key, text, *inner)) return inner->documents().front().root;
    return {};
  }

  // Only the first document counts.
  bool unreadable(std::string_view key, Value text, const document::EmbeddedDocuments& inner) {
    if (!inner.documents().empty()) {
      const SourceRange first = inner.outer(inner.documents().front().range);
      const bool later = std::none_of(inner.issues().begin(), inner.issues().end(), [&](const Issue& issue) {
        return issue.level == IssueLevel::error &&
               (!issue.location.range || issue.location.range->begin < first.end);
      });
      if (later) return false;
    } else if (!inner.failed() && inner.issues().empty()) {
      return true;  // nothing but comments
    }
    SourceRange range = text.range();
    std::string why = "it is no YAML";
    for (const Issue& issue : inner.issues()) {
      if (issue.level != IssueLevel::error && issue.code != "helm-template") continue;
      if (issue.location.range) range = *issue.location.range;
      // Braces that the authenticator fills in are a mapping to YAML when nothing quotes them.
      why =
          issue.code == "helm-template" ? "`{{` at the start of a value is a mapping to YAML" : issue.message;
      break;
    }
    report("aws-auth-unreadable", key, range,
           "`" + std::string(key) + "` cannot be read, so nothing in it is mapped: " + why,
           why.starts_with("`{{`") ? "quote the value: username: \"{{SessionName}}\"" : "");
    return true;
  }

  void list(Value data, std::string_view key, std::string_view arn_field, IamSource source) {
    std::unique_ptr<document::EmbeddedDocuments> inner;
    const Value root = root_of(data, key, inner);
    if (!root.exists() || root.is_null()) return;
    if (!root.is_sequence()) {
      report("aws-auth-unreadable", key, inner->place(root),
             "`" + std::string(key) + "` must hold a list, so nothing in it is mapped");
      return;
    }
    std::size_t index = 0;
    for (const Value item : root.items()) {
      if (index >= kMostEntries) break;
      IamMapping mapping;
      mapping.source = source;
      mapping.index = index++;
      mapping.object = "ConfigMap/kube-system/aws-auth";
      mapping.range = inner->place(item);
      entry(item, key, arn_field, *inner, mapping);
      into_.entries.push_back(std::move(mapping));
    }
  }

  void entry(Value item, std::string_view key, std::string_view arn_field,
             const document::EmbeddedDocuments& inner, IamMapping& mapping) {
    const std::string name = std::string(key) + "[" + std::to_string(mapping.index) + "]";
    if (item.is_mapping()) {
      fields(item, key, name, arn_field, inner, mapping);
    } else if (!item.is_null()) {
      report("aws-auth-type", key, *mapping.range, "`" + name + "` is no mapping and maps nothing");
      mapping.ignored = "it is no mapping";
      return;
    }
    if (mapping.arn.empty() && mapping.sso_permission_set.empty()) {
      mapping.ignored = "it names no " + std::string(arn_field);
      report("aws-auth-no-arn", key, *mapping.range,
             "`" + name + "` has no `" + std::string(arn_field) + "` and maps nothing");
    } else if (!mapping.arn.empty() && !mapping.sso_permission_set.empty()) {
      mapping.ignored = "it has both a rolearn and an sso section";
      report("aws-auth-no-arn", key, *mapping.range,
             "`" + name + "` has both `rolearn` and `sso` and maps nothing");
    } else if (!mapping.sso_permission_set.empty()) {
      mapping.ignored =
          "sso sections count only in an authenticator started with SSO matching, which EKS has not";
    }
  }

  // Keys of the JSON that the YAML becomes stand sorted, match fields in any case, and the last one counts.
  void fields(Value item, std::string_view key, const std::string& name, std::string_view arn_field,
              const document::EmbeddedDocuments& inner, IamMapping& mapping) {
    std::map<std::string_view, std::pair<Value, Value>> sorted;
    for (const auto& [field, value] : item.members()) sorted[field.text()] = {field, value};
    for (const auto& [field_name, member] : sorted) {
      const auto& [field, value] = member;
      const auto is = [key_text = field.text()](std::string_view wanted) {
        return go_field_matches(key_text, wanted);
      };
      if (is(arn_field)) {
        text(value, key, name, inner, mapping.arn);
      } else if (is("username")) {
        text(value, key, name, inner, mapping.username);
      } else if (is("groups")) {
        groups(value, key, name, inner, mapping.groups);
      } else if (is("userid")) {
        ConfigText unused;
        text(value, key, name, inner, unused);
      } else if (is("sso") && mapping.source == IamSource::map_roles) {
        sso(value, mapping);
      } else {
        report("aws-auth-unknown-key", key, inner.place(field),
               "`" + std::string(field.text()) + "` in `" + name + "` is not read",
               nearest_key(field.text(), arn_field));
      }
    }
  }

  static std::string nearest_key(std::string_view written, std::string_view arn_field) {
    const std::array<std::string_view, 3> known = {arn_field, "username", "groups"};
    const std::string lower = replace_all(to_lower_ascii(written), "_", "");
    const auto found = nearest(lower, known);
    return found ? "did you mean `" + std::string(*found) + "`?" : std::string();
  }

  void text(Value value, std::string_view key, const std::string& name,
            const document::EmbeddedDocuments& inner, ConfigText& into) {
    if (value.is_null()) return;
    if (!value.is_string()) {
      report("aws-auth-type", key, inner.place(value),
             "`" + name + "` has " + kind_word(value) + " where a string must stand, and it is passed over",
             value.is_collection() ? "" : "put it in quotes");
      return;
    }
    into = {std::string(value.text()), inner.place(value)};
  }

  void groups(Value value, std::string_view key, const std::string& name,
              const document::EmbeddedDocuments& inner, std::vector<ConfigText>& into) {
    if (value.is_null()) {
      into.clear();
      return;
    }
    if (!value.is_sequence()) {
      report("aws-auth-type", key, inner.place(value),
             "`groups` of `" + name + "` is " + kind_word(value) + " and not a list, and it is passed over",
             "write a list: groups: [NAME]");
      return;
    }
    into.clear();
    for (const Value item : value.items()) {
      if (into.size() >= kMostEntries) break;
      ConfigText group{"", inner.place(item)};  // what cannot be read is the empty name
      text(item, key, name, inner, group);
      into.push_back(std::move(group));
    }
  }

  static void sso(Value value, IamMapping& mapping) {
    for (const auto& [field, member] : value.members()) {
      if (go_field_matches(field.text(), "permissionsetname")) mapping.sso_permission_set = member.text();
    }
    if (value.is_mapping() && mapping.sso_permission_set.empty()) mapping.sso_permission_set = "?";
  }

  static std::string kind_word(Value value) {
    switch (value.kind()) {
      case NodeKind::boolean:
        return "a boolean";
      case NodeKind::integer:
      case NodeKind::floating:
        return "a number";
      case NodeKind::sequence:
        return "a list";
      case NodeKind::mapping:
        return "a mapping";
      case NodeKind::null:
        return "null";
      case NodeKind::string:
        return "a string";
    }
    return "";
  }

  // Plain YAML and not JSON: a number is taken as it is written.
  void accounts(Value data) {
    constexpr std::string_view kKey = "mapAccounts";
    std::unique_ptr<document::EmbeddedDocuments> inner;
    const Value root = root_of(data, kKey, inner);
    if (!root.exists() || root.is_null()) return;
    if (!root.is_sequence()) {
      report("aws-auth-unreadable", kKey, inner->place(root),
             "`mapAccounts` must hold a list of account ids");
      return;
    }
    for (const Value item : root.items()) {
      if (into_.accounts.size() >= kMostEntries) break;
      if (item.is_collection() || item.is_null()) {
        report("aws-auth-type", kKey, inner->place(item),
               "`mapAccounts` holds something that is no account id");
        continue;
      }
      into_.accounts.push_back({std::string(item.text()), inner->place(item)});
    }
  }

  // saveMap: roles by their ARN in lower case, users by it as written.
  void drop_replaced(IamSource source) {
    std::map<std::string, std::size_t> last;
    for (std::size_t i = 0; i < into_.entries.size(); ++i) {
      IamMapping& mapping = into_.entries[i];
      if (mapping.source != source || mapping.arn.empty()) continue;
      if (!mapping.counts()) continue;
      const std::string key =
          source == IamSource::map_roles ? to_lower_ascii(mapping.arn.value) : mapping.arn.value;
      const auto [found, added] = last.emplace(key, i);
      if (added) continue;
      IamMapping& before = into_.entries[found->second];
      before.ignored = "`" + mapping.at() + "` names the same ARN and stands later";
      report("aws-auth-duplicate", to_string(source), before.range.value_or(SourceRange{}),
             "`" + before.at() + "` does not count: " + before.ignored);
      found->second = i;
    }
  }

  const SourceManager& sources_;
  IamMappings& into_;
};

}  // namespace

std::string_view to_string(IamSource source) {
  switch (source) {
    case IamSource::map_roles:
      return "mapRoles";
    case IamSource::map_users:
      return "mapUsers";
    case IamSource::access_entry:
      return "accessEntry";
  }
  return "";
}

std::string IamMapping::at() const {
  if (source == IamSource::access_entry) return "accessEntry " + arn.value;
  return std::string(to_string(source)) + "[" + std::to_string(index) + "]";
}

bool is_aws_auth(Value object) {
  const Value metadata = object.find("metadata");
  const std::string_view space = metadata.find("namespace").text();
  return object.find("kind").text() == "ConfigMap" && metadata.find("name").text() == "aws-auth" &&
         (space.empty() || space == "kube-system");
}

void add_aws_auth(const SourceManager& sources, Value config_map, IamMappings& into) {
  AwsAuthReader(sources, into).read(config_map);
}

}  // namespace oidc_audit::oidc
