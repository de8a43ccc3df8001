// The worked examples of the providers: each provider has one, nothing is found in it, the intended use is
// allowed, and neighbours are refused: those that the example names, and those made here from its own token.
#include "cli/provider_examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/clock.h"
#include "base/files.h"
#include "base/strings.h"
#include "cli/run_cli.h"
#include "oidc/catalogue.h"
#include "report/provider_page.h"
#include "support/test_data.h"

using namespace oidc_audit;
using Json = nlohmann::ordered_json;

namespace {

constexpr const char* kExamples = "fixtures/providers";
constexpr const char* kPages = "docs/providers";

cli::WorkedExample example_of(const Files& files, const oidc::Provider& provider) {
  const std::string folder = std::string(kExamples) + "/" + provider.id;
  INFO("provider `"
       << provider.id << "` needs a worked example in " << folder
       << ": example.yaml, rbac.yaml, and for an issuer of tokens auth-config.yaml and claims.json");
  REQUIRE(files.type(folder + "/example.yaml") == FileType::file);
  auto example = cli::read_worked_example(files, folder);
  INFO((example.ok() ? "" : example.error().message()));
  REQUIRE(example.ok());
  return std::move(example).value();
}

int status_of(const std::vector<std::string>& args) {
  const test::CliResult result = test::run_cli(args);
  UNSCOPED_INFO(cli::shell_line(args) << "\n" << result.out << result.err);
  return result.status;
}

Json json_of(std::vector<std::string> args) {
  args.insert(args.end(), {"-o", "json"});
  const test::CliResult result = test::run_cli(args);
  INFO(cli::shell_line(args) << "\n" << result.err);
  REQUIRE_FALSE(result.out.empty());
  return Json::parse(result.out);
}

// The question with these claims instead; --claim options of the question itself stay before them.
std::vector<std::string> with_claims(const cli::ExampleQuestion& question, const Json& changed) {
  std::vector<std::string> args = question.args;
  for (const auto& [name, value] : changed.items()) {
    args.emplace_back("--claim");
    args.push_back(name + ":=" + (value.is_null() ? std::string() : value.dump()));
  }
  return args;
}

// Wherever a value is `from` and nothing else.
void replace_value(Json& value, const std::string& from, const std::string& to) {
  if (value.is_string() && value == from) value = to;
  if (value.is_structured()) {
    for (auto& item : value) replace_value(item, from, to);
  }
}

std::string text_of(const Json& claims, const char* name) {
  return claims.contains(name) && claims[name].is_string() ? claims[name].get<std::string>() : std::string();
}

oidc::Tenant tenant_of(const Json& claims) {
  const std::string issuer = text_of(claims, "iss");
  const std::string subject = text_of(claims, "sub");
  const oidc::ClaimLookup lookup = [&claims](std::string_view name) -> std::optional<std::string> {
    const auto it = claims.find(std::string(name));
    if (it == claims.end() || it->is_null()) return std::nullopt;
    return it->is_string() ? it->get<std::string>() : it->dump();
  };
  oidc::ParseOptions options;
  options.issuer = issuer;
  options.claims = &lookup;
  const oidc::ParsedName parsed = oidc::Catalogue::builtin().parse(subject, options);
  return parsed.candidates.empty() ? oidc::Tenant{} : parsed.candidates.front().tenant;
}

// The sample token as a stranger's would be: another tenant wherever the tenant stands.
std::optional<Json> stranger(const Json& claims) {
  const oidc::Tenant tenant = tenant_of(claims);
  Json other = claims;
  if (tenant.value && !tenant.value->empty()) {
    std::string name = *tenant.value;
    name.back() = name.back() == 'x' ? 'y' : (name.back() == '7' ? '8' : '7');
    replace_value(other, *tenant.value, name);
    for (const char* claim : {"iss", "sub"})
      if (other.contains(claim)) other[claim] = replace_all(text_of(other, claim), *tenant.value, name);
  }
  if (other.contains(tenant.immutable_claim) && other[tenant.immutable_claim].is_string()) {
    other[tenant.immutable_claim] = other[tenant.immutable_claim].get<std::string>() + "9";
  }
  if (other == claims) return std::nullopt;
  return other;
}

Json changes_between(const Json& from, const Json& to) {
  Json changes = Json::object();
  for (const auto& [name, value] : to.items()) {
    if (!from.contains(name) || from[name] != value) changes[name] = value;
  }
  return changes;
}

Json read_claims(const Files& files, const cli::WorkedExample& example) {
  auto text = files.read(*example.claims, 1U << 20U);
  REQUIRE(text.ok());
  return Json::parse(text.value());
}

}  // namespace

