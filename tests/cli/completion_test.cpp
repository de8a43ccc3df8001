#include "cli/completion.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/global_options.h"
#include "run_cli.h"

using namespace oidc_audit;
using namespace oidc_audit::cli;
using test::run_cli;

namespace {

const char* const kKubeconfig = R"(apiVersion: v1
kind: Config
current-context: admin@dev
contexts:
- {name: admin@dev, context: {cluster: dev, user: admin, namespace: payments}}
- {name: "arn:aws:eks:eu-west-1:1:cluster/prod", context: {cluster: prod, user: admin}}
- {name: "bad\tname", context: {cluster: dev}}
- {name: "bad\nname", context: {cluster: dev}}
clusters:
- {name: dev, cluster: {server: https://dev.example}}
users:
- {name: admin, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/false}}}
)";

struct Answer {
  std::vector<std::string> values;
  int directive = -1;
};

Answer read(const std::string& text) {
  Answer out;
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) continue;
    if (line.front() == ':') {
      out.directive = std::stoi(std::string(line.substr(1)));
    } else {
      CHECK(out.directive == -1);  // the directive comes last
      out.values.emplace_back(line.substr(0, line.find('\t')));
    }
  }
  return out;
}

Answer ask(std::vector<std::string> words) {
  MemoryFiles files(std::map<std::string, std::string>{
      {"/kube/config", kKubeconfig},
      {"/kube/other", "contexts:\n- {name: other, context: {cluster: c}}\n"},
      {"/broken", ": ["}});
  test::CliWorld world;
  world.files = &files;
  world.environment = {{"KUBECONFIG", "/kube/config"}};
  words.insert(words.begin(), "__complete");
  const test::CliResult result = run_cli(words, world);
  CHECK(result.status == 0);
  CHECK(result.err.empty());
  return read(result.out);
}

bool has(const Answer& answer, const std::string& value) {
  return std::find(answer.values.begin(), answer.values.end(), value) != answer.values.end();
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("the last word is completed by what stands before it") {
  struct Row {
    const char* name;
    Words words;
    Words values;
    int directive;
  };
  const Row rows[] = {
      {"command", {"sc"}, {"scan"}, 4},
      {"no_such_command", {"nonsense", ""}, {}, 4},
      {"behind_a_global_option", {"--color", "never", "sc"}, {"scan"}, 4},
      {"behind_a_flag", {"-q", "wh"}, {"who-can", "what-can", "whoami"}, 4},
      {"subcommand", {"auth-config", "c"}, {"check", "convert"}, 4},
      {"help_names_commands", {"help", "auth-config", "ch"}, {"check"}, 4},
      {"help_has_options", {"help", "--ma"}, {"--man", "--markdown"}, 4},
      {"choice", {"scan", "--fail-on", "c"}, {"critical"}, 4},
      {"choice_in_one_word", {"scan", "--fail-on=c"}, {"critical"}, 4},
      {"choice_of_short_option", {"scan", "-o", "j"}, {"json"}, 4},
      {"choice_attached", {"scan", "-oj"}, {"-ojson"}, 4},
      {"choice_attached_with_equals", {"scan", "-o=j"}, {"-o=json"}, 4},
      {"flags_before_a_value", {"scan", "-qo", "sa"}, {"sarif"}, 4},
      {"switch", {"scan", "--quiet=t"}, {"true"}, 4},
      {"option_name", {"scan", "--fail"}, {"--fail-on"}, 4},
      {"given_once", {"scan", "--fail-on", "low", "--fail"}, {}, 4},
      {"given_once_before_the_command", {"--config", "x", "scan", "--conf"}, {}, 4},
      {"repeatable", {"scan", "--exclude", "x", "--excl"}, {"--exclude"}, 4},
      {"no_option_behind_dashes", {"scan", "--", "--fail"}, {"yaml", "yml", "json"}, 8},
      {"value_that_looks_like_an_option",
       {"scan", "--config", "--fail-on", "--fail-on", "c"},
       {"critical"},
       4},
      {"manifests", {"scan", ""}, {"yaml", "yml", "json"}, 8},
      {"manifests_again", {"scan", "a.yaml", ""}, {"yaml", "yml", "json"}, 8},
      {"file", {"scan", "--config", ""}, {}, 0},
      {"file_behind_a_name", {"whoami", "--jwks", "https://x=k"}, {}, 0},
      {"directory", {"scan", "--rules", ""}, {}, 20},
      {"shell", {"completion", "z"}, {"zsh"}, 4},
      {"no_third_word", {"simulate", "get", "pods", ""}, {}, 4},
      {"rule", {"scan", "--disable", "wildcard-ten"}, {"wildcard-tenant"}, 4},
      {"rule_of_show", {"rules", "show", "wildcard-ten"}, {"wildcard-tenant"}, 4},
      {"rule_and_level", {"scan", "--severity", "wildcard-ten"}, {"wildcard-tenant="}, 6},
      {"level_of_rule", {"scan", "--severity", "wildcard-tenant=l"}, {"wildcard-tenant=low"}, 4},
      {"level_in_one_word", {"scan", "--severity=wildcard-tenant=l"}, {"wildcard-tenant=low"}, 4},
      {"provider", {"providers", "show", "hcp"}, {"hcp-terraform"}, 4},
      {"namespace", {"scan", "-n", "pay"}, {"payments"}, 4},
      {"namespace_of_every_cluster", {"scan", "--namespace=kube-s"}, {"kube-system"}, 4},
      {"context", {"scan", "--context", "adm"}, {"admin@dev"}, 4},
      {"context_of_another_kubeconfig", {"scan", "--kubeconfig", "/kube/other", "--context=o"}, {"other"}, 4},
      {"context_of_no_kubeconfig", {"scan", "--kubeconfig", "/none", "--context", ""}, {}, 4},
      {"context_of_a_broken_kubeconfig", {"scan", "--kubeconfig", "/broken", "--context", ""}, {}, 4},
      {"cluster", {"scan", "--cluster", ""}, {"dev"}, 4},
      {"user_of_the_kubeconfig", {"scan", "--kubeconfig-user", ""}, {"admin"}, 4},
      {"verb", {"simulate", "delete"}, {"delete", "deletecollection"}, 4},
      {"resource", {"who-can", "get", "clusterrolebi"}, {"clusterrolebindings.rbac.authorization.k8s.io"}, 4},
      {"subresource", {"simulate", "get", "pods", "--subresource", "ephem"}, {"ephemeralcontainers"}, 4},
      {"list_of_algorithms", {"whoami", "--oidc-signing-algs", "RS256,ES5"}, {"RS256,ES512"}, 4},
      {"subject", {"what-can", "--subject", "G"}, {"Group:"}, 6},
      {"name_of_ones_own", {"subject", "org"}, {}, 4},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Answer answer = ask(row.words);
      CHECK(answer.values == row.values);
      CHECK(answer.directive == row.directive);
    }
  }
}

