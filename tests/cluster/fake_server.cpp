#include "fake_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <stdexcept>

#include "base/strings.h"

namespace oidc_audit::test {

namespace {

template <typename T, void (*Free)(T*)>
struct Freed {
  void operator()(T* pointer) const { Free(pointer); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;

Key make_key() { return Key(EVP_EC_gen("P-256")); }

std::string pem_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

std::string pem_of(X509* certificate) {
  BIO* const bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  return pem_of(bio);
}

std::string pem_of(EVP_PKEY* key) {
  BIO* const bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  return pem_of(bio);
}

void add_extension(X509* certificate, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  if (extension == nullptr) throw std::runtime_error("bad extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate make_certificate(EVP_PKEY* key, const std::string& name, long serial) {
  Certificate out(X509_new());
  X509_set_version(out.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(out.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(out.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(out.get()), 86'400);
  X509_set_pubkey(out.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return out;
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// A connection with or without TLS.
class Peer {
 public:
  Peer(int socket, SSL_CTX* context) : socket_(socket) {
    if (context == nullptr) return;
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, socket);
    ready_ = SSL_accept(ssl_) == 1;
  }
  ~Peer() {
    if (ssl_ != nullptr) SSL_free(ssl_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  bool ready() const { return ready_; }

  bool fill() {
    char buffer[16'384];
    const long count = ssl_ != nullptr ? SSL_read(ssl_, buffer, sizeof buffer)
                                       : static_cast<long>(::recv(socket_, buffer, sizeof buffer, 0));
    if (count <= 0) return false;
    input.append(buffer, static_cast<std::size_t>(count));
    return true;
  }
  bool send(const std::string& text) {
    std::size_t sent = 0;
    while (sent < text.size()) {
      const std::size_t rest = text.size() - sent;
      const long count = ssl_ != nullptr
                             ? SSL_write(ssl_, text.data() + sent, static_cast<int>(rest))
                             : static_cast<long>(::send(socket_, text.data() + sent, rest, MSG_NOSIGNAL));
      if (count <= 0) return false;
      sent += static_cast<std::size_t>(count);
    }
    return true;
  }
  std::string client_name() const {
    if (ssl_ == nullptr) return {};
    const Certificate certificate(SSL_get1_peer_certificate(ssl_));
    if (!certificate) return {};
    char name[256] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, sizeof name);
    return name;
  }

  std::string input;

 private:
  int socket_;
  SSL* ssl_ = nullptr;
  bool ready_ = true;
};

std::optional<FakeRequest> read_request(Peer& peer) {
  std::size_t end = std::string::npos;
  while ((end = peer.input.find("\r\n\r\n")) == std::string::npos) {
    if (!peer.fill()) return std::nullopt;
  }
  FakeRequest out;
  std::size_t length = 0;
  const std::string head = peer.input.substr(0, end);
  bool first = true;
  for (const std::string_view raw : split(head, '\n')) {
    const std::string_view line = trim_ascii(raw);
    if (first) {
      const auto words = split(line, ' ');
      out.method = words[0];
      out.target = words.size() > 1 ? std::string(words[1]) : "";
      first = false;
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    out.headers.emplace_back(to_lower_ascii(line.substr(0, colon)), trim_ascii(line.substr(colon + 1)));
    if (out.headers.back().first == "content-length") length = std::stoul(out.headers.back().second);
  }
  while (peer.input.size() < end + 4 + length) {
    if (!peer.fill()) return std::nullopt;
  }
  out.body = peer.input.substr(end + 4, length);
  peer.input.erase(0, end + 4 + length);
  out.client_name = peer.client_name();
  return out;
}

}  // namespace

std::string FakeRequest::header(const std::string& name) const {
  std::string out;
  for (const auto& [key, value] : headers) {
    if (key == name) out += (out.empty() ? "" : "|") + value;
  }
  return out;
}

struct FakeCa::Impl {
  Key key = make_key();
  Certificate certificate;
};

FakeCa::FakeCa() : impl_(std::make_unique<Impl>()) {
  static std::atomic<int> number{0};
  impl_->certificate = make_certificate(impl_->key.get(), "test CA " + std::to_string(++number), 1);
  X509* const own = impl_->certificate.get();
  X509_set_issuer_name(own, X509_get_subject_name(own));
  add_extension(own, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(own, impl_->key.get(), EVP_sha256());
  certificate_ = pem_of(own);
}

FakeCa::~FakeCa() = default;

FakeIdentity FakeCa::issue(const std::string& common_name, const std::string& alternative_names) const {
  const Key key = make_key();
  static std::atomic<long> serial{1};
  const Certificate certificate = make_certificate(key.get(), common_name, ++serial);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(impl_->certificate.get()));
  if (!alternative_names.empty()) add_extension(certificate.get(), NID_subject_alt_name, alternative_names);
  X509_sign(certificate.get(), impl_->key.get(), EVP_sha256());
  return {pem_of(certificate.get()), pem_of(key.get())};
}

FakeServer::FakeServer(Handler handler, const FakeTls* tls) : handler_(std::move(handler)) {
  std::signal(SIGPIPE, SIG_IGN);
  if (tls != nullptr) {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    BIO* bio = BIO_new_mem_buf(tls->identity.certificate.data(), -1);
    const Certificate certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
    BIO_free(bio);
    bio = BIO_new_mem_buf(tls->identity.key.data(), -1);
    const Key key(PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr));
    BIO_free(bio);
    SSL_CTX_use_certificate(context, certificate.get());
    SSL_CTX_use_PrivateKey(context, key.get());
    if (!tls->client_ca.empty()) {
      bio = BIO_new_mem_buf(tls->client_ca.data(), -1);
      const Certificate ca(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
      BIO_free(bio);
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get());
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    }
    tls_ = context;
  }
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no loopback socket");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

FakeServer::~FakeServer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  ::close(listener_);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int peer : peers_) ::shutdown(peer, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  SSL_CTX_free(static_cast<SSL_CTX*>(tls_));
}

std::string FakeServer::url() const {
  return std::string(tls_ != nullptr ? "https" : "http") + "://127.0.0.1:" + std::to_string(port_);
}

std::vector<FakeRequest> FakeServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t FakeServer::count(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(requests_.begin(), requests_.end(),
                                                [&](const auto& request) { return request.path() == path; }));
}

void FakeServer::accept_all() {
  for (;;) {
    const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer < 0) return;
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      ::close(peer);
      return;
    }
    peers_.push_back(peer);
    threads_.emplace_back([this, peer] { serve(peer); });
  }
}

void FakeServer::serve(int socket) {
  {
    Peer peer(socket, static_cast<SSL_CTX*>(tls_));
    while (peer.ready() && !stopping_) {
      const auto request = read_request(peer);
      if (!request) break;
      FakeReply reply;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(*request);
        reply = handler_(*request);
      }
      for (auto waited = std::chrono::milliseconds(0); waited < reply.delay && !stopping_;
           waited += std::chrono::milliseconds(5)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      std::string body = reply.gzip ? gzipped(reply.body) : reply.body;
      std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " X\r\n";
      if (!reply.content_type.empty()) head += "Content-Type: " + reply.content_type + "\r\n";
      if (reply.gzip) head += "Content-Encoding: gzip\r\n";
      for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
      const std::size_t length = reply.claimed_length != 0 ? reply.claimed_length : body.size();
      head += "Content-Length: " + std::to_string(length) + "\r\n\r\n";
      if (reply.cut) body.resize(body.size() / 2);
      if (!peer.send(head + body) || reply.cut) break;
    }
    // The number stays known until the socket is closed, so that nobody shuts down another's.
    const std::lock_guard lock(mutex_);
    peers_.erase(std::remove(peers_.begin(), peers_.end(), socket), peers_.end());
  }
  ::close(socket);
}

}  // namespace oidc_audit::test
