#include "cluster/curl_http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <thread>

using namespace oidc_audit;

namespace {

/// Answers one connection on loopback with fixed bytes.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 1) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/x";
    thread_ = std::thread([this] {
      const int peer = ::accept(listener_, nullptr, nullptr);
      char buffer[4096];
      const ssize_t n = ::read(peer, buffer, sizeof buffer);
      if (n > 0) request_.assign(buffer, static_cast<std::size_t>(n));
      const ssize_t written = ::write(peer, answer_.data(), answer_.size());
      static_cast<void>(written);
      ::close(peer);
    });
  }
  ~OneAnswer() {
    join();
    ::close(listener_);
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  const std::string& url() const { return url_; }
  const std::string& request() const { return request_; }

 private:
  std::string answer_;
  std::string url_;
  std::string request_;
  int listener_ = -1;
  std::thread thread_;
};

HttpRequest request_for(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.headers = {{"X-Test", "yes"}};
  request.timeout = std::chrono::milliseconds(3000);
  return request;
}

}  // namespace

TEST_CASE("a whole answer comes back with its headers in lower case") {
  OneAnswer server("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nX-Kind:  a b \r\n\r\nhello");
  const auto response = cluster::make_curl_http(true)->get(request_for(server.url()));
  server.join();
  REQUIRE(response.ok());
  CHECK(response.value().status == 404);
  CHECK(response.value().body == "hello");
  CHECK_THAT(server.request(), Catch::Contains("X-Test: yes"));
  bool found = false;
  for (const auto& [name, value] : response.value().headers)
    found = found || (name == "x-kind" && value == "a b");
  CHECK(found);
}

TEST_CASE("redirects are not followed") {
  OneAnswer server("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  const auto response = cluster::make_curl_http(true)->get(request_for(server.url()));
  REQUIRE(response.ok());
  CHECK(response.value().status == 302);
}

TEST_CASE("answers that are cut short or too long are errors") {
  {
    OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
    const auto response = cluster::make_curl_http(true)->get(request_for(server.url()));
    REQUIRE_FALSE(response.ok());
    CHECK(response.error().kind() == ErrorKind::network);
  }
  {
    OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" + std::string(50, 'x'));
    HttpRequest request = request_for(server.url());
    request.max_body_bytes = 10;
    const auto response = cluster::make_curl_http(true)->get(request);
    REQUIRE_FALSE(response.ok());
    CHECK(response.error().kind() == ErrorKind::limit);
  }
}

TEST_CASE("plain http is refused unless it was allowed") {
  const auto response = cluster::make_curl_http()->get(request_for("http://127.0.0.1:1/"));
  REQUIRE_FALSE(response.ok());
  CHECK_THAT(response.error().message(), Catch::Contains("not an https URL"));
}
