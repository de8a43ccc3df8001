#include "oidc/aws_arn.h"

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace oidc_audit::oidc {

namespace {

constexpr std::array<std::string_view, 8> kPartitions = {"aws",       "aws-cn",    "aws-us-gov", "aws-iso",
                                                         "aws-iso-b", "aws-iso-e", "aws-iso-f",  "aws-eusc"};

Error refused(std::string message) { return {ErrorKind::malformed, std::move(message)}; }

// `role/a/b/name`: `/a/b/` and `name`.
void split_path(std::string_view resource, IamPrincipal& into) {
  const std::size_t first = resource.find('/');
  const std::size_t last = resource.rfind('/');
  if (first == std::string_view::npos) return;
  into.name = resource.substr(last + 1);
  if (last > first) into.path = resource.substr(first, last + 1 - first);
}

}  // namespace

std::optional<Arn> parse_arn(std::string_view text) {
  constexpr std::string_view kPrefix = "arn:";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  std::array<std::string_view, 4> parts;
  for (std::string_view& part : parts) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    part = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  return Arn{parts[0], parts[1], parts[2], parts[3], text};
}

std::string_view to_string(PrincipalKind kind) {
  switch (kind) {
    case PrincipalKind::role:
      return "role";
    case PrincipalKind::user:
      return "user";
    case PrincipalKind::root:
      return "root";
    case PrincipalKind::federated_user:
      return "federated-user";
    case PrincipalKind::assumed_role:
      return "assumed-role";
  }
  return "";
}

bool is_aws_partition(std::string_view partition) {
  return std::find(kPartitions.begin(), kPartitions.end(), partition) != kPartitions.end();
}

Result<IamPrincipal> read_principal(std::string_view text) {
  const std::string shown(text);
  const std::optional<Arn> arn = parse_arn(text);
  if (!arn) {
    return refused("arn '" + shown + "' is invalid: '" +
                   (text.starts_with("arn:") ? "arn: not enough sections'" : "arn: invalid prefix'"));
  }
  if (!is_aws_partition(arn->partition))
    return refused("arn '" + shown + "' does not have a recognized partition");
  IamPrincipal principal;
  principal.arn = principal.canonical = shown;
  principal.partition = arn->partition;
  principal.account = arn->account;
  const std::string_view type = arn->resource.substr(0, arn->resource.find('/'));
  const std::string resource(arn->resource);
  if (arn->service == "sts") {
    if (type == "federated-user") {
      principal.kind = PrincipalKind::federated_user;
      split_path(arn->resource, principal);
      return principal;
    }
    if (type != "assumed-role") return refused("unrecognized resource " + resource + " for service sts");
    const std::size_t last = resource.rfind('/');
    if (last <= type.size()) return refused("assumed-role arn '" + shown + "' does not have a role");
    principal.kind = PrincipalKind::assumed_role;
    principal.session = resource.substr(last + 1);
    split_path(std::string_view(resource).substr(0, last), principal);
    principal.canonical = "arn:" + principal.partition + ":iam::" + principal.account + ":role/" +
                          resource.substr(type.size() + 1, last - type.size() - 1);
    return principal;
  }
  if (arn->service != "iam") {
    return refused("service " + std::string(arn->service) + " in arn " + shown +
                   " is not a valid service for identities");
  }
  if (type == "role") {
    principal.kind = PrincipalKind::role;
  } else if (type == "user") {
    principal.kind = PrincipalKind::user;
  } else if (type == "root") {
    principal.kind = PrincipalKind::root;
  } else {
    return refused("unrecognized resource " + resource + " for service iam");
  }
  split_path(arn->resource, principal);
  return principal;
}

std::string without_role_path(std::string_view text) {
  const std::optional<Arn> arn = parse_arn(text);
  if (!arn || !is_aws_partition(arn->partition) || !arn->resource.starts_with("role/"))
    return std::string(text);
  const std::size_t last = arn->resource.rfind('/');
  if (last == 4) return std::string(text);
  return "arn:" + std::string(arn->partition) + ":iam::" + std::string(arn->account) + ":role/" +
         std::string(arn->resource.substr(last + 1));
}

}  // namespace oidc_audit::oidc
