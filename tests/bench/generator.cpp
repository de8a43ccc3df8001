#include "generator.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <string_view>

namespace oidc_audit::bench {

namespace {

struct Subject {
  std::string_view kind;
  std::string name;
};

constexpr std::array<std::string_view, 8> kTeams = {"payments", "search", "identity", "data",
                                                    "web",      "mobile", "platform", "billing"};
constexpr std::array<std::string_view, 4> kRoles = {"view", "edit", "admin", "cluster-admin"};

Subject subject(std::size_t i) {
  const std::string_view team = kTeams[i % kTeams.size()];
  switch (i % 6) {
    case 0:
      return {"User", fmt::format("organization:acme:project:{}:workspace:{}-{}:run_phase:{}", team, team, i,
                                  i % 4 == 0 ? "apply" : "plan")};
    case 1:
      return {"User", fmt::format("repo:acme/{}-service-{}:ref:refs/heads/main", team, i)};
    case 2:
      return {"User", fmt::format("project_path:acme/{}/service-{}:ref_type:branch:ref:main", team, i)};
    case 3:
      return {"User", fmt::format("space:{}-01:stack:{}-{}:run_type:TRACKED:scope:write", team, team, i)};
    case 4:
      return {"User", fmt::format("repo:acme/{}-service-{}:environment:production", team, i)};
    default:
      return {"Group", fmt::format("oidc:{}-{}", team, i)};
  }
}

std::string name_of(std::size_t i) { return fmt::format("{}-deployer-{}", kTeams[i % kTeams.size()], i); }
constexpr std::size_t kGroups = 2'000;

// One binding, as far as it is told by its number.
struct Binding {
  bool namespaced;
  std::string_view role;
  Subject subject;
};

Binding binding(std::size_t i, Names names) {
  if (names == Names::teams)
    return {true, i % 4 == 0 ? "edit" : "view", {"Group", fmt::format("oidc:team-{}", i % kGroups)}};
  return {i % 3 == 1, kRoles[i % 7 % kRoles.size()], subject(i)};
}

constexpr std::string_view kYaml = R"(---
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata:
  name: {name}{space}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {role}
subjects:
- apiGroup: rbac.authorization.k8s.io
  kind: {subject_kind}
  name: "{subject}"
)";

constexpr std::string_view kJson =
    R"({{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"{kind}","metadata":{{"name":"{name}"{space}}},)"
    R"("roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"{role}"}},)"
    R"("subjects":[{{"apiGroup":"rbac.authorization.k8s.io","kind":"{subject_kind}","name":"{subject}"}}]}})";

constexpr std::string_view kPretty = R"(        {{
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "{kind}",
            "metadata": {{
                "creationTimestamp": "2026-01-02T03:04:05Z",
                "name": "{name}",{space}
                "resourceVersion": "{version}",
                "uid": "6f1c0000-0000-4000-8000-{version:012}"
            }},
            "roleRef": {{
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "{role}"
            }},
            "subjects": [
                {{
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "{subject_kind}",
                    "name": "{subject}"
                }}
            ]
        }})";

std::string space_of(std::size_t i, Shape shape) {
  const std::string_view team = kTeams[i % kTeams.size()];
  if (shape == Shape::yaml) return fmt::format("\n  namespace: {}", team);
  if (shape == Shape::json) return fmt::format(R"(,"namespace":"{}")", team);
  return fmt::format("\n                \"namespace\": \"{}\",", team);
}

}  // namespace

std::string make_bindings(std::size_t count, Shape shape, Names names) {
  std::string out;
  if (shape == Shape::json)
    out += R"({"apiVersion":"v1","kind":"List","items":[)"
           "\n";
  if (shape == Shape::json_pretty) out += "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n";
  const std::string_view form = shape == Shape::yaml ? kYaml : shape == Shape::json ? kJson : kPretty;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0 && shape != Shape::yaml) out += ",\n";
    const Binding made = binding(i, names);
    fmt::format_to(std::back_inserter(out), fmt::runtime(form),
                   fmt::arg("kind", made.namespaced ? "RoleBinding" : "ClusterRoleBinding"),
                   fmt::arg("name", name_of(i)),
                   fmt::arg("space", made.namespaced ? space_of(i, shape) : std::string()),
                   fmt::arg("role", made.role), fmt::arg("subject_kind", made.subject.kind),
                   fmt::arg("subject", made.subject.name), fmt::arg("version", i + 1));
  }
  if (shape == Shape::json) out += "\n]}\n";
  if (shape == Shape::json_pretty) out += "\n    ],\n    \"kind\": \"List\",\n    \"metadata\": {}\n}\n";
  return out;
}

}  // namespace oidc_audit::bench
