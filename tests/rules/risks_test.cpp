// Walks the catalogue of risky patterns (reference/oidc-risks.md of the shared data) and the samples of
// tokens beside it: which rule covers a pattern, and whether its own examples are and are not reported by it.

#include <catch2/catch.hpp>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/strings.h"
#include "run_support.h"
#include "support/test_data.h"

namespace oidc_audit::rules {
namespace {

using rules_test::Scan;

struct Example {
  std::string risk;
  bool flagged = false;
  std::string kind, name, role;
};

// `\u212A` as the character it stands for.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) != "\\u" || i + 6 > text.size()) {
      out += text[i];
      continue;
    }
    const auto code = static_cast<unsigned>(std::stoul(std::string(text.substr(i + 2, 4)), nullptr, 16));
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xC0 | code >> 6);
      out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
      out += static_cast<char>(0xE0 | code >> 12);
      out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
      out += static_cast<char>(0x80 | (code & 0x3F));
    }
    i += 5;
  }
  return out;
}

// `KIND "NAME" → ROLE` in a line of examples.
void take_examples(const std::string& risk, bool flagged, std::string_view text, std::vector<Example>& out) {
  for (const std::string_view kind : {"User", "Group"}) {
    const std::string start = "`" + std::string(kind) + " \"";
    for (std::size_t at = text.find(start); at != std::string_view::npos; at = text.find(start, at)) {
      at += start.size();
      const std::size_t quote = text.find('"', at);
      const std::size_t end = text.find('`', at);
      if (quote == std::string_view::npos || end == std::string_view::npos || quote > end) continue;
      Example example{risk, flagged, std::string(kind), unescaped(text.substr(at, quote - at)), "edit"};
      const std::size_t arrow = text.find("→ ", quote);
      if (arrow != std::string_view::npos && arrow < end) {
        example.role = std::string(text.substr(arrow + 4, end - arrow - 4));
      }
      // Names with parts left out are no names.
      const bool whole =
          example.name.find("…") == std::string::npos && example.name.find("<u>") == std::string::npos &&
          example.name.find("<uuid>") == std::string::npos && example.name.find("<tid>") == std::string::npos;
      if (whole) out.push_back(std::move(example));
    }
  }
}

struct Risks {
  std::vector<std::string> ids;
  std::vector<Example> examples;
};

Risks read_risks(const std::string& page) {
  Risks out;
  std::string risk;
  bool flagged = true;
  bool in_examples = false;
  for (const std::string_view line : split(page, '\n')) {
    if (line.starts_with("### OR-")) {
      risk = std::string(line.substr(4, 6));
      out.ids.push_back(risk);
      in_examples = false;
    }
    if (line.starts_with("* **"))
      in_examples = line.starts_with("* **Flag") || line.starts_with("* **Do not flag");
    if (!in_examples || risk.empty()) continue;
    // A line may go over from the one kind to the other.
    std::string_view rest = line;
    while (!rest.empty()) {
      const std::size_t yes = rest.find("**Flag");
      const std::size_t no = rest.find("**Do not flag");
      const std::size_t next = std::min(yes, no);
      take_examples(risk, flagged, rest.substr(0, next), out.examples);
      if (next == std::string_view::npos) break;
      flagged = yes < no;
      rest.remove_prefix(next + 6);
    }
  }
  return out;
}

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

std::string binding_of(const std::string& kind, const std::string& name, const std::string& role,
                       const std::string& binding = "b") {
  return "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: " + binding +
         "}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: " + quoted(role) +
         "}\nsubjects:\n- {kind: " + kind + ", apiGroup: rbac.authorization.k8s.io, name: " + quoted(name) +
         "}\n---\n";
}

const RuleSet& all_rules() {
  static const RuleSet rules = RuleSet::builtin();
  return rules;
}

std::set<std::string> aliases_of(std::span<const Finding> findings) {
  std::set<std::string> out;
  for (const Finding& finding : findings) out.insert(finding.aliases.begin(), finding.aliases.end());
  return out;
}

