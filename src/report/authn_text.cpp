#include <algorithm>

#include "base/unicode.h"
#include "report/authn_report.h"
#include "report/excerpt.h"

namespace oidc_audit::report {

namespace {

constexpr std::size_t kLongestValue = 300;

std::string shown(std::string_view text) {
  std::string safe = escape_for_display(text);
  if (safe.size() > kLongestValue) {
    std::size_t end = kLongestValue;
    while (end > 0 && (static_cast<unsigned char>(safe[end]) & 0xC0U) == 0x80U) --end;
    safe.resize(end);
    safe += "...";
  }
  return safe;
}

class Writer {
 public:
  explicit Writer(const AuthnReport& report) : report_(report), result_(report.result) {}

  std::string write(bool with_claims) {
    switch (result_.outcome) {
      case oidc::Outcome::user:
        user();
        break;
      case oidc::Outcome::rejected:
      case oidc::Outcome::not_mine:
        refused();
        break;
      case oidc::Outcome::invalid_config:
      case oidc::Outcome::load_error:
        configuration();
        break;
    }
    signature();
    if (with_claims) claims();
    for (const auto* notes : {&result_.notes, &report_.notes}) {
      for (const std::string& note : *notes) line("note", note);
    }
    return std::move(out_);
  }

 private:
  // An empty label goes on with what stands above.
  void line(std::string_view label, std::string_view text) {
    constexpr std::size_t kColumn = 12;
    const std::size_t used = label.empty() ? 0 : label.size() + 1;
    out_.append(label).append(label.empty() ? "" : ":");
    out_.append(used < kColumn ? kColumn - used : 1, ' ');
    out_.append(escape_lines(text, "            ")).append("\n");
  }

  void user() {
    const UserInfo& user = result_.user;
    line("user", user.name.empty() ? "(empty)" : user.name);
    if (!user.uid.empty()) line("uid", user.uid);
    for (std::size_t i = 0; i < user.groups.size(); ++i) {
      line(i == 0 ? "groups" : "", user.groups[i].empty() ? "(empty)" : user.groups[i]);
    }
    const UserInfo whole = oidc::with_authenticated_group(user);
    if (whole.groups.size() > user.groups.size()) {
      line(user.groups.empty() ? "groups" : "", "system:authenticated (added by the server)");
    }
    for (const auto& [key, values] : user.extra) {
      std::string text = key + " =";
      for (const std::string& value : values) text += value.empty() ? " (empty)" : " " + value;
      line("extra", text);
    }
    if (result_.authenticator.has_value()) {
      line("by", "authenticator " + std::to_string(*result_.authenticator) + ", issuer " +
                     report_.config.jwt[*result_.authenticator].issuer.url.value);
    }
    if (!result_.mapped_by.empty()) {
      line("by", result_.mapped_by);
      if (result_.range.has_value()) line("place", place_text(report_.sources, *result_.range));
    }
  }

  void refused() {
    out_ += result_.stage == oidc::Stage::iam_mapping
                ? "401 Unauthorized: the cluster knows no user for the IAM identity\n"
            : result_.outcome == oidc::Outcome::rejected
                ? "401 Unauthorized: the token is refused\n"
                : "401 Unauthorized: no authenticator takes the token\n";
    if (result_.authenticator.has_value()) {
      line("by", "authenticator " + std::to_string(*result_.authenticator) + ", issuer " +
                     report_.config.jwt[*result_.authenticator].issuer.url.value);
    }
    line("stage", oidc::to_string(result_.stage));
    if (result_.cause.has_value()) line("cause", oidc::to_string(*result_.cause));
    line("reason", result_.message);
    for (const oidc::Comparison& comparison : result_.comparisons) {
      line(comparison.what, "");
      out_.pop_back();
      while (out_.back() == ' ') out_.pop_back();
      out_.append("\n  expected  ").append(shown(comparison.expected));
      out_.append("\n  actual    ").append(shown(comparison.actual)).append("\n");
    }
    where();
    if (!result_.fix.empty()) line("fix", result_.fix);
    if (!result_.error.empty()) line("server log", result_.error);
    if (result_.outcome == oidc::Outcome::not_mine && result_.trail.size() > 1) {
      for (const oidc::TrailStep& step : result_.trail) line("asked", step.issuer + ": " + step.verdict);
    }
  }

  void configuration() {
    out_ += "The API server does not start with this configuration\n";
    for (const std::string& error : result_.errors) line("error", error);
    where();
    if (!result_.fix.empty() && result_.errors.size() <= 1) line("fix", result_.fix);
  }

  void where() {
    if (!result_.at.empty()) line("at", result_.at);
    if (result_.range.has_value()) line("place", place_text(report_.sources, *result_.range));
  }

  void signature() {
    // Where no authenticator looked at the token there is nothing to say.
    if (result_.outcome != oidc::Outcome::user && result_.outcome != oidc::Outcome::rejected) return;
    switch (result_.signature) {
      case oidc::SignatureCheck::not_checked:
        line("signature",
             "NOT VERIFIED: anybody could have written these claims (--jwks or --discover verifies)");
        break;
      case oidc::SignatureCheck::verified:
        line("signature", "verified");
        break;
      case oidc::SignatureCheck::assumed:
        if (!result_.mapped_by.empty() || result_.stage == oidc::Stage::iam_mapping) {
          line("identity", "taken as STS would confirm it, not looked at");
          break;
        }
        line("signature", "taken as valid, not looked at");
        break;
      case oidc::SignatureCheck::failed:
        line("signature", "does not verify");
        break;
    }
  }

  void claims() {
    if (report_.claims.empty()) return;
    out_ += "claims:\n";
    std::size_t width = 0;
    for (const oidc::ShownClaim& claim : report_.claims)
      width = std::max(width, std::min<std::size_t>(claim.name.size(), 30));
    for (const oidc::ShownClaim& claim : report_.claims) {
      std::string name = shown(claim.name);
      if (name.size() < width) name.append(width - name.size(), ' ');
      out_.append("  ").append(name).append("  ").append(shown(claim.value)).append("\n");
      if (claim.provider.empty()) continue;
      out_.append(4, ' ').append(shown(claim.provider)).append("\n");
      for (const auto& [segment, value] : claim.segments) {
        out_.append(6, ' ').append(shown(segment)).append(": ").append(shown(value)).append("\n");
      }
    }
  }

  const AuthnReport& report_;
  const oidc::AuthenticationResult& result_;
  std::string out_;
};

}  // namespace

std::string whoami_text(const AuthnReport& report, bool with_claims) {
  return Writer(report).write(with_claims);
}

}  // namespace oidc_audit::report
