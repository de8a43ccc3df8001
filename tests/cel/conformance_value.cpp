#include "cel/conformance_value.h"

#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "cel/times.h"

namespace oidc_audit::test {
namespace {

using cel::Kind;
using cel::Value;
using nlohmann::json;

std::string from_base64(const std::string& text) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t digit = alphabet.find(c);
    if (digit == std::string::npos) break;
    bits = bits << 6U | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
    }
  }
  return out;
}

double decode_double(const json& value) {
  if (value.is_number()) return value.get<double>();
  const std::string text = value.get<std::string>();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  return text == "-Infinity" ? -infinity : infinity;
}

bool same_list(const json& expected, const Value& actual, std::string& why) {
  if (expected.size() != actual.as_list().size()) {
    why = "list of " + std::to_string(actual.as_list().size()) + " elements";
    return false;
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!same_value(expected[i], actual.as_list().at(i), why)) return false;
  }
  return true;
}

bool same_map(const json& expected, const Value& actual, std::string& why) {
  const cel::Map& map = actual.as_map();
  if (expected.size() != map.size()) {
    why = "map of " + std::to_string(map.size()) + " entries";
    return false;
  }
  for (const json& entry : expected) {
    bool found = false;
    for (std::size_t i = 0; i < map.size() && !found; ++i) {
      std::string ignored;
      found = same_value(entry[0], map.key_at(i), ignored) && same_value(entry[1], map.value_at(i), ignored);
    }
    if (!found) {
      why = "no entry " + entry.dump() + " in " + actual.to_string();
      return false;
    }
  }
  return true;
}

}  // namespace

Value decode_value(const json& encoded) {
  const std::string kind = encoded.begin().key();
  const json& value = encoded.begin().value();
  if (kind == "null") return Value::null();
  if (kind == "bool") return Value::boolean(value.get<bool>());
  if (kind == "int64") return Value::int64(std::stoll(value.get<std::string>()));
  if (kind == "uint64") return Value::uint64(std::stoull(value.get<std::string>()));
  if (kind == "double") return Value::float64(decode_double(value));
  if (kind == "string") return Value::string(value.get<std::string>());
  if (kind == "bytes_base64") return Value::bytes(from_base64(value.get<std::string>()));
  if (kind == "timestamp") return *cel::parse_timestamp(value.get<std::string>());
  if (kind == "duration") return Value::duration(*cel::parse_duration(value.get<std::string>()));
  if (kind == "type") return Value::type(cel::Type::parse(value.get<std::string>()));
  if (kind == "optional")
    return value.is_null() ? Value::optional_none() : Value::optional_of(decode_value(value));
  if (kind == "list") {
    std::vector<Value> elements;
    for (const json& element : value) elements.push_back(decode_value(element));
    return Value::list(std::move(elements));
  }
  if (kind == "map") {
    std::vector<std::pair<Value, Value>> entries;
    for (const json& entry : value) entries.emplace_back(decode_value(entry[0]), decode_value(entry[1]));
    return Value::map(std::move(entries));
  }
  throw std::runtime_error("unknown value encoding " + kind);
}

bool same_value(const json& expected, const Value& actual, std::string& why) {
  const auto differ = [&] {
    why = "got " + actual.to_string();
    return false;
  };
  if (expected.contains("opaque")) {
    if (!actual.is(Kind::object) || actual.as_object().type_name() != expected["opaque"].get<std::string>()) {
      return differ();
    }
    return !expected.contains("string") ||
           actual.as_object().text() == expected["string"].get<std::string>() || differ();
  }
  const std::string kind = expected.begin().key();
  const json& value = expected.begin().value();
  if (kind == "list") return actual.is(Kind::list) ? same_list(value, actual, why) : differ();
  if (kind == "map") return actual.is(Kind::map) ? same_map(value, actual, why) : differ();
  if (kind == "optional") {
    if (!actual.is(Kind::optional) || actual.has_value() == value.is_null()) return differ();
    return value.is_null() || same_value(value, actual.optional_value(), why);
  }
  if (kind == "type")
    return (actual.is(Kind::type) && actual.to_string() == value.get<std::string>()) || differ();
  if (kind == "double" && actual.is(Kind::float64)) {
    const double wanted = decode_double(value);
    return (std::isnan(wanted) && std::isnan(actual.as_double())) || wanted == actual.as_double() || differ();
  }
  const Value wanted = decode_value(expected);
  return (wanted.kind() == actual.kind() && Value::equal(wanted, actual)) || differ();
}

}  // namespace oidc_audit::test
