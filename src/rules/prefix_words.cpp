#include "rules/prefix_words.h"

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace oidc_audit::rules {

std::string_view prefix_problem_text(oidc::PrefixProblem problem) {
  using oidc::PrefixProblem;
  switch (problem) {
    case PrefixProblem::none:
      return {};
    case PrefixProblem::missing_scheme:
      return "`https://` is missing";
    case PrefixProblem::plain_http:
      return "the issuer is an https URL, not http";
    case PrefixProblem::extra_trailing_slash:
      return "the issuer has no trailing slash";
    case PrefixProblem::missing_trailing_slash:
      return "the issuer ends with a slash";
    case PrefixProblem::upper_case_host:
      return "the host is not in lower case";
    case PrefixProblem::missing_path:
      return "the issuer has a path";
    case PrefixProblem::impossible_path:
      return "no issuer of this host has this path";
    case PrefixProblem::second_hash:
      return "there are two `#`";
    case PrefixProblem::wrong_separator:
      return "the issuer is followed by `#` and nothing else";
    case PrefixProblem::empty_subject:
      return "nothing follows the prefix";
  }
  return {};
}

std::string audience_problem(std::string_view audience) {
  // Words that say what a cluster is and not which.
  static constexpr std::array<std::string_view, 24> kWords = {"kubernetes",
                                                              "k8s",
                                                              "kube",
                                                              "kubectl",
                                                              "kube-apiserver",
                                                              "apiserver",
                                                              "api",
                                                              "api-server",
                                                              "cluster",
                                                              "default",
                                                              "oidc",
                                                              "openid",
                                                              "aud",
                                                              "audience",
                                                              "test",
                                                              "dev",
                                                              "prod",
                                                              "staging",
                                                              "app",
                                                              "client",
                                                              "client-id",
                                                              "client_id",
                                                              "*",
                                                              "https://kubernetes"};
  struct Service {
    std::string_view audience;
    bool beginning;
    std::string_view whose;
  };
  // What tokens for other services carry (the providers' and the clouds' own documentation).
  static constexpr std::array<Service, 14> kServices = {{
      {"sts.amazonaws.com", false, "AWS"},
      {"sts.amazonaws.com.cn", false, "AWS"},
      {"aws.workload.identity", false, "AWS"},
      {"api://AzureADTokenExchange", false, "Azure"},
      {"azure.workload.identity", false, "Azure"},
      {"//iam.googleapis.com/", true, "Google Cloud"},
      {"https://iam.googleapis.com/", true, "Google Cloud"},
      {"gcp.workload.identity", false, "Google Cloud"},
      {"vault.workload.identity", false, "Vault"},
      {"vault", false, "Vault"},
      {"sigstore", false, "Sigstore"},
      {"pypi", false, "PyPI"},
      {"https://github.com/", true, "nobody in particular (the default of GitHub)"},
      {"https://kubernetes.default.svc", true, "a cluster's own service accounts"},
  }};
  const std::string lower = to_lower_ascii(audience);
  if (std::find(kWords.begin(), kWords.end(), lower) != kWords.end()) {
    return "it does not say which cluster it is for";
  }
  for (const Service& service : kServices) {
    if (service.beginning ? audience.starts_with(service.audience) : audience == service.audience) {
      return "tokens with it are made for " + std::string(service.whose);
    }
  }
  return {};
}

std::string odd_prefix(std::string_view prefix) {
  if (prefix == "-")
    return "a dash, which means \"no prefix\" in `--oidc-username-prefix` alone and is a character here";
  if (prefix.empty()) return {};
  const auto quote = [](char c) { return c == '"' || c == '\'' || c == '`'; };
  if (quote(prefix.front()) || quote(prefix.back())) return "quotes, which become part of every name";
  const auto space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  if (std::any_of(prefix.begin(), prefix.end(), space))
    return "white space, which becomes part of every name";
  if (prefix.find("${") != std::string_view::npos || prefix.find("{{") != std::string_view::npos ||
      prefix.find("$(") != std::string_view::npos) {
    return "a placeholder that nothing has filled in";
  }
  return {};
}

}  // namespace oidc_audit::rules
