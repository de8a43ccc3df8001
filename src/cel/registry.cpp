#include "cel/registry.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <unordered_map>

#include "base/unicode.h"
#include "cel/declarations.h"

namespace oidc_audit::cel {
namespace {

using Index = std::unordered_map<std::string_view, std::vector<const OverloadRow*>>;

// Names to rows, made once: the rows themselves are constant data.
const Index& index() {
  static const Index made = [] {
    Index rows;
    rows.reserve(256);
    for (const auto table :
         {operator_rows(), comparison_rows(), standard_rows(), conversion_rows(), time_rows(), string_rows(),
          format_rows(), k8s_list_rows(), list_rows(), set_rows(), optional_rows(), regex_rows(), url_rows(),
          net_rows(), quantity_rows(), semver_rows(), named_format_rows(), authorizer_rows()}) {
      for (const OverloadRow& row : table) rows[row.function].push_back(&row);
    }
    return rows;
  }();
  return made;
}

void collect_parameters(const Type& type, std::vector<std::string>& names) {
  if (type.is(TypeKind::parameter)) {
    if (std::find(names.begin(), names.end(), type.name()) == names.end()) names.push_back(type.name());
  }
  for (const Type& param : type.params()) collect_parameters(param, names);
}

// `int, list(A) -> bool`; commas inside parentheses belong to a type.
void read_signature(std::string_view text, Overload& out) {
  if (text.starts_with('.')) {
    out.is_method = true;
    text.remove_prefix(1);
  }
  const std::size_t arrow = text.find("->");
  out.result = Type::parse(text.substr(arrow + 2));
  const std::string_view params = text.substr(0, arrow);
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= params.size(); ++i) {
    if (i < params.size() && params[i] == '(') ++depth;
    if (i < params.size() && params[i] == ')') --depth;
    if (i < params.size() && (params[i] != ',' || depth > 0)) continue;
    const std::string_view part = params.substr(begin, i - begin);
    if (part.find_first_not_of(' ') != std::string_view::npos) out.params.push_back(Type::parse(part));
    begin = i + 1;
  }
}

void note_parameters(Overload& overload) {
  collect_parameters(overload.result, overload.type_params);
  for (const Type& param : overload.params) collect_parameters(param, overload.type_params);
}

// Code points; most text is ASCII, which is seen eight bytes at a time.
std::uint64_t text_size(std::string_view text) {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if ((word & 0x8080808080808080ULL) != 0) return count_code_points(text);
  }
  for (; at < text.size(); ++at) {
    if (static_cast<unsigned char>(text[at]) >= 0x80) return count_code_points(text);
  }
  return text.size();
}

std::uint64_t ceil_times(std::uint64_t size, double factor) {
  return static_cast<std::uint64_t>(std::ceil(static_cast<double>(size) * factor));
}

std::uint64_t allocating_list(double factor, std::uint64_t size) {
  // The factor may be a depth written in the expression: negative ones fail, huge ones pass any limit.
  const double cost = static_cast<double>(size) * factor;
  return cost <= 0 ? 11 : static_cast<std::uint64_t>(std::min(cost, 1e18)) + 11;
}

std::uint64_t self_compare(const Value& list) {
  if (!list.is(Kind::list) || list.as_list().size() == 0) return allocating_list(2.0, 0);
  const std::uint64_t size = list.as_list().size();
  const Value first = list.as_list().at(0);
  const bool is_text = first.is(Kind::string) || first.is(Kind::bytes);
  return allocating_list(is_text ? 2.1 : 2.0, size * size);
}

std::uint64_t traversal(const Value& value) {
  switch (value.kind()) {
    case Kind::string:
    case Kind::bytes:
      return static_cast<std::uint64_t>(static_cast<double>(value.as_string().size()) * 0.1);
    case Kind::list: {
      std::uint64_t cost = 0;
      for (std::size_t i = 0; i < value.as_list().size(); ++i) cost += traversal(value.as_list().at(i));
      return cost;
    }
    case Kind::map: {
      std::uint64_t cost = 0;
      for (std::size_t i = 0; i < value.as_map().size(); ++i) {
        cost += traversal(value.as_map().key_at(i)) + traversal(value.as_map().value_at(i));
      }
      return cost;
    }
    default:
      return 1;
  }
}

