#include "sim/name_match.h"

#include <catch2/catch.hpp>
#include <string>

#include "oidc/catalogue.h"
#include "sim/name_text.h"
#include "sim/subject_parts.h"

using namespace oidc_audit;
using namespace oidc_audit::sim;

namespace {

struct Row {
  const char* name;
  const char* bound;
  const char* actual;
  const char* configured_prefix;  // nullptr: not known
  const char* cause;              // "" for nothing in common
};

std::string cause_of(const Row& row) {
  ActualName actual;
  actual.name = row.actual;
  if (row.configured_prefix != nullptr) actual.configured_prefix = row.configured_prefix;
  NameParts bound;
  bound.core = row.bound;
  actual.parts.core = row.actual;
  const auto found = compare_names(bound, row.bound, actual);
  return found ? std::string(to_string(found->cause)) : "";
}

}  // namespace

TEST_CASE("names that no grammar knows are compared by what people get wrong") {
  const Row rows[] = {
      {"equal", "oidc:a", "oidc:a", nullptr, ""},
      {"prefix_missing", "platform", "oidc:platform", "oidc:", "subject-prefix"},
      {"prefix_missing_unknown", "platform", "oidc:platform", nullptr, "subject-prefix"},
      {"prefix_extra", "oidc:platform", "platform", "", "subject-prefix"},
      {"prefix_doubled", "oidc:oidc:platform", "oidc:platform", "oidc:", "subject-prefix"},
      {"prefix_quoted", "oidc:platform", "\"oidc:\"platform", "\"oidc:\"", "subject-prefix"},
      {"prefix_without_separator", "keycloak:admin", "keycloakadmin", "keycloak", "subject-prefix"},
      {"prefix_different", "gitlab:admins", "hub:admins", nullptr, "subject-prefix"},
      {"issuer_prefix_missing", "sam@example.com", "https://idp.example.com#sam@example.com", nullptr,
       "subject-prefix"},
      {"issuer_prefix_slash", "https://idp.example.com/#sam", "https://idp.example.com#sam", nullptr,
       "subject-prefix"},
      {"issuer_prefix_other_separator", "https://idp.example.com:sam", "https://idp.example.com#sam", nullptr,
       "subject-prefix"},
      {"other_group", "dev-admins", "prod-admins", nullptr, ""},
      {"other_path", "alpha/team", "beta/team", nullptr, ""},
      {"path_leading", "oidc:Platform Administrators", "oidc:/Platform Administrators",
       "oidc:", "subject-path"},
      {"path_inner", "oidc:team", "oidc:/org/team", "oidc:", "subject-path"},
      {"path_joined", "org:team", "org/team", nullptr, "subject-path"},
      {"path_doubled", "org//team", "org/team", nullptr, "subject-path"},
      {"case", "oidc:Jane", "oidc:jane", nullptr, "subject-case"},
      {"case_beyond_ascii", "oidc:Ärger", "oidc:ärger", nullptr, "subject-case"},
      {"space_trailing", "jane ", "jane", nullptr, "subject-space"},
      {"space_no_break", "Platform\xC2\xA0Team", "Platform Team", nullptr, "subject-space"},
      {"space_invisible", "ja\xE2\x80\x8Bne", "jane", nullptr, "subject-space"},
      {"pattern_star", "organization:my-org:*:run_phase:plan",
       "organization:my-org:project:p:workspace:w:run_phase:plan", nullptr, "subject-pattern"},
      {"pattern_regex", "^repo:octo-org/.*$", "repo:octo-org/app:ref:refs/heads/main", nullptr,
       "subject-pattern"},
      {"pattern_question", "team-?", "team-a", nullptr, "subject-pattern"},
      {"pattern_does_not_match", "repo:other/*", "repo:octo-org/app:pull_request", nullptr, ""},
      {"id_suffixes", "repo:octo-org/app:pull_request", "repo:octo-org@12/app@345:pull_request", nullptr,
       "subject-id-form"},
      {"spelling", "platfrom", "platform", nullptr, "subject-spelling"},
      {"spelling_too_short", "ab", "ac", nullptr, ""},
      {"prefix_and_case", "Platform", "oidc:platform", "oidc:", "subject-prefix"},
      {"encoding_undone", "gha:repo:o/r:environment:a:b", "gha:repo:o/r:environment:a%3Ab",
       "gha:", "subject-spelling"},
      {"encoding_once", "https://ci.example/job/a/job/f%2Fx/", "https://ci.example/job/a/job/f%252Fx/",
       nullptr, "subject-spelling"},
      {"slash_behind_key", "gl:project_path:/o/r:ref:x", "gl:project_path:o/r:ref:x", "gl:", "subject-path"},
      {"nothing", "oidc:finance", "oidc:platform", "oidc:", ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(cause_of(row) == row.cause); }
  }
}

