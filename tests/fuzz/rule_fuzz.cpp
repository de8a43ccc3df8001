// A rule file and a configuration that anybody may have written: reading, checking and asking never crash.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/files.h"
#include "diag/collector.h"
#include "oidc/catalogue.h"
#include "rbac/inventory.h"
#include "rules/docs.h"
#include "rules/engine.h"
#include "rules/fixtures.h"

using namespace oidc_audit;

namespace {

constexpr std::string_view kManifest = R"(apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects:
- {kind: User, apiGroup: rbac.authorization.k8s.io, name: "organization:*:workspace:production:*"}
- {kind: Group, apiGroup: rbac.authorization.k8s.io, name: "oidc:platform"}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
- {apiGroups: ["*"], resources: ["*"], verbs: ["*"]}
)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  SourceManager sources;
  const auto config_buffer = sources.add("config.yaml", text);
  const rules::ConfigResult config = rules::read_config(sources, config_buffer.value());

  const MemoryFiles files({{"p/pack.yaml", "id: p\ntitle: P\n"}, {"p/rule/rule.yaml", text}});
  rules::RuleSet set;
  const auto issues = set.add_directory(files, "p", sources);
  if (!issues.ok()) return 0;
  rules::rule_pages(set);
  rbac::Inventory inventory(sources);
  Collector collector;
  inventory.add(sources.add("a.yaml", std::string(kManifest)).value(), rbac::LoadOptions{}, collector);
  inventory.finish(collector);
  const rules::Config none;
  rules::run(set, inventory, sources, config.ok() ? config.config : none, oidc::Catalogue::builtin());
  rules::parse_marks(text);
  return 0;
}
