#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/program.h"
#include "cel/type.h"
#include "cel/value.h"

namespace oidc_audit::cel {

/// Minor releases of Kubernetes 1.x whose environments can be asked for.
struct Release {
  int minor = 36;
};

struct EnvOptions {
  /// Functions and behaviour that differ between releases follow this one.
  Release release{};
  /// Kubernetes refuses list and map literals of mixed types.
  bool homogeneous_literals = true;
  bool macros = true;
  /// Without checking, names are resolved when they are evaluated.
  bool check = true;
  /// Namespace that unqualified names are looked up in; Kubernetes sets none.
  std::string container;
};

struct FieldDecl {
  std::string name;
  Type type;
};

/// What a function of the host is called with: the receiver first, if there is one. No argument is an
/// error value. It returns a value of the declared result type, or an error value.
using HostFunction = std::function<Value(std::span<const Value> arguments)>;

struct OverloadDecl {
  std::string id;            ///< unique in the environment, such as "string_glob_string"
  bool is_method = false;    ///< first parameter is the receiver
  std::vector<Type> params;  ///< receiver first
  Type result;
  HostFunction call;
  std::uint64_t cost = 1;
};

/// Names an expression may use: the standard and Kubernetes libraries, which every Env has at no cost,
/// and what the host declares. Declare everything before the first compile(); programs keep what they
/// need and may outlive the Env.
class Env {
 public:
  explicit Env(EnvOptions options = {});
  ~Env();
  Env(Env&&) noexcept;
  Env& operator=(Env&&) noexcept;

  /// Returns the variable's index into the values that Program::eval takes. REQUIRES: a new name.
  std::uint32_t add_variable(std::string name, Type type);
  /// Declares Type::object(name) with fields; Object::field is asked by position in this list.
  void add_object_type(std::string name, std::vector<FieldDecl> fields);
  /// Adds overloads to a function, which may be one of the standard library.
  void add_function(std::string name, std::vector<OverloadDecl> overloads);

  Compilation compile(std::string_view text) const;
  /// Syntax and macros only.
  std::vector<Problem> parse(std::string_view text) const;

  const EnvOptions& options() const;
  std::size_t variable_count() const;

  struct Declarations;

 private:
  std::shared_ptr<Declarations> declarations_;
};

}  // namespace oidc_audit::cel
