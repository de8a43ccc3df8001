#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cel/type.h"

namespace oidc_audit::cel {

/// Assignability between types with variables, and what the variables stand for (checker/types.go).
class Unifier {
 public:
  /// Whether `a` may be used where `b` is wanted. Variables are bound only when it may.
  bool assignable(const Type& a, const Type& b);
  bool assignable(std::span<const Type> a, std::span<const Type> b);
  /// `type` with bound variables replaced, and unbound ones by dyn when asked.
  Type substitute(const Type& type, bool unbound_to_dyn) const;

 private:
  using Change = std::pair<std::string, Type>;
  bool unify(const Type& a, const Type& b);
  bool unify_all(std::span<const Type> a, std::span<const Type> b);
  bool bind(const Type& type, const Type& variable, bool& had_binding);
  bool occurs_not(const Type& variable, const Type& within) const;
  const Type* find(const Type& variable) const;
  void set(const std::string& name, const Type& type);
  void undo(std::size_t mark);

  std::map<std::string, Type, std::less<>> bindings_;
  std::vector<std::pair<std::string, Type>> log_;  // former bindings; error type: there was none
};

/// The less specific of two types that unify.
const Type& most_general(const Type& a, const Type& b);

/// `type` with the named parameters replaced.
Type instantiate(const Type& type, std::span<const std::pair<std::string, Type>> replacements);

}  // namespace oidc_audit::cel
