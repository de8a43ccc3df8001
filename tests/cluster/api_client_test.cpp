#include "cluster/api_client.h"

#include <catch2/catch.hpp>

#include "fake_api.h"

using namespace oidc_audit;
using test::ClientWorld;
using test::FakeReply;
using test::FakeRequest;
using test::FakeServer;

namespace {

FakeReply ok_reply(std::string body = "{}") {
  FakeReply reply;
  reply.body = std::move(body);
  return reply;
}

}  // namespace

TEST_CASE("an answer comes back whole, also compressed") {
  for (const bool gzip : {false, true}) {
    const std::string body = "{\"a\":\"" + std::string(300'000, 'x') + "\"}";
    FakeServer server([&](const FakeRequest&) {
      FakeReply reply = ok_reply(body);
      reply.gzip = gzip;
      return reply;
    });
    ClientWorld world(server.url());
    const auto answer = world.ask("/version");
    REQUIRE(answer.ok());
    CHECK(answer.value().body == body);
    CHECK(server.requests().at(0).header("accept-encoding") == "gzip");
    CHECK(server.requests().at(0).header("user-agent") == "oidc-audit-test");
  }
}

TEST_CASE("disable-compression asks for plain answers") {
  FakeServer server([](const FakeRequest&) { return ok_reply(); });
  ClientWorld world(server.url());
  world.config.disable_compression = true;
  REQUIRE(world.ask("/version").ok());
  CHECK(server.requests().at(0).header("accept-encoding").empty());
}

TEST_CASE("answers that a server does not stand by are asked for again") {
  struct Row {
    std::string name;
    int status;
    std::string retry_after;
    int failures;
    int expected_status;
    std::size_t expected_requests;
  };
  const std::vector<Row> rows = {
      {"too_many_requests_with_a_time", 429, "0", 3, 200, 4},
      {"too_many_requests_without", 429, "", 2, 200, 3},
      {"unavailable_with_a_time", 503, "0", 3, 200, 4},
      {"internal_error_without", 500, "", 1, 200, 2},
      {"at_most_ten_times", 429, "0", 100, 429, 11},
      {"at_most_four_times_without_a_time", 503, "", 100, 503, 5},
      {"a_date_is_no_time", 503, "Wed, 21 Oct 2026 07:28:00 GMT", 100, 503, 5},
      {"a_refusal_stands", 403, "0", 100, 403, 1},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      int seen = 0;
      FakeServer server([&](const FakeRequest&) {
        if (++seen > row.failures) return ok_reply();
        FakeReply reply = test::status_reply(row.status, "Whatever");
        if (!row.retry_after.empty()) reply.headers.emplace_back("Retry-After", row.retry_after);
        return reply;
      });
      ClientWorld world(server.url());
      const auto answer = world.ask("/x");
      REQUIRE(answer.ok());
      CHECK(answer.value().status == row.expected_status);
      CHECK(server.requests().size() == row.expected_requests);
    }
  }
}

TEST_CASE("a time that is too long is cut, and the waits together are bounded") {
  FakeServer server([](const FakeRequest&) {
    FakeReply reply = test::status_reply(429, "TooManyRequests");
    reply.headers.emplace_back("Retry-After", "100000");
    return reply;
  });
  ClientWorld world(server.url());
  world.limits.most_wait = std::chrono::milliseconds(20);
  world.limits.most_waiting = std::chrono::milliseconds(50);
  const auto answer = world.ask("/x");
  REQUIRE(answer.ok());
  CHECK(answer.value().status == 429);
  CHECK(server.requests().size() == 3);
}

TEST_CASE("a connection that breaks is made again a few times") {
  int seen = 0;
  const int broken = GENERATE(1, 3, 100);
  FakeServer server([&](const FakeRequest&) {
    FakeReply reply = ok_reply("{\"a\":\"" + std::string(1000, 'x') + "\"}");
    reply.cut = ++seen <= broken;
    return reply;
  });
  ClientWorld world(server.url());
  const auto answer = world.ask("/x");
  CHECK(answer.ok() == (broken < 5));
  CHECK(server.requests().size() == (broken < 5 ? static_cast<std::size_t>(broken) + 1 : 5));
}

TEST_CASE("what is posted is not posted twice after a broken connection") {
  FakeServer server([&](const FakeRequest&) {
    FakeReply reply = ok_reply(std::string(1000, ' '));
    reply.cut = true;
    return reply;
  });
  ClientWorld world(server.url());
  cluster::ApiRequest request;
  request.path = "/x";
  request.body = "{}";
  CHECK_FALSE(world.ask(std::move(request)).ok());
  CHECK(server.requests().size() == 1);
  CHECK(server.requests().at(0).method == "POST");
  CHECK(server.requests().at(0).header("content-type") == "application/json");
}

