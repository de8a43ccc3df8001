#include "rules/group_mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace oidc_audit::rules {
namespace {

struct Part {
  std::string_view segment;  ///< of the subject; empty: the subject never says it
  std::string_view claim;    ///< after `claims`: `.name` or `["name"]`
  std::string_view example;  ///< of the claim, for the tenant and for claims that the subject does not hold
  bool identifier = false;   ///< the claim is an id, the segment a name: the example stands
  bool optional = false;     ///< tokens may lack the claim
};

struct Row {
  std::string_view provider;
  std::string_view prefix;
  Part tenant;
  std::array<Part, 3> parts;
};

// Claims as the providers document them. Ids are preferred to names that can be registered again.
constexpr Row kRows[] = {
    {"hcp-terraform",
     "tfc",
     {"organization", ".terraform_organization_name", "my-org"},
     {{{"workspace", ".terraform_workspace_name", ""}, {"run_phase", ".terraform_run_phase", ""}, {}}}},
    {"terraform-enterprise",
     "tfe",
     {"organization", ".terraform_organization_name", "my-org"},
     {{{"workspace", ".terraform_workspace_name", ""}, {"run_phase", ".terraform_run_phase", ""}, {}}}},
    {"github-actions",
     "gha",
     {"repository_owner", ".repository_owner_id", "123456", true},
     {{{"repository_name", ".repository", ""}, {"environment", ".environment", "", false, true}, {}}}},
    {"gitlab-ci",
     "gitlab",
     {"", ".namespace_id", "72", true},
     {{{"project_path", ".project_path", ""}, {"ref", ".ref", ""}, {}}}},
    {"buildkite",
     "bk",
     {"organization", ".organization_slug", "my-org"},
     {{{"pipeline", ".pipeline_slug", ""}, {"", "", ""}, {}}}},
    {"bitbucket-pipelines",
     "bitbucket",
     {"", ".repositoryUuid", "{1d397906-81bf-459e-9a8d-eae79c0bc5f3}", true},
     {}},
    {"circleci",
     "circleci",
     {"organization_id", R"(["oidc.circleci.com/org-id"])", "2c3f7a0e-1111-4222-8333-944455556666"},
     {{{"project_id", R"(["oidc.circleci.com/project-id"])", ""}, {}, {}}}},
    {"spacelift",
     "spacelift",
     {"space", ".spaceId", "production"},
     {{{"caller_id", ".callerId", ""}, {"scope", ".scope", ""}, {}}}},
    {"scalr", "scalr", {"", ".scalr_account_id", "acc-123456", true}, {}},
    {"pulumi-cloud",
     "pulumi",
     {"organization", ".org", "my-org"},
     {{{"project", ".project", ""}, {"stack", ".stack", ""}, {"operation", ".operation", ""}}}},
    {"vercel",
     "vercel",
     {"", ".owner_id", "team_123456", true},
     {{{"project", ".project", ""}, {"environment", ".environment", ""}, {}}}},
    {"depot-ci",
     "depot",
     {"org", ".org_id", "org_123456"},
     {{{"", ".repository", "my-org/my-repo", true}, {}, {}}}},
    {"semaphore",
     "semaphore",
     {"", ".org_id", "5f1d6bd4-0f3c-4b8e-9d0a-3b1b5f0c7a11", true},
     {{{"project_id", ".prj_id", ""}, {"ref", ".ref", ""}, {}}}},
    {"codefresh",
     "codefresh",
     {"account", ".account_id", "628a80b693a15c0f9c13ab75"},
     {{{"pipeline", ".pipeline_id", ""}, {}, {}}}},
    {"azure-devops",
     "azdo",
     {"", ".org_id", "5f1d6bd4-0f3c-4b8e-9d0a-3b1b5f0c7a11", true},
     {{{"", ".def_id", "12", true}, {}, {}}}},
    {"harness",
     "harness",
     {"account", ".account_id", "acc123"},
     {{{"org", ".organization_id", ""}, {"project", ".project_id", ""}, {}}}},
    {"env0",
     "env0",
     {"", ".organizationId", "5f1d6bd4-0f3c-4b8e-9d0a-3b1b5f0c7a11", true},
     {{{"", ".projectId", "a7e1c0de-2f36-4f0e-9f2b-5a9e5b6f1c22", true}, {}, {}}}},
    {"modal",
     "modal",
     {"workspace_id", ".workspace_id", "ac-12345abcd"},
     {{{"environment_name", ".environment_name", ""}, {"app_name", ".app_name", ""}, {}}}},
};

// Text that names one thing: no pattern, no placeholder, nothing that YAML or a reader would stumble over.
bool is_plain(std::string_view text) {
  return !text.empty() && text.find_first_of("*?[](){}<>$^|\\ \"'%") == std::string_view::npos;
}

// The value of a segment; GitHub's repository is the owner and the name together, without their ids.
std::optional<std::string> value_of(const SubjectAnalysis& a, std::string_view segment) {
  const oidc::Segment* s = a.find(segment);
  if (s == nullptr || !is_plain(s->value)) return std::nullopt;
  if (segment != "repository_name") return std::string(s->value);
  const oidc::Segment* owner = a.find("repository_owner");
  const auto name = [](std::string_view text) { return text.substr(0, text.find('@')); };
  if (owner == nullptr || !is_plain(owner->value)) return std::nullopt;
  return fmt::format("{}/{}", name(owner->value), name(s->value));
}

}  // namespace

GroupMapping group_mapping(const SubjectAnalysis& a, const std::vector<std::string>* allowed) {
  if (a.provider == nullptr) return {};
  const auto row = std::find_if(std::begin(kRows), std::end(kRows),
                                [&](const Row& r) { return r.provider == a.provider->id; });
  if (row == std::end(kRows)) {
    if (a.provider->group_claims.empty()) return {};
    const std::string_view claim = a.provider->group_claims.front();
    const std::string_view tenant =
        is_plain(a.tenant_value()) ? a.tenant_value() : std::string_view("my-org");
    return {
        fmt::format("\"{}:\" + {}{}", a.provider->id, claim.starts_with("claims") ? "" : "claims.", claim),
        fmt::format("{}:{}", a.provider->id, tenant),
        {}};
  }
  GroupMapping out;
  out.expression = fmt::format("\"{}:\" + claims{}", row->prefix, row->tenant.claim);
  std::string tenant(row->tenant.example);
  if (!row->tenant.identifier) {
    if (is_plain(a.tenant_value())) {
      tenant = a.tenant_value();
    } else if (const auto value = value_of(a, row->tenant.segment)) {
      tenant = *value;
    } else if (allowed != nullptr && !allowed->empty() && is_plain(allowed->front())) {
      tenant = allowed->front();
    }
  } else {
    std::string_view claim = row->tenant.claim;
    claim.remove_prefix(1);
    out.note = fmt::format("`{}` stands for the {} of your own tokens", tenant, claim);
  }
  out.group = fmt::format("{}:{}", row->prefix, tenant);
  for (const Part& part : row->parts) {
    if (part.claim.empty()) continue;
    std::optional<std::string> value;
    if (part.identifier) {
      value = std::string(part.example);
    } else {
      value = value_of(a, part.segment);
    }
    if (!value) continue;
    out.expression += part.optional
                          ? fmt::format(" + \":\" + (has(claims{0}) ? claims{0} : \"none\")", part.claim)
                          : fmt::format(" + \":\" + claims{}", part.claim);
    out.group += ":" + *value;
  }
  return out;
}

}  // namespace oidc_audit::rules
