// Parses, checks and evaluates an expression in the environment of claims, and the same text unchecked; the
// bytes after a zero byte are the claims.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "cel/env.h"
#include "cel/json.h"
#include "cel/kubernetes.h"
#include "cel/program.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oidc_audit::cel;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = input.find('\0');
  const std::string_view text = input.substr(0, cut);
  const std::string_view json =
      cut == std::string_view::npos ? R"({"sub":"a","n":1,"list":["x"],"m":{"k":1}})" : input.substr(cut + 1);
  auto claims = claims_value(json);
  const Value value = claims.ok() ? claims.value() : claims_value("{}").value();
  Limits limits;
  limits.max_cost = 20'000;
  limits.max_bytes = 1U << 20;

  const Compilation checked = claims_env().compile(text);
  if (checked.ok()) {
    const Evaluation result = checked.program->eval(std::vector<Value>{value}, limits);
    (void)to_json(result.value);
    (void)result.value.to_string();
  } else {
    (void)render(checked.problems, text);
  }
  EnvOptions options;
  options.check = false;
  Env env(options);
  env.add_variable("claims", Type::dyn());
  const Compilation unchecked = env.compile(text);
  if (unchecked.ok()) (void)unchecked.program->eval(std::vector<Value>{value}, limits);
  return 0;
}
