#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/type.h"
#include "cel/value.h"

namespace oidc_audit::cel {

/// What an evaluation may use up. Passing a limit is an error that nothing in the expression absorbs.
struct Limits {
  /// Kubernetes' PerCallLimit for one authentication or authorization expression.
  std::uint64_t max_cost = 1'000'000;
  /// Text and lists made by one evaluation; costs alone do not bound what `replace` and `format` make.
  std::uint64_t max_bytes = 64U << 20;
};

struct Evaluation {
  Value value;             ///< may be an error value
  std::uint64_t cost = 0;  ///< as the API server would charge it
};

/// When an expression is refused. The API server treats all three as invalid configuration.
enum class Phase : std::uint8_t { parse, check, program };

struct Problem {
  Phase phase;
  std::string message;       ///< as cel-go words it, without position
  std::uint32_t offset = 0;  ///< code points into the expression
  std::uint32_t line = 1;    ///< 1-based; 0 when the problem has no place
  std::uint32_t column = 1;  ///< 1-based, in code points
};

struct ProgramCode;

/// A checked expression, ready to be evaluated any number of times. Variables and fields are resolved
/// to positions and calls to overloads; evaluation looks nothing up by name. Copies share the code.
class Program {
 public:
  explicit Program(std::shared_ptr<const ProgramCode> code) : code_(std::move(code)) {}

  const Type& result_type() const;
  const std::string& text() const;

  /// Evaluates with variables in the order in which the Env declared them. REQUIRES: as many values as
  /// variables, each of its declared type; they are borrowed for the call, and the result may share them.
  Value eval(std::span<const Value> variables) const;
  Evaluation eval(std::span<const Value> variables, const Limits& limits) const;

  /// Which declared variables the expression reads, by their index.
  std::span<const std::uint32_t> variables() const;

 private:
  std::shared_ptr<const ProgramCode> code_;
};

/// A program, or why there is none (then at least one problem, in order of place).
struct Compilation {
  std::optional<Program> program;
  std::vector<Problem> problems;
  bool ok() const { return program.has_value(); }
};

/// The line of the problem with a caret below it:
///
///     ERROR: <input>:1:8: undeclared reference to 'foo' (in container '')
///      | claims.foo
///      | .......^
///
/// in cel-go's words and form. Several problems are joined by newlines.
std::string render(const Problem& problem, std::string_view text);
std::string render(std::span<const Problem> problems, std::string_view text);

/// 1-based line and column of an offset in code points.
void locate(std::string_view text, std::uint32_t offset, std::uint32_t& line, std::uint32_t& column);

}  // namespace oidc_audit::cel
