#include "sim/near_miss.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "document/reader.h"
#include "oidc/authenticator.h"
#include "oidc/catalogue.h"
#include "oidc/go_json.h"
#include "oidc/legacy_flags.h"
#include "rbac/inventory.h"
#include "sim/identity.h"
#include "sim/subject_parts.h"
#include "support/test_data.h"

using namespace oidc_audit;
using namespace oidc_audit::sim;
using document::Value;

namespace {

std::string to_json(Value value) {
  switch (value.kind()) {
    case document::NodeKind::null:
      return "null";
    case document::NodeKind::boolean:
      return *value.as_bool() ? "true" : "false";
    case document::NodeKind::integer:
    case document::NodeKind::floating:
      return std::string(value.text());
    case document::NodeKind::string:
      return oidc::json_quote(value.text());
    case document::NodeKind::sequence: {
      std::string out;
      for (const Value item : value.items()) out += (out.empty() ? "" : ",") + to_json(item);
      return "[" + out + "]";
    }
    case document::NodeKind::mapping: {
      std::string out;
      for (const document::Member member : value.members()) {
        out += (out.empty() ? "" : ",") + oidc::json_quote(member.key.text()) + ":" + to_json(member.value);
      }
      return "{" + out + "}";
    }
  }
  return "";
}

std::string text_of(Value value, const char* key) { return std::string(value.find(key).text()); }

rbac::Attributes request_of(Value request) {
  rbac::Attributes attributes;
  attributes.verb = text_of(request, "verb");
  attributes.api_group = text_of(request, "group");
  attributes.resource = text_of(request, "resource");
  attributes.subresource = text_of(request, "subresource");
  attributes.name = text_of(request, "name");
  attributes.namespace_name = text_of(request, "namespace");
  attributes.path = text_of(request, "path");
  attributes.is_resource = !request.find("path").exists();
  return attributes;
}

oidc::Authenticators authenticators_of(Value auth, SourceManager& sources) {
  const Value flags = auth.find("flags");
  if (!flags.exists()) {
    const BufferId buffer = sources.add("config.json", to_json(auth.find("config"))).value();
    return oidc::Authenticators::from(oidc::decode_auth_config(sources, buffer));
  }
  std::vector<oidc::ServerArgument> arguments;
  for (const Value flag : flags.items()) arguments.push_back({std::string(flag.text()), flag.range()});
  return oidc::Authenticators::from(oidc::config_from_flags(oidc::parse_server_arguments(arguments)));
}

struct Answer {
  bool authenticated = true;
  UserInfo user;
  bool allowed = false;
  std::string cause;
  std::string at;
  std::string fix;
  std::string message;
};

Answer answer(Value test, SourceManager& sources) {
  Answer out;
  IdentitySource source;
  const IdentitySource* known = nullptr;
  if (test.find("auth").exists()) {
    const oidc::Authenticators authenticators = authenticators_of(test.find("auth"), sources);
    oidc::AuthenticateOptions options;
    options.now.seconds = test.find("now").as_int().value_or(1790000000);
    const auto result = authenticators.authenticate(
        {oidc::Credential::Kind::claims, to_json(test.find("claims")), ""}, options);
    out.authenticated = result.authenticated();
    if (!out.authenticated) {
      out.cause = result.cause ? std::string(to_string(*result.cause)) : "";
      out.at = result.at;
      out.fix = result.fix;
      out.message = result.message;
      return out;
    }
    out.user = result.user;
    source = identity_source(result, authenticators.config());
    known = &source;
  } else {
    out.user.name = text_of(test, "user");
    for (const Value group : test.find("groups").items()) out.user.groups.emplace_back(group.text());
  }
  rbac::Inventory inventory(sources);
  Collector issues;
  for (const Value object : test.find("objects").items()) {
    const BufferId buffer = sources.add("object.json", to_json(object)).value();
    rbac::LoadOptions load;
    load.format = document::Format::json;
    inventory.add(buffer, load, issues);
  }
  inventory.finish(issues);
  const rbac::Policy policy(inventory.roles(), inventory.bindings());
  const rbac::Authorizer authorizer(policy);
  rbac::Attributes request = request_of(test.find("request"));
  request.user = out.user;
  rbac::add_implicit_groups(request.user, true);
  out.allowed = authorizer.decide(request).allowed;
  if (out.allowed) return out;
  const auto misses =
      explain_refusal(authorizer, request, catalogue_parser(oidc::Catalogue::builtin()), {.source = known});
  REQUIRE_FALSE(misses.empty());
  out.cause = to_string(misses.front().cause);
  out.at = misses.front().object;
  out.fix = misses.front().fix;
  out.message = misses.front().message;
  return out;
}

void run_cases(const std::string& path, std::set<std::string>* causes) {
  SourceManager sources;
  const BufferId buffer = sources.add(path, test::read_file(path)).value();
  const document::Stream stream = document::read_documents(sources, buffer, {});
  REQUIRE(stream.issues.empty());
  REQUIRE(stream.documents.size() == 1);
  std::size_t count = 0;
  for (const Value test : stream.documents[0].root.items()) {
    ++count;
    const Value expect = test.find("expect");
    const Answer got = answer(test, sources);
    INFO(path << ": " << text_of(test, "id"));
    INFO(got.cause << " | " << got.at << " | " << got.message << " | " << got.fix);
    if (expect.find("authenticated").exists())
      CHECK(got.authenticated == *expect.find("authenticated").as_bool());
    if (expect.find("user").exists()) CHECK(got.user.name == expect.find("user").text());
    if (expect.find("groups").exists()) {
      std::vector<std::string> groups;
      for (const Value group : expect.find("groups").items()) groups.emplace_back(group.text());
      CHECK(got.user.groups == groups);
    }
    if (expect.find("allowed").exists()) CHECK(got.allowed == *expect.find("allowed").as_bool());
    CHECK(got.cause == expect.find("cause").text());
    if (expect.find("at").exists()) CHECK(got.at == expect.find("at").text());
    if (expect.find("fix_has").exists())
      CHECK_THAT(got.fix, Catch::Contains(std::string(expect.find("fix_has").text())));
    if (causes != nullptr) causes->insert(std::string(expect.find("cause").text()));
  }
  CHECK(count >= 16);
}

}  // namespace

TEST_CASE("the first near miss is what people would have to change") {
  std::set<std::string> causes;
  run_cases(test::source_dir() + "/fixtures/near-misses/cases.yaml", &causes);
  for (int i = 0; i < kCauseCount; ++i) {
    INFO(to_string(static_cast<Cause>(i)));
    CHECK(causes.count(std::string(to_string(static_cast<Cause>(i)))) == 1);
  }
}

TEST_CASE("reported refusals are explained") {
  const auto shared = test::shared_dir();
  if (!shared) {
    WARN("skipped: the shared test data is not there (OIDC_AUDIT_SHARED)");
    return;
  }
  run_cases(*shared + "/field/cases.yaml", nullptr);
}

TEST_CASE("claims are flattened in order and bounded") {
  const auto values = claim_values(R"({"sub":"a","realm_access":{"roles":["x","y"]},"n":7,"b":true,"e":""})");
  REQUIRE(values.size() == 4);
  CHECK(values[1].claim == "realm_access.roles");
  CHECK(values[1].in_list);
  CHECK(values[2].value == "y");
  CHECK(values[3].value == "7");
  CHECK(claim_values("not json").empty());
}
