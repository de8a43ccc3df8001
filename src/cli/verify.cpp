#include "cli/verify.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "cli/cluster_connection.h"
#include "cli/cluster_options.h"
#include "cli/context.h"
#include "cli/token_options.h"
#include "cluster/api_client.h"
#include "cluster/reviews.h"
#include "oidc/authenticator.h"
#include "rbac/attributes.h"

namespace oidc_audit::cli {

namespace {

/// Keys that servers add by themselves, for audit logs: `authentication.kubernetes.io/credential-id`.
constexpr std::string_view kServerExtra = "authentication.kubernetes.io/";

std::vector<std::string> sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

std::string list_text(const std::vector<std::string>& texts) { return "[" + join(texts, ", ") + "]"; }

void compare(std::vector<std::string>& differences, std::string_view what, const std::string& ours,
             const std::string& theirs) {
  if (ours != theirs)
    differences.push_back(fmt::format("{}: expected `{}`, the server says `{}`", what, ours, theirs));
}

std::vector<std::string> differences_of(const UserInfo& ours, const UserInfo& theirs) {
  std::vector<std::string> out;
  compare(out, "username", ours.name, theirs.name);
  compare(out, "uid", ours.uid, theirs.uid);
  compare(out, "groups", list_text(sorted(ours.groups)), list_text(sorted(theirs.groups)));
  std::vector<std::string> our_extra;
  std::vector<std::string> their_extra;
  for (const auto& [key, values] : ours.extra)
    if (!key.starts_with(kServerExtra)) our_extra.push_back(key + "=" + list_text(values));
  for (const auto& [key, values] : theirs.extra)
    if (!key.starts_with(kServerExtra)) their_extra.push_back(key + "=" + list_text(values));
  compare(out, "extra", list_text(sorted(our_extra)), list_text(sorted(their_extra)));
  return out;
}

cluster::AccessReview review_of(const rbac::Attributes& request) {
  cluster::AccessReview out;
  out.user = request.user;
  out.verb = request.verb;
  out.is_resource = request.is_resource;
  out.api_group = request.api_group;
  out.resource = request.resource;
  out.subresource = request.subresource;
  out.name = request.name;
  out.namespace_name = request.namespace_name;
  out.path = request.path;
  return out;
}

}  // namespace

report::DecisionVerification verify_decision(ClusterConnection& connection, const rbac::Attributes& request,
                                             bool allowed) {
  report::DecisionVerification out;
  auto verdict = cluster::ask_access(connection.client(), review_of(request));
  if (!verdict.ok()) {
    out.error = verdict.error().message();
    return out;
  }
  out.allowed = verdict.value().allowed;
  out.reason = std::move(verdict.value().reason);
  out.evaluation_error = std::move(verdict.value().evaluation_error);
  out.agrees = out.allowed == allowed;
  return out;
}

Result<report::IdentityVerification> verify_identity(const TokenOptions& token, const ClusterOptions& options,
                                                     const oidc::AuthenticationResult& result,
                                                     Context& context) {
  if (!token.token_file || *token.token_file == "-")
    return Error(ErrorKind::usage,
                 "--verify shows the token to the server, and needs it from --token-file FILE",
                 "claims alone cannot be shown to a server");
  ASSIGN_OR_RETURN(const std::string text, read_token_file(token, context));
  std::vector<Error> unusable;
  ASSIGN_OR_RETURN(auto chosen, choose_clusters(options, context, false, unusable, text));
  if (chosen.size() != 1) return Error(ErrorKind::usage, "--verify asks one cluster", "name one context");
  cluster::ApiClient& client = chosen.front()->client();
  report::IdentityVerification out;
  auto answer = cluster::ask_who_am_i(client);
  if (!answer.ok() && !client.refused()) {
    out.error = answer.error().message();
    return out;
  }
  if (answer.ok()) out.user = std::move(answer).value();
  if (out.user && result.authenticated()) {
    out.differences = differences_of(oidc::with_authenticated_group(result.user), *out.user);
  } else if (out.user) {
    out.differences.push_back(
        fmt::format("expected to be refused, the server accepts it as `{}`", out.user->name));
  } else if (result.authenticated()) {
    out.differences.push_back(fmt::format("expected `{}`, the server answers 401", result.user.name));
  }
  out.agrees = out.differences.empty();
  return out;
}

}  // namespace oidc_audit::cli
