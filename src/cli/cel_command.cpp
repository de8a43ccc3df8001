#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/unicode.h"
#include "cel/env.h"
#include "cel/json.h"
#include "cel/kubernetes.h"
#include "cel/program.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/inputs.h"
#include "cli/token_options.h"
#include "oidc/auth_config.h"

namespace oidc_audit::cli {
namespace {

constexpr std::size_t kMaxInputBytes = 16U << 20;

struct CelOptions {
  std::string expression;
  std::vector<std::string> variables;
  std::optional<std::string> claims_file;
  std::optional<std::string> user_file;
  std::optional<std::string> request_file;
  std::string environment = "general";
  std::optional<std::string> kubernetes_version;
  int release = oidc::kNewestKubernetesMinor;  ///< what that is
};

/// An environment and the values of its variables, in order.
struct Setting {
  cel::Env env;
  std::vector<cel::Value> values;
};

Result<std::string> read(const std::string& path, Context& context) {
  if (path == "-") return read_stdin(context);
  return context.files.read(path, kMaxInputBytes);
}

template <typename T>
Result<T> in_file(Result<T> result, const std::string& path) {
  if (result.ok()) return result;
  return std::move(result).error().with_context("`" + path + "`");
}

std::vector<std::string> texts(const cel::Value& map, std::string_view name) {
  std::vector<std::string> out;
  const std::optional<cel::Value> list = map.as_map().find(cel::Value::borrowed_string(name));
  if (!list || !list->is(cel::Kind::list)) return out;
  for (std::size_t i = 0; i < list->as_list().size(); ++i) {
    const cel::Value element = list->as_list().at(i);
    if (element.is(cel::Kind::string)) out.emplace_back(element.as_string());
  }
  return out;
}

/// `{"username", "uid", "groups", "extra"}`, as TokenReview writes a user.
Result<UserInfo> read_user(std::string_view json) {
  ASSIGN_OR_RETURN(const cel::Value value, cel::parse_json(json, cel::JsonNumbers::integers));
  if (!value.is(cel::Kind::map)) return Error(ErrorKind::malformed, "user is not a JSON object");
  const auto text = [&](std::string_view name) {
    const std::optional<cel::Value> found = value.as_map().find(cel::Value::borrowed_string(name));
    return found && found->is(cel::Kind::string) ? std::string(found->as_string()) : std::string();
  };
  UserInfo user;
  user.name = text("username");
  user.uid = text("uid");
  user.groups = texts(value, "groups");
  const std::optional<cel::Value> extra = value.as_map().find(cel::Value::borrowed_string("extra"));
  if (extra && extra->is(cel::Kind::map)) {
    for (std::size_t i = 0; i < extra->as_map().size(); ++i) {
      const std::string key(extra->as_map().key_at(i).as_string());
      user.extra.emplace_back(key, texts(*extra, key));
    }
  }
  return user;
}

Error missing(std::string_view environment, std::string_view option) {
  return Error(ErrorKind::usage,
               "--env " + std::string(environment) + " needs " + std::string(option) + " for its variable");
}

Result<Setting> server_setting(const CelOptions& options, Context& context) {
  const cel::Release release{options.release};
  if (options.environment == "claims") {
    if (!options.claims_file) return missing("claims", "--claims FILE");
    ASSIGN_OR_RETURN(const std::string json, read(*options.claims_file, context));
    ASSIGN_OR_RETURN(cel::Value value, in_file(cel::claims_value(json, release), *options.claims_file));
    return Setting{cel::claims_env(release), {std::move(value)}};
  }
  if (options.environment == "user") {
    if (!options.user_file) return missing("user", "--user-file FILE");
    ASSIGN_OR_RETURN(const std::string json, read(*options.user_file, context));
    ASSIGN_OR_RETURN(const UserInfo user, in_file(read_user(json), *options.user_file));
    return Setting{cel::user_env(release), {cel::user_value(user)}};
  }
  if (!options.request_file) return missing("match-conditions", "--request FILE");
  ASSIGN_OR_RETURN(const std::string json, read(*options.request_file, context));
  ASSIGN_OR_RETURN(cel::Value value, in_file(cel::request_value(json), *options.request_file));
  return Setting{cel::match_conditions_env(release), {std::move(value)}};
}

Result<Setting> general_setting(const CelOptions& options, Context& context) {
  cel::EnvOptions env_options;
  env_options.release = {options.release};
  Setting setting{cel::Env(env_options), {}};
  for (const std::string& variable : options.variables) {
    const std::size_t equal = variable.find('=');
    if (equal == std::string::npos || equal == 0) {
      return Error(ErrorKind::usage, "--var `" + variable + "` is not of the form NAME=FILE.json");
    }
    const std::string path = variable.substr(equal + 1);
    ASSIGN_OR_RETURN(const std::string json, read(path, context));
    ASSIGN_OR_RETURN(cel::Value value, in_file(cel::parse_json(json, cel::JsonNumbers::integers), path));
    setting.env.add_variable(variable.substr(0, equal), cel::Type::dyn());
    setting.values.push_back(std::move(value));
  }
  return setting;
}

/// The environment that was named, or that the files given stand for.
Result<Setting> make_setting(CelOptions options, Context& context) {
  if (options.environment == "authn") {
    options.environment = options.user_file && !options.claims_file ? "user" : "claims";
  } else if (options.environment == "general") {
    if (options.claims_file) {
      options.environment = "claims";
    } else if (options.user_file) {
      options.environment = "user";
    } else if (options.request_file) {
      options.environment = "match-conditions";
    }
  }
  if (options.environment == "general") return general_setting(options, context);
  if (!options.variables.empty()) {
    return Error(ErrorKind::usage, "--var cannot be combined with a variable of the API server");
  }
  return server_setting(options, context);
}

std::string quoted(std::string_view text) { return cel::to_json(cel::Value::string(std::string(text))); }

std::string error_json(std::string_view message, std::uint32_t line, std::uint32_t column) {
  std::string out = "{\"schema\":\"oidc-audit/cel/1\",\"error\":{\"message\":" + quoted(message);
  if (line > 0) out += ",\"line\":" + std::to_string(line) + ",\"column\":" + std::to_string(column);
  return out + "}}\n";
}

/// An expression that does not compile is bad usage: nothing was evaluated, and nothing goes to the output.
ExitCode refuse(const cel::Compilation& compiled, const CelOptions& options, Context& context) {
  context.messages.line(cel::render(compiled.problems, options.expression), true);
  return ExitCode::usage;
}

ExitCode evaluate(const cel::Program& program, const Setting& setting, const CelOptions& options,
                  Context& context) {
  const cel::Evaluation result = program.eval(setting.values, cel::Limits{});
  const bool json = context.options.output == "json";
  if (result.value.is_error()) {
    const cel::ErrorInfo& failure = result.value.as_error();
    cel::Problem problem{cel::Phase::program, failure.message, 0, 0, 0};
    if (failure.offset != cel::ErrorInfo::kNowhere) {
      problem.offset = failure.offset;
      cel::locate(options.expression, failure.offset, problem.line, problem.column);
    }
    if (json) {
      context.out.write(error_json(problem.message, problem.line, problem.column));
    } else {
      context.messages.line(cel::render(problem, options.expression), true);
    }
    return ExitCode::findings;
  }
  const std::string static_type = program.result_type().to_string();
  if (json) {
    context.out.write("{\"schema\":\"oidc-audit/cel/1\",\"value\":" + cel::to_json(result.value) +
                      ",\"type\":" + quoted(result.value.type_name()) + ",\"checkedType\":" +
                      quoted(static_type) + ",\"cost\":" + std::to_string(result.cost) + "}\n");
  } else {
    context.out.write(escape_for_display(result.value.to_string()) + "\n");
    const std::string dynamic_type = result.value.type_name();
    const bool same = static_type.substr(0, static_type.find('(')) == dynamic_type;
    context.out.write("type: " + static_type + (same ? "" : " (evaluated: " + dynamic_type + ")") + "\n");
  }
  return ExitCode::ok;
}

Result<void> check_stdin(const CelOptions& options) {
  std::ptrdiff_t uses = 0;
  for (const auto* file : {&options.claims_file, &options.user_file, &options.request_file})
    uses += *file == "-" ? 1 : 0;
  uses += std::count_if(options.variables.begin(), options.variables.end(),
                        [](const std::string& variable) { return variable.ends_with("=-"); });
  if (uses > 1) return Error(ErrorKind::usage, "standard input can be only one of the files");
  return {};
}

ExitCode run_cel(const CelOptions& given, Context& context) {
  CelOptions options = given;
  const Result<int> release = kubernetes_minor(options.kubernetes_version);
  if (!release.ok()) return context.fail(release.error());
  options.release = release.value();
  if (auto checked = check_stdin(options); !checked.ok()) return context.fail(checked.error());
  auto setting = make_setting(options, context);
  if (!setting.ok()) return context.fail(setting.error());
  const cel::Compilation compiled = setting.value().env.compile(options.expression);
  if (!compiled.ok()) return refuse(compiled, options, context);
  return evaluate(*compiled.program, setting.value(), options, context);
}

}  // namespace

void declare_cel(CommandSpec& spec) {
  auto options = std::make_shared<CelOptions>();
  spec.description(
      "Compiles and evaluates a CEL expression exactly as kube-apiserver does for authentication "
      "configurations and match conditions, and prints the value with its type. Errors are shown "
      "with a caret; the status is 1 when the evaluation fails and 2 when the expression does not compile.");
  spec.example("Arithmetic", "cel '1 + 2'");
  spec.example("A claim mapping", "cel 'claims.sub + \":x\"' --claims claims.json");
  spec.example("A variable of one's own", "cel 'v.items.size()' --var v=list.json");
  spec.output_formats({"text", "json"});
  spec.positional("EXPR", options->expression, "expression to evaluate");
  spec.option("--var", "NAME=FILE", options->variables,
              "declare NAME with the value of a JSON file, type dyn");
  spec.option("--claims", "FILE", options->claims_file, "JSON object of claims, or - ; declares `claims`");
  spec.option("--user-file", "FILE", options->user_file,
              "JSON object with username, uid, groups and extra, or - ; declares `user`");
  spec.option("--request", "FILE", options->request_file,
              "JSON SubjectAccessReviewSpec, or - ; declares `request`");
  spec.choice("--env", "NAME", {"general", "authn", "claims", "user", "match-conditions"},
              options->environment, "environment to compile in")
      .default_text = "by the files given, else general";
  spec.option(
      "--kubernetes-version", "1.NN", options->kubernetes_version,
      "release whose environment is used (default: 1." + std::to_string(oidc::kNewestKubernetesMinor) + ")");
  spec.run([options](Context& context) { return run_cel(*options, context); });
}

}  // namespace oidc_audit::cli
