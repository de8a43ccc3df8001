#include "oidc/config_source.h"

#include <algorithm>

#include "document/lazy_stream.h"
#include "oidc/config_source_parts.h"
#include "oidc/platform_config.h"
#include "source/source_manager.h"

namespace oidc_audit::oidc {

namespace {

using document::Value;

// Text of a scalar of any kind: `extraArgs: {oidc-ca-file: 5}` is refused by kubeadm, k3s prints it.
std::string scalar_text(Value value) { return std::string(value.text()); }

bool is_scalar(Value value) { return value.exists() && !value.is_mapping() && !value.is_sequence(); }

void add_list(Value list, std::vector<ServerArgument>& out) {
  for (const Value item : list.items()) {
    if (is_scalar(item)) out.push_back({scalar_text(item), item.range()});
  }
}

// The kube-apiserver container of a pod: by name, or by the command it runs.
std::optional<std::vector<ServerArgument>> pod_arguments(Value pod) {
  for (const Value container : pod.at_pointer("/spec/containers").items()) {
    std::vector<ServerArgument> arguments;
    add_list(container.find("command"), arguments);
    add_list(container.find("args"), arguments);
    const bool named = container.find("name").text() == "kube-apiserver";
    const bool runs = std::any_of(arguments.begin(), arguments.end(), [](const ServerArgument& argument) {
      return argument.text == "kube-apiserver" || argument.text.ends_with("/kube-apiserver");
    });
    if (named || runs) return arguments;
  }
  return std::nullopt;
}

// apiServer.extraArgs: a map up to v1beta3, a list of {name, value} since v1beta4.
std::vector<ServerArgument> kubeadm_arguments(Value configuration) {
  std::vector<ServerArgument> arguments;
  const Value extra = configuration.at_pointer("/apiServer/extraArgs");
  for (const auto& [key, value] : extra.members()) {
    if (is_scalar(value)) {
      arguments.push_back({"--" + scalar_text(key) + "=" + scalar_text(value), value.range()});
    }
  }
  for (const Value item : extra.items()) {
    const Value value = item.find("value");
    arguments.push_back({"--" + scalar_text(item.find("name")) + "=" + scalar_text(value),
                         value.exists() ? value.range() : item.range()});
  }
  return arguments;
}

// `kube-apiserver-arg`: one text or a list, without the dashes; `+` behind the key appends (k3s).
std::optional<std::vector<ServerArgument>> distribution_arguments(Value root) {
  std::vector<ServerArgument> arguments;
  bool found = false;
  for (const auto& [key, value] : root.members()) {
    const std::string_view name = key.text();
    if (name != "kube-apiserver-arg" && name != "kube-apiserver-arg+") continue;
    found = true;
    const auto add = [&](Value item) {
      if (!is_scalar(item)) return;
      std::string text = scalar_text(item);
      if (!text.starts_with("--")) text.insert(0, "--");
      arguments.push_back({std::move(text), item.range()});
    };
    if (value.is_sequence()) {
      for (const Value item : value.items()) add(item);
    } else {
      add(value);
    }
  }
  if (!found) return std::nullopt;
  return arguments;
}

}  // namespace

std::optional<FoundArguments> arguments_of(Value root) {
  const std::string_view kind = root.find("kind").text();
  const std::string_view api_version = root.find("apiVersion").text();
  if (kind == "Pod") {
    if (auto arguments = pod_arguments(root)) return FoundArguments{ConfigSourceKind::static_pod, *arguments};
    return std::nullopt;
  }
  if (kind == "ClusterConfiguration" && api_version.starts_with("kubeadm.k8s.io/")) {
    return FoundArguments{ConfigSourceKind::kubeadm, kubeadm_arguments(root)};
  }
  if (kind.empty() && api_version.empty()) {
    if (auto arguments = distribution_arguments(root)) {
      return FoundArguments{ConfigSourceKind::distribution, *arguments};
    }
  }
  return std::nullopt;
}

ConfigSource from_arguments(SourceManager& sources, const FoundArguments& found, int minor,
                            const ReadNamedFile& read) {
  ConfigSource source;
  source.kind = found.kind;
  const LegacyFlags flags = parse_server_arguments(found.arguments);
  source.loaded = config_from_flags(flags, read);
  source.notes.push_back("read the kube-apiserver arguments of " + std::string(to_string(found.kind)));
  if (flags.ca_file.has_value() && !flags.ca_file->empty() && !source.loaded.config.jwt.empty() &&
      source.loaded.config.jwt.front().issuer.certificate_authority.empty()) {
    source.notes.push_back("`" + flags.ca_file->value + "` is a file of the server and was not looked at");
  }
  if (source.loaded.status != ConfigStatus::valid || !flags.authentication_config.has_value()) return source;

  const std::string& path = flags.authentication_config->value;
  std::optional<std::string> text = read ? read(path) : std::nullopt;
  const auto fail = [&](std::string why) {
    source.loaded = LoadedConfig();
    source.loaded.status = ConfigStatus::load_error;
    ConfigError error;
    error.text = std::move(why);
    error.flag = "--authentication-config";
    error.range = flags.authentication_config->range;
    source.loaded.errors.push_back(std::move(error));
  };
  if (!text.has_value()) {
    fail("the arguments name the configuration `" + path + "`, which is not here; give that file itself");
    return source;
  }
  const Result<BufferId> buffer = sources.add(path, std::move(*text));
  if (!buffer.ok()) {
    fail(buffer.error().message());
    return source;
  }
  source.loaded = decode_auth_config(sources, buffer.value(), minor);
  source.loaded.config.service_account_issuers = flags.service_account_issuers;
  if (flags.anonymous_auth_given && source.loaded.config.anonymous.has_value()) {
    fail(
        "anonymous-auth flag and the anonymous section of the authentication configuration are mutually "
        "exclusive");
  }
  return source;
}

std::string_view to_string(ConfigSourceKind kind) {
  switch (kind) {
    case ConfigSourceKind::authentication_configuration:
      return "an AuthenticationConfiguration";
    case ConfigSourceKind::static_pod:
      return "a static pod manifest";
    case ConfigSourceKind::kubeadm:
      return "a kubeadm ClusterConfiguration";
    case ConfigSourceKind::distribution:
      return "a k3s or RKE2 configuration";
    case ConfigSourceKind::eks_identity_provider:
      return "the OIDC identity provider of an EKS cluster";
    case ConfigSourceKind::gke_client_config:
      return "a ClientConfig of Identity Service for GKE";
    case ConfigSourceKind::openshift_authentication:
      return "an Authentication of OpenShift";
    case ConfigSourceKind::aks_jwt_authenticator:
      return "a JWT authenticator of AKS";
  }
  return "";
}

namespace {

// The documents up to the first AuthenticationConfiguration, with the items of lists in place of those.
std::vector<document::Document> objects_of(const document::Stream& stream) {
  std::vector<document::Document> out;
  for (const document::Document& document : stream.documents) {
    const Value root = document.root;
    const std::string_view kind = root.find("kind").text();
    if (is_auth_config(root.find("apiVersion").text(), kind)) break;
    if (kind.ends_with("List")) {
      for (const Value item : root.find("items").items())
        out.push_back({item, item.range(), document.format});
    } else {
      out.push_back(document);
    }
  }
  return out;
}

}  // namespace

FoundConfig load_config_source(SourceManager& sources, document::LazyStream& documents, int kubernetes_minor,
                               const ReadNamedFile& read_named) {
  const document::Stream& stream = documents.stream();
  const std::vector<document::Document> objects = objects_of(stream);
  const auto named = [](const document::Document& object, ConfigSource source) {
    FoundConfig found = headed(object.root, object.range);
    found.source = std::move(source);
    name_form(object.root, found);
    return found;
  };
  for (const document::Document& object : objects) {
    if (!object.root.is_mapping()) continue;
    if (const std::optional<FoundArguments> arguments = arguments_of(object.root))
      return named(object, from_arguments(sources, *arguments, kubernetes_minor, read_named));
  }
  for (const document::Document& object : objects) {
    if (std::optional<ConfigSource> source = read_platform_config(object.root))
      return named(object, std::move(*source));
  }
  FoundConfig found = stream.documents.empty()
                          ? headed({}, {documents.buffer(), 0, 0})
                          : headed(stream.documents.front().root, stream.documents.front().range);
  found.source.loaded = decode_auth_config(sources, stream, 0, documents.buffer(), kubernetes_minor);
  if (found.kind.empty()) {
    found.kind = "configuration";
    found.name = sources.name(documents.buffer());
  }
  return found;
}

FoundConfig config_of_flags(LoadedConfig loaded) {
  FoundConfig found;
  found.source.loaded = std::move(loaded);
  found.kind = "kube-apiserver";
  found.name = "flags";
  return found;
}

}  // namespace oidc_audit::oidc
