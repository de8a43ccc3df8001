#pragma once

#include <cassert>
#include <concepts>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/error.h"

namespace oidc_audit {

/// A value, or the Error that kept it from being made.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  template <typename U = T>
  requires(std::convertible_to<U, T> && !std::same_as<std::remove_cvref_t<U>, Error> &&
           !std::same_as<std::remove_cvref_t<U>, Result>) Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}

  bool ok() const noexcept { return state_.index() == 0; }

  const T& value() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T& value() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  const Error& error() const& {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    assert(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(std::move(error)) {}
  bool ok() const noexcept { return state_.index() == 0; }
  const Error& error() const& {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    assert(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<std::monostate, Error> state_;
};

}  // namespace oidc_audit

#define OIDC_AUDIT_CONCAT_(a, b) a##b
#define OIDC_AUDIT_CONCAT(a, b) OIDC_AUDIT_CONCAT_(a, b)
#define OIDC_AUDIT_ASSIGN_OR_RETURN(temporary, declaration, expression) \
  auto temporary = (expression);                                        \
  if (!temporary.ok()) return std::move(temporary).error();             \
  declaration = std::move(temporary).value()

/// ASSIGN_OR_RETURN(auto text, files.read(path)): declares `text`, or returns the Error.
#define ASSIGN_OR_RETURN(declaration, expression) \
  OIDC_AUDIT_ASSIGN_OR_RETURN(OIDC_AUDIT_CONCAT(result_, __LINE__), declaration, expression)

/// RETURN_IF_ERROR(files.write(...)): returns the Error, if there is one.
#define RETURN_IF_ERROR(expression)                                           \
  do {                                                                        \
    auto oidc_audit_result = (expression);                                    \
    if (!oidc_audit_result.ok()) return std::move(oidc_audit_result).error(); \
  } while (false)
