#include "oidc/iam_mapping.h"

#include <catch2/catch.hpp>

#include "document/lazy_stream.h"
#include "document/reader.h"
#include "oidc/authenticator.h"
#include "oidc/iam_names.h"
#include "source/source_manager.h"

namespace oidc_audit::oidc {
namespace {

/// Mappings read from texts, with what keeps them.
struct World {
  SourceManager sources;
  IamMappings mappings;

  document::Stream read(std::string text) {
    return document::read_documents(sources, sources.add("file", std::move(text)).value(), {});
  }
  World& aws_auth(std::string data) {
    const document::Stream stream = read(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n" +
        std::move(data));
    REQUIRE(stream.documents.size() == 1);
    REQUIRE(is_aws_auth(stream.documents.front().root));
    add_aws_auth(sources, stream.documents.front().root, mappings);
    return *this;
  }
  World& entries(std::string json) {
    const document::Stream stream = read(std::move(json));
    for (const document::Document& document : stream.documents)
      REQUIRE(add_access_entries(sources, document.root, mappings));
    return *this;
  }
  std::vector<std::string> codes() const {
    std::vector<std::string> out;
    for (const Issue& issue : mappings.issues) out.push_back(issue.code);
    return out;
  }
  Result<AuthenticationResult> map(const std::string& arn, const IamIdentity& more = {}) const {
    IamIdentity identity = more;
    identity.principal = read_principal(arn).value();
    return map_iam_identity(mappings, identity);
  }
};

std::string user_of(const Result<AuthenticationResult>& result) {
  if (!result.ok()) return "error: " + result.error().message();
  if (!result.value().authenticated()) return "401: " + result.value().error;
  std::string out = result.value().user.name;
  for (const std::string& group : result.value().user.groups) out += " +" + group;
  return out;
}

constexpr const char* kDeployer = "arn:aws:sts::111122223333:assumed-role/Deployer/ci@42";
constexpr const char* kNode = "arn:aws:sts::111122223333:assumed-role/Nodes/i-0123456789abcdef0";
constexpr const char* kJane = "arn:aws:iam::111122223333:user/people/jane";

TEST_CASE("IAM identities are read as aws-iam-authenticator reads them", "[oidc][iam]") {
  struct Row {
    const char* arn;
    const char* canonical;
    const char* error;
  };
  const Row rows[] = {
      {"arn:aws:iam::123456789012:user/Alice", "arn:aws:iam::123456789012:user/Alice", ""},
      {"arn:aws:sts::123456789012:assumed-role/Admin/Session", "arn:aws:iam::123456789012:role/Admin", ""},
      {"arn:aws:sts::123456789012:assumed-role/Org/Team/Admin/Session",
       "arn:aws:iam::123456789012:role/Org/Team/Admin", ""},
      {"arn:aws:sts::123456789012:federated-user/Bob", "arn:aws:sts::123456789012:federated-user/Bob", ""},
      {"arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:root", ""},
      {"arn:aws-iso-b:iam::123456789012:user/Chris", "arn:aws-iso-b:iam::123456789012:user/Chris", ""},
      {"NOT AN ARN", "", "arn 'NOT AN ARN' is invalid: 'arn: invalid prefix'"},
      {"arn:aws:iam", "", "arn 'arn:aws:iam' is invalid: 'arn: not enough sections'"},
      {"arn:moon:iam::1:root", "", "arn 'arn:moon:iam::1:root' does not have a recognized partition"},
      {"arn:aws:sts::1:assumed-role/x", "",
       "assumed-role arn 'arn:aws:sts::1:assumed-role/x' does not have a role"},
      {"arn:aws:sts::1:other/x", "", "unrecognized resource other/x for service sts"},
      {"arn:aws:iam::1:group/x", "", "unrecognized resource group/x for service iam"},
      {"arn:aws:s3:::bucket", "",
       "service s3 in arn arn:aws:s3:::bucket is not a valid service for identities"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.arn) {
      const Result<IamPrincipal> read = read_principal(row.arn);
      REQUIRE(read.ok() == (row.error[0] == '\0'));
      if (read.ok()) CHECK(read.value().canonical == row.canonical);
      if (!read.ok()) CHECK(read.error().message() == row.error);
    }
  }
  const IamPrincipal deep = read_principal("arn:aws:iam::1:role/a/b/c").value();
  CHECK(deep.path == "/a/b/");
  CHECK(deep.name == "c");
  CHECK(without_role_path("arn:aws:iam::1:role/a/b/c") == "arn:aws:iam::1:role/c");
  CHECK(without_role_path("arn:aws:iam::1:role/c") == "arn:aws:iam::1:role/c");
  CHECK(without_role_path("arn:aws:iam::1:user/a/c") == "arn:aws:iam::1:user/a/c");
}

TEST_CASE("aws-auth maps roles, users and accounts", "[oidc][iam]") {
  World world;
  world.aws_auth(
      "  mapRoles: |\n"
      "    - rOlEaRn: arn:aws:iam::111122223333:role/deployer\n"
      "      username: deploy:{{AccountID}}:{{SessionName}}:{{SessionNameRaw}}\n"
      "      groups: [deployers, 'team-{{SessionName}}']\n"
      "    - rolearn: arn:aws:iam::111122223333:role/Nodes\n"
      "      username: system:node:{{EC2PrivateDNSName}}\n"
      "      groups:\n      - system:bootstrappers\n      - system:nodes\n"
      "    - rolearn: arn:aws:iam::111122223333:role/Bare\n"
      "  mapUsers: |\n"
      "    - userarn: arn:aws:iam::111122223333:user/people/jane\n"
      "      username: jane\n"
      "      groups: [system:masters]\n"
      "  mapAccounts: |\n    - 444455556666\n    - \"012345678901\"\n");
  CHECK(world.codes().empty());
  IamIdentity node;
  node.private_dns_name = "ip-10-0-0-1.ec2.internal";
  struct Row {
    const char* arn;
    const char* user;
  };
  const Row rows[] = {
      {kDeployer, "deploy:111122223333:ci-42:ci@42 +deployers +team-ci-42"},
      {kNode, "system:node:ip-10-0-0-1.ec2.internal +system:bootstrappers +system:nodes"},
      {"arn:aws:sts::111122223333:assumed-role/Nodes/jane",
       "401: error rendering username template \"system:node:{{EC2PrivateDNSName}}\": SessionName did not "
       "contain an instance id"},
      {"arn:aws:sts::111122223333:assumed-role/Bare/x", ""},
      {"arn:aws:iam::111122223333:role/some/path/Bare", ""},
      {kJane, "jane +system:masters"},
      {"arn:aws:iam::111122223333:user/jane", "401: identity is not mapped"},
      {"arn:aws:sts::444455556666:assumed-role/Any/x", "arn:aws:iam::444455556666:role/Any"},
      {"arn:aws:iam::012345678901:root", "arn:aws:iam::012345678901:root"},
      {"arn:aws:sts::777788889999:assumed-role/Any/x", "401: identity is not mapped"},
      {"arn:aws:iam::111122223333:role/deployer",
       "error: `deploy:{{AccountID}}:{{SessionName}}:{{SessionNameRaw}}` needs {{SessionName}}, which the "
       "ARN of a "
       "role does not tell"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.arn) { CHECK(user_of(world.map(row.arn, node)) == row.user); }
  }
  SECTION("what only EC2 knows must be given") {
    CHECK(user_of(world.map(kNode)).starts_with("error: `system:node:{{EC2PrivateDNSName}}` needs"));
  }
  SECTION("uid and extra say what is known") {
    IamIdentity known;
    known.user_id = "AROAEXAMPLE";
    const AuthenticationResult result = world.map(kDeployer, known).value();
    CHECK(result.user.uid == "aws-iam-authenticator:111122223333:AROAEXAMPLE");
    CHECK(result.user.extra.front().first == "arn");
    CHECK(result.mapped_by == "`mapRoles[0]` of ConfigMap/kube-system/aws-auth");
    REQUIRE(result.range.has_value());
    CHECK(world.sources.start(*result.range).line == 8);
  }
}

TEST_CASE("what is wrong in aws-auth is said where it stands", "[oidc][iam]") {
  struct Row {
    const char* name;
    const char* data;
    std::vector<std::string> codes;
    std::uint32_t line;
  };
  const Row rows[] = {
      {"no_yaml", "  mapRoles: |\n    - rolearn: x\n     - y\n", {"aws-auth-unreadable"}, 9},
      {"unquoted_braces",
       "  mapRoles: |\n    - rolearn: x\n      username: {{SessionName}}\n",
       {"aws-auth-unreadable"},
       9},
      {"no_list", "  mapRoles: |\n    rolearn: x\n", {"aws-auth-unreadable"}, 8},
      {"not_text", "  mapRoles:\n  - rolearn: x\n", {"aws-auth-not-text"}, 8},
      {"no_arn", "  mapRoles: |\n    - username: x\n", {"aws-auth-no-arn"}, 8},
      {"key", "  mapRoles: |\n    - rolearn: x\n      group: [a]\n", {"aws-auth-unknown-key"}, 9},
      {"top_key", "  maproles: |\n    - rolearn: x\n", {"aws-auth-unknown-key"}, 7},
      {"groups_text",
       "  mapRoles: |\n    - rolearn: x\n      groups: system:masters\n",
       {"aws-auth-type"},
       9},
      {"number", "  mapUsers: |\n    - userarn: x\n      username: 5\n", {"aws-auth-type"}, 9},
      {"same_role", "  mapRoles: |\n    - rolearn: X\n    - rolearn: x\n", {"aws-auth-duplicate"}, 8},
      {"accounts", "  mapAccounts: |\n    - [1]\n", {"aws-auth-type"}, 8},
      {"empty", "  mapRoles: \"\"\n  mapUsers: |\n    ''\n", {}, 0},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      World world;
      world.aws_auth(row.data);
      CHECK(world.codes() == row.codes);
      if (!row.codes.empty())
        CHECK(world.sources.start(world.mappings.issues.at(0).location.range.value()).line == row.line);
    }
  }
  SECTION("a value of the wrong type is passed over and the entry counts") {
    World world;
    world.aws_auth(
        "  mapUsers: |\n    - userarn: arn:aws:iam::111122223333:user/people/jane\n      username: 5\n"
        "      groups: [a, 5, null]\n");
    CHECK(user_of(world.map(kJane)) == " +a + +");
  }
  SECTION("of two entries for one role the later counts") {
    World world;
    world.aws_auth(
        "  mapRoles: |\n    - {rolearn: 'arn:aws:iam::111122223333:role/Deployer', username: a}\n"
        "    - {rolearn: 'arn:aws:iam::111122223333:role/DEPLOYER', username: b}\n");
    CHECK(user_of(world.map(kDeployer)) == "b");
  }
}

TEST_CASE("a mapping that nearly names the identity is pointed at", "[oidc][iam]") {
  struct Row {
    const char* name;
    const char* data;
    const char* arn;
    const char* message;
  };
  const Row rows[] = {
      {"path", "  mapRoles: |\n    - rolearn: arn:aws:iam::111122223333:role/team/Deployer\n", kDeployer,
       "its path `/team/`"},
      {"session", "  mapRoles: |\n    - rolearn: arn:aws:sts::111122223333:assumed-role/Deployer/ci\n",
       kDeployer, "names a session of the role"},
      {"account", "  mapRoles: |\n    - rolearn: arn:aws:iam::999922223333:role/Deployer\n", kDeployer,
       "of account 999922223333"},
      {"partition", "  mapRoles: |\n    - rolearn: arn:aws-cn:iam::111122223333:role/Deployer\n", kDeployer,
       "another partition"},
      {"pattern", "  mapRoles: |\n    - rolearn: arn:aws:iam::111122223333:role/*\n", kDeployer,
       "if `*` were a pattern"},
      {"spelling", "  mapRoles: |\n    - rolearn: arn:aws:iam::111122223333:role/Deplyer\n", kDeployer,
       "differs in spelling"},
      {"user_path", "  mapUsers: |\n    - userarn: arn:aws:iam::111122223333:user/jane\n", kJane,
       "with another path"},
      {"space", "  mapUsers: |\n    - userarn: 'arn:aws:iam::111122223333:user/people/jane '\n", kJane,
       "white space"},
      {"sso", "  mapRoles: |\n    - sso: {permissionSetName: Admin, accountID: '111122223333'}\n",
       "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/jane", "permission set"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      World world;
      world.aws_auth(row.data);
      const AuthenticationResult result = world.map(row.arn).value();
      CHECK(result.outcome == Outcome::rejected);
      CHECK(result.cause == AuthnCause::iam_not_mapped);
      CHECK(result.message.find(row.message) != std::string::npos);
      CHECK(!result.at.empty());
      CHECK(result.range.has_value());
      CHECK(result.fix.find("write `arn:aws:iam::111122223333:") != std::string::npos);
    }
  }
}

TEST_CASE("access entries come before aws-auth", "[oidc][iam]") {
  World world;
  world.aws_auth(
      "  mapRoles: |\n    - {rolearn: 'arn:aws:iam::111122223333:role/Deployer', username: old}\n");
  world.entries(R"({"accessEntries": ["arn:aws:iam::111122223333:role/Listed"], "nextToken": null}
{"accessEntry": {"clusterName": "prod", "principalArn": "arn:aws:iam::111122223333:role/team/Deployer",
  "kubernetesGroups": ["deployers"], "accessEntryArn": "x", "username": "deploy:{{SessionName}}", "type": "STANDARD"}}
[{"accessEntry": {"principalArn": "arn:aws:iam::111122223333:role/Plain"}},
 {"accessEntry": {"principalArn": "arn:aws:iam::111122223333:role/Nodes", "type": "EC2_LINUX"}},
 {"accessEntry": {"principalArn": "arn:aws:iam::111122223333:user/people/jane", "kubernetesGroups": ["a"]}}]
{"clusterName": "prod", "principalArn": "arn:aws:iam::111122223333:role/team/Deployer", "associatedAccessPolicies":
 [{"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", "accessScope": {"type": "namespace", "namespaces": ["dev"]}}]})");
  const AuthenticationResult deployer = world.map(kDeployer).value();
  CHECK(deployer.user.name == "deploy:ci-42");
  CHECK(deployer.user.groups == std::vector<std::string>{"deployers"});
  REQUIRE(deployer.notes.size() == 2);
  CHECK(deployer.notes[0].find("`mapRoles[0]` maps it too") == 0);
  CHECK(deployer.notes[1].find("AmazonEKSViewPolicy (namespace dev)") != std::string::npos);
  CHECK(user_of(world.map("arn:aws:sts::111122223333:assumed-role/Plain/x")) ==
        "arn:aws:sts::111122223333:assumed-role/Plain/x");
  CHECK(user_of(world.map(kJane)) == std::string(kJane) + " +a");
  IamIdentity node;
  node.private_dns_name = "n1";
  CHECK(user_of(world.map(kNode, node)) == "system:node:n1");
  CHECK(user_of(world.map("arn:aws:sts::111122223333:assumed-role/Listed/x")).starts_with("error: "));
  IamMappings none;
  const document::Stream other = world.read("{\"a\": 1}");
  CHECK(!add_access_entries(world.sources, other.documents.front().root, none));
}

TEST_CASE("an identity is an ARN or what STS prints", "[oidc][iam]") {
  const IamIdentity role =
      read_iam_identity(R"({"UserId": "AROAX:ci@42", "Account": "111122223333", "Arn": ")" +
                        std::string(kDeployer) + "\"}\n")
          .value();
  CHECK(role.user_id == "AROAX");
  CHECK(role.principal.session == "ci@42");
  CHECK(read_iam_identity(" arn:aws:iam::1:root\n").value().principal.kind == PrincipalKind::root);
  for (const char* text : {"", "jane", "{}", "{\"Arn\": 5}", "[1]", "arn:aws:s3:::x", "{"}) {
    CHECK(!read_iam_identity(text).ok());
  }
}

