// Random policies and requests: the index answers what the walk over every binding answers, and the decision
// agrees with a naive evaluation written from the rules alone.

#include <catch2/catch.hpp>
#include <random>

#include "rbac/access_query.h"
#include "rbac/authorizer.h"
#include "rbac/json_policy.h"

namespace oidc_audit::rbac {

namespace {

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }
  template <std::size_t N>
  const char* one(const char* const (&list)[N]) {
    return list[below(N)];
  }

  std::vector<Text> some(test::Objects& objects, std::size_t most, const std::function<const char*()>& pick) {
    std::vector<Text> out;
    for (std::size_t n = below(most + 1); n > 0; --n) out.push_back(objects.text(pick()));
    return out;
  }

  const char* name() { return one({"a", "b", "shared", "", "*"}); }
  const char* place() { return one({"ns1", "ns2", "ns3"}); }
  const char* verb() { return one({"get", "list", "create", "*", "GET", ""}); }
  const char* group() { return one({"", "apps", "*"}); }
  const char* resource() { return one({"pods", "pods/log", "*/log", "*", "pods/*", "secrets"}); }
  const char* url() { return one({"/healthz", "/healthz/*", "*", "/h*", "/healthz**", ""}); }
  const char* user() {
    return one({"ann", "bob", "*", "", "system:serviceaccount:ns1:sa", "system:serviceaccount:ns2:sa"});
  }
  const char* user_group() { return one({"dev", "ops", "*", "", "system:masters"}); }

  PolicyRule rule(test::Objects& objects) {
    PolicyRule made;
    made.verbs = some(objects, 2, [this] { return verb(); });
    made.api_groups = some(objects, 2, [this] { return group(); });
    made.resources = some(objects, 2, [this] { return resource(); });
    if (chance(30)) made.resource_names = some(objects, 2, [this] { return name(); });
    if (chance(30)) made.non_resource_urls = some(objects, 2, [this] { return url(); });
    return made;
  }

  void fill(test::Objects& objects) {
    for (std::size_t i = below(6); i > 0; --i) {
      Role role;
      role.kind = chance(50) ? RoleKind::role : RoleKind::cluster_role;
      role.meta.name = objects.text(name());
      if (role.kind == RoleKind::role) role.meta.namespace_name = objects.text(chance(90) ? place() : "");
      for (std::size_t n = below(4); n > 0; --n) role.rules.push_back(rule(objects));
      objects.roles.push_back(std::move(role));
    }
    for (std::size_t i = below(12); i > 0; --i) objects.bindings.push_back(binding(objects, i));
  }

  Binding binding(test::Objects& objects, std::size_t number) {
    Binding made;
    made.kind = chance(60) ? BindingKind::role_binding : BindingKind::cluster_role_binding;
    made.meta.name = objects.text("binding" + std::to_string(number));
    if (made.kind == BindingKind::role_binding)
      made.meta.namespace_name = objects.text(chance(90) ? place() : "");
    made.role_ref.kind_text = objects.text(one({"Role", "ClusterRole", "ClusterRole", "clusterrole"}));
    if (made.role_ref.kind_text == "Role") made.role_ref.kind = RoleKind::role;
    if (made.role_ref.kind_text == "ClusterRole") made.role_ref.kind = RoleKind::cluster_role;
    made.role_ref.name = objects.text(name());
    for (std::size_t n = below(4); n > 0; --n) {
      Subject subject;
      subject.kind_text = objects.text(one({"User", "Group", "ServiceAccount", "Robot"}));
      if (subject.kind_text == "User") subject.kind = SubjectKind::user;
      if (subject.kind_text == "Group") subject.kind = SubjectKind::group;
      if (subject.kind_text == "ServiceAccount") subject.kind = SubjectKind::service_account;
      subject.name = objects.text(subject.kind == SubjectKind::service_account ? one({"sa", "x"})
                                  : subject.kind == SubjectKind::group         ? user_group()
                                                                               : user());
      if (chance(60)) subject.namespace_name = objects.text(place());
      made.subjects.push_back(subject);
    }
    return made;
  }

  Attributes request() {
    Attributes made;
    made.user.name = user();
    for (std::size_t n = below(3); n > 0; --n) made.user.groups.emplace_back(user_group());
    made.verb = verb();
    made.is_resource = !chance(20);
    if (!made.is_resource) {
      made.path = one({"/healthz", "/healthz/", "/healthz/x", "/h", ""});
      return made;
    }
    made.api_group = group();
    made.resource = one({"pods", "secrets", "*"});
    made.subresource = one({"", "", "log", "*"});
    made.name = name();
    made.namespace_name = one({"", "ns1", "ns2", "ns3", "ns4"});
    return made;
  }

 private:
  std::mt19937 random_;
};

bool same(const Decision& a, const Decision& b) {
  if (a.allowed != b.allowed || a.reason != b.reason || a.authorizer != b.authorizer ||
      a.granted_by.size() != b.granted_by.size() || a.errors.size() != b.errors.size())
    return false;
  for (std::size_t i = 0; i < a.granted_by.size(); ++i) {
    const Grant& x = a.granted_by[i];
    const Grant& y = b.granted_by[i];
    if (x.binding != y.binding || x.subject != y.subject || x.role != y.role || x.rule != y.rule)
      return false;
  }
  for (std::size_t i = 0; i < a.errors.size(); ++i)
    if (a.errors[i].binding != b.errors[i].binding || a.errors[i].text != b.errors[i].text) return false;
  return true;
}

/// who_can() lists exactly the holders that the authorizer allows, each asked alone.
bool who_can_agrees(const Policy& policy, const Authorizer& authorizer, const Attributes& request) {
  AccessQuestion question;
  question.request = request;
  question.masters = false;
  const WhoCan answer = who_can(policy, question);
  for (const Binding* binding : policy.bindings()) {
    for (const Subject& subject : binding->subjects) {
      if (subject.kind != SubjectKind::group) continue;
      Attributes asked = request;
      asked.user = UserInfo{"nobody at all", "", {std::string(subject.name.value)}, {}};
      bool listed = false;
      for (const HolderAccess& access : answer.holders) {
        if (access.holder != Holder{SubjectKind::group, {}, subject.name.value}) continue;
        for (const AccessGrant& grant : access.grants)
          listed = listed || grant.judgement->reach == Reach::all;
      }
      if (listed != authorizer.is_allowed(asked, {false})) return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE("the index answers as the walk over every binding", "[property]") {
  std::size_t allowed = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    Generator generator(seed);
    test::Objects objects;
    generator.fill(objects);
    PolicyOptions options;
    options.builtin = false;
    options.aggregate = false;
    const Policy policy(objects.roles, objects.bindings, options);
    const Authorizer authorizer(policy);
    for (int i = 0; i < 50; ++i) {
      const Attributes request = generator.request();
      const AuthorizeOptions asked{generator.chance(50)};
      const Decision linear = decide_linear(policy, request, asked);
      const Decision indexed = authorizer.decide(request, asked);
      CAPTURE(seed, i, request.verb, request.resource, request.namespace_name);
      REQUIRE(same(linear, indexed));
      REQUIRE(authorizer.is_allowed(request, asked) == linear.allowed);
      REQUIRE(who_can_agrees(policy, authorizer, request));
      allowed += linear.allowed ? 1 : 0;
    }
  }
  // The generator asks about something: neither nearly all nor nearly nothing is allowed.
  CHECK(allowed > 1000);
  CHECK(allowed < 15000);
}

}  // namespace oidc_audit::rbac
