#include <algorithm>

#include "rules/iam.h"
#include "rules/vocabulary.h"

namespace oidc_audit::rules {
namespace {

using cel::Value;

constexpr std::string_view kText = "string";
constexpr std::string_view kTexts = "list(string)";

Value owned(std::string text) { return Value::string(std::move(text)); }

const IamEntry& entry(const Ask& ask) { return *ask.iam; }

std::vector<std::string> groups(const Ask& ask) {
  std::vector<std::string> out;
  if (entry(ask).mapping == nullptr) return out;
  for (const oidc::ConfigText& group : entry(ask).mapping->groups) out.push_back(group.value);
  return out;
}

std::string username(const Ask& ask) {
  return entry(ask).mapping == nullptr ? std::string(entry(ask).arn()) : entry(ask).mapping->username.value;
}

std::string principal_part(const Ask& ask, std::string oidc::IamPrincipal::*part) {
  const Result<oidc::IamPrincipal> read = oidc::read_principal(entry(ask).arn());
  return read.ok() ? read.value().*part : std::string();
}

std::string principal_kind(const Ask& ask) {
  const Result<oidc::IamPrincipal> read = oidc::read_principal(entry(ask).arn());
  return read.ok() ? std::string(oidc::to_string(read.value().kind)) : std::string();
}

// What stands before the first text that the session's name decides; nullopt: it decides nothing.
std::optional<std::string> before_session(const std::string& text) {
  const std::size_t at = std::min(text.find("{{SessionName}}"), text.find("{{SessionNameRaw}}"));
  if (at == std::string::npos) return std::nullopt;
  return text.substr(0, at);
}

// Whoever names the session chooses a whole name: nothing of its own, or `system:` alone, stands before it.
bool is_session_chosen(const std::string& text) {
  const std::optional<std::string> before = before_session(text);
  return before && (before->empty() || *before == "system:");
}

std::vector<std::string> session_groups(const Ask& ask) {
  std::vector<std::string> out = groups(ask);
  out.erase(
      std::remove_if(out.begin(), out.end(), [](const std::string& g) { return !is_session_chosen(g); }),
      out.end());
  return out;
}

// Names of Kubernetes itself that are no node's.
bool is_reserved(const std::string& name) {
  constexpr std::string_view kNodeGroups[] = {"system:nodes", "system:bootstrappers", "system:node-proxier",
                                              "system:masters"};
  if (!name.starts_with("system:") || name.starts_with("system:node:")) return false;
  return std::find(std::begin(kNodeGroups), std::end(kNodeGroups), name) == std::end(kNodeGroups);
}

std::vector<std::string> reserved_names(const Ask& ask) {
  std::vector<std::string> out;
  if (is_reserved(username(ask))) out.push_back(username(ask));
  for (std::string& group : groups(ask)) {
    if (is_reserved(group)) out.push_back(std::move(group));
  }
  return out;
}

// EKS refuses such names in access entries, but for the ones of nodes that it gives itself (EKS user guide,
// creating access entries).
std::vector<std::string> refused_names(const Ask& ask) {
  constexpr std::string_view kStarts[] = {"system:", "eks:", "aws:", "amazon:", "iam:"};
  std::vector<std::string> out;
  // EKS makes entries of its own for the roles of AWS services.
  if (!entry(ask).is_access_entry() ||
      entry(ask).arn().find(":role/aws-service-role/") != std::string_view::npos)
    return out;
  const bool of_nodes = !entry(ask).mapping->type.empty() && entry(ask).mapping->type != "STANDARD";
  const auto look_at = [&](const std::string& name) {
    if (of_nodes && name.starts_with("system:node")) return;
    if (std::any_of(std::begin(kStarts), std::end(kStarts),
                    [&](std::string_view start) { return name.starts_with(start); })) {
      out.push_back(name);
    }
  };
  look_at(username(ask));
  for (const std::string& group : groups(ask)) look_at(group);
  return out;
}

std::vector<std::string> unknown_variables(const Ask& ask) {
  std::vector<std::string> out;
  std::vector<std::string> texts = groups(ask);
  texts.push_back(username(ask));
  for (const std::string& text : texts) {
    for (std::string& name : oidc::template_variables(text)) {
      if (!oidc::is_template_variable(name)) out.push_back(std::move(name));
    }
  }
  return out;
}

}  // namespace

std::span<const FactRow> iam_rows() {
  static const FactRow rows[] = {
      {"source", kText, [](const Ask& a) { return text_value(entry(a).source()); }},
      {"at", kText, [](const Ask& a) { return owned(entry(a).at()); }},
      {"arn", kText, [](const Ask& a) { return text_value(entry(a).arn()); }},
      {"meant_arn", kText, [](const Ask& a) { return owned(entry(a).meant_arn()); }},
      {"principal_kind", kText, [](const Ask& a) { return owned(principal_kind(a)); }},
      {"account", kText, [](const Ask& a) { return owned(principal_part(a, &oidc::IamPrincipal::account)); }},
      {"principal_name", kText,
       [](const Ask& a) { return owned(principal_part(a, &oidc::IamPrincipal::name)); }},
      {"username", kText, [](const Ask& a) { return owned(username(a)); }},
      {"groups", kTexts, [](const Ask& a) { return texts_value(groups(a)); }},
      {"counts", "bool",
       [](const Ask& a) {
         return Value::boolean(entry(a).mapping == nullptr || entry(a).mapping->counts());
       }},
      {"never_matches", kText, [](const Ask& a) { return owned(entry(a).never_matches()); }},
      {"session_chooses_username", "bool",
       [](const Ask& a) { return Value::boolean(is_session_chosen(username(a))); }},
      {"session_groups", kTexts, [](const Ask& a) { return texts_value(session_groups(a)); }},
      {"reserved_names", kTexts, [](const Ask& a) { return texts_value(reserved_names(a)); }},
      {"refused_names", kTexts, [](const Ask& a) { return texts_value(refused_names(a)); }},
      {"unknown_variables", kTexts, [](const Ask& a) { return texts_value(unknown_variables(a)); }},
  };
  return rows;
}

}  // namespace oidc_audit::rules