TEST_CASE("redirects stay on the host") {
  const std::string where = GENERATE("same", "path", "other", "scheme", "loop");
  std::string url;
  FakeServer server([&](const FakeRequest& request) {
    if (request.path() == "/new") return ok_reply("{\"new\":true}");
    FakeReply reply = ok_reply();
    reply.status = 307;
    const std::string target = where == "same"    ? url + "/new"
                               : where == "path"  ? "/new"
                               : where == "other" ? "http://169.254.169.254/token?secret=1"
                               : where == "loop"  ? "/old"
                                                  : "//evil.example/new";
    reply.headers.emplace_back("Location", target);
    return reply;
  });
  url = server.url();
  ClientWorld world(url);
  const auto answer = world.ask("/old");
  if (where == "same" || where == "path") {
    REQUIRE(answer.ok());
    CHECK(answer.value().body == "{\"new\":true}");
    return;
  }
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().kind() == ErrorKind::network);
  CHECK_THAT(answer.error().message(),
             Catch::Contains(where == "loop" ? "redirects without end" : "redirects to another host"));
  CHECK_THAT(answer.error().message(), !Catch::Contains("secret"));
}

TEST_CASE("an answer that is not JSON is refused") {
  FakeServer server([](const FakeRequest&) {
    FakeReply reply = ok_reply("<html>log in</html>");
    reply.content_type = "text/html; charset=utf-8";
    return reply;
  });
  ClientWorld world(server.url());
  const auto answer = world.ask("/x");
  REQUIRE_FALSE(answer.ok());
  CHECK_THAT(answer.error().message(), Catch::Contains("`text/html") && Catch::Contains("not JSON"));
}

TEST_CASE("bodies are bounded, also when they are compressed") {
  const bool gzip = GENERATE(false, true);
  FakeServer server([gzip](const FakeRequest&) {
    FakeReply reply = ok_reply(std::string(5'000'000, ' '));
    reply.gzip = gzip;
    return reply;
  });
  ClientWorld world(server.url());
  cluster::ApiRequest request;
  request.path = "/x";
  request.max_body_bytes = 1'000'000;
  const auto answer = world.ask(std::move(request));
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().kind() == ErrorKind::limit);
}

TEST_CASE("request-timeout ends a request and is told to the server") {
  FakeServer server([](const FakeRequest&) {
    FakeReply reply = ok_reply();
    reply.delay = std::chrono::milliseconds(5000);
    return reply;
  });
  ClientWorld world(server.url());
  world.config.request_timeout_ms = 100;
  const auto answer = world.ask("/x");
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().kind() == ErrorKind::network);
  CHECK_THAT(answer.error().hint(), Catch::Contains("--request-timeout"));
  CHECK(test::query_value(server.requests().at(0).target, "timeout") == "100ms");
}

TEST_CASE("a server that is not there is an error with its name") {
  ClientWorld world("http://127.0.0.1:1");
  const auto answer = world.ask("/x");
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().kind() == ErrorKind::network);
  CHECK_THAT(answer.error().message(), Catch::StartsWith("http://127.0.0.1:1: "));
}

TEST_CASE("warnings of the server are kept once each") {
  FakeServer server([](const FakeRequest&) {
    FakeReply reply = ok_reply();
    reply.headers.emplace_back("Warning", "299 - \"old \\\"API\\\"\", 199 - \"other\", 299 - \"second\"");
    reply.headers.emplace_back("Warning", "299 - \"second\" \"Wed, 21 Oct 2026 07:28:00 GMT\"");
    return reply;
  });
  ClientWorld world(server.url());
  REQUIRE(world.ask("/x").ok());
  CHECK(world.warnings == std::vector<std::string>{"old \"API\"", "second"});
}

TEST_CASE("a 401 ends everything") {
  FakeServer server(
      [](const FakeRequest&) { return test::status_reply(401, "Unauthorized", "Unauthorized"); });
  ClientWorld world(server.url());
  world.config.token = "s3cret";
  const auto answer = world.ask("/x");
  REQUIRE_FALSE(answer.ok());
  CHECK_THAT(answer.error().message(), Catch::Contains("does not accept the credentials"));
  CHECK_THAT(answer.error().message(), !Catch::Contains("s3cret"));
  CHECK(server.requests().size() == 1);
}

TEST_CASE("queries are encoded") {
  FakeServer server([](const FakeRequest&) { return ok_reply(); });
  ClientWorld world(server.url() + "/prefix");
  cluster::ApiRequest request;
  request.path = "/api";
  request.query = {{"continue", "a+b/c=&d"}};
  REQUIRE(world.ask(std::move(request)).ok());
  CHECK(server.requests().at(0).target == "/prefix/api?continue=a%2Bb%2Fc%3D%26d");
}
