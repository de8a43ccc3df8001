#include "cluster/kubeconfig_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "document/base64.h"
#include "document/reader.h"
#include "source/source_manager.h"

namespace oidc_audit::cluster {

namespace {

using document::NodeKind;
using document::Value;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return "";
  return path.substr(0, slash == 0 ? 1 : slash);
}

/// A path of a kubeconfig counts from the folder of the file it stands in.
std::string resolve(const std::string& folder, std::string path) {
  if (path.empty() || path[0] == '/' || folder.empty()) return path;
  return folder.back() == '/' ? folder + path : folder + "/" + path;
}

std::string json_text(Value value) {
  std::string out;
  const auto quote = [](std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') {
        quoted += '\\';
        quoted += c;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
      } else {
        quoted += c;
      }
    }
    return quoted + "\"";
  };
  switch (value.kind()) {
    case NodeKind::null:
      return "null";
    case NodeKind::boolean:
      return *value.as_bool() ? "true" : "false";
    case NodeKind::integer:
      return value.as_int() ? fmt::format("{}", *value.as_int()) : quote(value.text());
    case NodeKind::floating:
      return value.as_double() ? fmt::format("{}", *value.as_double()) : quote(value.text());
    case NodeKind::string:
      return quote(value.text());
    case NodeKind::sequence:
      for (const Value item : value.items()) out += (out.empty() ? "" : ",") + json_text(item);
      return "[" + out + "]";
    case NodeKind::mapping:
      for (const document::Member member : value.members()) {
        out += (out.empty() ? "" : ",") + quote(member.key.text()) + ":" + json_text(member.value);
      }
      return "{" + out + "}";
  }
  return out;
}

/// Reads typed fields; the first wrong one is kept as the error.
class Decoder {
 public:
  Decoder(const SourceManager& sources, std::string folder) : sources_(sources), folder_(std::move(folder)) {}

  std::optional<Error> error;

  std::string string(Value object, std::string_view key) {
    const Value value = object.find(key);
    if (!value.exists() || value.is_null()) return "";
    if (!value.is_string()) {
      // The value itself may be a secret: only its type is named.
      fail(value, fmt::format("`{}` is of type {}, not string", key, to_string(value.kind())),
           "put it in quotes if it is meant as text");
      return "";
    }
    return std::string(value.text());
  }

  std::string path(Value object, std::string_view key) { return resolve(folder_, string(object, key)); }

  std::string data(Value object, std::string_view key) {
    const std::string text = string(object, key);
    std::string decoded;
    if (!text.empty() && !document::decode_base64(text, decoded)) {
      fail(object.find(key), fmt::format("`{}` is not base64", key), "");
    }
    return decoded;
  }

  bool boolean(Value object, std::string_view key) {
    const Value value = object.find(key);
    if (!value.exists() || value.is_null()) return false;
    const auto flag = value.as_bool();
    if (!flag) fail(value, fmt::format("`{}` is of type {}, not boolean", key, to_string(value.kind())), "");
    return flag.value_or(false);
  }

  std::vector<std::string> strings(Value object, std::string_view key) {
    std::vector<std::string> out;
    const Value value = object.find(key);
    if (!value.exists() || value.is_null()) return out;
    if (!value.is_sequence())
      fail(value, fmt::format("`{}` is of type {}, not sequence", key, to_string(value.kind())), "");
    for (const Value item : value.items()) {
      if (!item.is_string())
        fail(item, fmt::format("an item of `{}` is of type {}, not string", key, to_string(item.kind())), "");
      out.emplace_back(item.text());
    }
    return out;
  }

  Value mapping(Value object, std::string_view key) {
    const Value value = object.find(key);
    if (!value.exists() || value.is_null()) return {};
    if (!value.is_mapping()) {
      fail(value, fmt::format("`{}` is of type {}, not mapping", key, to_string(value.kind())), "");
      return {};
    }
    return value;
  }

  /// `entries` of a top-level list: name and body; two of one name are an error.
  template <typename Read>
  void entries(Value root, std::string_view list, std::string_view body, Read read) {
    const Value value = root.find(list);
    if (!value.exists() || value.is_null()) return;
    if (!value.is_sequence()) {
      fail(value, fmt::format("`{}` is of type {}, not sequence", list, to_string(value.kind())), "");
      return;
    }
    std::set<std::string> seen;
    for (const Value item : value.items()) {
      if (!item.is_mapping()) {
        fail(item, fmt::format("an entry of `{}` is of type {}, not mapping", list, to_string(item.kind())),
             "");
        return;
      }
      std::string name = string(item, "name");
      if (!seen.insert(name).second)
        fail(item, fmt::format("two entries of `{}` are named `{}`", list, name), "");
      const Value content = mapping(item, body);
      if (error) return;
      read(std::move(name), content);
    }
  }

  void fail(Value value, std::string message, std::string hint) {
    if (error) return;
    const SourceRange range = value.range();
    const LineColumn at = sources_.start(range);
    error = Error(ErrorKind::configuration,
                  fmt::format("{}:{}:{}: {}", sources_.name(range.buffer), at.line, at.column, message),
                  std::move(hint));
  }

  const std::string& folder() const { return folder_; }

 private:
  const SourceManager& sources_;
  std::string folder_;
};