TEST_CASE("variables of templates", "[oidc][iam]") {
  CHECK(template_variables("a{{SessionName}}{{x}}{{SessionName}}{{") ==
        std::vector<std::string>{"SessionName", "x"});
  CHECK(is_template_variable("AccessKeyID"));
  CHECK(!is_template_variable("sessionname"));
}

TEST_CASE("names that IAM identities can have", "[oidc][iam]") {
  SourceManager sources;
  IamMappings mappings;
  const BufferId file = sources
                            .add("entries.json",
                                 R"({"accessEntry": {"principalArn": "arn:aws:iam::111122223333:role/ci/x",
          "username": "deploy:{{SessionName}}:end", "kubernetesGroups": ["deployers", "team-{{AccountID}}"]}}
      {"accessEntries": [{"principalArn": "arn:aws:iam::111122223333:user/jane", "username": "", "kubernetesGroups": null}]}
      {"accessEntries": ["arn:aws:iam::111122223333:role/other"], "principalArn": 5})")
                            .value();
  document::LazyStream documents(sources, file);
  CHECK(find_access_entries(documents, mappings) == 3);
  CHECK(mappings.entries.size() == 2);
  mappings.accounts.push_back({"444455556666", {}});
  const IamNames names(mappings);
  CHECK(names.may_carry(true, "deployers"));
  CHECK(names.may_carry(true, "team-111122223333"));
  CHECK_FALSE(names.may_carry(true, "deployer"));
  CHECK_FALSE(names.may_carry(false, "deployers"));
  CHECK(names.may_carry(false, "deploy:me:end"));
  CHECK_FALSE(names.may_carry(false, "deploy:me"));
  CHECK(names.may_carry(false, "arn:aws:iam::111122223333:user/jane"));
  CHECK(names.may_carry(false, "arn:aws:iam::444455556666:role/any"));
  CHECK_FALSE(names.may_carry(false, "arn:aws:iam::777788889999:role/any"));
  CHECK_FALSE(names.may_carry(true, "arn:aws:iam::444455556666:role/any"));

  IamMappings none;
  for (const char* text :
       {R"({"principalArn": "arn:aws:iam::1:role/x", "kubernetesGroupsOf": 1})",
        "kind: X\nprincipalArn: a\nkubernetesGroups: [a]\nusername: a\n", "principalArn"}) {
    document::LazyStream other(sources, sources.add("other", std::string(text)).value());
    CHECK(find_access_entries(other, none) == 0);
  }
  CHECK(none.entries.empty());
}

}  // namespace
}  // namespace oidc_audit::oidc