std::uint64_t pattern_cost(std::uint64_t text, std::uint64_t pattern) {
  return static_cast<std::uint64_t>(std::ceil((1.0 + static_cast<double>(text)) * 0.1)) *
         ceil_times(pattern, 0.25);
}

std::uint64_t smaller(std::uint64_t a, std::uint64_t b) { return a < b ? a : b; }

}  // namespace

std::uint64_t format_pattern_size(const Value& format);

std::vector<const OverloadRow*> library_rows(std::string_view function, int release_minor) {
  std::vector<const OverloadRow*> rows;
  const auto it = index().find(function);
  if (it == index().end()) return rows;
  for (const OverloadRow* row : it->second) {
    if (row->since <= release_minor && release_minor <= row->until) rows.push_back(row);
  }
  return rows;
}

const Function* Env::Declarations::find_function(std::string_view name) const {
  const auto known = functions.find(name);
  if (known != functions.end()) return known->second.get();
  auto made = std::make_unique<Function>();
  made->name = std::string(name);
  for (const OverloadRow* row : library_rows(name, options.release.minor)) {
    Overload overload;
    overload.id = std::string(row->id);
    overload.impl = row->impl;
    overload.cost = row->cost;
    overload.any_kind = row->any_kind;
    read_signature(row->signature, overload);
    note_parameters(overload);
    made->overloads.push_back(std::move(overload));
  }
  if (const auto host = host_functions.find(name); host != host_functions.end()) {
    for (const OverloadDecl& decl : host->second) {
      Overload overload;
      overload.id = decl.id;
      overload.is_method = decl.is_method;
      overload.params = decl.params;
      overload.result = decl.result;
      overload.host = decl.call;
      overload.host_cost = decl.cost;
      note_parameters(overload);
      made->overloads.push_back(std::move(overload));
    }
  }
  if (made->overloads.empty()) made.reset();
  return functions.emplace(std::string(name), std::move(made)).first->second.get();
}

bool runtime_matches(const Type& param, const Value& value) {
  switch (param.kind()) {
    case TypeKind::dyn:
    case TypeKind::any:
    case TypeKind::error:
    case TypeKind::parameter:
      return true;
    case TypeKind::null:
      return value.is(Kind::null);
    case TypeKind::boolean:
      return value.is(Kind::boolean);
    case TypeKind::int64:
      return value.is(Kind::int64);
    case TypeKind::uint64:
      return value.is(Kind::uint64);
    case TypeKind::float64:
      return value.is(Kind::float64);
    case TypeKind::string:
      return value.is(Kind::string);
    case TypeKind::bytes:
      return value.is(Kind::bytes);
    case TypeKind::duration:
      return value.is(Kind::duration);
    case TypeKind::timestamp:
      return value.is(Kind::timestamp);
    case TypeKind::list:
      return value.is(Kind::list) &&
             (value.as_list().size() == 0 || runtime_matches(param.param(0), value.as_list().at(0)));
    case TypeKind::map:
      return value.is(Kind::map) &&
             (value.as_map().size() == 0 || (runtime_matches(param.param(0), value.as_map().key_at(0)) &&
                                             runtime_matches(param.param(1), value.as_map().value_at(0))));
    case TypeKind::optional:
      return value.is(Kind::optional);
    case TypeKind::type:
      return value.is(Kind::type);
    case TypeKind::wrapper:
      return value.is(Kind::null) || runtime_matches(param.param(0), value);
    case TypeKind::object:
    case TypeKind::opaque:
      return value.is(Kind::object) && value.as_object().type_name() == param.name();
  }
  return false;
}

Value no_such_overload(std::string_view function, const Value* args, std::size_t count) {
  std::string message = "no such overload: " + std::string(function) + "(";
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) message += ", ";
    message += args[i].type_name();
  }
  return Value::error(message + ")");
}

