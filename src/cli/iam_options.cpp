#include "cli/iam_options.h"

#include <utility>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/inputs.h"
#include "cli/policy_inputs.h"
#include "document/lazy_stream.h"
#include "oidc/iam_mapping.h"
#include "rbac/inventory.h"
#include "rules/iam.h"

namespace oidc_audit::cli {

namespace {

constexpr const char* kGroup = "IAM identity (EKS)";
constexpr std::size_t kMaxBytes = std::size_t{16} << 20;

Result<document::Stream> read_file(const std::string& path, Context& context, SourceManager& sources) {
  Result<std::string> text = path == "-" ? read_stdin(context) : context.files.read(path, kMaxBytes);
  if (!text.ok()) return std::move(text).error();
  ASSIGN_OR_RETURN(const BufferId buffer, sources.add(path, std::move(text).value()));
  document::ReadOptions options;
  options.format = document::format_of_name(path);
  options.comments = false;
  document::Stream stream = document::read_documents(sources, buffer, options);
  print_issues(sources, stream.issues, context);
  if (stream.failed_documents != 0) return Error(ErrorKind::malformed, "`" + path + "` cannot be read");
  return stream;
}

// The ConfigMap itself, or one in a list.
bool find_aws_auth(const SourceManager& sources, document::Value object, oidc::IamMappings& mappings) {
  if (oidc::is_aws_auth(object)) {
    oidc::add_aws_auth(sources, object, mappings);
    return true;
  }
  bool found = false;
  for (const document::Value item : object.find("items").items()) {
    if (!oidc::is_aws_auth(item)) continue;
    oidc::add_aws_auth(sources, item, mappings);
    found = true;
  }
  return found;
}

Result<void> read_aws_auth(const std::string& path, Context& context, SourceManager& sources,
                           oidc::IamMappings& mappings) {
  ASSIGN_OR_RETURN(const document::Stream stream, read_file(path, context, sources));
  bool found = false;
  for (const document::Document& document : stream.documents)
    found = find_aws_auth(sources, document.root, mappings) || found;
  if (found) return {};
  return Error(ErrorKind::malformed, "`" + path + "` holds no ConfigMap `aws-auth`",
               "kubectl get configmap aws-auth -n kube-system -o yaml");
}

Result<void> read_access_entries(const std::string& path, Context& context, SourceManager& sources,
                                 oidc::IamMappings& mappings) {
  ASSIGN_OR_RETURN(const document::Stream stream, read_file(path, context, sources));
  bool found = false;
  for (const document::Document& document : stream.documents) {
    found = oidc::add_access_entries(sources, document.root, mappings);
    if (!found) break;
  }
  if (found) return {};
  return Error(ErrorKind::malformed, "`" + path + "` holds no access entries",
               "what aws eks describe-access-entry, list-access-entries and "
               "list-associated-access-policies print");
}

Result<void> set_values(const IamOptions& options, oidc::IamIdentity& identity) {
  for (const std::string& given : options.values) {
    const std::size_t equals = given.find('=');
    const std::string name = given.substr(0, equals);
    std::string value = equals == std::string::npos ? std::string() : given.substr(equals + 1);
    if (name == "EC2PrivateDNSName") {
      identity.private_dns_name = std::move(value);
    } else if (name == "AccessKeyID") {
      identity.access_key_id = std::move(value);
    } else if (name == "UserId") {
      identity.user_id = std::move(value);
    } else {
      return Error(ErrorKind::usage,
                   "`" + given + "` of --aws-value sets none of the values that an ARN lacks",
                   "EC2PrivateDNSName=NAME, AccessKeyID=ID or UserId=ID");
    }
  }
  return {};
}

Result<oidc::IamIdentity> read_identity(const IamOptions& options, Context& context) {
  std::string text = *options.identity;
  if (!text.starts_with("arn:") && !text.starts_with('{')) {
    Result<std::string> file = text == "-" ? read_stdin(context) : context.files.read(text, kMaxBytes);
    if (!file.ok()) return std::move(file).error();
    text = std::move(file).value();
  }
  Result<oidc::IamIdentity> identity = oidc::read_iam_identity(text);
  if (!identity.ok()) {
    const Error error = std::move(identity).error().with_context("--aws-identity");
    return Error(ErrorKind::usage, error.message(), error.hint());
  }
  return identity;
}

}  // namespace

void add_iam_options(CommandSpec& spec, IamOptions& options) {
  spec.option(
          "--aws-identity", "ARN|FILE", options.identity,
          "an IAM identity: its ARN, or what `aws sts get-caller-identity` prints; `-` reads standard input")
      .group = kGroup;
  spec.option("--aws-auth", "FILE", options.aws_auth, "the ConfigMap kube-system/aws-auth of the cluster")
      .group = kGroup;
  spec.option("--access-entries", "FILE", options.access_entries,
              "what `aws eks describe-access-entry`, `list-access-entries` or "
              "`list-associated-access-policies` prints")
      .group = kGroup;
  spec.option("--aws-value", "KEY=VALUE", options.values,
              "what templates need and an ARN does not tell: EC2PrivateDNSName, AccessKeyID; UserId")
      .group = kGroup;
}

Result<void> settle_iam(IamOptions& options, Context& context) {
  if (options.identity != "-") return {};
  ASSIGN_OR_RETURN(const std::string text, read_stdin(context));
  options.identity = trim_ascii(text);
  return {};
}

Result<oidc::AuthenticationResult> authenticate_iam(const IamOptions& options, Context& context,
                                                    SourceManager& sources, const PolicyInputs* loaded) {
  ASSIGN_OR_RETURN(oidc::IamIdentity identity, read_identity(options, context));
  RETURN_IF_ERROR(set_values(options, identity));
  oidc::IamMappings mappings;
  if (options.aws_auth) {
    RETURN_IF_ERROR(read_aws_auth(*options.aws_auth, context, sources, mappings));
  } else if (loaded != nullptr) {
    rules::add_iam_mappings(*loaded->inventory, sources, mappings);
  }
  if (options.access_entries.empty() && loaded != nullptr && loaded->cluster == nullptr) {
    for (const InputFile& file : loaded->inputs.files) {
      document::LazyStream documents(sources, file.buffer);
      oidc::find_access_entries(documents, mappings);
    }
  }
  for (const std::string& path : options.access_entries)
    RETURN_IF_ERROR(read_access_entries(path, context, sources, mappings));
  if (!mappings.has_aws_auth && !mappings.has_access_entries) {
    return Error(
        ErrorKind::usage, "nothing maps IAM identities",
        loaded == nullptr
            ? "--aws-auth FILE, --access-entries FILE or both"
            : "--aws-auth FILE, --access-entries FILE, or the ConfigMap `aws-auth` or access entries "
              "among the inputs");
  }
  print_issues(sources, mappings.issues, context);
  return oidc::map_iam_identity(mappings, identity);
}

}  // namespace oidc_audit::cli
