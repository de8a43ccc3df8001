// authorizer_bench [BINDINGS [ROLES]]
//
// Decisions a second over 10,000 bindings and 500 roles: through the index by subject, with the full
// explanation, and by the linear walk over every binding that both are proven equal to. Then who-can over
// 100,000 bindings. Parsing and output are apart; one core.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rbac/access_query.h"
#include "rbac/authorizer.h"
#include "rbac/policy.h"

namespace {

using namespace oidc_audit;
using namespace oidc_audit::rbac;

/// Objects like those of a large cluster: tenants with a namespace each, groups and pipeline identities.
class World {
 public:
  World(std::size_t binding_count, std::size_t role_count) {
    for (std::size_t i = 0; i < role_count; ++i) add_role(i);
    for (std::size_t i = 0; i < binding_count; ++i) add_binding(i, role_count);
  }

  std::vector<Role> roles;
  std::vector<Binding> bindings;

  std::vector<Attributes> requests(std::size_t count) const {
    std::vector<Attributes> out;
    const std::string_view verbs[] = {"get", "list", "create", "delete", "patch"};
    const std::string_view resources[] = {"pods", "secrets", "configmaps", "services"};
    std::size_t state = 12345;
    const auto next = [&state](std::size_t below) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      return (state >> 33U) % below;
    };
    for (std::size_t i = 0; i < count; ++i) {
      Attributes request;
      const std::size_t tenant = next(bindings.size() / 5 + 1);
      request.user.name = fmt::format("organization:org-{}:project:p:workspace:w:run_phase:apply", tenant);
      request.user.groups = {fmt::format("oidc:team-{}", tenant), "oidc:everybody", "system:authenticated"};
      request.verb = verbs[next(5)];
      request.resource = resources[next(4)];
      request.name = next(2) == 0 ? "" : "web";
      request.namespace_name =
          fmt::format("tenant-{}", next(3) == 0 ? next(bindings.size() / 5 + 1) : tenant);
      out.push_back(std::move(request));
    }
    return out;
  }

 private:
  Text text(std::string value) { return {texts_.emplace_back(std::move(value)), std::nullopt}; }

  void add_role(std::size_t number) {
    Role role;
    role.kind = RoleKind::cluster_role;
    role.meta.kind = text("ClusterRole");
    role.meta.name = text(fmt::format("role-{}", number));
    const char* const resources[] = {"pods",        "pods/log", "configmaps", "services",
                                     "deployments", "jobs",     "secrets",    "events"};
    for (std::size_t r = 0; r < 8; ++r) {
      PolicyRule rule;
      for (const char* verb : {"get", "list", "watch"}) rule.verbs.push_back(text(verb));
      if ((number + r) % 3 == 0)
        for (const char* verb : {"create", "update", "patch", "delete"}) rule.verbs.push_back(text(verb));
      rule.api_groups.push_back(text(r == 4 ? "apps" : r == 5 ? "batch" : ""));
      rule.resources.push_back(text(resources[(number + r) % 8]));
      if ((number + r) % 11 == 0) rule.resource_names.push_back(text("web"));
      role.rules.push_back(std::move(rule));
    }
    roles.push_back(std::move(role));
  }

  void add_binding(std::size_t number, std::size_t role_count) {
    Binding binding;
    const std::size_t tenant = number / 5;
    const bool cluster_wide = number % 25 == 0;
    binding.kind = cluster_wide ? BindingKind::cluster_role_binding : BindingKind::role_binding;
    binding.meta.kind = text(cluster_wide ? "ClusterRoleBinding" : "RoleBinding");
    binding.meta.name = text(fmt::format("binding-{}", number));
    if (!cluster_wide) binding.meta.namespace_name = text(fmt::format("tenant-{}", tenant));
    binding.role_ref.kind = RoleKind::cluster_role;
    binding.role_ref.kind_text = text("ClusterRole");
    binding.role_ref.name = text(fmt::format("role-{}", number % role_count));
    const bool group = number % 2 == 0;
    Subject subject;
    subject.kind = group ? SubjectKind::group : SubjectKind::user;
    subject.kind_text = text(group ? "Group" : "User");
    subject.name =
        text(group ? fmt::format("oidc:team-{}", tenant)
                   : fmt::format("organization:org-{}:project:p:workspace:w:run_phase:apply", tenant));
    binding.subjects.push_back(subject);
    bindings.push_back(std::move(binding));
  }

  std::deque<std::string> texts_;
};

/// Processor time, so that a busy machine does not count.
template <typename Work>
double seconds(const Work& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

void report(std::string_view what, std::size_t count, double time, std::size_t allowed) {
  fmt::print("{:<36} {:>9} in {:.3f} s: {:>12.0f} a second, {} allowed\n", what, count, time,
             static_cast<double>(count) / time, allowed);
}

PolicyOptions plain() {
  PolicyOptions options;
  options.builtin = false;
  options.aggregate = false;
  return options;
}

void decisions(std::size_t binding_count, std::size_t role_count) {
  const World world(binding_count, role_count);
  const Policy policy(world.roles, world.bindings, plain());
  double built = 0;
  std::unique_ptr<Authorizer> authorizer;
  built = seconds([&] { authorizer = std::make_unique<Authorizer>(policy); });
  fmt::print("{} bindings, {} roles; index built in {:.3f} s\n", binding_count, role_count, built);
  const std::vector<Attributes> requests = world.requests(20'000);
  constexpr std::size_t kRounds = 100;

  std::size_t allowed = 0;
  double time = seconds([&] {
    for (std::size_t round = 0; round < kRounds; ++round)
      for (const Attributes& request : requests) allowed += authorizer->is_allowed(request) ? 1 : 0;
  });
  report("decisions, index by subject", requests.size() * kRounds, time, allowed);

  const std::size_t explained = requests.size();
  allowed = 0;
  time = seconds([&] {
    for (std::size_t i = 0; i < explained; ++i) allowed += authorizer->decide(requests[i]).allowed ? 1 : 0;
  });
  report("with every granting path and reason", explained, time, allowed);

  const std::size_t walked = 2'000;
  allowed = 0;
  time = seconds([&] {
    for (std::size_t i = 0; i < walked; ++i) allowed += decide_linear(policy, requests[i]).allowed ? 1 : 0;
  });
  report("linear walk over all bindings", walked, time, allowed);
}

void who() {
  const World world(100'000, 500);
  const Policy policy(world.roles, world.bindings, plain());
  AccessQuestion question;
  question.request.verb = "get";
  question.request.resource = "secrets";
  question.all_namespaces = true;
  std::size_t holders = 0;
  double time = seconds([&] { holders = who_can(policy, question).holders.size(); });
  fmt::print("who-can over 100000 bindings, all namespaces: {:.4f} s, {} holders\n", time, holders);
  question.all_namespaces = false;
  question.request.namespace_name = "tenant-77";
  time = seconds([&] { holders = who_can(policy, question).holders.size(); });
  fmt::print("who-can over 100000 bindings, one namespace:  {:.4f} s, {} holders\n", time, holders);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t binding_count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10'000;
  const std::size_t role_count = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 500;
  decisions(std::max<std::size_t>(binding_count, 5), std::max<std::size_t>(role_count, 1));
  who();
  return 0;
}