std::uint64_t cost_size(const Value& value) {
  switch (value.kind()) {
    case Kind::string:
      return text_size(value.as_string());
    case Kind::bytes:
      return value.as_bytes().size();
    case Kind::list:
      return value.as_list().size();
    case Kind::map:
      return value.as_map().size();
    case Kind::optional:
      return value.has_value() ? cost_size(value.optional_value()) : 1;
    case Kind::object:
      return static_cast<std::uint64_t>(value.as_object().cost_size());
    default:
      return 1;
  }
}

std::uint64_t call_cost(CostRule rule, bool single, const Value* args, std::size_t count,
                        const Value& result) {
  const auto size = [&](std::size_t i) { return i < count ? cost_size(args[i]) : 1; };
  if (!single && rule < CostRule::k8s_traversal) return 1;
  switch (rule) {
    case CostRule::one:
      return 1;
    case CostRule::zero:
      return 0;
    case CostRule::first_tenth:
    case CostRule::k8s_tenth:
      return ceil_times(size(0), 0.1);
    case CostRule::in_list:
      return size(1);
    case CostRule::equals:
      if (args[0].is(Kind::object)) return 1;
      [[fallthrough]];
    case CostRule::smaller_tenth:
      return ceil_times(smaller(size(0), size(1)), 0.1);
    case CostRule::both_tenth:
      return ceil_times(size(0) + size(1), 0.1);
    case CostRule::matches:
    case CostRule::k8s_find:
      return pattern_cost(size(0), size(1));
    case CostRule::contains:
      return ceil_times(size(0), 0.1) * ceil_times(size(1), 0.1);
    case CostRule::list_result:
      return allocating_list(1.0, cost_size(result));
    case CostRule::flatten:
      return allocating_list(
          count == 2 && args[1].is(Kind::int64) ? static_cast<double>(args[1].as_int()) : 1.0, size(0));
    case CostRule::sort:
      return self_compare(args[0]);
    case CostRule::sort_by:
      return self_compare(args[1]);
    case CostRule::sets_once:
      return 1 + size(0) * size(1);
    case CostRule::sets_twice:
      return 1 + 2 * size(0) * size(1);
    case CostRule::k8s_traversal:
      return traversal(args[0]);
    case CostRule::k8s_fifth:
      return ceil_times(size(0), 0.2);
    case CostRule::k8s_result_fifth:
      return ceil_times(cost_size(result), 0.2);
    case CostRule::k8s_contains_ip:
      return ceil_times(size(0) * 2, 0.1) +
             (single && args[1].is(Kind::string) ? ceil_times(size(1), 0.1) : 0);
    case CostRule::k8s_contains_cidr:
      return ceil_times(size(0) * 2, 0.1) + ceil_times(size(0), 0.1) + 1 +
             (single && args[1].is(Kind::string) ? ceil_times(size(1), 0.1) : 0);
    case CostRule::k8s_validate:
      return pattern_cost(size(1), format_pattern_size(args[0]));
    case CostRule::k8s_check:
      return 350'000;
    case CostRule::k8s_selector:
      return 10 + ceil_times(size(1), 0.1) + ceil_times(ceil_times(size(1), 0.5), 50);
  }
  return 1;
}

Type named_type(std::string_view name, int release_minor) {
  if (name == "int" || name == "uint" || name == "double" || name == "bool" || name == "string" ||
      name == "bytes" || name == "null_type" || name == "list" || name == "map" || name == "type") {
    return Type::parse(name);
  }
  if (name == "google.protobuf.Timestamp" || name == "google.protobuf.Duration") return Type::parse(name);
  if (name == "optional_type" && release_minor >= 28) return Type::of(TypeKind::optional);
  if ((name == "net.IP" || name == "net.CIDR") && release_minor >= 30) return Type::object(std::string(name));
  return Type::of(TypeKind::error);
}

}  // namespace oidc_audit::cel
