#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "rules/rule_set.h"
#include "run_support.h"

using namespace oidc_audit;
using rules_test::Scan;

TEST_CASE("remedies show what the reader of a configuration takes") {
  struct Row {
    const char* name;
    std::string text;
    std::vector<std::string> shows;
    std::vector<std::string> never;
  };
  const std::string fields =
      "issuer: {url: 'https://gitlab.com', audiences: [kube]}\n"
      "  claimMappings: {username: {claim: sub, prefix: 'x:'}, groups: {claim: groups, prefix: ''}}\n";
  const Row rows[] = {
      {"structured",
       "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- " + fields,
       {"claimValidationRules:\n  - claim: ", "requiredValue: \"...\"", "userValidationRules:"},
       {"requiredClaims", "--oidc"}},
      {"flags",
       "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: kube-apiserver, command: "
       "[kube-apiserver, '--oidc-issuer-url=https://gitlab.com', --oidc-client-id=kube, "
       "--oidc-groups-claim=groups]}]}\n",
       {"--oidc-required-claim=", "set a prefix"},
       {"ValidationRules:", "requiredClaims"}},
      {"eks",
       "{\"identityProviderConfig\": {\"oidc\": {\"identityProviderConfigName\": \"a\", \"issuerUrl\": "
       "\"https://gitlab.com\", \"clientId\": \"kube\", \"groupsClaim\": \"groups\"}}}",
       {"`requiredClaims`", "set a prefix"},
       {"ValidationRules", "--oidc", "expression"}},
      {"gke",
       "apiVersion: authentication.gke.io/v2alpha1\nkind: ClientConfig\nmetadata: {name: default}\nspec:\n"
       "  authentication:\n  - name: a\n    oidc: {issuerURI: 'https://gitlab.com', clientID: kube, "
       "userPrefix: 'x:', groupsClaim: groups}\n",
       {"a ClientConfig has no such rules", "set a prefix"},
       {"ValidationRules", "requiredClaims", "--oidc", "expression"}},
      {"openshift",
       "apiVersion: config.openshift.io/v1\nkind: Authentication\nmetadata: {name: cluster}\nspec:\n  type: "
       "OIDC\n  oidcProviders:\n  - name: a\n    issuer: {issuerURL: 'https://gitlab.com', audiences: "
       "[kube]}\n"
       "    claimMappings: {username: {claim: sub}, groups: {claim: groups, prefix: ''}}\n",
       {"type: RequiredClaim", "requiredClaim: {claim: ", "userValidationRules:"},
       {"requiredClaims", "--oidc", "- claim: "}},
      {"aks",
       "{\"issuer\": {\"url\": \"https://gitlab.com\", \"audiences\": [\"kube\"]}, \"claimMappings\": "
       "{\"username\": {\"expression\": \"'aks:jwt:' + claims.sub\"}, \"groups\": {\"expression\": "
       "\"claims.groups\"}}}",
       {"expression: \"claims[\\\"", "'aks:jwt:' + ..."},
       {"requiredClaims", "--oidc", "- claim: "}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Scan scan(row.text);
      REQUIRE(scan.configs.size() == 1);
      scan.run(rules::RuleSet::builtin());
      std::string remedies;
      std::set<std::string> rules;
      for (const Finding& finding : scan.result.findings) {
        const std::string id = finding.rule.str();
        if (id != "tenant-not-validated" && id != "tenant-only-in-audience" && id != "system-names-reachable")
          continue;
        rules.insert(id);
        remedies += finding.remedy + "\n";
      }
      INFO(remedies);
      CHECK(rules.size() == 2);
      for (const std::string& text : row.shows) {
        INFO(text);
        CHECK(remedies.find(text) != std::string::npos);
      }
      for (const std::string& text : row.never) {
        INFO(text);
        CHECK(remedies.find(text) == std::string::npos);
      }
    }
  }
}

TEST_CASE("an authentication that a rule without `at` is asked of is shown where it stands") {
  const auto rule = [] {
    std::vector<Issue> issues;
    rules::RuleSet set = rules_test::one_rule("each: authentication\nwhen: 'true'\n", &issues);
    CHECK(issues.empty());
    return set;
  };
  struct Row {
    const char* name;
    std::string text;
    const char* object;
    const char* begins;  // of the text behind the place
  };
  const Row rows[] = {
      {"eks",
       "{\"identityProviderConfig\": {\"oidc\": {\"identityProviderConfigName\": \"a\", \"issuerUrl\": "
       "\"https://i.example\", \"clientId\": \"kube\"}}}",
       "IdentityProviderConfig/a", "{\"identityProviderConfig\""},
      {"gke_in_a_list",
       "apiVersion: v1\nkind: List\nitems:\n- apiVersion: authentication.gke.io/v2alpha1\n  kind: "
       "ClientConfig\n"
       "  metadata: {name: default}\n  spec:\n    authentication:\n    - name: a\n      oidc: {issuerURI: "
       "'https://i.example', clientID: kube, userPrefix: 'x:'}\n",
       "ClientConfig/default", "apiVersion: authentication.gke.io"},
      {"openshift_second_document",
       "---\na: b\n---\napiVersion: config.openshift.io/v1\nkind: Authentication\nmetadata: {name: cluster}\n"
       "spec:\n  type: OIDC\n  oidcProviders:\n  - name: a\n    issuer: {issuerURL: 'https://i.example', "
       "audiences: [kube]}\n    claimMappings: {username: {claim: sub}}\n",
       "Authentication/cluster", "apiVersion: config.openshift.io"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Scan scan(row.text);
      scan.run(rule());
      REQUIRE(scan.result.findings.size() == 1);
      const Location& location = scan.result.findings.front().location;
      CHECK(to_string(location.object) == row.object);
      CHECK(location.pointer.empty());
      REQUIRE(location.range);
      const std::string_view all = scan.sources.text(location.range->buffer);
      CHECK(all.substr(location.range->begin).starts_with(row.begins));
    }
  }
}
