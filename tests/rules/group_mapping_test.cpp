#include "rules/group_mapping.h"

#include <catch2/catch.hpp>

#include "oidc/catalogue.h"

namespace oidc_audit::rules {
namespace {

struct Row {
  const char* name;
  const char* subject;
  const char* expression;
  const char* group;
};

TEST_CASE("the group that stands in for a pattern", "[rules]") {
  const Row rows[] = {
      {"tenant_is_a_pattern", "organization:*:workspace:production:*",
       R"("tfc:" + claims.terraform_organization_name + ":" + claims.terraform_workspace_name)",
       "tfc:my-org:production"},
      {"phase_is_plain", "organization:acme:*:run_phase:plan",
       R"("tfc:" + claims.terraform_organization_name + ":" + claims.terraform_run_phase)", "tfc:acme:plan"},
      {"id_before_name", "repo:octo-org/*", R"("gha:" + claims.repository_owner_id)", "gha:123456"},
      {"no_provider", "somebody", "", ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Config config;
      const SubjectAnalyzer analyzer(config, oidc::Catalogue::builtin());
      rbac::Subject subject;
      subject.kind = rbac::SubjectKind::user;
      subject.name.value = row.subject;
      SubjectAnalysis analysis;
      analyzer.analyze(subject, analysis);
      const GroupMapping mapping = group_mapping(analysis, nullptr);
      CHECK(mapping.expression == row.expression);
      CHECK(mapping.group == row.group);
    }
  }
}

}  // namespace
}  // namespace oidc_audit::rules