TEST_CASE("nothing at all is answered with the commands") {
  for (const Words& words : {Words{}, Words{""}}) {
    const Answer answer = ask(words);
    for (const CommandEntry& entry : commands()) CHECK(has(answer, std::string(entry.name)));
    CHECK(has(answer, "help"));
    CHECK_FALSE(has(answer, "__complete"));
  }
}

TEST_CASE("names that a kubeconfig gives cannot break the protocol or a terminal") {
  CommandSpec spec("x", "x");
  std::string value;
  OptionDecl& decl = spec.option("--context", "CONTEXT", value, "context");
  const MemoryFiles files(std::map<std::string, std::string>{{"/kube/config", kKubeconfig}});
  const Environment environment = [](const std::string& name) {
    return name == "KUBECONFIG" ? std::optional<std::string>("/kube/config") : std::nullopt;
  };
  const CompletionWorld world{files, environment};
  const GivenOptions none;
  const Completion all = complete_value(decl, "", none, world);
  REQUIRE(all.candidates.size() == 2);
  CHECK(all.candidates[0].value == "admin@dev");
  CHECK(all.candidates[0].description == "current context");
  CHECK(all.candidates[1].value == "arn:aws:eks:eu-west-1:1:cluster/prod");
  CHECK(complete_value(decl, "arn:aws", none, world).candidates.size() == 1);
}

TEST_CASE("what a kubeconfig or a rule pack says wrongly leaves no candidates and says nothing") {
  const Answer answer = ask({"scan", "--rules", "nowhere", "--disable", "wildcard-ten"});
  CHECK(answer.values == Words{"wildcard-tenant"});
}

TEST_CASE("completion knows what every option and argument takes") {
  std::vector<const CommandSpec*> left;
  for (const CommandEntry& entry : commands()) {
    GlobalOptions options;
    Requests requests;
    CommandSpec spec{std::string(entry.name), std::string(entry.summary)};
    declare(spec, entry, options, requests);
    left.push_back(&spec);
    while (!left.empty()) {
      const CommandSpec& one = *left.back();
      left.pop_back();
      for (const CommandSpec& sub : one.subcommands()) left.push_back(&sub);
      for (const OptionDecl& decl : one.options()) {
        if (decl.value_name.empty() || !decl.choices.empty() || decl.hidden) continue;
        INFO(entry.name << ": " << join(decl.names, ",") << " " << decl.value_name
                        << ": give it a placeholder of src/cli/completion_values.cpp, or add it there");
        CHECK(is_known_placeholder(decl.value_name));
      }
    }
  }
}
