#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/env.h"
#include "cel/type.h"
#include "cel/value.h"

namespace oidc_audit::cel {

class Frame;

/// What a function of the library does. No argument is an error value.
using Impl = Value (*)(Frame& frame, const Value* args, std::size_t count);

/// What the API server charges for a call (interpreter/runtimecost.go, pkg/cel/library/cost.go,
/// ext/lists.go, ext/sets.go). "Size" is code points, bytes, elements or 1.
enum class CostRule : std::uint8_t {
  one,
  zero,
  // Chosen when exactly one overload was resolved, else 1:
  first_tenth,    ///< a tenth of the first argument's size
  in_list,        ///< size of the list
  equals,         ///< a tenth of the smaller argument; 1 for the libraries' types
  smaller_tenth,  ///< a tenth of the smaller argument
  both_tenth,     ///< a tenth of both together
  matches,        ///< text times pattern
  contains,       ///< text times part
  list_result,    ///< 11 and the result's size
  flatten,        ///< 11 and depth times size
  sort,           ///< 11 and size squared
  sort_by,        ///< as sort, by the keys
  sets_once,      ///< 1 and the product of the sizes
  sets_twice,     ///< 1 and twice the product
  // Chosen by the function's name, however many overloads remain:
  k8s_traversal,     ///< one traversal of a list
  k8s_tenth,         ///< a tenth of the first argument's size
  k8s_fifth,         ///< a fifth of the first argument's size
  k8s_result_fifth,  ///< a fifth of the result's size
  k8s_find,          ///< text times pattern
  k8s_contains_ip,
  k8s_contains_cidr,
  k8s_validate,
  k8s_check,     ///< an authorization check
  k8s_selector,  ///< parsing a field or label selector
};

/// One overload as the library's tables write it. The signature is `int, list(A) -> bool`, with a dot before
/// the receiver's type for methods.
struct OverloadRow {
  std::string_view function;
  std::string_view id;
  std::string_view signature;
  Impl impl;
  CostRule cost = CostRule::one;
  /// The implementation looks at the kinds of its arguments itself, as cel-go's operators do.
  bool any_kind = false;
  int since = 0;   ///< first minor release with the overload
  int until = 99;  ///< last one
};

/// An overload with its types, as the checker wants it.
struct Overload {
  std::string id;
  bool is_method = false;
  std::vector<Type> params;
  Type result;
  std::vector<std::string> type_params;
  Impl impl = nullptr;
  HostFunction host;
  CostRule cost = CostRule::one;
  std::uint64_t host_cost = 1;
  bool any_kind = false;
};

struct Function {
  std::string name;
  std::vector<Overload> overloads;
};

// The tables, each in its own file.
std::span<const OverloadRow> operator_rows();
std::span<const OverloadRow> comparison_rows();
std::span<const OverloadRow> standard_rows();
std::span<const OverloadRow> conversion_rows();
std::span<const OverloadRow> time_rows();
std::span<const OverloadRow> string_rows();
std::span<const OverloadRow> format_rows();
std::span<const OverloadRow> k8s_list_rows();
std::span<const OverloadRow> list_rows();
std::span<const OverloadRow> set_rows();
std::span<const OverloadRow> optional_rows();
std::span<const OverloadRow> regex_rows();
std::span<const OverloadRow> url_rows();
std::span<const OverloadRow> net_rows();
std::span<const OverloadRow> quantity_rows();
std::span<const OverloadRow> semver_rows();
std::span<const OverloadRow> named_format_rows();
std::span<const OverloadRow> authorizer_rows();

/// The rows of one function, in the order in which cel-go declares them.
std::vector<const OverloadRow*> library_rows(std::string_view function, int release_minor);

/// Whether a value may be passed for a parameter, as cel-go decides before it calls an overload.
bool runtime_matches(const Type& param, const Value& value);

/// "no such overload: f(int, string)".
Value no_such_overload(std::string_view function, const Value* args, std::size_t count);

/// The charge for a call whose arguments and result are known. `single` says that the checker found
/// exactly one overload.
std::uint64_t call_cost(CostRule rule, bool single, const Value* args, std::size_t count,
                        const Value& result);

/// Size as the cost model counts it.
std::uint64_t cost_size(const Value& value);

/// A type's runtime name as a value, for identifiers such as `int` or `net.IP`; an error type when
/// there is no such type.
Type named_type(std::string_view name, int release_minor);

}  // namespace oidc_audit::cel
