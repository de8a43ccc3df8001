// Runs the conformance cases that conformance_dir() holds: the cel-spec suites (`cel/`) with the outcome of
// the Kubernetes environment, and the Kubernetes suites (`cel-k8s/`), each for 1.36 and, with what a case
// says of it (`kubernetes_1_37`), for 1.37; those that say what 1.33 does (`kubernetes_1_33`) for that too.
// Other files of the same form are run as well.

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "cel/conformance_value.h"
#include "cel/env.h"
#include "cel/kubernetes.h"
#include "support/test_data.h"

namespace oidc_audit::test {
namespace {

using cel::Compilation;
using cel::Env;
using cel::EnvOptions;
using cel::Evaluation;
using cel::Limits;
using cel::Phase;
using cel::Problem;
using cel::Value;
using nlohmann::json;

/// `suite/section/name: reason` a line; a line that no longer hides a failure is one itself.
std::map<std::string, std::string> skip_list() {
  std::map<std::string, std::string> skipped;
  std::istringstream in(read_file(source_dir() + "/tests/cel/conformance_skip.txt"));
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t colon = line.find(": ");
    REQUIRE(colon != std::string::npos);
    skipped[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return skipped;
}

std::string phase_name(Phase phase) {
  if (phase == Phase::parse) return "parse";
  return phase == Phase::check ? "check" : "program";
}

struct Outcome {
  bool ok = true;
  std::string why;
  void fail(std::string reason) {
    if (ok) why = std::move(reason);
    ok = false;
  }
};

struct Expected {
  std::optional<json> value;
  bool error = false;
  std::string phase;  // empty: any
  std::optional<json> position;
  std::optional<std::uint64_t> cost;
  std::string checked_type;
};

/// Compares what happened with what is expected.
void judge(const Compilation& compiled, const std::vector<Value>& variables, const Expected& expected,
           bool check_only, Outcome& out) {
  if (!compiled.ok()) {
    const Problem& problem = compiled.problems.front();
    if (!expected.error) return out.fail(phase_name(problem.phase) + " error: " + problem.message);
    if (!expected.phase.empty() && expected.phase != phase_name(problem.phase)) {
      return out.fail("error in phase " + phase_name(problem.phase) + ", expected " + expected.phase + ": " +
                      problem.message);
    }
    if (expected.position &&
        (problem.line != (*expected.position)[0] || problem.column != (*expected.position)[1])) {
      out.fail("error at " + std::to_string(problem.line) + ":" + std::to_string(problem.column) +
               ", expected " + expected.position->dump() + ": " + problem.message);
    }
    return;
  }
  if (!expected.checked_type.empty() &&
      compiled.program->result_type().to_string() != expected.checked_type) {
    out.fail("type " + compiled.program->result_type().to_string() + ", expected " + expected.checked_type);
  }
  if (check_only) {
    if (expected.error) out.fail("no error");
    return;
  }
  const Evaluation evaluation = compiled.program->eval(variables, Limits{});
  if (evaluation.value.is_error()) {
    if (!expected.error) return out.fail("eval error: " + evaluation.value.as_error().message);
    if (!expected.phase.empty() && expected.phase != "eval") {
      out.fail("eval error, expected one of phase " + expected.phase);
    }
    return;
  }
  if (expected.error) return out.fail("value " + evaluation.value.to_string() + ", expected an error");
  std::string why;
  if (expected.value && !same_value(*expected.value, evaluation.value, why)) {
    return out.fail(why + ", expected " + expected.value->dump());
  }
  if (expected.cost && evaluation.cost != *expected.cost) {
    out.fail("cost " + std::to_string(evaluation.cost) + ", expected " + std::to_string(*expected.cost));
  }
}

Expected read_expected(const json& expect, const json& test) {
  Expected expected;
  expected.error = expect.contains("error");
  if (expect.contains("value")) expected.value = expect["value"];
  if (expect.contains("phase")) expected.phase = expect["phase"].get<std::string>();
  if (expect.contains("position")) expected.position = expect["position"];
  if (test.contains("runtime_cost")) expected.cost = test["runtime_cost"].get<std::uint64_t>();
  if (test.contains("checked_type")) expected.checked_type = test["checked_type"].get<std::string>();
  return expected;
}

constexpr int kBaseline = 36;  // the release that cases are about unless they name another

/// The member that says what another release does with a case; null when it does what 1.36 does.
const json* difference(const json& test, int release) {
  const auto found = test.find("kubernetes_1_" + std::to_string(release));
  return found == test.end() ? nullptr : &*found;
}

/// What the environment of a release does with a case of cel-spec.
Expected spec_expected(const json& test, int release) {
  Expected expected = read_expected(test["expect"], test);
  expected.checked_type.clear();
  if (test["expect"].contains("deduced_type")) {
    expected.checked_type = test["expect"]["deduced_type"].get<std::string>();
  }
  const json* own = difference(test, release);
  const json& kubernetes = own != nullptr ? *own : test["kubernetes"];
  if (kubernetes.contains("runtime_cost")) expected.cost = kubernetes["runtime_cost"].get<std::uint64_t>();
  const std::string outcome = kubernetes["outcome"].get<std::string>();
  if (outcome == "same") return expected;
  expected.value.reset();
  expected.error = outcome == "error";
  expected.checked_type.clear();
  if (kubernetes.contains("value")) expected.value = kubernetes["value"];
  if (kubernetes.contains("phase")) expected.phase = kubernetes["phase"].get<std::string>();
  if (kubernetes.contains("deduced_type"))
    expected.checked_type = kubernetes["deduced_type"].get<std::string>();
  return expected;
}

void declare(Env& env, const json& test, std::vector<Value>& variables) {
  std::set<std::string> declared;
  const json none = json::object();
  const json& bindings = test.contains("bindings") ? test["bindings"] : none;
  const auto bind = [&](const std::string& name, cel::Type type) {
    declared.insert(name);
    env.add_variable(name, std::move(type));
    variables.push_back(bindings.contains(name) ? decode_value(bindings[name])
                                                : Value::error("no such attribute(s): " + name));
  };
  for (const json& entry : test.value("type_env", json::array())) {
    const std::string name = entry["name"].get<std::string>();
    if (entry.contains("type")) {
      bind(name, cel::Type::parse(entry["type"].get<std::string>()));
      continue;
    }
    std::vector<cel::OverloadDecl> overloads;
    for (const json& overload : entry["function"]) {
      cel::OverloadDecl decl;
      decl.id = overload["overload_id"].get<std::string>();
      for (const json& param : overload["params"])
        decl.params.push_back(cel::Type::parse(param.get<std::string>()));
      decl.result = cel::Type::parse(overload["result"].get<std::string>());
      decl.is_method = overload.value("member", overload.value("is_method", false));
      decl.call = [](std::span<const Value>) { return Value::error("not implemented"); };
      overloads.push_back(std::move(decl));
    }
    env.add_function(name, std::move(overloads));
  }
  for (const auto& [name, value] : bindings.items()) {
    if (!declared.contains(name)) bind(name, cel::Type::dyn());
  }
}

Outcome run_spec_case(const json& test, int release) {
  Outcome out;
  EnvOptions options;
  options.release = {release};
  options.macros = !test.value("disable_macros", false);
  options.check = !test.value("disable_check", false);
  options.container = test.value("container", "");
  Env env(options);
  std::vector<Value> variables;
  declare(env, test, variables);
  judge(env.compile(test["expr"].get<std::string>()), variables, spec_expected(test, release),
        test.value("check_only", false), out);
  return out;
}

/// What a release does with a Kubernetes case.
Expected kubernetes_expected(const json& test, int release) {
  Expected expected = read_expected(test["expect"], test);
  const json* own = difference(test, release);
  if (own == nullptr) return expected;
  // Of another outcome only what is said counts.
  Expected other = read_expected(*own, *own);
  if (own->contains("expect")) other = read_expected((*own)["expect"], *own);
  return other;
}

UserInfo decode_user(const json& user) {
  UserInfo info;
  info.name = user.value("username", "");
  info.uid = user.value("uid", "");
  if (user.contains("groups")) info.groups = user["groups"].get<std::vector<std::string>>();
  if (user.contains("extra")) {
    for (const auto& [key, values] : user["extra"].items()) {
      info.extra.emplace_back(key, values.get<std::vector<std::string>>());
    }
  }
  return info;
}

/// Conditions in order: the first false decides, then the errors, then all true (authorization/cel
/// matcher.go).
Outcome run_match_conditions(const json& test, int release) {
  Outcome out;
  const Env env = cel::match_conditions_env({release});
  std::string outcome = "match";
  const Result<Value> request = cel::request_value(test["spec"].dump());
  REQUIRE(request.ok());
  std::set<std::string> seen;
  for (const json& expression : test["expressions"]) {
    const std::string text = expression.get<std::string>();
    if (text.empty() || !seen.insert(text).second || test["expressions"].size() > 64) outcome = "invalid";
  }
  if (outcome == "invalid") {
    if (test["expect"]["outcome"] != "invalid_config")
      out.fail("invalid conditions, expected " + test["expect"].dump());
    return out;
  }
  for (const json& expression : test["expressions"]) {
    const Compilation compiled = env.compile(expression.get<std::string>());
    if (!compiled.ok() || !(compiled.program->result_type() == cel::Type::boolean())) {
      outcome = "invalid";
      break;
    }
    const Value value = compiled.program->eval(std::vector<Value>{request.value()});
    if (value.is_false()) {
      outcome = "no_match";
      break;
    }
    if (!value.is_true()) outcome = "error";
  }
  const std::string wanted = test["expect"]["outcome"].get<std::string>();
  if (outcome == "invalid") outcome = "invalid_config";
  if (outcome != wanted) out.fail("outcome " + outcome + ", expected " + wanted);
  return out;
}

Outcome run_kubernetes_case(const json& test, int release) {
  Outcome out;
  if (test.contains("expressions")) return run_match_conditions(test, release);
  const std::string text = test["expr"].get<std::string>();
  EnvOptions options;
  options.check = !test.value("disable_check", false);
  options.release = {release};
  if (test.value("parse_only", false)) {
    const std::vector<Problem> problems = Env(options).parse(text);
    Compilation parsed;
    parsed.problems = problems;
    const Expected expected = kubernetes_expected(test, release);
    if (problems.empty()) {
      if (expected.error) out.fail("parses, expected an error");
    } else {
      judge(parsed, {}, expected, false, out);
    }
    return out;
  }
  const Expected expected = kubernetes_expected(test, release);
  if (test.contains("claims") || test.contains("claims_json")) {
    const std::string claims =
        test.contains("claims_json") ? test["claims_json"].get<std::string>() : test["claims"].dump();
    const Result<Value> value = cel::claims_value(claims, {release});
    REQUIRE(value.ok());
    judge(cel::claims_env({release}).compile(text), {value.value()}, expected, false, out);
  } else if (test.contains("user")) {
    judge(cel::user_env({release}).compile(text), {cel::user_value(decode_user(test["user"]), {release})},
          expected, false, out);
  } else {
    judge(Env(options).compile(text), {}, expected, false, out);
  }
  return out;
}

struct Tally {
  std::size_t passed = 0;
  std::size_t skipped = 0;
  std::vector<std::string> failures;
};

void record(const std::string& id, const json& test, const Outcome& outcome,
            const std::map<std::string, std::string>& skipped, Tally& tally) {
  if (skipped.contains(id)) {
    ++tally.skipped;
    if (outcome.ok) tally.failures.push_back(id + ": passes, take it off the skip list");
    return;
  }
  if (outcome.ok) {
    ++tally.passed;
    return;
  }
  tally.failures.push_back(id + ": " + test.value("expr", "").substr(0, 200) + "\n    " + outcome.why);
}

void run_folder(const std::string& folder, bool spec) {
  const auto dir = conformance_dir();
  if (!dir) return;
  const std::filesystem::path root = std::filesystem::path(*dir) / folder;
  if (!std::filesystem::is_directory(root)) {
    WARN("no folder " << root.string() << ": not run");
    return;
  }
  const std::map<std::string, std::string> skipped = skip_list();
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    if (entry.path().extension() == ".json" && entry.path().filename() != "index.json")
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  REQUIRE(!files.empty());
  for (const auto& file : files) {
    const std::string suite = file.stem().string();
    DYNAMIC_SECTION(suite) {
      Tally tally;
      const json tests = json::parse(read_file(file.string()));
      REQUIRE(!tests.empty());
      for (const json& test : tests) {
        const std::string id = suite + "/" + test.value("section", "") + "/" + test.value("name", "");
        for (const int release : {33, kBaseline, 37}) {
          if (release < kBaseline && difference(test, release) == nullptr) continue;
          const std::string name = release == kBaseline ? id : id + "@1." + std::to_string(release);
          record(name, test, spec ? run_spec_case(test, release) : run_kubernetes_case(test, release),
                 skipped, tally);
        }
      }
      std::string report;
      for (const std::string& failure : tally.failures) report += "\n  " + failure;
      INFO(suite << ": " << tally.passed << " passed, " << tally.failures.size() << " failed, "
                 << tally.skipped << " skipped" << report);
      CHECK(tally.failures.empty());
    }
  }
}

}  // namespace

TEST_CASE("cel-spec suites in the Kubernetes environment", "[cel][conformance]") { run_folder("cel", true); }
TEST_CASE("Kubernetes CEL suites", "[cel][conformance]") { run_folder("cel-k8s", false); }

}  // namespace oidc_audit::test