// What an example says beside its name, and what stands beside it.
struct Setting {
  const char* config = "";
  const char* beside = "";
};
const std::map<std::string, Setting>& settings() {
  static const std::map<std::string, Setting> kSettings = {
      {"OR-011", {"organizations: {hcp-terraform: [my-org]}\n", ""}},
      {"OR-020",
       {"issuers:\n- {url: https://token.actions.githubusercontent.com, username-prefix: 'gha:'}\n", ""}},
      {"OR-024",
       {"issuers:\n- {url: https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF, username-prefix: "
        "'-'}\n",
        ""}},
      {"OR-042", {"issuers:\n- {url: https://dex.example.com, groups-prefix: 'oidc:'}\n", ""}},
      {"OR-074", {"", "User organization:my-org:project:p:workspace:w:run_phase:apply view"}},
  };
  return kSettings;
}

// Examples that need more than a name: why.
const std::map<std::string, const char*>& left_out() {
  static const std::map<std::string, const char*> kLeftOut = {
      {"OR-012 https://gitlab.com#main", "needs the server's configuration: see below"},
      {"OR-068 platform/admins", "only beside the group with the slash, which the claim gives"},
      {"OR-077 oidc:jane", "needs both bindings: fixtures of duplicate-subject"},
      {"OR-041 jane.doe@example.com", "listed for OR-040"},
  };
  return kLeftOut;
}

}  // namespace

TEST_CASE("every pattern of the catalogue has a rule, and its examples are told apart", "[risks]") {
  const auto shared = test::shared_dir();
  if (!shared) {
    WARN("no shared data: set OIDC_AUDIT_SHARED");
    return;
  }
  const Risks risks = read_risks(test::read_file(*shared + "/reference/oidc-risks.md"));
  REQUIRE(risks.ids.size() > 50);
  REQUIRE(risks.examples.size() > 80);
  std::map<std::string, std::vector<std::string>> covered;
  for (const RuleInfo& info : all_rules().infos()) {
    for (const std::string& alias : info.aliases) covered[alias].push_back(info.id.str());
  }
  for (const std::string& id : risks.ids) {
    INFO(id);
    CHECK_FALSE(covered[id].empty());
  }
  for (const Example& example : risks.examples) {
    if (left_out().count(example.risk + " " + example.name) != 0) continue;
    DYNAMIC_SECTION(example.risk << (example.flagged ? " flags " : " passes ") << example.kind << " "
                                 << example.name << " " << example.role) {
      Setting setting;
      if (const auto it = settings().find(example.risk); it != settings().end()) setting = it->second;
      std::string manifests = binding_of(example.kind, example.name, example.role);
      if (*setting.beside != '\0') {
        const auto words = split(setting.beside, ' ');
        manifests += binding_of(std::string(words[0]), std::string(words[1]), std::string(words[2]), "c");
      }
      Scan scan(manifests, setting.config);
      scan.run(all_rules());
      std::vector<Finding> own;
      for (const Finding& finding : scan.result.findings) {
        if (finding.location.object.name == "b") own.push_back(finding);
      }
      CHECK(aliases_of(own).count(example.risk) == (example.flagged ? 1U : 0U));
    }
  }
}

