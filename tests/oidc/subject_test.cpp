#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>
#include <string>
#include <vector>

#include "base/files.h"
#include "oidc/catalogue.h"

namespace {

using namespace oidc_audit::oidc;
using oidc_audit::MemoryFiles;

const Catalogue& catalogue() { return Catalogue::builtin(); }

std::string first_of(const ParsedName& parsed) {
  if (parsed.candidates.empty()) return "";
  return parsed.candidates.front().provider->id + " " + parsed.candidates.front().kind;
}

const std::string kUuid = "0a0b0c0d-1111-4222-8333-444455556666";
const std::string kRun = "organization:my-org:project:p:workspace:w:run_phase:apply";

}  // namespace

TEST_CASE("prefixes are split off") {
  struct Row {
    std::string name;
    PrefixKind kind;
    std::string prefix;
    std::string first;
    PrefixProblem problem;
    std::string corrected;
  };
  const Row rows[] = {
      {kRun, PrefixKind::none, "", "hcp-terraform workspace-apply", PrefixProblem::none, ""},
      {"https://app.terraform.io#" + kRun, PrefixKind::issuer, "https://app.terraform.io#",
       "hcp-terraform workspace-apply", PrefixProblem::none, ""},
      {"https://tfe.acme.example#" + kRun, PrefixKind::issuer, "https://tfe.acme.example#",
       "terraform-enterprise workspace-apply", PrefixProblem::none, ""},
      {"app.terraform.io#" + kRun, PrefixKind::malformed, "app.terraform.io#",
       "hcp-terraform workspace-apply", PrefixProblem::missing_scheme, "https://app.terraform.io#"},
      {"http://app.terraform.io#" + kRun, PrefixKind::malformed, "http://app.terraform.io#",
       "hcp-terraform workspace-apply", PrefixProblem::plain_http, "https://app.terraform.io#"},
      {"https://gitlab.com/#project_path:g/p:ref_type:branch:ref:main", PrefixKind::issuer,
       "https://gitlab.com/#", "gitlab-ci branch", PrefixProblem::extra_trailing_slash,
       "https://gitlab.com#"},
      {"https://login.app.env0.com#auth0|0123456789abcdef01234567", PrefixKind::issuer,
       "https://login.app.env0.com#", "env0 deployment", PrefixProblem::missing_trailing_slash,
       "https://login.app.env0.com/#"},
      {"https://login.app.env0.com/#auth0|0123456789abcdef01234567", PrefixKind::issuer,
       "https://login.app.env0.com/#", "env0 deployment", PrefixProblem::none, ""},
      {"https://GitLab.com#project_path:g/p", PrefixKind::issuer, "https://GitLab.com#",
       "gitlab-ci custom-path-only", PrefixProblem::upper_case_host, "https://gitlab.com#"},
      {"https://gitlab.com:project_path:g/p:ref_type:tag:ref:v1", PrefixKind::malformed,
       "https://gitlab.com:", "gitlab-ci tag", PrefixProblem::wrong_separator, "https://gitlab.com#"},
      {"https://gitlab.com##project_path:g/p", PrefixKind::issuer, "https://gitlab.com#", "",
       PrefixProblem::second_hash, "https://gitlab.com#"},
      {"https://acme.cloudflareaccess.com#", PrefixKind::issuer, "https://acme.cloudflareaccess.com#", "",
       PrefixProblem::empty_subject, ""},
      {"https://login.microsoftonline.com/common/v2.0#abc", PrefixKind::issuer,
       "https://login.microsoftonline.com/common/v2.0#", "", PrefixProblem::impossible_path, ""},
      {"gha:repo:octo-org/octo-repo:ref:refs/heads/main", PrefixKind::guessed,
       "gha:", "github-actions branch", PrefixProblem::none, ""},
      {"oidc:00uid4BxXw6I6TV4m0g3", PrefixKind::guessed, "oidc:", "okta user-groups", PrefixProblem::none,
       ""},
      {"oidc:jane@example.com", PrefixKind::guessed, "oidc:", "", PrefixProblem::none, ""},
      {"octocat:583231", PrefixKind::none, "", "pinniped github-username", PrefixProblem::none, ""},
      {"jane@example.com", PrefixKind::none, "", "", PrefixProblem::none, ""},
      {"https://jenkins.acme.com/job/my-job/", PrefixKind::none, "", "jenkins build-job", PrefixProblem::none,
       ""},
      {"partner_gmail.com#EXT#@contoso.onmicrosoft.com", PrefixKind::none, "", "entra-id guest-upn",
       PrefixProblem::none, ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      ParseOptions options;
      options.kind = NameKind::user;
      const ParsedName parsed = catalogue().parse(row.name, options);
      CHECK(parsed.prefix.kind == row.kind);
      CHECK(parsed.prefix.text == row.prefix);
      CHECK(parsed.prefix.problem == row.problem);
      CHECK(parsed.prefix.corrected == row.corrected);
      CHECK(first_of(parsed) == row.first);
      CHECK(std::string(parsed.prefix.text) + std::string(parsed.rest) == row.name);
    }
  }
}