TEST_CASE("names of one grammar are compared segment by segment") {
  const auto terraform = [](const char* prefix, const char* org, const char* workspace, const char* phase) {
    NameParts parts;
    parts.prefix = prefix;
    parts.core =
        std::string("organization:") + org + ":project:p:workspace:" + workspace + ":run_phase:" + phase;
    parts.provider = "hcp-terraform";
    parts.kind = "workspace";
    parts.parts = {{"organization", org, PartRole::tenant},
                   {"workspace", workspace, PartRole::other},
                   {"run_phase", phase, PartRole::phase}};
    return parts;
  };
  const NameParts actual = terraform("tfc:", "my-org", "eks", "plan");
  const auto cause = [&](const NameParts& bound) {
    const auto found =
        compare_names(bound, bound.prefix + bound.core, {actual, actual.prefix + actual.core, {}});
    return found ? std::string(to_string(found->cause)) : "";
  };
  CHECK(cause(terraform("tfc:", "my-org", "eks", "apply")) == "subject-phase");
  CHECK(cause(terraform("tfc:", "other-org", "eks", "plan")) == "subject-tenant");
  CHECK(cause(terraform("tfc:", "My-Org", "eks", "plan")) == "subject-case");
  CHECK(cause(terraform("", "my-org", "eks", "plan")) == "subject-prefix");
  CHECK(cause(terraform("", "my-org", "eks", "apply")) == "subject-prefix");
  CHECK(cause(terraform("tfc:", "my-org", "ekz", "plan")) == "subject-spelling");
  CHECK(cause(terraform("tfc:", "my-org", "database", "plan")) == "");
  CHECK(cause(terraform("tfc:", "other-org", "database", "plan")) == "");
}

TEST_CASE("a name that says more than another and contradicts it in nothing") {
  const auto cause = [](const char* bound_name, const char* actual_name) {
    const NameParser parse = catalogue_parser(oidc::Catalogue::builtin());
    ActualName actual{parse(actual_name), actual_name, {}};
    const auto found = compare_names(parse(bound_name), bound_name, actual);
    return found ? std::string(to_string(found->cause)) : "";
  };
  const std::string base = "https://gitlab.com#project_path:";
  const auto gitlab = [&](const char* bound, const char* actual) {
    return cause((base + bound).c_str(), (base + actual).c_str());
  };
  CHECK(gitlab("a/b:ref_type:branch:ref:main", "a/b:ref_type:branch:ref:main:ref_protected:true") ==
        "subject-context");
  CHECK(gitlab("a/b", "a/b:ref_type:branch:ref:main") == "subject-context");
  CHECK(gitlab("a/web:ref_type:branch:ref:main", "a/sub/web:ref_type:branch:ref:main") == "subject-path");
  CHECK(gitlab("a/web:ref_type:branch:ref:main", "a/database:ref_type:branch:ref:main") == "");
  CHECK(gitlab("a/web:ref_type:branch:ref:main", "c/web:ref_type:branch:ref:main") == "subject-tenant");
  CHECK(cause("keycloak:/shop/developers", "keycloak:/blog/developers") == "");
  CHECK(cause("organization:o:workspace:eks:run_phase:apply",
              "organization:o:project:core:workspace:eks:run_phase:apply") == "subject-spelling");
  CHECK(cause("repo:o/r:environment:prod",
              "repo:o/r:environment:prod:job_workflow_ref:o/ci/.github/workflows/d.yml@refs/heads/main") ==
        "subject-context");
  const std::string job = "https://ci.acme.example/oidc#https://ci.acme.example/job/a/job/web/job/";
  CHECK(cause((job + "main/").c_str(), (job + "dev/").c_str()) == "subject-context");
}

TEST_CASE("hostile patterns end in bounded time") {
  std::string pattern;
  for (int i = 0; i < 2000; ++i) pattern += "*a";
  CHECK_FALSE(matches_as_pattern(pattern + "b", std::string(20000, 'a')));
  CHECK_FALSE(matches_as_pattern("", "x"));
  CHECK_FALSE(matches_as_pattern("[", "x"));
}

TEST_CASE("every cause has a name of its own") {
  for (int i = 0; i < kCauseCount; ++i) {
    const auto cause = static_cast<Cause>(i);
    CHECK(parse_cause(to_string(cause)) == cause);
  }
  CHECK(parse_cause("subject") == std::nullopt);
}
