#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diag/issue.h"
#include "document/tree.h"
#include "oidc/auth_config.h"
#include "oidc/aws_arn.h"
#include "source/source_range.h"

namespace oidc_audit {
class SourceManager;
}  // namespace oidc_audit
namespace oidc_audit::document {
class LazyStream;
}

namespace oidc_audit::oidc {

struct AuthenticationResult;

/// Which list of EKS a mapping of an IAM identity stands in.
enum class IamSource : std::uint8_t { map_roles, map_users, access_entry };
/// `mapRoles`, `mapUsers`, `accessEntry`.
std::string_view to_string(IamSource source);

/// An EKS access policy that is associated with an access entry. EKS decides by it beside RBAC.
struct AccessPolicy {
  std::string principal;  ///< ARN of the entry
  std::string arn;
  bool cluster_wide = true;
  std::vector<std::string> namespaces;
  std::optional<SourceRange> range;

  /// `AmazonEKSViewPolicy (namespaces dev, test)`
  std::string text() const;
};

/// What an IAM identity becomes in the cluster.
struct IamMapping {
  IamSource source = IamSource::map_roles;
  std::size_t index = 0;           ///< in its list, as written
  ConfigText arn;                  ///< rolearn, userarn or principalArn, as written
  ConfigText username;             ///< a template
  std::vector<ConfigText> groups;  ///< templates
  std::string type;                ///< of an access entry: `STANDARD`, `EC2_LINUX`, ...
  std::string sso_permission_set;  ///< an entry that matches IAM Identity Center roles instead of an ARN
  /// Why the authenticator passes over the entry as it stands; empty: it counts.
  std::string ignored;
  std::string object;  ///< `ConfigMap/kube-system/aws-auth`, or the file of an access entry
  std::optional<SourceRange> range;

  bool counts() const { return ignored.empty(); }
  /// `mapRoles[0]`, `accessEntry arn:...`
  std::string at() const;
};

/// The mappings of one cluster, from any number of texts.
struct IamMappings {
  std::vector<IamMapping> entries;  ///< in the order they were read
  std::vector<ConfigText> accounts;
  std::vector<AccessPolicy> policies;
  std::vector<ConfigText> listed;  ///< principals of `list-access-entries`, which says no more of them
  std::vector<Issue> issues;
  std::string cluster;  ///< label of the live cluster whose ConfigMap was read; empty: it was in a file
  bool has_aws_auth = false;
  bool has_access_entries = false;
};

/// Whether an object is the ConfigMap `aws-auth` that EKS reads; its namespace may be missing.
bool is_aws_auth(document::Value object);

/// Reads the ConfigMap as aws-iam-authenticator does (pkg/mapper/configmap ParseMap): the values are YAML in
/// strings, keys count in any case, an entry without an ARN is dropped, of two entries for one role the
/// later counts, a list that cannot be read maps nothing.
void add_aws_auth(const SourceManager& sources, document::Value config_map, IamMappings& into);

/// Reads what the AWS command line prints: `describe-access-entry`, `list-access-entries`,
/// `list-associated-access-policies`, single or in a list. False: it is none of these.
bool add_access_entries(const SourceManager& sources, document::Value root, IamMappings& into);

/// Adds the access entries among the documents of a buffer that nobody named as such. A buffer without a word
/// of them is not read at all. Gives back how many documents were such.
std::size_t find_access_entries(document::LazyStream& documents, IamMappings& into);

/// Who presents itself, as STS tells aws-iam-authenticator; what was not given is not known.
struct IamIdentity {
  IamPrincipal principal;
  std::string user_id;  ///< `AROA...`, without the session
  std::string access_key_id;
  std::string private_dns_name;  ///< of the EC2 instance that the session is named for
};

/// From an ARN, or from what `aws sts get-caller-identity` prints. Fails (malformed) when it is neither.
Result<IamIdentity> read_iam_identity(std::string_view text);

/// Who the cluster says the identity is: access entries first, then mapRoles, mapUsers and mapAccounts
/// (pkg/server/server.go doMapping). Unmapped: rejected, with what nearly matched. Fails (usage) when a
/// template needs a value that was not given.
Result<AuthenticationResult> map_iam_identity(const IamMappings& mappings, const IamIdentity& identity);

/// The variables of a template, `SessionName` of `{{SessionName}}`, in order, each once.
std::vector<std::string> template_variables(std::string_view text);
/// Whether the authenticator replaces the variable.
bool is_template_variable(std::string_view name);

}  // namespace oidc_audit::oidc
