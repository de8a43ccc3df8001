#include "cel/unify.h"

namespace oidc_audit::cel {
namespace {

bool is_dyn(const Type& type) { return type.is(TypeKind::dyn) || type.is(TypeKind::any); }

bool is_parametric(TypeKind kind) {
  return kind == TypeKind::list || kind == TypeKind::map || kind == TypeKind::optional ||
         kind == TypeKind::type || kind == TypeKind::opaque;
}

Type rebuild(const Type& type, std::vector<Type> params) {
  switch (type.kind()) {
    case TypeKind::list:
      return Type::list(std::move(params[0]));
    case TypeKind::map:
      return Type::map(std::move(params[0]), std::move(params[1]));
    case TypeKind::optional:
      return Type::optional(std::move(params[0]));
    case TypeKind::type:
      return params.empty() ? type : Type::type_of(std::move(params[0]));
    case TypeKind::opaque:
      return Type::opaque(type.name(), std::move(params));
    default:
      return type;
  }
}

bool less_specific(const Type& a, const Type& b) {
  if (is_dyn(a) || a.is(TypeKind::parameter)) return true;
  if (is_dyn(b) || b.is(TypeKind::parameter)) return false;
  if (a.kind() != b.kind()) return false;
  if (a.is(TypeKind::type)) return true;
  if (!is_parametric(a.kind())) return a == b;
  if (a.name() != b.name() || a.params().size() != b.params().size()) return false;
  for (std::size_t i = 0; i < a.params().size(); ++i) {
    if (!less_specific(a.param(i), b.param(i))) return false;
  }
  return true;
}

bool nullable(const Type& type) {
  switch (type.kind()) {
    case TypeKind::opaque:
    case TypeKind::optional:
    case TypeKind::object:
    case TypeKind::any:
    case TypeKind::duration:
    case TypeKind::timestamp:
    case TypeKind::wrapper:
    case TypeKind::null:
      return true;
    default:
      return false;
  }
}

const Type& unwrap(const Type& type) { return type.is(TypeKind::wrapper) ? type.param(0) : type; }

}  // namespace

const Type& most_general(const Type& a, const Type& b) { return less_specific(a, b) ? a : b; }

Type instantiate(const Type& type, std::span<const std::pair<std::string, Type>> replacements) {
  if (type.is(TypeKind::parameter)) {
    for (const auto& [name, replacement] : replacements) {
      if (name == type.name()) return replacement;
    }
    return type;
  }
  if (type.params().empty() || !is_parametric(type.kind())) return type;
  std::vector<Type> params;
  for (const Type& param : type.params()) params.push_back(instantiate(param, replacements));
  return rebuild(type, std::move(params));
}

const Type* Unifier::find(const Type& variable) const {
  if (!variable.is(TypeKind::parameter)) return nullptr;
  const auto it = bindings_.find(variable.name());
  return it == bindings_.end() ? nullptr : &it->second;
}

void Unifier::set(const std::string& name, const Type& type) {
  const auto it = bindings_.find(name);
  if (it == bindings_.end()) {
    log_.emplace_back(name, Type::of(TypeKind::error));
    bindings_.emplace(name, type);
    return;
  }
  log_.emplace_back(name, it->second);
  it->second = type;
}

void Unifier::undo(std::size_t mark) {
  while (log_.size() > mark) {
    auto& [name, former] = log_.back();
    if (former.is_error()) {
      bindings_.erase(name);
    } else {
      bindings_[name] = former;
    }
    log_.pop_back();
  }
}

bool Unifier::assignable(const Type& a, const Type& b) {
  const std::size_t mark = log_.size();
  if (unify(a, b)) return true;
  undo(mark);
  return false;
}

bool Unifier::assignable(std::span<const Type> a, std::span<const Type> b) {
  const std::size_t mark = log_.size();
  if (unify_all(a, b)) return true;
  undo(mark);
  return false;
}

bool Unifier::unify_all(std::span<const Type> a, std::span<const Type> b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!unify(a[i], b[i])) return false;
  }
  return true;
}

bool Unifier::unify(const Type& a, const Type& b) {
  if (b.is(TypeKind::parameter)) {
    bool had_binding = false;
    if (bind(a, b, had_binding)) return true;
    if (had_binding) return false;
  }
  if (a.is(TypeKind::parameter)) {
    bool had_binding = false;
    return bind(b, a, had_binding);
  }
  if (is_dyn(a) || is_dyn(b) || a.is_error() || b.is_error()) return true;
  if (a.is(TypeKind::null)) return nullable(b);
  if (b.is(TypeKind::null)) return nullable(a);
  const Type& left = unwrap(a);
  const Type& right = unwrap(b);
  if (left.kind() != right.kind()) return false;
  if (left.is(TypeKind::type)) return true;
  return left.name() == right.name() && unify_all(left.params(), right.params());
}

// Whether `type` may stand for the variable; binds it, or widens what it stands for.
bool Unifier::bind(const Type& type, const Type& variable, bool& had_binding) {
  if (type == variable) {
    had_binding = true;
    return true;
  }
  if (const Type* bound = find(variable)) {
    had_binding = true;
    const Type current = *bound;
    if (type == current) return true;
    if (!unify(type, current)) return false;
    const Type wider = most_general(type, current);
    if (occurs_not(variable, wider)) set(variable.name(), wider);
    return true;
  }
  if (!occurs_not(variable, type)) return false;
  set(variable.name(), type);
  return true;
}

bool Unifier::occurs_not(const Type& variable, const Type& within) const {
  if (variable == within) return false;
  if (within.is(TypeKind::parameter)) {
    const Type* bound = find(within);
    return bound == nullptr || occurs_not(variable, *bound);
  }
  if (!is_parametric(within.kind())) return true;
  for (const Type& param : within.params()) {
    if (!occurs_not(variable, param)) return false;
  }
  return true;
}

Type Unifier::substitute(const Type& type, bool unbound_to_dyn) const {
  if (const Type* bound = find(type)) return substitute(*bound, unbound_to_dyn);
  if (type.is(TypeKind::parameter)) return unbound_to_dyn ? Type::dyn() : type;
  if (type.params().empty() || !is_parametric(type.kind())) return type;
  std::vector<Type> params;
  for (const Type& param : type.params()) params.push_back(substitute(param, unbound_to_dyn));
  return rebuild(type, std::move(params));
}

}  // namespace oidc_audit::cel
