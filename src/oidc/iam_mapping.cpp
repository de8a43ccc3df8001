#include "oidc/iam_mapping.h"

#include <algorithm>
#include <array>

#include "base/glob.h"
#include "base/go_quote.h"
#include "base/strings.h"
#include "oidc/authenticator.h"
#include "oidc/go_json.h"

namespace oidc_audit::oidc {

namespace {

constexpr std::array<std::string_view, 5> kVariables = {"EC2PrivateDNSName", "AccountID", "SessionName",
                                                        "SessionNameRaw", "AccessKeyID"};

std::string braced(std::string_view name) { return "{{" + std::string(name) + "}}"; }

bool has_variable(std::string_view text, std::string_view name) {
  return text.find(braced(name)) != std::string_view::npos;
}

// `^i-(\w{8}|\w{17})$` (server.go instanceIDPattern).
bool is_instance_id(std::string_view session) {
  if (!session.starts_with("i-") || (session.size() != 10 && session.size() != 19)) return false;
  return std::all_of(session.begin() + 2, session.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
}

// Into the ConfigMap; what stands in the string there has no pointer of its own.
std::string pointer_to(const IamMapping& mapping) {
  if (mapping.source == IamSource::access_entry) return {};
  return "/data/" + std::string(to_string(mapping.source));
}

bool same_principal(const IamMapping& mapping, const std::string& canonical) {
  if (!mapping.counts() || mapping.arn.empty()) return false;
  if (mapping.source == IamSource::access_entry)
    return to_lower_ascii(without_role_path(mapping.arn.value)) == canonical;
  return go_field_matches(mapping.arn.value, canonical);
}

/// One identity on its way through the mappings.
class Mapper {
 public:
  Mapper(const IamMappings& mappings, const IamIdentity& identity)
      : mappings_(mappings), identity_(identity), principal_(identity.principal) {
    // STS never tells the path of a role.
    arn_ = principal_.kind == PrincipalKind::role ? without_role_path(principal_.canonical)
                                                  : principal_.canonical;
    canonical_ = to_lower_ascii(arn_);
    result_.issuer = "sts.amazonaws.com";
    result_.signature = SignatureCheck::assumed;
  }

  Result<AuthenticationResult> run() {
    const IamMapping* const mapping = find();
    if (mapping == nullptr && is_listed()) {
      return Error(
          ErrorKind::usage,
          "`" + arn_ + "` has an access entry, and the list of entries does not say what it becomes",
          "give what `aws eks describe-access-entry --cluster-name CLUSTER --principal-arn ARN` prints");
    }
    add_notes(mapping);
    if (mapping != nullptr) {
      RETURN_IF_ERROR(take(*mapping));
      return std::move(result_);
    }
    for (const ConfigText& account : mappings_.accounts) {
      if (account.value != principal_.account) continue;
      result_.mapped_by = "mapAccounts of ConfigMap/kube-system/aws-auth";
      result_.pointer = "/data/mapAccounts";
      result_.range = account.range;
      accept(arn_, {});
      return std::move(result_);
    }
    refuse_unmapped();
    return std::move(result_);
  }

 private:
  // Access entries come before the ConfigMap, roles before users.
  const IamMapping* find() {
    const IamMapping* best = nullptr;
    const auto rank = [](IamSource source) {
      return source == IamSource::access_entry ? 0 : source == IamSource::map_roles ? 1 : 2;
    };
    for (const IamMapping& mapping : mappings_.entries) {
      if (!same_principal(mapping, canonical_)) continue;
      if (best == nullptr) {
        best = &mapping;
        continue;
      }
      const IamMapping* loser = &mapping;
      if (rank(mapping.source) < rank(best->source)) std::swap(best, loser);
      if (loser->source == best->source) {
        result_.notes.push_back(
            "`" + best->at() + "` and `" + loser->at() +
            "` name the same user in different case; which of them counts is left to chance");
      } else {
        result_.notes.push_back("`" + loser->at() + "` maps it too and does not count: " +
                                (best->source == IamSource::access_entry
                                     ? "access entries come first"
                                     : "roles are looked at before users"));
      }
    }
    return best;
  }

  bool is_listed() const {
    return std::any_of(mappings_.listed.begin(), mappings_.listed.end(), [&](const ConfigText& arn) {
      return to_lower_ascii(without_role_path(arn.value)) == canonical_;
    });
  }

  void add_notes(const IamMapping* mapping) {
    for (const AccessPolicy& policy : mappings_.policies) {
      if (to_lower_ascii(without_role_path(policy.principal)) != canonical_) continue;
      result_.notes.push_back(
          "the access policy " + policy.text() +
          " is associated with it: EKS grants by that beside RBAC, which is not looked at here");
    }
    const bool from_entry = mapping != nullptr && mapping->source == IamSource::access_entry;
    if (!mappings_.has_access_entries) {
      result_.notes.emplace_back(
          "access entries were not given; where the cluster has one for this principal, it counts instead");
    } else if (!from_entry && mappings_.has_aws_auth) {
      result_.notes.emplace_back("the ConfigMap counts unless the cluster's authentication mode is API");
    }
  }

  Result<std::string> render(const ConfigText& text) {
    std::string out = text.value;
    const auto missing = [&](std::string_view name, std::string_view what, std::string hint) {
      return Error(ErrorKind::usage, "`" + text.value + "` needs " + braced(name) + ", " + std::string(what),
                   std::move(hint));
    };
    const bool session_unknown = principal_.kind == PrincipalKind::role;
    if (session_unknown && (has_variable(out, "SessionName") || has_variable(out, "SessionNameRaw") ||
                            has_variable(out, "EC2PrivateDNSName"))) {
      return missing(has_variable(out, "EC2PrivateDNSName") ? "EC2PrivateDNSName" : "SessionName",
                     "which the ARN of a role does not tell",
                     "give the ARN of its session: arn:" + principal_.partition +
                         ":sts::" + principal_.account + ":assumed-role/" + principal_.name + "/SESSION");
    }
    if (has_variable(out, "EC2PrivateDNSName")) {
      if (!is_instance_id(principal_.session)) {
        refusal_ = "SessionName did not contain an instance id";
        return out;
      }
      if (identity_.private_dns_name.empty())
        return missing("EC2PrivateDNSName", "which only EC2 knows", "--aws-value EC2PrivateDNSName=NAME");
      out = replace_all(out, braced("EC2PrivateDNSName"), identity_.private_dns_name);
    }
    out = replace_all(out, braced("AccountID"), principal_.account);
    out = replace_all(out, braced("SessionName"), replace_all(principal_.session, "@", "-"));
    out = replace_all(out, braced("SessionNameRaw"), principal_.session);
    if (has_variable(out, "AccessKeyID")) {
      if (identity_.access_key_id.empty())
        return missing("AccessKeyID", "which the ARN does not tell", "--aws-value AccessKeyID=ID");
      out = replace_all(out, braced("AccessKeyID"), identity_.access_key_id);
    }
    return out;
  }

  Result<void> take(const IamMapping& mapping) {
    result_.mapped_by = "`" + mapping.at() + "` of " + mapping.object;
    result_.pointer = pointer_to(mapping);
    result_.range = mapping.range;
    ASSIGN_OR_RETURN(std::string name, render(mapping.username));
    std::vector<std::string> groups;
    const ConfigText* template_text = &mapping.username;
    for (const ConfigText& group : mapping.groups) {
      if (!refusal_.empty()) break;
      template_text = &group;
      ASSIGN_OR_RETURN(std::string rendered, render(group));
      groups.push_back(std::move(rendered));
    }
    if (!refusal_.empty()) {
      refuse("error rendering " + std::string(template_text == &mapping.username ? "username" : "group") +
                 " template " + go_quote(template_text->value) + ": " + refusal_,
             "the session is named `" + principal_.session +
                 "`, which is no instance id, and {{EC2PrivateDNSName}} is for EC2 instances alone",
             "use {{SessionName}} for what is no node, or map another role");
      result_.at = mapping.at();
      result_.range = template_text->range ? template_text->range : mapping.range;
      return {};
    }
    if (mapping.username.empty()) {
      result_.notes.emplace_back(
          "the entry has no username: the user name is empty, and only groups can be bound");
    }
    for (const ConfigText* text : templates(mapping)) {
      for (const std::string& variable : template_variables(text->value)) {
        if (!is_template_variable(variable))
          result_.notes.push_back("`" + braced(variable) + "` is no variable and stays as it is");
      }
    }
    accept(std::move(name), std::move(groups));
    return {};
  }

  static std::vector<const ConfigText*> templates(const IamMapping& mapping) {
    std::vector<const ConfigText*> out = {&mapping.username};
    for (const ConfigText& group : mapping.groups) out.push_back(&group);
    return out;
  }

  void accept(std::string name, std::vector<std::string> groups) {
    result_.outcome = Outcome::user;
    result_.stage = Stage::done;
    UserInfo& user = result_.user;
    user.name = std::move(name);
    user.groups = std::move(groups);
    if (!identity_.user_id.empty())
      user.uid = "aws-iam-authenticator:" + principal_.account + ":" + identity_.user_id;
    const auto add = [&user](std::string key, std::string value) {
      user.extra.emplace_back(std::move(key), std::vector<std::string>());
      user.extra.back().second.push_back(std::move(value));
    };
    if (!identity_.access_key_id.empty()) add("accessKeyId", identity_.access_key_id);
    add("arn", principal_.arn);
    add("canonicalArn", arn_);
    if (!identity_.user_id.empty()) add("principalId", identity_.user_id);
    if (principal_.kind != PrincipalKind::role) add("sessionName", principal_.session);
    if (!identity_.user_id.empty()) add("sigs.k8s.io/aws-iam-authenticator/principalId", identity_.user_id);
  }

  void refuse(std::string error, std::string message, std::string fix) {
    result_.outcome = Outcome::rejected;
    result_.stage = Stage::iam_mapping;
    result_.cause = AuthnCause::iam_not_mapped;
    result_.error = std::move(error);
    result_.message = std::move(message);
    result_.fix = std::move(fix);
    result_.mapped_by.clear();
  }

  // What an entry that does not match has wrong; empty: it is about somebody else.
  struct Nearly {
    int rank = 0;  // the smallest counts
    std::string message;
    std::string fix;
  };
  std::optional<Nearly> nearly(const IamMapping& mapping) const {
    const std::string at = "`" + mapping.at() + "`";
    const std::string set = "write `" + arn_ + "` in " + at;
    if (!mapping.counts() && !mapping.arn.empty()) return std::nullopt;
    if (!mapping.sso_permission_set.empty()) {
      const std::string front = "AWSReservedSSO_" + mapping.sso_permission_set + "_";
      if (!principal_.name.starts_with(front)) return std::nullopt;
      return Nearly{1, at + " is for this permission set, and " + mapping.ignored, set + " as its rolearn"};
    }
    const Result<IamPrincipal> read = read_principal(trim_ascii(mapping.arn.value));
    if (mapping.arn.value.find_first_of("*?") != std::string::npos && matches_glob(mapping.arn.value)) {
      return Nearly{3, at + " would match if `*` were a pattern, and ARNs are compared as a whole", set};
    }
    if (!read.ok()) return std::nullopt;
    const IamPrincipal& other = read.value();
    const bool same_name = to_lower_ascii(other.name) == to_lower_ascii(principal_.name);
    const bool is_role =
        principal_.kind == PrincipalKind::role || principal_.kind == PrincipalKind::assumed_role;
    const bool other_role = other.kind == PrincipalKind::role || other.kind == PrincipalKind::assumed_role;
    if (other.account == principal_.account && same_name && is_role == other_role) {
      if (trim_ascii(mapping.arn.value).size() != mapping.arn.value.size())
        return Nearly{0, at + " has white space around the ARN, which is part of it", set};
      if (other.kind == PrincipalKind::assumed_role)
        return Nearly{0, at + " names a session of the role, and sessions are compared as their role", set};
      if (other.path != principal_.path || !other.path.empty()) {
        return is_role ? Nearly{0,
                                at + " names the role with its path `" + other.path +
                                    "`, and STS tells no path of a role, so that it never matches",
                                set + " (without the path)"}
                       : Nearly{1, at + " names the user with another path", set};
      }
      if (other.partition != principal_.partition) return Nearly{2, at + " names another partition", set};
    }
    if (same_name && is_role == other_role && other.account != principal_.account)
      return Nearly{4, at + " names the same " + (is_role ? "role" : "user") + " of account " + other.account,
                    set};
    if (same_name && other.account == principal_.account && is_role != other_role)
      return Nearly{5, at + " names a " + std::string(to_string(other.kind)) + " of this name", set};
    if (other.account == principal_.account && is_role == other_role && !principal_.name.empty() &&
        edit_distance(other.name, principal_.name, 2) <= 2) {
      return Nearly{6, at + " names `" + other.name + "`, which differs in spelling", set};
    }
    return std::nullopt;
  }

  // `*` and `?` of the entry as IAM would take them; linear in practice, ARNs are short.
  bool matches_glob(std::string_view pattern) const {
    constexpr std::size_t kLongest = 2048;
    if (pattern.size() > kLongest || arn_.size() > kLongest) return false;
    return glob_matches(pattern, arn_);
  }

  void refuse_unmapped() {
    constexpr std::size_t kMostCompared = 10'000;
    std::optional<Nearly> best;
    const IamMapping* nearest_entry = nullptr;
    std::size_t compared = 0;
    for (const IamMapping& mapping : mappings_.entries) {
      if (++compared > kMostCompared) break;
      std::optional<Nearly> own = nearly(mapping);
      if (!own || (best && best->rank <= own->rank)) continue;
      best = std::move(own);
      nearest_entry = &mapping;
    }
    const std::string who = "`" + arn_ + "`";
    if (best) {
      refuse("identity is not mapped", "nothing maps " + who + "; " + best->message, best->fix);
      result_.at = nearest_entry->at();
      result_.pointer = pointer_to(*nearest_entry);
      result_.range = nearest_entry->arn.range ? nearest_entry->arn.range : nearest_entry->range;
      result_.comparisons.push_back({"ARN", nearest_entry->arn.value, arn_});
      return;
    }
    refuse(
        "identity is not mapped", "nothing maps " + who + " or its account",
        "create an access entry: aws eks create-access-entry --cluster-name CLUSTER --principal-arn " + arn_);
    result_.notes.emplace_back(
        "the principal that created a cluster with the ConfigMap alone is a member of system:masters, and "
        "no object shows it");
  }

  const IamMappings& mappings_;
  const IamIdentity& identity_;
  const IamPrincipal& principal_;
  std::string arn_;
  std::string canonical_;
  std::string refusal_;
  AuthenticationResult result_;
};

}  // namespace

std::vector<std::string> template_variables(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t at = text.find("{{"); at != std::string_view::npos; at = text.find("{{", at)) {
    const std::size_t end = text.find("}}", at + 2);
    if (end == std::string_view::npos) break;
    std::string name(text.substr(at + 2, end - at - 2));
    if (std::find(names.begin(), names.end(), name) == names.end() && names.size() < 100)
      names.push_back(std::move(name));
    at = end + 2;
  }
  return names;
}

bool is_template_variable(std::string_view name) {
  return std::find(kVariables.begin(), kVariables.end(), name) != kVariables.end();
}

Result<IamIdentity> read_iam_identity(std::string_view text) {
  const std::string_view bare = trim_ascii(text);
  IamIdentity identity;
  std::string arn(bare);
  if (!bare.starts_with("arn:")) {
    Result<JsonDocument> document = JsonDocument::parse(std::string(bare));
    const auto member = [&](std::string_view key) -> std::string {
      const auto value = document.value().root().find(key);
      return value && value->is(JsonKind::string) ? value->string() : std::string();
    };
    if (!document.ok() || !document.value().root().is(JsonKind::object) || member("Arn").empty()) {
      return Error(
          ErrorKind::malformed, "this is neither an ARN nor what `aws sts get-caller-identity` prints",
          "arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION, arn:aws:iam::ACCOUNT:user/NAME, or the file");
    }
    arn = member("Arn");
    identity.user_id = member("UserId");
  }
  Result<IamPrincipal> principal = read_principal(arn);
  if (!principal.ok()) return std::move(principal).error();
  identity.principal = std::move(principal).value();
  // `AROA...:session` of an assumed role (token.go getIdentityFromSTSResponse).
  const std::size_t colon = identity.user_id.find(':');
  if (identity.principal.kind == PrincipalKind::assumed_role && colon != std::string::npos) {
    identity.principal.session = identity.user_id.substr(colon + 1);
    identity.user_id.resize(colon);
  }
  return identity;
}

Result<AuthenticationResult> map_iam_identity(const IamMappings& mappings, const IamIdentity& identity) {
  return Mapper(mappings, identity).run();
}

}  // namespace oidc_audit::oidc