TEST_CASE("every provider has a worked example in which nothing is found") {
  const test::InDirectory here(test::source_dir());
  const auto files = make_system_files();
  std::set<std::string> known;
  for (const oidc::Provider& provider : oidc::Catalogue::builtin().providers()) {
    known.insert(provider.id);
    DYNAMIC_SECTION(provider.id) {
      const cli::WorkedExample example = example_of(*files, provider);
      REQUIRE(example.rbac);
      const Json scan = json_of({"scan", example.folder});
      CHECK(scan["findings"].dump() == "[]");
      CHECK(scan["issues"].dump() == "[]");
      CHECK(status_of({"scan", "--fail-on", "low", example.folder}) == 0);
      if (!example.auth_config) continue;
      const Json check = json_of({"auth-config", "check", *example.auth_config});
      CHECK(check["status"] == "valid");
      CHECK(check["errors"].dump() == "[]");
      CHECK(check.value("findings", Json::array()).dump() == "[]");
    }
  }
  const auto folders = files->list(kExamples);
  REQUIRE(folders.ok());
  for (const DirEntry& entry : folders.value()) {
    INFO(kExamples << "/" << entry.name << " is of no provider");
    CHECK(known.count(entry.name) == 1);
  }
}

TEST_CASE("a worked example allows its use and refuses its neighbours") {
  const test::InDirectory here(test::source_dir());
  const auto files = make_system_files();
  for (const oidc::Provider& provider : oidc::Catalogue::builtin().providers()) {
    DYNAMIC_SECTION(provider.id) {
      const cli::WorkedExample example = example_of(*files, provider);
      for (const cli::ExampleQuestion& question : example.allowed) {
        CHECK(status_of(question.args) == 0);
      }
      CHECK(example.refused.size() >= 2);
      for (const cli::ExampleQuestion& question : example.refused) {
        INFO(question.lead);
        CHECK(status_of(question.args) == 1);
      }
    }
  }
}

TEST_CASE("the token of a worked example is understood, and strangers with it are refused") {
  const test::InDirectory here(test::source_dir());
  const auto files = make_system_files();
  for (const oidc::Provider& provider : oidc::Catalogue::builtin().providers()) {
    if (provider.issuers.empty()) continue;
    DYNAMIC_SECTION(provider.id) {
      const cli::WorkedExample example = example_of(*files, provider);
      REQUIRE(example.claims);
      REQUIRE(example.auth_config);
      const Json claims = read_claims(*files, example);

      const std::string issuer = claims["iss"];
      const std::string subject = claims["sub"];
      oidc::ParseOptions options;
      options.issuer = issuer;
      const oidc::ParsedName parsed = oidc::Catalogue::builtin().parse(subject, options);
      const bool among =
          std::any_of(parsed.candidates.begin(), parsed.candidates.end(),
                      [&](const auto& candidate) { return candidate.provider->id == provider.id; });
      INFO("subject `" << subject << "` of " << issuer);
      CHECK(among);

      REQUIRE_FALSE(example.allowed.empty());
      const cli::ExampleQuestion& use = example.allowed.front();
      const auto refused = [&](const char* who, const Json& changed) {
        INFO(who);
        CHECK(status_of(with_claims(use, changed)) == 1);
      };
      refused("a token for another audience", {{"aud", "somebody-else"}});
      refused("a token without audience", {{"aud", nullptr}});
      refused("an issuer that differs by a slash",
              {{"iss", issuer.ends_with('/') ? issuer.substr(0, issuer.size() - 1) : issuer + "/"}});
      refused("a token that has expired", {{"exp", claims["iat"]}});
      refused("a token of tomorrow", {{"nbf", claims["exp"]}});
      if (const auto other = stranger(claims)) refused("another tenant", changes_between(claims, *other));
      // Among the neighbours that the page shows is somebody of another tenant, where the token tells.
      const oidc::Tenant tenant = tenant_of(claims);
      bool shown = !tenant.value && !claims.contains(tenant.immutable_claim);
      for (const cli::ExampleQuestion& question : example.refused) {
        const std::set<std::string> changed(question.changed_claims.begin(), question.changed_claims.end());
        shown =
            shown || changed.count("iss") + changed.count(std::string(tenant.immutable_claim)) != 0 ||
            (tenant.where.starts_with("claim:") && changed.count(std::string(tenant.where.substr(6))) != 0) ||
            (tenant.where == "sub" && changed.count("sub") != 0);
      }
      CHECK(shown);
    }
  }
}

