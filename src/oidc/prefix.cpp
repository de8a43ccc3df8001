#include <algorithm>

#include "base/strings.h"
#include "oidc/catalogue_impl.h"

namespace oidc_audit::oidc {

namespace {

constexpr std::string_view kHttps = "https://";
// Structured authentication of Azure AKS takes no name without it (Microsoft's
// external-identity-provider-authentication-overview).
constexpr std::string_view kAksPrefix = "aks:jwt:";
constexpr std::string_view kHttp = "http://";

bool has_upper(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// "app.terraform.io" or "app.terraform.io/path": a host with a dot, nothing a claim would hold.
bool looks_like_host(std::string_view text) {
  const std::string_view host = text.substr(0, text.find('/'));
  if (host.find('.') == std::string_view::npos || host.size() < 4) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '/' || c == ':';
  });
}

// The URL with its host in lower case, and with or without its last slash, whichever is somebody's for
// certain; empty when neither is.
std::string correct_issuer(const Catalogue::Impl& impl, std::string_view url) {
  std::string fixed(url);
  const std::string_view host = url_host(url);
  if (has_upper(host)) {
    const std::size_t at = static_cast<std::size_t>(host.data() - url.data());
    fixed = std::string(url.substr(0, at)) + to_lower_ascii(host) + std::string(url.substr(at + host.size()));
  }
  if (is_certain(impl.issuers_of(fixed))) return fixed;
  std::string other = fixed;
  if (other.ends_with('/'))
    other.pop_back();
  else
    other += '/';
  const Catalogue::Impl::IssuerHits hits = impl.issuers_of(other);
  if (is_certain(hits)) return other;
  // A slash that only one provider writes behind such a path (authentik).
  return other.ends_with('/') && !hits->empty() && impl.issuers_of(fixed)->empty() ? other : std::string();
}

class Splitter {
 public:
  Splitter(const Catalogue::Impl& impl, const ParseOptions& options, ParsedName& parsed)
      : impl_(impl), options_(options), parsed_(parsed) {}

  void run() {
    if (configured() || platform() || issuer_url() || bad_issuer_url()) return;
    parsed_.issuer = options_.issuer;
    parsed_.prefix.issuer = options_.issuer;
    read();
    if (parsed_.recognised() != nullptr) return;
    if (parsed_.issuer.empty() && wrong_separator()) return;
    if (options_.guess_prefix && options_.issuer.empty()) guess();
  }

 private:
  void take(PrefixKind kind, std::size_t length) {
    parsed_.prefix.kind = kind;
    parsed_.prefix.text = parsed_.name.substr(0, length);
    parsed_.rest = parsed_.name.substr(length);
  }

  void read() {
    hits_ = parsed_.issuer.empty() ? nullptr : impl_.issuers_of(parsed_.issuer);
    parsed_.candidates.clear();
    static const std::vector<Catalogue::Impl::IssuerHit> kNone;
    impl_.read(parsed_, options_, hits_ == nullptr ? kNone : *hits_, parsed_.candidates);
  }

  bool configured() {
    std::string_view best;
    for (const std::string& prefix : options_.prefixes) {
      if (prefix.size() > best.size() && parsed_.name.starts_with(prefix)) best = prefix;
    }
    if (best.empty() || (best.starts_with(kHttps) && best.ends_with('#'))) return false;
    take(PrefixKind::configured, best.size());
    parsed_.issuer = options_.issuer;
    parsed_.prefix.issuer = options_.issuer;
    if (parsed_.rest.empty()) parsed_.prefix.problem = PrefixProblem::empty_subject;
    read();
    return true;
  }

  bool platform() {
    if (!parsed_.name.starts_with(kAksPrefix)) return false;
    take(PrefixKind::platform, kAksPrefix.size());
    parsed_.issuer = options_.issuer;
    parsed_.prefix.issuer = options_.issuer;
    if (parsed_.rest.empty()) parsed_.prefix.problem = PrefixProblem::empty_subject;
    read();
    return true;
  }

  // `https://issuer#subject`, and what is wrong with it.
  bool issuer_url() {
    const std::string_view name = parsed_.name;
    if (!options_.issuer.empty() && name.size() > options_.issuer.size() &&
        name.starts_with(options_.issuer) && name[options_.issuer.size()] == '#') {
      take(PrefixKind::issuer, options_.issuer.size() + 1);
      parsed_.issuer = name.substr(0, options_.issuer.size());
    } else {
      if (!name.starts_with(kHttps)) return false;
      const std::size_t hash = name.find('#');
      if (hash == std::string_view::npos) return false;
      take(PrefixKind::issuer, hash + 1);
      parsed_.issuer = name.substr(0, hash);
    }
    parsed_.prefix.issuer = parsed_.issuer;
    read();
    diagnose_issuer();
    return true;
  }