TEST_CASE("configured prefixes win, the longest first") {
  const std::vector<std::string> prefixes = {"ci:", "ci:gitlab:"};
  ParseOptions options;
  options.prefixes = prefixes;
  const std::string name = "ci:gitlab:project_path:g/p:ref_type:branch:ref:main";
  const ParsedName parsed = catalogue().parse(name, options);
  CHECK(parsed.prefix.kind == PrefixKind::configured);
  CHECK(parsed.prefix.text == "ci:gitlab:");
  CHECK(first_of(parsed) == "gitlab-ci branch");
}

TEST_CASE("ambiguous names give their readings in a stable order") {
  ParseOptions user;
  user.kind = NameKind::user;
  const auto ids = [&](const std::string& name, const ParseOptions& options) {
    std::vector<std::string> out;
    const ParsedName parsed = catalogue().parse(name, options);
    for (const Candidate& candidate : parsed.candidates) {
      if (out.empty() || out.back() != candidate.provider->id) out.push_back(candidate.provider->id);
    }
    return out;
  };
  using List = std::vector<std::string>;
  CHECK(ids(kRun, user) == List{"hcp-terraform", "terraform-enterprise"});
  CHECK(ids("repo:o/r:ref:refs/heads/main", user) == List{"github-actions", "forgejo-actions"});
  CHECK(ids("110169484474386276334", user) == List{"google"});
  CHECK(ids("77776025198584418", user) == List{"google", "zitadel"});
  const List uuids = ids(kUuid, user);
  for (const char* id : {"keycloak", "vault", "cloudflare-access", "entra-id", "buildkite"})
    CHECK(std::find(uuids.begin(), uuids.end(), id) != uuids.end());
  CHECK(ids(kUuid, user) == uuids);
  // The issuer decides.
  user.issuer = "https://agent.buildkite.com";
  CHECK(ids(kUuid, user) == List{"buildkite"});
  // A broker may pass on what it was given.
  user.issuer = "https://login.acme.example";
  const List passed = ids("repo:o/r:ref:refs/heads/main", user);
  CHECK(std::find(passed.begin(), passed.end(), "github-actions") != passed.end());
  // A known issuer does not write another's names.
  user.issuer = "https://gitlab.com";
  CHECK(ids("repo:o/r:ref:refs/heads/main", user).empty());
}

TEST_CASE("values that no token carries are not recognised") {
  const std::string names[] = {
      "organization:my-org:project:p:workspace:w:run_phase:destroy",
      "organization:my-org:project: p:workspace:w:run_phase:plan",
      "organization:my-org:project:p:workspace:w:run_phase:",
      "organization:my-org:project:p:stack:s:deployment:d:operation:update",
      "organization::project:p:workspace:w:run_phase:plan",
      "Organization:my-org:project:p:workspace:w:run_phase:plan",
      "repo:_octo/repo:ref:refs/heads/main",
      "repo:octo/re po:ref:refs/heads/main",
      "repo:octo/repo:ref:refs/heads/a b",
      "repo:octo/repo:ref:refs/heads/x.lock",
      "repo:octo/repo:ref:main",
      "repo:octo/repo:environment:Production:V1",
      "repo:octo@12/repo:ref:refs/heads/main:",
      "project_path:g:ref_type:branch:ref:main",
      "project_path:g/p:ref_type:pull:ref:main",
      "arn:aws:iam::12345:role/x",
      "spiffe://Example.org/ns/a/sa/b",
      "spiffe://example.org/ns/a/sa/b/",
      "spiffe://example.org/a/../b",
      "owner:acme:project:p:environment:Staging",
      "org/" + kUuid + "/project/" + kUuid,
      "account:628a80b693a15c0f9c13ab7:pipeline:65e6d5551e47e5bc243ca93f",
  };
  for (const std::string& name : names) {
    DYNAMIC_SECTION(name) {
      ParseOptions options;
      options.kind = NameKind::user;
      const ParsedName parsed = catalogue().parse(name, options);
      CHECK(parsed.recognised() == nullptr);
    }
  }
}

