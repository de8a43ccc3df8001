#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "oidc/authenticator.h"
#include "source/source_manager.h"

namespace oidc_audit::cli {

class CommandSpec;
struct Context;
struct PolicyInputs;

/// An IAM identity of an EKS cluster, and what maps it to a user.
struct IamOptions {
  std::optional<std::string> identity;      ///< --aws-identity: an ARN, or a file
  std::optional<std::string> aws_auth;      ///< --aws-auth
  std::vector<std::string> access_entries;  ///< --access-entries
  std::vector<std::string> values;          ///< --aws-value NAME=VALUE

  bool given() const { return identity.has_value(); }
  bool needs_aws_auth() const { return given() && !aws_auth; }  ///< from where the objects are from
  bool reads_stdin() const {
    return identity == "-" || aws_auth == "-" ||
           std::find(access_entries.begin(), access_entries.end(), "-") != access_entries.end();
  }
  bool any() const { return given() || aws_auth || !access_entries.empty() || !values.empty(); }
};

/// Declares --aws-identity, --aws-auth, --access-entries and --aws-value, in the group `IAM identity (EKS)`.
void add_iam_options(CommandSpec& spec, IamOptions& options);

/// Reads an identity that comes from standard input, so that it can be asked about more than once.
Result<void> settle_iam(IamOptions& options, Context& context);

/// Who an EKS cluster says the identity is. Texts are added to `sources`. Of `loaded`, which may be null, the
/// ConfigMap `aws-auth` counts without --aws-auth, and access entries among the files without
/// --access-entries. What is wrong with the mappings is printed. Fails
/// (usage, unreadable, malformed) when nothing can be answered. REQUIRES: options.given().
Result<oidc::AuthenticationResult> authenticate_iam(const IamOptions& options, Context& context,
                                                    SourceManager& sources,
                                                    const PolicyInputs* loaded = nullptr);

}  // namespace oidc_audit::cli
