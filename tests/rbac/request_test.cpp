#include "rbac/request.h"

#include <catch2/catch.hpp>

#include "rbac/json_policy.h"

namespace oidc_audit::rbac {

namespace {

/// `verb group/resource/sub name@namespace`, or `verb path`.
std::string show(const Attributes& request) {
  if (!request.is_resource) return request.verb + " " + request.path;
  return request.verb + " " + request.api_group + "/" + combined_resource(request) + " " + request.name +
         "@" + request.namespace_name;
}

std::string read(std::string verb, std::string what, std::optional<std::string> place = std::nullopt,
                 std::string subresource = {}, std::optional<std::string> group = std::nullopt) {
  static const ResourceCatalog kCatalog;
  RequestWords words;
  words.verb = std::move(verb);
  words.what = std::move(what);
  words.namespace_name = std::move(place);
  words.subresource = std::move(subresource);
  words.api_group = std::move(group);
  const Result<Request> request = read_request(words, kCatalog);
  if (!request.ok()) return "error: " + request.error().message();
  std::string text = show(request.value().attributes);
  for (const Request::Remark& remark : request.value().warnings) {
    text += "; " + remark.message;
    if (!remark.hint.empty()) text += " (" + remark.hint + ")";
  }
  return text;
}

}  // namespace

TEST_CASE("requests are read as kubectl reads them", "[request]") {
  struct Row {
    const char* name;
    std::string found;
    const char* expected;
  };
  const Row rows[] = {
      {"plural", read("get", "pods"), "get /pods @default"},
      {"singular", read("get", "pod"), "get /pods @default"},
      {"kind", read("get", "ConfigMap"), "get /configmaps @default"},
      {"short", read("get", "po", "ns"), "get /pods @ns"},
      {"short_in_group", read("get", "deploy"), "get apps/deployments @default"},
      {"type_group", read("get", "deployments.apps"), "get apps/deployments @default"},
      {"short_type_group", read("get", "deploy.apps/web"), "get apps/deployments web@default"},
      {"type_version_group", read("get", "deployments.v1.apps"), "get apps/deployments @default"},
      {"group_cut_short", read("get", "storageclass.storage"),
       "get storage.k8s.io/storageclasses @; resource `storageclasses` is not namespace scoped; it was asked "
       "about at the cluster scope"},
      {"core_before_others", read("get", "events"), "get /events @default"},
      {"events_group", read("get", "events.events.k8s.io"), "get events.k8s.io/events @default"},
      {"name", read("get", "secrets/x"), "get /secrets x@default"},
      {"pods_log_is_a_name", read("get", "pods/log"), "get /pods log@default"},
      {"subresource", read("get", "pods/x", "n", "log"), "get /pods/log x@n"},
      {"unknown_subresource", read("get", "pods/x", "n", "logs"),
       "get /pods/logs x@n; `logs` is not a known subresource of `pods` (did you mean `log`?)"},
      {"star", read("*", "*"), "* /* @default"},
      {"list_with_name", read("list", "secrets/x"), "list /secrets x@default"},
      {"list_with_impossible_name", read("list", "secrets/a/b"),
       "list /secrets @default; `a/b` cannot be a metadata.name that authorization looks at; the name was "
       "left out"},
      {"deletecollection_has_no_name", read("deletecollection", "pods/x"),
       "deletecollection /pods @default; a deletecollection request carries no name, whatever its selectors; "
       "the name was left out"},
      {"cluster_scope", read("get", "nodes/n1", "prod"),
       "get /nodes n1@; resource `nodes` is not namespace scoped; it was asked about at the cluster scope"},
      {"namespace_object_carries_its_name", read("get", "ns/foo", "other"), "get /namespaces foo@foo"},
      {"namespace_status", read("update", "ns/foo", "other", "status"), "update /namespaces/status foo@foo"},
      {"list_namespaces", read("list", "ns"),
       "list /namespaces @; resource `namespaces` is not namespace scoped; it was asked about at the cluster "
       "scope"},
      {"virtual_type", read("impersonate", "users/bob"),
       "impersonate /users bob@; resource `users` is not namespace scoped; it was asked about at the cluster "
       "scope"},
      {"virtual_type_with_group", read("approve", "signers.certificates.k8s.io/example.com/x"),
       "approve certificates.k8s.io/signers example.com/x@; resource `signers` is not namespace scoped; it "
       "was asked about at the cluster scope"},
      {"unknown_type", read("get", "widgets"),
       "get /widgets @default; no resource type `widgets` is known; it was asked about in the core group "
       "(name the group of a custom resource: TYPE.GROUP, or --api-group)"},
      {"unknown_type_near_miss", read("get", "deployment.app"), "get apps/deployments @default"},
      {"misspelt_type", read("get", "deploymets"),
       "get /deploymets @default; no resource type `deploymets` is known; it was asked about in the core "
       "group (did you mean `deployments.apps`? For a custom resource: TYPE.GROUP)"},
      {"custom_resource", read("get", "widgets.example.com/w"),
       "get example.com/widgets w@default; no resource type `widgets` is known in group `example.com`; it "
       "was asked about as written (give the CustomResourceDefinition with -f, or a dump of the server's "
       "discovery, to have it checked)"},
      {"wrong_group", read("get", "pods.apps"),
       "get apps/pods @default; no resource type `pods` is known in group `apps`; it was asked about as "
       "written (`pods` is served as `pods`)"},
      {"explicit_group", read("get", "deploy", std::nullopt, "", "apps"), "get apps/deployments @default"},
      {"explicit_wrong_group", read("get", "deployments", std::nullopt, "", "extensions"),
       "get extensions/deployments @default; no resource type `deployments` is known in group `extensions`; "
       "it was asked about as written (`deployments` is served as `deployments.apps`)"},
      {"path", read("get", "/healthz"), "get /healthz"},
      {"path_verb", read("list", "/healthz"),
       "list /healthz; verb `list` is not a known verb (a path has the verb of its HTTP method)"},
      {"path_of_resource", read("get", "/api/v1/pods"),
       "get /api/v1/pods; the server takes `/api/v1/pods` for a request of resource `pods`, not for a path "
       "(ask about `pods`)"},
      {"path_with_subresource", read("get", "/x", std::nullopt, "log"),
       "error: --subresource cannot be used with a path"},
      {"upper_case_verb", read("GET", "pods"),
       "GET /pods @default; verb `GET` is not a known verb (verbs are compared as they are; did you mean "
       "`get`?)"},
      {"subresource_as_verb", read("exec", "pods"),
       "exec /pods @default; verb `exec` is not a known verb (`exec` is a subresource: see --subresource)"},
      {"constrained_impersonation", read("impersonate:user-info", "users.authentication.k8s.io/x"),
       "impersonate:user-info authentication.k8s.io/users x@; resource `users` is not namespace scoped; it "
       "was asked about at the cluster scope"},
      {"empty_type", read("get", ""), "error: the resource is empty"},
      {"ambiguous_short_name", read("get", "cs"),
       "get /componentstatuses @; resource `componentstatuses` is not namespace scoped; it was asked about "
       "at the cluster scope"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(row.found == row.expected); }
  }
}

TEST_CASE("custom resources of the input are known", "[request]") {
  ResourceCatalog catalog;
  CustomResource widget;
  widget.group = "example.com";
  widget.plural = "widgets";
  widget.kind = "Widget";
  widget.namespaced = false;
  widget.short_names = {"wd"};
  catalog.add(widget);
  for (const char* type :
       {"widgets", "widget", "wd", "widgets.example.com", "wd.example", "Widget.example.com"}) {
    DYNAMIC_SECTION(type) {
      const ResolvedType resolved = catalog.resolve(type);
      CHECK(resolved.api_group == "example.com");
      CHECK(resolved.resource == "widgets");
      REQUIRE(resolved.known != nullptr);
      CHECK_FALSE(resolved.known->namespaced);
      CHECK(resolved.warnings.empty());
    }
  }
}

TEST_CASE("an URL becomes attributes as on the server", "[request]") {
  struct Row {
    const char* method;
    const char* path;
    const char* query;
    const char* expected;
  };
  const Row rows[] = {
      {"GET", "/api/v1/namespaces", "", "list /namespaces @"},
      {"GET", "/api/v1/namespaces/other", "", "get /namespaces other@other"},
      {"GET", "/api/v1/namespaces/other/pods", "", "list /pods @other"},
      {"GET", "/api/v1/namespaces/other/pods/foo", "", "get /pods foo@other"},
      {"HEAD", "/api/v1/namespaces/other/pods/foo", "", "get /pods foo@other"},
      {"HEAD", "/api/v1/pods", "", "list /pods @"},
      {"GET", "/api/v1/proxy/namespaces/other/pods/foo/subpath/x", "", "proxy /pods foo@other"},
      {"GET", "/api/v1/watch/namespaces/other/pods", "", "watch /pods @other"},
      {"GET", "/api/v1/watch/namespaces/other/pods/foo", "", "watch /pods foo@other"},
      {"GET", "/api/v1/pods", "watch=true", "watch /pods @"},
      {"GET", "/api/v1/pods", "watch=1", "watch /pods @"},
      {"GET", "/api/v1/pods", "watch=false", "list /pods @"},
      {"GET", "/api/v1/pods", "watch=0", "list /pods @"},
      {"GET", "/api/v1/namespaces/other/pods/foo", "watch=true", "get /pods foo@other"},
      {"GET", "/api/v1/namespaces/other/pods/foo/proxy/subpath/a", "", "get /pods/proxy foo@other"},
      {"PUT", "/api/v1/namespaces/other/finalize", "", "update /namespaces/finalize other@other"},
      {"PUT", "/api/v1/namespaces/other/status", "", "update /namespaces/status other@other"},
      {"DELETE", "/api/v1/nodes", "", "deletecollection /nodes @"},
      {"DELETE", "/api/v1/namespaces", "", "deletecollection /namespaces @"},
      {"DELETE", "/apis/apps/v1/namespaces/a/deployments", "", "deletecollection apps/deployments @a"},
      {"POST", "/api/v1/namespaces/a/pods/p/exec", "", "create /pods/exec p@a"},
      {"POST", "/api/v1/nodes/mynode", "", "create /nodes mynode@"},
      {"OPTIONS", "/api/v1/pods", "", " /pods @"},
      {"GET", "/apis/batch/v1/job/foo/scale", "", "get batch/job/scale foo@"},
      {"GET", "/", "", "get /"},
      {"GET", "/api/v1", "", "get /api/v1"},
      {"GET", "/api/version/", "", "get /api/version/"},
      {"GET", "/apis/group/version/", "", "get /apis/group/version/"},
      {"GET", "/apis/extensions/v1beta1", "", "get /apis/extensions/v1beta1"},
      {"GET", "/badprefix/version/resource", "", "get /badprefix/version/resource"},
      {"HEAD", "/healthz", "", "head /healthz"},
      {"GET", "/api/v1/pods", "fieldSelector=metadata.name%3Dname1", "list /pods name1@"},
      {"GET", "/api/v1/pods", "watch=true&fieldSelector=metadata.name==name1", "watch /pods name1@"},
      {"GET", "/api/v1/pods", "fieldSelector=metadata.name!=name1", "list /pods @"},
      {"GET", "/api/v1/pods", "fieldSelector=foo%3Dbar,metadata.name%3Dname1", "list /pods name1@"},
      {"GET", "/api/v1/pods", "fieldSelector=metadata.name%3Da,metadata.name%3Db", "list /pods a@"},
      {"GET", "/api/v1/pods", "fieldSelector=foo%3Dbar", "list /pods @"},
      {"GET", "/api/v1/pods", "fieldSelector=metadata.name%3Dname1,foo", "list /pods @"},
      {"GET", "/api/v1/pods", "watch=true&fieldSelector=metadata.name%3Dname1,foo", "watch /pods @"},
      {"GET", "/api/v1/pods", "limit=x&fieldSelector=metadata.name%3Dname1", "list /pods @"},
      {"GET", "/api/v1/pods", "fieldSelector=metadata.name%3Da&fieldSelector=metadata.name%3Db",
       "list /pods a@"},
      {"GET", "/api/v1/pods", "fieldSelector=metadata.name%3Da%2Fb", "list /pods @"},
      {"GET", "/api/v1/pods", "fieldSelector=metadata.name%3D..", "list /pods @"},
      {"DELETE", "/api/v1/pods", "fieldSelector=metadata.name%3Dname1", "deletecollection /pods @"},
      {"GET", "/api/v1/watch/pods", "fieldSelector=metadata.name%3Dname1", "watch /pods @"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.method << " " << row.path << "?" << row.query) {
      CHECK(show(request_of_url(row.method, row.path, row.query)) == row.expected);
    }
  }
}

TEST_CASE("further checks of one action are known", "[request]") {
  const auto further = [](Attributes request) {
    std::vector<std::string> texts;
    for (const SecondaryCheck& check : secondary_checks(request)) texts.push_back(show(check.attributes));
    return texts;
  };
  using Lines = std::vector<std::string>;
  using test::resource_request;
  const std::string rbac = "rbac.authorization.k8s.io";
  CHECK(further(resource_request("u", "get", "", "pods", "n", "p", "exec")) ==
        Lines{"create /pods/exec p@n"});
  CHECK(further(resource_request("u", "create", "", "pods", "n", "p", "attach")) ==
        Lines{"get /pods/attach p@n"});
  CHECK(further(resource_request("u", "get", "", "pods", "n", "p", "log")).empty());
  CHECK(further(resource_request("u", "patch", "apps", "deployments", "n", "d")) ==
        Lines{"create apps/deployments d@n"});
  CHECK(further(resource_request("u", "create", rbac, "clusterroles")) ==
        Lines{"escalate " + rbac + "/clusterroles @"});
  CHECK(further(resource_request("u", "create", rbac, "rolebindings", "n")) ==
        Lines{"bind " + rbac + "/clusterroles @n", "bind " + rbac + "/roles @n"});
  CHECK(further(resource_request("u", "create", rbac, "clusterrolebindings")) ==
        Lines{"bind " + rbac + "/clusterroles @"});
  CHECK(further(resource_request("u", "update", "certificates.k8s.io", "certificatesigningrequests", "", "c",
                                 "approval")) == Lines{"approve certificates.k8s.io/signers @"});
  CHECK(further(resource_request("u", "get", "", "pods", "n")).empty());
  CHECK(further(test::path_request("u", "get", "/x")).empty());
}

}  // namespace oidc_audit::rbac