TEST_CASE("wildcards are placed by the tenant") {
  struct Row {
    std::string name;
    std::string provider;
    std::vector<WildcardPlace> places;
    std::string tenant;  // "-": none
  };
  using P = WildcardPlace;
  const Row rows[] = {
      {"*", "", {P::before_tenant}, "-"},
      {"organization:*:workspace:production:*", "hcp-terraform", {P::in_tenant, P::later}, "-"},
      {"organization:my-org:*:run_phase:plan", "hcp-terraform", {P::later}, "my-org"},
      {"organization:my-org:workspace:production:*", "hcp-terraform", {P::later}, "my-org"},
      {"organization:my-org:*", "hcp-terraform", {P::later}, "my-org"},
      {"organization:acme*", "hcp-terraform", {P::after_tenant_text}, "-"},
      {"organization:my-org:project:my-project:workspace:*:run_phase:apply",
       "hcp-terraform",
       {P::later},
       "my-org"},
      {"repo:*", "github-actions", {P::in_tenant}, "-"},
      {"repo:acme*", "github-actions", {P::after_tenant_text}, "-"},
      {"repo:acme/*", "github-actions", {P::later}, "acme"},
      {"repo:acme/app:*", "github-actions", {P::later}, "acme"},
      {"repo:acme/app:ref:refs/heads/*", "github-actions", {P::later}, "acme"},
      {"https://token.actions.githubusercontent.com#repo:*/app:pull_request",
       "github-actions",
       {P::in_tenant},
       "-"},
      {"project_path:*", "gitlab-ci", {P::in_tenant}, "-"},
      {"project_path:mygroup*:ref_type:branch:ref:main", "gitlab-ci", {P::after_tenant_text}, "-"},
      {"project_path:mygroup/*:ref_type:branch:ref:main", "gitlab-ci", {P::later}, "mygroup"},
      {"account:*:environment:e:workspace:w", "scalr", {P::in_tenant}, "-"},
      {"owner:*:project:p:environment:production", "vercel", {P::in_tenant}, "-"},
      {"org/*/project/x", "circleci", {P::in_tenant}, "-"},
      {"environment:*", "github-actions", {P::before_tenant}, "-"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      ParseOptions options;
      options.kind = NameKind::user;
      const ParsedName parsed = catalogue().parse(row.name, options);
      const SubjectFacts facts = catalogue().facts(parsed, options);
      CHECK(parsed.recognised() == nullptr);
      std::vector<WildcardPlace> places;
      for (const Wildcard& wildcard : facts.wildcards) {
        places.push_back(wildcard.place);
        CHECK(row.name.substr(wildcard.begin, wildcard.end - wildcard.begin) == "*");
      }
      CHECK(places == row.places);
      REQUIRE(facts.near.has_value() == !row.provider.empty());
      if (!facts.near) continue;
      CHECK(facts.near->provider->id == row.provider);
      CHECK(facts.near->tenant.value.value_or("-") == row.tenant);
    }
  }
}

TEST_CASE("names without patterns have no wildcards") {
  for (const std::string& name :
       {std::string("auth0|691b8530eba074a8989d8726"), kRun, std::string("jane.doe@example.com"),
        std::string("https://api.github.com?idpName=hub&login=jane&id=17"), std::string("team-name"),
        "{" + kUuid + "}:{" + kUuid + "}", std::string("pulumi:environments:org:acme:env:<yaml>"),
        std::string("system:serviceaccount:ci:deployer")}) {
    DYNAMIC_SECTION(name) {
      const ParsedName parsed = catalogue().parse(name);
      const SubjectFacts facts = catalogue().facts(parsed);
      CHECK(facts.wildcards.empty());
      CHECK(facts.placeholders.empty());
    }
  }
}

