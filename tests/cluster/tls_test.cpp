#include <catch2/catch.hpp>

#include "fake_api.h"

using namespace oidc_audit;
using test::ClientWorld;
using test::FakeCa;
using test::FakeReply;
using test::FakeRequest;
using test::FakeServer;
using test::FakeTls;

namespace {

FakeReply ok_reply(const FakeRequest&) {
  FakeReply reply;
  reply.body = "{}";
  return reply;
}

}  // namespace

TEST_CASE("the server's certificate is verified") {
  const FakeCa ca;
  const FakeCa other;
  const FakeTls tls{ca.issue("server", "IP:127.0.0.1"), {}};
  FakeServer server(ok_reply, &tls);
  ClientWorld world(server.url());
  SECTION("by the CA of the kubeconfig") {
    world.config.ca_pem = ca.certificate();
    CHECK(world.ask("/x").ok());
  }
  SECTION("another CA is refused") {
    world.config.ca_pem = other.certificate();
    const auto answer = world.ask("/x");
    REQUIRE_FALSE(answer.ok());
    CHECK_THAT(answer.error().hint(), Catch::Contains("certificate-authority"));
    CHECK_THAT(answer.error().message() + answer.error().hint(), !Catch::Contains("insecure"));
    CHECK(server.requests().empty());
  }
  SECTION("the system's roots do not know it") { CHECK_FALSE(world.ask("/x").ok()); }
  SECTION("insecure-skip-tls-verify takes any") {
    world.config.insecure_skip_tls_verify = true;
    CHECK(world.ask("/x").ok());
  }
  SECTION("a CA that is none is refused") {
    world.config.ca_pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    CHECK_FALSE(world.ask("/x").ok());
  }
}

TEST_CASE("the certificate must name the host, or tls-server-name") {
  const FakeCa ca;
  const FakeTls tls{ca.issue("server", "DNS:kube.internal"), {}};
  FakeServer server(ok_reply, &tls);
  ClientWorld world(server.url());
  world.config.ca_pem = ca.certificate();
  CHECK_FALSE(world.ask("/x").ok());
  world.config.tls_server_name = "kube.internal";
  REQUIRE(world.ask("/x").ok());
  CHECK(server.requests().at(0).header("host") == "127.0.0.1:" + std::to_string(server.port()));
  world.config.tls_server_name = "other.internal";
  CHECK_FALSE(world.ask("/x").ok());
}

TEST_CASE("client certificates are shown") {
  const FakeCa ca;
  const FakeTls tls{ca.issue("server", "IP:127.0.0.1"), ca.certificate()};
  FakeServer server(ok_reply, &tls);
  ClientWorld world(server.url());
  world.config.ca_pem = ca.certificate();
  const test::FakeIdentity jane = ca.issue("jane", "");
  world.config.client_certificate_pem = jane.certificate;
  SECTION("with their key") {
    world.config.client_key_pem = jane.key;
    REQUIRE(world.ask("/x").ok());
    CHECK(server.requests().at(0).client_name == "jane");
  }
  SECTION("a key of another is refused before anything is sent") {
    world.config.client_key_pem = ca.issue("joe", "").key;
    const auto answer = world.ask("/x");
    REQUIRE_FALSE(answer.ok());
    CHECK_THAT(answer.error().message() + answer.error().hint(), !Catch::Contains("PRIVATE KEY"));
    CHECK(server.requests().empty());
  }
}

TEST_CASE("a server that speaks no TLS is an error") {
  FakeServer server(ok_reply);
  ClientWorld world("https://127.0.0.1:" + std::to_string(server.port()));
  world.config.request_timeout_ms = 300;
  CHECK_FALSE(world.ask("/x").ok());
}

TEST_CASE("requests go through the cluster's proxy, whatever NO_PROXY says") {
  FakeServer proxy(ok_reply);
  ClientWorld world("http://api.example:6443");
  SECTION("of the kubeconfig") {
    world.config.proxy_url = proxy.url();
    world.environment = {{"NO_PROXY", "*"}};
  }
  SECTION("of the environment") { world.environment = {{"http_proxy", proxy.url()}}; }
  REQUIRE(world.ask("/x").ok());
  CHECK(proxy.requests().at(0).target == "http://api.example:6443/x");
}

TEST_CASE("loopback needs no proxy of the environment") {
  FakeServer server(ok_reply);
  ClientWorld world(server.url());
  world.environment = {{"HTTP_PROXY", "http://127.0.0.1:1"}};
  CHECK(world.ask("/x").ok());
}
