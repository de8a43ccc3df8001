#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cel/env.h"
#include "cel/registry.h"

namespace oidc_audit::cel {

/// What an Env knows. Programs share it, since they point at its overloads.
struct Env::Declarations {
  struct Variable {
    std::string name;
    Type type;
  };

  EnvOptions options;
  std::vector<Variable> variables;
  std::map<std::string, std::vector<FieldDecl>, std::less<>> object_types;
  std::map<std::string, std::vector<OverloadDecl>, std::less<>> host_functions;
  /// Functions get their types when they are first asked for.
  mutable std::map<std::string, std::unique_ptr<Function>, std::less<>> functions;

  /// Null when there is none of that name.
  const Function* find_function(std::string_view name) const;
  const Variable* find_variable(std::string_view name, std::uint32_t& slot) const;
  /// Position of a field; -1 when the object type or the field is not declared.
  int find_field(std::string_view object_type, std::string_view field) const;
  /// Names to try for a name written in the container, longest first.
  std::vector<std::string> candidates(std::string_view name) const;
};

}  // namespace oidc_audit::cel