TEST_CASE("the pages of the providers are fresh") {
  const test::InDirectory here(test::source_dir());
  const auto files = make_system_files();
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  const FixedClock clock(Timestamp{});
  const cli::Host host{{in, out, err}, *files, clock, [](const std::string&) { return std::nullopt; }, {}};
  const auto pages = cli::provider_pages(oidc::Catalogue::builtin(), kExamples, host);
  INFO((pages.ok() ? "" : pages.error().message()));
  REQUIRE(pages.ok());
  // Like the target `docs`, for where the program was not built; fails all the same, so that somebody looks.
  const bool accept = std::getenv("OIDC_AUDIT_ACCEPT") != nullptr;
  CHECK_FALSE(accept);
  std::set<std::string> expected;
  for (const auto& [name, text] : pages.value()) {
    expected.insert(name);
    const std::string path = std::string(kPages) + "/" + name;
    if (accept) CHECK(files->write_atomically(path, text).ok());
    const auto page = files->read(path, 1U << 20U);
    INFO(name << ": stale; build the target `docs`");
    CHECK((page.ok() && page.value() == text));
  }
  const auto entries = files->list(kPages);
  REQUIRE(entries.ok());
  for (const DirEntry& entry : entries.value()) {
    INFO(entry.name << ": of a provider that is no more; build the target `docs`");
    CHECK(expected.count(entry.name) == 1);
  }
}

TEST_CASE("a wrong example is told with its place") {
  struct Row {
    const char* name;
    const char* text;
    const char* expected;
  };
  const std::vector<Row> rows = {
      {"unknown key", "does: list pods\nuser: jane\nrefusd: []\n",
       "p/example.yaml:3:1: `refusd` is no key of an example"},
      {"nothing asked", "user: jane\n",
       "p/example.yaml:1:1: an example needs `does`: what is asked, such as `list pods`"},
      {"nobody asks", "does: list pods\n",
       "p/example.yaml:1:1: an example needs claims.json beside it, or `user`"},
      {"nobody named", "does: list pods\nuser: jane\nrefused:\n- user: joe\n",
       "p/example.yaml:4:3: `who` is missing: who is refused"},
      {"refused is no list", "does: list pods\nuser: jane\nrefused: joe\n",
       "p/example.yaml:3:10: `refused` must be a list"},
      {"claims are no mapping", "does: list pods\nuser: jane\nrefused:\n- who: joe\n  claims: [sub]\n",
       "p/example.yaml:5:11: `claims` must be a mapping"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const MemoryFiles files(std::map<std::string, std::string>{{"p/example.yaml", row.text}});
      const auto example = cli::read_worked_example(files, "p");
      REQUIRE_FALSE(example.ok());
      CHECK(example.error().message() == row.expected);
      CHECK(example.error().kind() == ErrorKind::configuration);
    }
  }
}

TEST_CASE("a question becomes words of the command line") {
  const std::map<std::string, std::string> content = {
      {"p/claims.json", "{}"},
      {"p/auth-config.yaml", ""},
      {"p/rbac.yaml", ""},
      {"p/example.yaml",
       "does: update deployments.apps/shop\nnamespace: shop\nnow: 2026-09-21T14:15:00Z\n"
       "refused:\n- who: somebody\n  claims: {sub: it's me, num: 5, gone: null, list: [a, {b: true}]}\n"}};
  const MemoryFiles files(content);
  const auto example = cli::read_worked_example(files, "p");
  REQUIRE(example.ok());
  CHECK(
      cli::shell_line(example.value().allowed.at(0).args) ==
      "simulate update deployments.apps/shop -n shop --claims p/claims.json --auth-config p/auth-config.yaml "
      "--now 2026-09-21T14:15:00Z -f p/rbac.yaml");
  CHECK(cli::shell_line(example.value().refused.at(0).args) ==
        "simulate update deployments.apps/shop -n shop --claims p/claims.json --claim 'sub=it'\"'\"'s me' "
        "--claim num:=5 --claim gone:= --claim 'list:=[\"a\",{\"b\":true}]' --auth-config p/auth-config.yaml "
        "--now 2026-09-21T14:15:00Z -f p/rbac.yaml");
  CHECK(example.value().refused.at(0).changed_claims ==
        std::vector<std::string>{"sub", "num", "gone", "list"});
}

TEST_CASE("patterns of the catalogue are shown as people read them") {
  struct Row {
    const char* form;
    const char* expected;
  };
  const std::vector<Row> rows = {
      {"repo:{owner}/{repo}:ref:{ref}", "repo:{owner}/{repo}:ref:{ref}"},
      {"{<group}/{_path}{>group}", "/{path}"},
      {"{<id}\\{{_uuid}\\}{>id}", "{{uuid}}"},
      {"{=component}:{value}", "{component}:{value}"},
      {"a{b", "a{b"},
      {"", ""},
  };
  for (const Row& row : rows) CHECK(report::readable_form(row.form) == row.expected);
}