  void diagnose_issuer() {
    Prefix& prefix = parsed_.prefix;
    const std::string_view url = parsed_.issuer;
    if (parsed_.rest.empty()) {
      prefix.problem = PrefixProblem::empty_subject;
      return;
    }
    if (parsed_.rest.front() == '#' || (parsed_.rest.starts_with(kHttps) && parsed_.candidates.empty() &&
                                        parsed_.rest.find('#') != std::string_view::npos)) {
      prefix.problem = PrefixProblem::second_hash;
      prefix.corrected = std::string(url) + "#";
      return;
    }
    if (is_certain(hits_)) {
      const auto& ref = hits_->front().ref;
      if (impl_.compiled(ref.provider).issuers[ref.issuer].opt_in)
        prefix.problem = PrefixProblem::missing_path;
      return;
    }
    const std::string fixed = correct_issuer(impl_, url);
    const std::string_view host = url_host(url);
    if (has_upper(host)) {
      prefix.problem = PrefixProblem::upper_case_host;
      prefix.corrected = fixed.empty() ? std::string() : fixed + "#";
    } else if (!fixed.empty()) {
      prefix.problem =
          url.ends_with('/') ? PrefixProblem::extra_trailing_slash : PrefixProblem::missing_trailing_slash;
      prefix.corrected = fixed + "#";
    } else if (const auto known = impl_.issuers_by_host.find(host); known != impl_.issuers_by_host.end()) {
      // The host is known, and no issuer of it looks like this.
      const bool bare = url.size() <= kHttps.size() + host.size() + 1;
      prefix.problem = bare ? PrefixProblem::missing_path : PrefixProblem::impossible_path;
    }
    if (prefix.problem != PrefixProblem::none && !prefix.corrected.empty()) read_corrected();
  }

  // With a slip in the prefix the rest can still be read: as the nearest issuer's.
  void read_corrected() {
    const std::string_view as_written = parsed_.issuer;
    parsed_.issuer = parsed_.keep(parsed_.prefix.corrected.substr(0, parsed_.prefix.corrected.size() - 1));
    read();
    parsed_.issuer = as_written;
  }

  // `http://...#` and `app.terraform.io#`.
  bool bad_issuer_url() {
    const std::string_view name = parsed_.name;
    const std::size_t hash = name.find('#');
    if (hash == std::string_view::npos || hash == 0) return false;
    const std::string_view head = name.substr(0, hash);
    const bool http = head.starts_with(kHttp);
    if (!http && (!looks_like_host(head) || name.substr(hash).starts_with("#EXT#"))) return false;
    take(PrefixKind::malformed, hash + 1);
    const std::string with_scheme =
        std::string(kHttps) + std::string(http ? head.substr(kHttp.size()) : head);
    parsed_.prefix.problem = http ? PrefixProblem::plain_http : PrefixProblem::missing_scheme;
    const std::string fixed = correct_issuer(impl_, with_scheme);
    parsed_.prefix.corrected = (fixed.empty() ? with_scheme : fixed) + "#";
    read_corrected();
    return true;
  }

  // `https://gitlab.com:project_path:...`: the issuer without `#`.
  bool wrong_separator() {
    const std::string_view name = parsed_.name;
    if (!name.starts_with(kHttps)) return false;
    for (std::size_t at = kHttps.size(); at < name.size() && at < 300; ++at) {
      const char c = name[at];
      if (c != ':' && c != '/' && c != '|' && c != ' ') continue;
      const std::string_view url = name.substr(0, at);
      if (!is_certain(impl_.issuers_of(url))) continue;
      ParsedName trial;
      trial.name = name;
      trial.rest = name.substr(at + 1);
      trial.issuer = url;
      std::vector<Candidate> candidates;
      impl_.read(trial, options_, *impl_.issuers_of(url), candidates);
      if (candidates.empty() || candidates.front().likelihood != Likelihood::issuer) continue;
      take(PrefixKind::malformed, at + 1);
      parsed_.issuer = url;
      parsed_.prefix.issuer = url;
      parsed_.prefix.problem = PrefixProblem::wrong_separator;
      parsed_.prefix.corrected = std::string(url) + "#";
      read();
      return true;
    }
    return false;
  }

  // `gha:repo:...`: a word and a colon before something that is recognised for itself.
  void guess() {
    const std::string_view name = parsed_.name;
    const std::size_t end = name.find_first_of(":#/");
    if (end == std::string_view::npos || end == 0 || end > 40 || end + 1 == name.size()) return;
    if (!std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(end), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                 c == '_' || c == '.';
        }))
      return;
    if (name.substr(0, end) == "system" || name.substr(end).starts_with("://")) return;
    ParsedName trial;
    trial.name = name;
    trial.rest = name.substr(end + 1);
    std::vector<Candidate> candidates;
    impl_.read(trial, options_, {}, candidates);
    const bool distinctive = !candidates.empty() && candidates.front().likelihood != Likelihood::shape;
    if (!distinctive && (!parsed_.candidates.empty() || candidates.empty()) && !is_email(trial.rest)) return;
    // A mere shape with colons of its own says nothing about what stands before it.
    if (!distinctive && (name[end] != ':' || trial.rest.find(':') != std::string_view::npos)) return;
    take(PrefixKind::guessed, end + 1);
    read();
  }

  const Catalogue::Impl& impl_;
  const ParseOptions& options_;
  ParsedName& parsed_;
  Catalogue::Impl::IssuerHits hits_;  // null: no issuer is known
};

}  // namespace

bool is_email(std::string_view text) noexcept {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || text.find('@', at + 1) != std::string_view::npos)
    return false;
  const std::string_view domain = text.substr(at + 1);
  if (domain.size() < 3 || domain.find('.') == std::string_view::npos || domain.front() == '.' ||
      domain.back() == '.')
    return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != ':' && c != '/' && c != '|' && c != ',' && c != ';';
  });
}

void split_prefix(const Catalogue::Impl& impl, const ParseOptions& options, ParsedName& parsed) {
  Splitter(impl, options, parsed).run();
}

}  // namespace oidc_audit::oidc
