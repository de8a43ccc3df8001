#include "rules/iam.h"

#include <charconv>

#include "base/strings.h"
#include "rbac/inventory.h"

namespace oidc_audit::rules {

std::string_view IamEntry::source() const {
  return mapping == nullptr ? std::string_view("mapAccounts") : oidc::to_string(mapping->source);
}

bool IamEntry::is_access_entry() const {
  return mapping != nullptr && mapping->source == oidc::IamSource::access_entry;
}

std::string IamEntry::at() const {
  return mapping != nullptr ? mapping->at() : "mapAccounts[" + std::to_string(index) + "]";
}

std::string_view IamEntry::arn() const { return mapping != nullptr ? mapping->arn.value : account->value; }

std::string IamEntry::never_matches() const {
  if (mapping == nullptr || !mapping->counts() || mapping->arn.empty()) return {};
  const std::string& written = mapping->arn.value;
  if (written.find_first_of("*?") != std::string::npos)
    return "ARNs are compared as a whole, and `*` is no pattern";
  if (trim_ascii(written).size() != written.size())
    return "white space stands around the ARN and is part of it";
  const Result<oidc::IamPrincipal> read = oidc::read_principal(written);
  if (!read.ok()) return "it is no ARN of an IAM identity";
  if (read.value().kind == oidc::PrincipalKind::assumed_role)
    return "sessions are compared as the role that they are of";
  // EKS keeps the paths of roles in access entries and looks past them.
  if (!is_access_entry() && read.value().kind == oidc::PrincipalKind::role && !read.value().path.empty())
    return "STS tells no path of a role, and the entry has `" + read.value().path + "`";
  return {};
}

std::string IamEntry::meant_arn() const {
  if (mapping == nullptr) return {};
  const Result<oidc::IamPrincipal> read = oidc::read_principal(trim_ascii(mapping->arn.value));
  if (!read.ok() || mapping->arn.value.find_first_of("*?") != std::string::npos) return {};
  return oidc::without_role_path(read.value().canonical);
}

namespace {

void forget(oidc::ConfigText& text) { text.range.reset(); }

// What was read is an answer of a server, which nobody can open. Access entries are always from files.
void forget_places(oidc::IamMappings& mappings, std::size_t first_issue) {
  for (oidc::IamMapping& mapping : mappings.entries) {
    if (mapping.source == oidc::IamSource::access_entry) continue;
    mapping.range.reset();
    forget(mapping.arn);
    forget(mapping.username);
    for (oidc::ConfigText& group : mapping.groups) forget(group);
  }
  for (oidc::ConfigText& account : mappings.accounts) forget(account);
  for (std::size_t i = first_issue; i < mappings.issues.size(); ++i) {
    Issue& issue = mappings.issues[i];
    issue.location.range.reset();
    issue.location.object.cluster = mappings.cluster;
    for (RelatedLocation& related : issue.related) related.location.range.reset();
  }
}

}  // namespace

void add_iam_mappings(const rbac::Inventory& inventory, const SourceManager& sources,
                      oidc::IamMappings& into) {
  for (const rbac::OtherObject* object : inventory.others("ConfigMap")) {
    if (!oidc::is_aws_auth(object->value)) continue;
    const std::size_t first_issue = into.issues.size();
    oidc::add_aws_auth(sources, object->value, into);
    into.cluster = object->meta.cluster;
    if (!into.cluster.empty()) forget_places(into, first_issue);
  }
}

std::vector<IamEntry> iam_entries(const oidc::IamMappings& mappings) {
  std::vector<IamEntry> out;
  out.reserve(mappings.entries.size() + mappings.accounts.size());
  for (const oidc::IamMapping& mapping : mappings.entries)
    out.push_back({&mapping, nullptr, 0, mappings.cluster});
  for (std::size_t i = 0; i < mappings.accounts.size(); ++i)
    out.push_back({nullptr, &mappings.accounts[i], i, mappings.cluster});
  return out;
}

Location place_in_iam(const IamEntry& entry, std::string_view pointer) {
  Location out;
  if (entry.is_access_entry()) {
    out.object = {{}, "AccessEntry", {}, entry.mapping->arn.value};
    out.pointer = "/principalArn";
  } else {
    out.object = {"v1", "ConfigMap", "kube-system", "aws-auth", std::string(entry.cluster)};
    out.pointer = "/data/" + std::string(entry.source());
  }
  if (entry.mapping == nullptr) {
    out.range = entry.account->range;
    return out;
  }
  const oidc::IamMapping& mapping = *entry.mapping;
  out.range = mapping.arn.range ? mapping.arn.range : mapping.range;
  constexpr std::string_view kGroups = "/groups/";
  if (pointer == "/username" && mapping.username.range) {
    out.range = mapping.username.range;
    if (entry.is_access_entry()) out.pointer = "/username";
  } else if (pointer.starts_with(kGroups)) {
    std::size_t index = 0;
    const std::string_view digits = pointer.substr(kGroups.size());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    if (error == std::errc() && end == digits.data() + digits.size() && index < mapping.groups.size())
      out.range = mapping.groups[index].range;
    if (entry.is_access_entry()) out.pointer = "/kubernetesGroups/" + std::string(digits);
  }
  return out;
}

}  // namespace oidc_audit::rules
