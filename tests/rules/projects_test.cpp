// Every project under fixtures/projects is scanned with all rules; at the default level exactly what its
// marks say is reported. So each silence about a well-known project is as deliberate as each finding.

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "base/files.h"
#include "oidc/catalogue.h"
#include "rbac/inventory.h"
#include "rules/engine.h"
#include "rules/fixtures.h"
#include "support/test_data.h"

namespace oidc_audit::rules {
namespace {

using Lines = std::multiset<std::string>;

struct ProjectRun {
  Lines marked;
  Lines reported;
  std::size_t bindings = 0;
  std::vector<std::string> issues;
};

std::string effects_text(const Finding& finding) {
  std::string out;
  for (const Effect effect : finding.effects)
    out += fmt::format("{}{}", out.empty() ? "" : ",", to_string(effect));
  return out;
}

ProjectRun scan(const Files& files, const std::string& path) {
  static const RuleSet rules = RuleSet::builtin();
  ProjectRun out;
  SourceManager sources;
  Result<std::string> text = files.read(path, 1U << 20);
  REQUIRE(text.ok());
  Result<BufferId> buffer = sources.add(path, std::move(text).value());
  REQUIRE(buffer.ok());
  rbac::Inventory inventory(sources, std::nullopt);
  Collector collector;
  rbac::LoadOptions options;
  options.format = document::format_of_name(path);
  inventory.add(buffer.value(), options, collector);
  inventory.finish(collector);
  for (const Issue& issue : collector.take_issues()) out.issues.push_back(issue.message);
  for (const document::Comment& comment : inventory.comments()) {
    for (const Mark& mark : parse_marks(sources.text(comment.range))) {
      out.marked.insert(fmt::format("line {}: {} {} {}", sources.start(comment.range).line, mark.rule,
                                    mark.severity, mark.effects));
    }
  }
  const RunResult result = run(rules, inventory, sources, Config(), oidc::Catalogue::builtin());
  for (const Issue& issue : result.issues) out.issues.push_back(issue.message);
  for (const Finding& finding : result.findings) {
    if (finding.severity < Severity::low) continue;
    REQUIRE(finding.location.range);
    CHECK_FALSE(finding.message.empty());
    CHECK_FALSE(finding.remedy.empty());
    out.reported.insert(fmt::format("line {}: {} {} {}", sources.start(*finding.location.range).line,
                                    finding.rule.str(), to_string(finding.severity), effects_text(finding)));
  }
  out.bindings = inventory.bindings().size();
  return out;
}

TEST_CASE("well-known projects yield what their marks say", "[rules]") {
  const std::unique_ptr<Files> files = make_system_files();
  const std::string root = test::source_dir() + "/fixtures/projects";
  const Result<std::vector<DirEntry>> entries = files->list(root);
  REQUIRE(entries.ok());
  std::size_t projects = 0;
  for (const DirEntry& entry : entries.value()) {
    DYNAMIC_SECTION(entry.name) {
      const ProjectRun run = scan(*files, root + "/" + entry.name + "/rbac.yaml");
      CHECK(run.bindings > 0);
      CHECK(run.issues == std::vector<std::string>());
      CHECK(run.reported == run.marked);
    }
    ++projects;
  }
  CHECK(projects >= 10);
}

}  // namespace
}  // namespace oidc_audit::rules
