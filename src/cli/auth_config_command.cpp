#include <fmt/format.h>

#include <memory>

#include "base/strings.h"
#include "base/unicode.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/token_options.h"
#include "oidc/auth_config_write.h"
#include "report/excerpt.h"
#include "report/json_parts.h"
#include "report/json_writer.h"

namespace oidc_audit::cli {

namespace {

struct CheckOptions {
  AuthConfigOptions config;
};

std::string_view status_word(oidc::ConfigStatus status) {
  switch (status) {
    case oidc::ConfigStatus::valid:
      return "valid";
    case oidc::ConfigStatus::load_error:
      return "load_error";
    case oidc::ConfigStatus::invalid:
      return "invalid";
  }
  return "";
}

void add_prefix_notes(LoadedAuthConfig& loaded) {
  const oidc::AuthConfig& config = loaded.authenticators->config();
  for (std::size_t i = 0; i < config.jwt.size(); ++i) {
    for (std::string& note : oidc::odd_prefix_notes(config, i)) loaded.notes.push_back(std::move(note));
  }
}

std::string check_json(const LoadedAuthConfig& loaded, const std::string& file) {
  const oidc::Authenticators& authenticators = *loaded.authenticators;
  report::JsonWriter json;
  json.begin_object();
  json.field("schema", "oidc-audit/auth-config/1").field("file", file);
  json.field("kubernetesVersion", "1." + std::to_string(authenticators.kubernetes_minor()));
  json.field("status", status_word(authenticators.status()));
  json.key("errors").begin_array();
  for (const oidc::ConfigError& error : authenticators.errors()) {
    json.begin_object();
    json.field("text", error.text).field("field", error.field).field("flag", error.flag);
    json.field("pointer", error.pointer);
    json.key("location");
    Location location;
    location.range = error.range;
    report::write_place(json, loaded.sources, location);
    json.end_object();
  }
  json.end_array();
  json.key("authenticators").begin_array();
  for (const oidc::JwtAuthenticator& jwt : authenticators.config().jwt) {
    json.begin_object();
    json.field("issuer", jwt.issuer.url.value);
    std::vector<std::string> audiences;
    for (const oidc::ConfigText& audience : jwt.issuer.audiences) audiences.push_back(audience.value);
    json.strings("audiences", audiences);
    json.end_object();
  }
  json.end_array();
  json.strings("notes", loaded.notes);
  json.end_object();
  return json.take() + "\n";
}

// A file that is one scalar is no configuration, perhaps a token: an excerpt would print it and tell nothing.
bool is_all_there_is(const SourceManager& sources, SourceRange range) {
  const std::string_view all = trim_ascii(sources.text(range.buffer));
  return all.size() <= range.end - range.begin && !all.starts_with('{') && !all.starts_with('[');
}

// The file to name where an error has no place in it.
std::string where(const LoadedAuthConfig& loaded, const oidc::ConfigError& error, const std::string& file) {
  return error.range.has_value() ? report::place_text(loaded.sources, *error.range)
                                 : escape_for_display(file);
}

std::string check_text(const LoadedAuthConfig& loaded, const std::string& file, bool color, int width) {
  const oidc::Authenticators& authenticators = *loaded.authenticators;
  std::string out;
  report::ExcerptOptions excerpt;
  excerpt.color = color;
  excerpt.width = width;
  for (const oidc::ConfigError& error : authenticators.errors()) {
    const std::string place = where(loaded, error, file);
    std::string text = escape_for_display(error.text.substr(0, error.text.find('\n')));
    out += place + ": error: " + text + "\n";
    // A compilation error goes on with the expression and a caret below it.
    for (std::size_t at = error.text.find('\n'); at != std::string::npos;) {
      const std::size_t end = error.text.find('\n', at + 1);
      out += "  " +
             escape_for_display(error.text.substr(at + 1, end == std::string::npos ? end : end - at - 1)) +
             "\n";
      at = end;
    }
    if (error.range.has_value() && !is_all_there_is(loaded.sources, *error.range)) {
      out += report::source_excerpt(loaded.sources, *error.range, excerpt);
    }
  }
  const std::size_t count = authenticators.config().jwt.size();
  if (authenticators.status() == oidc::ConfigStatus::valid) {
    out += fmt::format("{}: an API server 1.{} starts with this configuration ({} {})\n",
                       escape_for_display(file), authenticators.kubernetes_minor(), count,
                       count == 1 ? "authenticator" : "authenticators");
  } else {
    out += fmt::format("{}: an API server 1.{} does not start with this configuration\n",
                       escape_for_display(file), authenticators.kubernetes_minor());
  }
  for (const std::string& note : loaded.notes) out += "note: " + escape_for_display(note) + "\n";
  return out;
}

ExitCode run_check(const CheckOptions& options, Context& context) {
  LoadedAuthConfig loaded;
  if (auto read = load_auth_config(options.config, context, loaded); !read.ok())
    return context.fail(read.error());
  add_prefix_notes(loaded);
  const std::string file = options.config.file.value_or("(flags)");
  context.out.write(context.options.output == "json"
                        ? check_json(loaded, file)
                        : check_text(loaded, file, context.color_out, context.width));
  return loaded.authenticators->status() == oidc::ConfigStatus::valid ? ExitCode::ok : ExitCode::findings;
}

ExitCode run_convert(const AuthConfigOptions& options, Context& context) {
  LoadedAuthConfig loaded;
  if (auto read = load_auth_config(options, context, loaded); !read.ok()) return context.fail(read.error());
  add_prefix_notes(loaded);
  const oidc::Authenticators& authenticators = *loaded.authenticators;
  if (authenticators.status() != oidc::ConfigStatus::valid) {
    const std::string file = options.file.value_or("(flags)");
    for (const oidc::ConfigError& error : authenticators.errors()) {
      const std::string text = where(loaded, error, file) + ": error: " + escape_for_display(error.text);
      context.messages.line(text, true);
    }
    return ExitCode::usage;
  }
  const std::string version = authenticators.kubernetes_minor() >= 34 ? "apiserver.config.k8s.io/v1"
                                                                      : "apiserver.config.k8s.io/v1beta1";
  context.out.write(oidc::write_auth_config(authenticators.config(), version));
  for (const std::string& note : loaded.notes) context.messages.note(note);
  return ExitCode::ok;
}

}  // namespace

void declare_auth_config(CommandSpec& spec) {
  spec.description("Checks and converts the configuration of an API server's authentication by tokens.");

  auto check = std::make_shared<CheckOptions>();
  CommandSpec& check_spec =
      spec.subcommand("check", "Validate a configuration as an API server does at its start");
  check_spec.description(
      "Says whether an API server starts with a configuration, and every error in its words, at line and "
      "column. FILE "
      "may also be a static pod manifest, a kubeadm ClusterConfiguration or a config.yaml of k3s or RKE2 "
      "with --oidc-* "
      "arguments. Status 1: it does not start.");
  check_spec.example("Does the server start with this?", "auth-config check auth.yaml");
  check_spec.example("And an older one?", "auth-config check auth.yaml --kubernetes-version 1.33");
  check_spec.output_formats({"text", "json"});
  check_spec.positional("FILE", check->config.file, "configuration; `-` reads standard input");
  add_auth_config_options(check_spec, check->config, false);
  check_spec.run([check](Context& context) { return run_check(*check, context); });

  auto convert = std::make_shared<AuthConfigOptions>();
  CommandSpec& convert_spec =
      spec.subcommand("convert", "Write the AuthenticationConfiguration that --oidc-* flags mean");
  convert_spec.description(
      "Prints the AuthenticationConfiguration that a server makes from its --oidc-* flags, given as options "
      "or found in "
      "the file of --auth-config. Note that a file widens the accepted algorithms to all nine.");
  convert_spec.example(
      "Move from flags to a file",
      "auth-config convert --oidc-issuer-url=https://idp.example --oidc-client-id=kubernetes "
      "--oidc-groups-claim=groups --oidc-groups-prefix=oidc:");
  add_auth_config_options(convert_spec, *convert);
  convert_spec.run([convert](Context& context) { return run_convert(*convert, context); });
}

}  // namespace oidc_audit::cli