TEST_CASE("patterns that need the configuration of the server", "[risks]") {
  const auto config = [](const std::string& url, const std::string& username, const std::string& more = "") {
    return "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- issuer: "
           "{url: " +
           url + ", audiences: [kubernetes]}\n  claimMappings:\n    username: " + username + "\n" + more +
           "---\n";
  };
  const std::string gitlab = "https://gitlab.com";
  const std::string own = "https://idp.example.com";
  const std::string ref = "{claim: ref, prefix: 'https://gitlab.com#'}";
  const std::string main = binding_of("User", "https://gitlab.com#main", "edit");
  const std::string eks = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
  const std::string account = binding_of("User", "system:serviceaccount:ci:deployer", "admin");
  struct Row {
    const char* name;
    const char* risk;
    bool flagged;
    std::string manifests;
  };
  const Row rows[] = {
      {"audience_alone", "OR-012", true, config(gitlab, ref) + main},
      {"tenant_pinned", "OR-012", false,
       config(gitlab, ref, "  claimValidationRules: [{expression: \"claims.namespace_id == '72'\"}]\n") +
           main},
      {"pinned_names_no_tenant", "OR-010", false,
       config(gitlab, ref, "  claimValidationRules: [{expression: \"claims.namespace_id == '72'\"}]\n") +
           main},
      {"groups_prefix_empty", "OR-021", true,
       config(own, "{claim: sub, prefix: 'oidc:'}", "    groups: {claim: groups, prefix: ''}\n")},
      {"user_rules_refuse", "OR-021", false,
       config(own, "{claim: sub, prefix: 'oidc:'}",
              "    groups: {claim: groups, prefix: ''}\n  userValidationRules:\n  - expression: "
              "\"user.groups.all(g, !g.startsWith('system:'))\"\n")},
      {"prefix_begins_system", "OR-021", true, config(own, "{claim: sub, prefix: sys}")},
      {"unprefixed", "OR-020", true, config("https://app.terraform.io", "{claim: sub, prefix: ''}")},
      {"prefixed", "OR-020", false, config("https://app.terraform.io", "{claim: sub, prefix: 'tfc:'}")},
      {"foreign_cluster", "OR-024", true, config(eks, "{claim: sub, prefix: ''}") + account},
      {"foreign_cluster_prefixed", "OR-024", false,
       config(eks, "{claim: sub, prefix: 'eks-prod:'}") +
           binding_of("User", "eks-prod:system:serviceaccount:ci:deployer", "edit")},
      {"ssh_rerun", "OR-056", true,
       config("https://oidc.circleci.com/org/2c3f7a0e-1111-4222-8333-944455556666",
              "{claim: sub, prefix: 'cc:'}")},
      {"unverified", "OR-041", true, config(own, "{claim: email, prefix: 'oidc:'}")},
      {"self_assigned", "OR-043", true,
       config(gitlab, "{claim: sub, prefix: 'gl:'}", "    groups: {claim: groups_direct, prefix: 'gl:'}\n")},
      {"lookalike", "OR-023", true, config("https://git1ab.com", "{claim: sub, prefix: 'gl:'}")},
      {"slash", "OR-022", true, config("https://gitlab.com/", "{claim: sub, prefix: 'gl:'}")},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Scan scan(row.manifests);
      scan.run(all_rules());
      CHECK(aliases_of(scan.result.findings).count(row.risk) == (row.flagged ? 1U : 0U));
    }
  }
}

TEST_CASE("samples of tokens are reported as their hints say", "[risks]") {
  const auto shared = test::shared_dir();
  if (!shared) {
    WARN("no shared data: set OIDC_AUDIT_SHARED");
    return;
  }
  const nlohmann::json index =
      nlohmann::json::parse(test::read_file(*shared + "/reference/providers/index.json"));
  // Hints that the name alone does not give, and why.
  const std::map<std::string, const char*> more_than_the_name = {
      {"OR-020", "about the name without its issuer"},
      {"OR-021", "about the name without its issuer"},
      {"OR-024", "about the name without its issuer"},
      {"OR-033", "about its groups"},
      {"OR-040", "about its address"},
      {"OR-041", "about its address or login"},
      {"OR-042", "about its groups"},
      {"OR-043", "about its groups"},
      {"OR-044", "about its groups"},
      {"OR-054", "only beside bindings of the owner, or a list of allowed ones"},
  };
  // ... and of single samples.
  const std::map<std::string, const char*> left_out_of = {
      {"github-actions.custom-environment-owner.json OR-053", "it names an environment"},
      {"buildkite.subject-claim-pipeline-id.json OR-053", "OR-057 says that any id may be meant"},
      {"teamcity.build.json OR-053", "a word at an unknown host is nobody's in particular"},
      {"teamcity.build.json OR-058", "a word at an unknown host is nobody's in particular"},
  };
  std::size_t compared = 0;
  for (const auto& sample : index.at("samples")) {
    if (!sample.contains("sub") || !sample.contains("issuer")) continue;
    const std::string name =
        sample.at("issuer").get<std::string>() + "#" + sample.at("sub").get<std::string>();
    DYNAMIC_SECTION(sample.at("file").get<std::string>()) {
      Scan scan(binding_of("User", name, "edit"));
      scan.run(all_rules());
      const std::set<std::string> aliases = aliases_of(scan.result.findings);
      for (const auto& hint : sample.at("risk_hints")) {
        if (more_than_the_name.count(hint.get<std::string>()) != 0) continue;
        if (left_out_of.count(sample.at("file").get<std::string>() + " " + hint.get<std::string>()) != 0)
          continue;
        INFO(hint.get<std::string>() << " for " << name);
        CHECK(aliases.count(hint.get<std::string>()) == 1);
      }
    }
    ++compared;
  }
  CHECK(compared > 80);
}

}  // namespace oidc_audit::rules
