#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cel/value.h"
#include "oidc/text_shape.h"

namespace oidc_audit::oidc {

/// What is known of the value of an expression before any token has come. Always an over-approximation: a
/// value that a token can lead to is never ruled out.
struct Known {
  enum class Kind {
    anything,
    fails,     ///< an error for every token
    constant,  ///< this value
    text,      ///< a string of this shape
    strings,   ///< a list of strings, each of this shape, of any length
    typed,     ///< some value of this type
    optional,  ///< an optional that holds `inner`, or none
  };
  Kind kind = Kind::anything;
  cel::Value constant;
  TextShape text;
  std::vector<std::string> members;  ///< strings, or anything that may be a list: some that are in the list
  cel::Kind type = cel::Kind::null;
  std::shared_ptr<const Known> inner;
  bool may_be_empty = false;  ///< optional: may hold nothing
  bool may_fail = false;      ///< an error for some tokens
  /// strings: what Go holds as a slice, which the mapping to groups refuses (cel::List::is_string_slice).
  bool string_slice = false;
  std::string claim;  ///< anything: the claim that it is, or a part of; never an int of CEL since 1.34
  std::string why;    ///< of a bool that is never true: what decides it, for people; may be empty

  static Known anything() { return {}; }
  static Known fails(std::string why = {});
  static Known of(cel::Value value);
  static Known of_text(TextShape shape);  ///< a constant when the shape is exact
  static Known of_strings(TextShape shape, bool slice = false);
  static Known of_type(cel::Kind type);

  bool is_constant() const { return kind == Kind::constant; }
  bool is_false() const { return is_constant() && constant.is_false(); }
  bool is_true() const { return is_constant() && constant.is_true() && !may_fail; }
  /// Never true: false or an error for every token.
  bool never_true() const;
  /// The shape when it is a string for certain.
  std::optional<TextShape> as_text() const;
  /// The type when it is certain.
  std::optional<cel::Kind> certain_type() const;
};

/// What is taken for granted about tokens and the user made of them.
struct Facts {
  std::map<std::string, Known, std::less<>> claims;  ///< of claims that every token has
  std::set<std::string, std::less<>> absent;         ///< claims that no token has
  /// Types of claims that a token may have or lack.
  std::map<std::string, cel::Kind, std::less<>> types;
  std::map<std::string, Known, std::less<>> user;  ///< fields of `user`; fields not named can be anything
  std::vector<std::string> audiences;  ///< what `aud` must be one of, when it is a string; empty: not known
  int kubernetes_minor = 0;
};

/// The value of an expression over `claims` or `user` under the facts. An expression that does not parse
/// fails.
Known outlook(std::string_view expression, const Facts& facts);

/// `claims.NAME == CONSTANT`, `claims.NAME in [CONSTANT]` and the like, joined by `&&`: what holds of a token
/// for which the expression is true. By name of the claim, the first of each.
std::map<std::string, Known, std::less<>> demanded_claims(std::string_view expression, int kubernetes_minor);

/// The claims that an expression reads, sorted, each once: `claims.a`, `claims["a"]`, `claims.?a`.
std::vector<std::string> claims_read(std::string_view expression, int kubernetes_minor);
/// The texts written in an expression, in order.
std::vector<std::string> texts_in(std::string_view expression, int kubernetes_minor);

}  // namespace oidc_audit::oidc