TEST_CASE("what is nearly right is told with its place") {
  struct Row {
    std::string name;
    Departure departure;
    std::string segment;
    std::string text;
    std::string completed;
  };
  const Row rows[] = {
      {"organization:my-org", Departure::truncated, "organization", "", ""},
      {"organization:my-org:project:p:workspace:w", Departure::truncated, "workspace", "", ""},
      {"workspace:w:run_phase:apply", Departure::missing_start, "", "", ""},
      {"organization:my-org:project:p:workspace:w:run_phase:destroy", Departure::impossible_value,
       "run_phase", "destroy", ""},
      {"organization:my-org:project:p:workspace:w:Run_Phase:Apply", Departure::wrong_case, "",
       ":Run_Phase:", "organization:my-org:project:p:workspace:w:run_phase:apply"},
      {"organization:my-org:project:p:workspace:w:run_phase:", Departure::impossible_value, "run_phase", "",
       ""},
      {"organization:my-org: project:p:workspace:w:run_phase:plan", Departure::unexpected_text, "",
       ": project:p:workspace:w:run_phase:plan", ""},
      {"repo:octo-org/octo-repo:environment:Production:V1", Departure::impossible_value, "environment",
       "Production:V1", ""},
      {"repo:octo/repo:ref:Refs/Heads/main", Departure::wrong_case, "ref", "Refs/Heads/main",
       "repo:octo/repo:ref:refs/heads/main"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      ParseOptions options;
      options.kind = NameKind::user;
      const ParsedName parsed = catalogue().parse(row.name, options);
      const SubjectFacts facts = catalogue().facts(parsed, options);
      REQUIRE(facts.near);
      REQUIRE(!facts.near->flaws.empty());
      const Flaw& flaw = facts.near->flaws.front();
      CHECK(to_string(flaw.departure) == to_string(row.departure));
      CHECK(flaw.segment == row.segment);
      CHECK(row.name.substr(flaw.begin, flaw.end - flaw.begin) == row.text);
      CHECK(facts.near->completed == row.completed);
    }
  }
}

TEST_CASE("facts about issuers, encodings and shapes") {
  const auto facts_of = [](const std::string& name) {
    ParseOptions options;
    options.kind = NameKind::user;
    static std::vector<std::unique_ptr<std::string>> kept;
    kept.push_back(std::make_unique<std::string>(name));
    const ParsedName parsed = catalogue().parse(*kept.back(), options);
    return catalogue().facts(parsed, options);
  };
  const SubjectFacts foreign = facts_of("https://gitlab.com#repo:octo-org/octo-repo:ref:refs/heads/main");
  REQUIRE(foreign.foreign_grammar != nullptr);
  CHECK(foreign.foreign_grammar->id == "github-actions");
  CHECK(facts_of("https://dex.example.com#repo:o/r:ref:refs/heads/main").foreign_grammar == nullptr);
  CHECK(facts_of("https://gitlab.com#project_path:g/p").foreign_grammar == nullptr);

  const auto lookalike = facts_of("https://git1ab.com#project_path:g/p:ref_type:branch:ref:main").lookalike;
  REQUIRE(lookalike);
  CHECK(lookalike->known == "gitlab.com");
  CHECK(facts_of("https://to\u212Aen.actions.githubusercontent.com#repo:o/r:ref:refs/heads/main").lookalike);
  CHECK(!facts_of("https://gitlab.example.com#project_path:g/p:ref_type:branch:ref:main").lookalike);
  CHECK(!facts_of("https://gitlab.com#project_path:g/p").lookalike);

  const auto colon = facts_of("repo:octo-org/octo-repo:environment:Production:V1").encoding;
  REQUIRE(colon.size() == 1);
  CHECK(colon.front().expected == "%3A");
  CHECK(facts_of("repo:octo-org/octo-repo:environment:Production%3AV1").encoding.empty());
  CHECK(facts_of("repo:octo-org/octo-repo:environment:Production%3aV1").encoding.size() == 1);
  CHECK(facts_of("repo:octo-org/octo-repo:environment:a%253Ab").encoding.size() == 1);
  CHECK(facts_of("repo:octo-org/octo-repo:ref:refs/heads/feature%2Flogin").encoding.size() == 1);

  CHECK(facts_of("jane.doe@gmail.com").public_mail_domain);
  CHECK(facts_of("oidc:jane.doe@gmail.com").public_mail_domain);
  CHECK(!facts_of("jane.doe@example.com").public_mail_domain);
  CHECK(facts_of("jane.doe@example.com").email);
  CHECK(facts_of("partner_gmail.com#EXT#@contoso.onmicrosoft.com").guest);
  CHECK(facts_of(kUuid).uuid);
  CHECK(facts_of("110169484474386276334").digits);
  CHECK(facts_of("110169484474386280000").rounded_number);
  CHECK(facts_of("1e6").number_like);
  CHECK(facts_of("0x10").number_like);
  CHECK(!facts_of("v1").number_like);
  CHECK(facts_of("yes").yaml_word);
  CHECK(facts_of("repo:o/r").truncated_default);
  CHECK(!facts_of("repository_id:74").truncated_default);

  for (const std::string name :
       {"organization:<MY-ORG-NAME>:project:p:workspace:w:run_phase:apply", "organization:${ORG}:*",
        "repo:{{ org }}/x", "repo:$(ORG)/x", "repo:%s/x", "repo:ORG-NAME/REPO-NAME:ref:refs/heads/main",
        "organization:YOUR_ORG:module:x"}) {
    INFO(name);
    CHECK(!facts_of(name).placeholders.empty());
  }
}

