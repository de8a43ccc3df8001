#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/ref.h"

namespace oidc_audit::cel {

enum class TypeKind : std::uint8_t {
  error,
  dyn,
  any,  ///< protobuf Any: assignable like dyn, yet no comprehension range and not equal to dyn
  null,
  boolean,
  int64,
  uint64,
  float64,
  string,
  bytes,
  duration,
  timestamp,
  list,      ///< one parameter
  map,       ///< two parameters
  optional,  ///< one parameter
  type,      ///< one parameter or none
  wrapper,   ///< one parameter: a scalar or null
  object,    ///< named, with fields
  opaque,    ///< named, without fields, perhaps with parameters
  parameter  ///< a named type variable of a signature, or one of the checker's
};

/// A static type. Cheap to copy; immutable.
class Type {
 public:
  /// dyn.
  Type() noexcept;

  static Type of(TypeKind kind);  ///< REQUIRES: a kind without name and parameters
  static Type dyn() { return of(TypeKind::dyn); }
  static Type any() { return of(TypeKind::any); }
  static Type null() { return of(TypeKind::null); }
  static Type boolean() { return of(TypeKind::boolean); }
  static Type int64() { return of(TypeKind::int64); }
  static Type uint64() { return of(TypeKind::uint64); }
  static Type float64() { return of(TypeKind::float64); }
  static Type string() { return of(TypeKind::string); }
  static Type bytes() { return of(TypeKind::bytes); }
  static Type duration() { return of(TypeKind::duration); }
  static Type timestamp() { return of(TypeKind::timestamp); }
  static Type list(Type element);
  static Type map(Type key, Type value);
  static Type optional(Type value);
  static Type type_of(Type value);
  static Type wrapper(Type scalar);
  static Type object(std::string name);
  static Type opaque(std::string name);
  static Type opaque(std::string name, std::vector<Type> params);
  static Type parameter(std::string name);

  /// The type written in the notation of to_string(), for declarations kept as text. Unknown names are
  /// objects, or opaque with parameters; single upper-case letters are parameters. Empty text, or text that
  /// does not parse, is an error type.
  static Type parse(std::string_view text);

  TypeKind kind() const noexcept;
  /// Of object, opaque and parameter types; else empty.
  const std::string& name() const noexcept;
  std::span<const Type> params() const noexcept;
  const Type& param(std::size_t index) const;

  bool is(TypeKind wanted) const noexcept { return kind() == wanted; }
  bool is_dyn() const noexcept { return is(TypeKind::dyn); }
  bool is_error() const noexcept { return is(TypeKind::error); }

  /// As cel-go's Type.String: `list(string)`, `google.protobuf.Timestamp`, `null_type`.
  std::string to_string() const;
  /// As cel-go's FormatCELType prints types in the checker's messages: `timestamp`, `null`, `any`.
  std::string to_message() const;

  /// The very same structure; no unification.
  friend bool operator==(const Type& a, const Type& b);
  /// Identity, for tables that live as long as the types.
  const void* id() const noexcept { return node_.get(); }

 private:
  struct Node;
  explicit Type(Ref<const Node> node) noexcept : node_(std::move(node)) {}
  static Type make(TypeKind kind, std::string name, std::vector<Type> params);

  Ref<const Node> node_;
};

struct Type::Node final : RefCounted {
  TypeKind kind = TypeKind::dyn;
  std::string name;
  std::vector<Type> params;
};

inline TypeKind Type::kind() const noexcept { return node_->kind; }
inline const std::string& Type::name() const noexcept { return node_->name; }
inline std::span<const Type> Type::params() const noexcept { return node_->params; }
inline const Type& Type::param(std::size_t index) const { return node_->params[index]; }

}  // namespace oidc_audit::cel
