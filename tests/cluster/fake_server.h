#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace oidc_audit::test {

struct FakeRequest {
  std::string method;
  std::string target;                                        ///< as sent: path and query
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
  std::string client_name;  ///< common name of the client's certificate

  std::string path() const { return target.substr(0, target.find('?')); }
  std::string header(const std::string& name) const;  ///< all values, joined by `|`
};

struct FakeReply {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
  bool gzip = false;                   ///< send the body compressed
  bool cut = false;                    ///< close the connection in the middle of the body
  std::chrono::milliseconds delay{0};  ///< before the first byte
  std::size_t claimed_length = 0;      ///< Content-Length to send instead of the true one
};

/// A certificate and its key, PEM.
struct FakeIdentity {
  std::string certificate;
  std::string key;
};

/// A CA made for one test.
class FakeCa {
 public:
  FakeCa();
  ~FakeCa();
  const std::string& certificate() const { return certificate_; }
  /// Signed for a common name and subject alternative names (`DNS:x,IP:127.0.0.1`).
  FakeIdentity issue(const std::string& common_name, const std::string& alternative_names) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string certificate_;
};

struct FakeTls {
  FakeIdentity identity;
  std::string client_ca;  ///< not empty: asks for client certificates
};

/// An HTTP/1.1 server on loopback, in this process, that answers as a function says. The function is called
/// under a lock.
class FakeServer {
 public:
  using Handler = std::function<FakeReply(const FakeRequest&)>;
  explicit FakeServer(Handler handler, const FakeTls* tls = nullptr);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  /// `http://127.0.0.1:PORT`, or https.
  std::string url() const;
  int port() const { return port_; }
  /// What has come so far.
  std::vector<FakeRequest> requests() const;
  std::size_t count(const std::string& path) const;

 private:
  void accept_all();
  void serve(int peer);

  Handler handler_;
  void* tls_ = nullptr;  // SSL_CTX
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::vector<FakeRequest> requests_;
  std::list<std::thread> threads_;
  std::vector<int> peers_;
  std::thread acceptor_;
};

}  // namespace oidc_audit::test