TEST_CASE("providers of a directory replace and add") {
  const std::string extra = R"(
id: acme-ci
title: Acme CI
category: ci
summary: Our own.
issuers:
  - {id: acme, pattern: "https://ci.acme.example", scope: self-hosted}
segments:
  project: {class: slug, is: mutable}
tenant: {name: project, value: "{project}", where: sub}
subjects:
  - {form: "acme:{project}", kind: build}
)";
  MemoryFiles files({{"/own/acme.yaml", extra}, {"/own/readme.txt", "no"}});
  auto made = Catalogue::with_directory(files, "/own");
  REQUIRE(made.ok());
  CHECK(made.value().providers().size() == catalogue().providers().size() + 1);
  const std::string name = "https://ci.acme.example#acme:web";
  const ParsedName parsed = made.value().parse(name);
  CHECK(first_of(parsed) == "acme-ci build");

  for (const auto& [what, text] : std::vector<std::pair<std::string, std::string>>{
           {"unknown key `sumary`", "id: x\ntitle: X\ncategory: ci\nsumary: y\n"},
           {"`category` is missing", "id: x\ntitle: X\n"},
           {"is not described", "id: x\ntitle: X\ncategory: ci\nsubjects: [{form: 'a:{b}', kind: k}]\n"},
           {"one mapping", "[]\n"},
           {"there is no class", "id: x\ntitle: X\ncategory: ci\nsegments: {a: {class: nope}}\n"}}) {
    INFO(what);
    MemoryFiles broken({{"/own/x.yaml", text}});
    const auto failed = Catalogue::with_directory(broken, "/own");
    REQUIRE(!failed.ok());
    CHECK(failed.error().message().find(what) != std::string::npos);
  }
}

TEST_CASE("hostile names cost little") {
  std::vector<std::string> names;
  for (const std::string unit :
       {"organization:", ":project:", "a:", "/sc/", "{", "*", "%", "repo_property_a:b:", "https://", "#",
        "/job/", "(", "[", "<", "${", "\xFF", "C", "$("}) {
    std::string name;
    while (name.size() < 60'000) name += unit;
    names.push_back(name);
    names.push_back("repo:" + name.substr(0, 4000));
    names.push_back("https://gitlab.com#" + name.substr(0, 4000));
    names.push_back("repo_property_a:" + name.substr(0, 4000));
  }
  const std::clock_t start = std::clock();
  for (const std::string& name : names) {
    const ParsedName parsed = catalogue().parse(name);
    (void)catalogue().facts(parsed);
  }
  // 72 names in processor time; a build without optimisation stays far below this.
  CHECK(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < 30.0);
}