std::string exec_extension(Value cluster) {
  for (const Value item : cluster.find("extensions").items()) {
    if (item.find("name").text() == "client.authentication.k8s.io/exec")
      return json_text(item.find("extension"));
  }
  return "null";
}

ClusterEntry read_cluster(Decoder& in, std::string name, Value body) {
  ClusterEntry entry;
  entry.name = std::move(name);
  entry.server = in.string(body, "server");
  entry.tls_server_name = in.string(body, "tls-server-name");
  entry.insecure_skip_tls_verify = in.boolean(body, "insecure-skip-tls-verify");
  entry.certificate_authority = in.path(body, "certificate-authority");
  entry.certificate_authority_data = in.data(body, "certificate-authority-data");
  entry.proxy_url = in.string(body, "proxy-url");
  entry.disable_compression = in.boolean(body, "disable-compression");
  entry.exec_config_json = exec_extension(body);
  return entry;
}

ExecPlugin read_exec(Decoder& in, Value body) {
  ExecPlugin exec;
  exec.command = in.string(body, "command");
  // A bare command is looked up in PATH; one with a separator stands beside the file.
  if (exec.command.find('/') != std::string::npos) exec.command = resolve(in.folder(), exec.command);
  exec.args = in.strings(body, "args");
  for (const Value item : body.find("env").items()) {
    exec.env.emplace_back(in.string(item, "name"), in.string(item, "value"));
  }
  exec.api_version = in.string(body, "apiVersion");
  exec.install_hint = in.string(body, "installHint");
  exec.interactive_mode = in.string(body, "interactiveMode");
  exec.provide_cluster_info = in.boolean(body, "provideClusterInfo");
  return exec;
}

UserEntry read_user(Decoder& in, std::string name, Value body) {
  UserEntry entry;
  entry.name = std::move(name);
  entry.client_certificate = in.path(body, "client-certificate");
  entry.client_certificate_data = in.data(body, "client-certificate-data");
  entry.client_key = in.path(body, "client-key");
  entry.client_key_data = in.data(body, "client-key-data");
  entry.token = in.string(body, "token");
  entry.token_file = in.path(body, "tokenFile");
  entry.username = in.string(body, "username");
  entry.password = in.string(body, "password");
  entry.as.user = in.string(body, "as");
  entry.as.uid = in.string(body, "as-uid");
  entry.as.groups = in.strings(body, "as-groups");
  for (const document::Member member : in.mapping(body, "as-user-extra").members()) {
    entry.as.extra.emplace_back(std::string(member.key.text()),
                                in.strings(body.find("as-user-extra"), member.key.text()));
  }
  if (const Value provider = in.mapping(body, "auth-provider"); provider.exists()) {
    entry.auth_provider = in.string(provider, "name");
    if (entry.auth_provider.empty()) entry.auth_provider = "(no name)";
  }
  if (const Value exec = in.mapping(body, "exec"); exec.exists()) entry.exec = read_exec(in, exec);
  return entry;
}

template <typename Entry>
void merge_entries(std::vector<Entry>& merged, std::vector<Entry>& later) {
  for (Entry& entry : later) {
    const bool known =
        std::any_of(merged.begin(), merged.end(), [&](const Entry& e) { return e.name == entry.name; });
    if (!known) merged.push_back(std::move(entry));
  }
}

}  // namespace

Result<KubeconfigFile> read_kubeconfig(const std::string& path, std::string text) {
  SourceManager sources;
  ASSIGN_OR_RETURN(const BufferId buffer, sources.add(path, std::move(text)));
  document::ReadOptions options;
  options.comments = false;
  const document::Stream stream = document::read_documents(sources, buffer, options);
  KubeconfigFile file;
  for (const Issue& issue : stream.issues) {
    if (issue.level != IssueLevel::error) continue;
    const std::string at = issue.location.range
                               ? fmt::format(":{}:{}", sources.start(*issue.location.range).line,
                                             sources.start(*issue.location.range).column)
                               : "";
    return Error(ErrorKind::configuration, fmt::format("{}{}: {}", path, at, issue.message), issue.hint);
  }
  if (stream.documents.empty()) return file;
  const Value root = stream.documents.front().root;
  if (!root.is_mapping())
    return Error(ErrorKind::configuration, fmt::format("`{}` is not a kubeconfig", path));
  Decoder in(sources, folder_of(path));
  file.current_context = in.string(root, "current-context");
  in.entries(root, "clusters", "cluster", [&](std::string name, Value body) {
    file.clusters.push_back(read_cluster(in, std::move(name), body));
  });
  in.entries(root, "users", "user", [&](std::string name, Value body) {
    file.users.push_back(read_user(in, std::move(name), body));
  });
  in.entries(root, "contexts", "context", [&](std::string name, Value body) {
    file.contexts.push_back(
        {std::move(name), in.string(body, "cluster"), in.string(body, "user"), in.string(body, "namespace")});
  });
  if (in.error) return *std::move(in.error);
  return file;
}

void merge_kubeconfig(KubeconfigFile& merged, KubeconfigFile later) {
  merge_entries(merged.clusters, later.clusters);
  merge_entries(merged.users, later.users);
  merge_entries(merged.contexts, later.contexts);
  if (merged.current_context.empty()) merged.current_context = std::move(later.current_context);
}

}  // namespace oidc_audit::cluster
