#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace oidc_audit::oidc {

/// An Amazon Resource Name, `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`; views of the text it was read
/// from.
struct Arn {
  std::string_view partition;
  std::string_view service;
  std::string_view region;
  std::string_view account;
  std::string_view resource;
};

/// As the AWS SDK parses them: `arn:` and six parts, of which the last may hold colons. Nothing is checked
/// beyond that.
std::optional<Arn> parse_arn(std::string_view text);

enum class PrincipalKind : std::uint8_t { role, user, root, federated_user, assumed_role };
std::string_view to_string(PrincipalKind kind);

/// An IAM identity as aws-iam-authenticator understands its ARN (pkg/arn/arn.go Canonicalize).
struct IamPrincipal {
  PrincipalKind kind = PrincipalKind::role;
  std::string arn;        ///< as given
  std::string canonical;  ///< that of an assumed role is the role's
  std::string partition;
  std::string account;
  std::string path;     ///< of a role or user: `/team/` of `role/team/deployer`; empty: none
  std::string name;     ///< without path and session
  std::string session;  ///< of an assumed role
};

/// Fails (malformed) with the authenticator's own words when the ARN names no identity that it takes.
Result<IamPrincipal> read_principal(std::string_view arn);

/// The ARN of a role without its path (StripPath); every other text as it is.
std::string without_role_path(std::string_view arn);

/// One of the partitions that aws-iam-authenticator knows (pkg/endpoints/partitions.go).
bool is_aws_partition(std::string_view partition);

}  // namespace oidc_audit::oidc
