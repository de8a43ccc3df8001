#include "support/json_schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <stdexcept>

namespace oidc_audit::test {

namespace {

using nlohmann::json;

const std::set<std::string>& annotations() {
  static const std::set<std::string> words = {"$schema",     "id",       "$id",      "title",
                                              "description", "default",  "$comment", "definitions",
                                              "format",      "examples", "readOnly", "additionalItems"};
  return words;
}

class Validator {
 public:
  explicit Validator(const json& root) : root_(root) {}

  std::vector<std::string> run(const json& document) {
    check(root_, document, "");
    return std::move(violations_);
  }

 private:
  void fail(const std::string& at, const std::string& what) {
    violations_.push_back((at.empty() ? "/" : at) + ": " + what);
  }

  const json& resolve(const std::string& reference) const {
    if (reference == "#") return root_;
    if (reference.rfind("#/", 0) != 0) throw std::runtime_error("schema reference " + reference);
    return root_.at(json::json_pointer(reference.substr(1)));
  }

  bool passes(const json& schema, const json& value) const {
    Validator inner(root_);
    inner.check(schema, value, "");
    return inner.violations_.empty();
  }

  static bool has_type(const json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "null") return value.is_null();
    if (type == "number") return value.is_number();
    if (type == "integer") {
      return value.is_number_integer() ||
             (value.is_number() && value.get<double>() == static_cast<double>(value.get<std::int64_t>()));
    }
    throw std::runtime_error("schema type " + type);
  }

  static std::size_t code_points(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  }

  void check(const json& schema, const json& value, const std::string& at) {
    if (schema.is_boolean()) {
      if (!schema.get<bool>()) fail(at, "nothing is allowed here");
      return;
    }
    if (schema.contains("$ref")) return check(resolve(schema["$ref"]), value, at);
    for (const auto& [word, body] : schema.items()) {
      if (annotations().count(word) == 0) check_keyword(schema, word, body, value, at);
    }
  }

  void check_keyword(const json& schema, const std::string& word, const json& body, const json& value,
                     const std::string& at) {
    if (word == "type") {
      const json types = body.is_array() ? body : json::array({body});
      const bool any =
          std::any_of(types.begin(), types.end(), [&](const json& t) { return has_type(value, t); });
      if (!any) fail(at, "is not of type " + body.dump());
    } else if (word == "enum") {
      if (std::find(body.begin(), body.end(), value) == body.end())
        fail(at, value.dump() + " is not allowed");
    } else if (word == "const") {
      if (value != body) fail(at, "is not " + body.dump());
    } else if (word == "allOf") {
      for (const json& each : body) check(each, value, at);
    } else if (word == "anyOf" || word == "oneOf") {
      const auto count =
          std::count_if(body.begin(), body.end(), [&](const json& s) { return passes(s, value); });
      if (count == 0 || (word == "oneOf" && count != 1)) fail(at, "fits " + word + " wrongly");
    } else if (word == "not") {
      if (passes(body, value)) fail(at, "fits what it must not");
    } else if (value.is_object()) {
      check_object(schema, word, body, value, at);
    } else if (value.is_array()) {
      check_array(word, body, value, at);
    } else if (value.is_string()) {
      check_string(word, body, value.get<std::string>(), at);
    } else if (value.is_number()) {
      check_number(schema, word, body, value.get<double>(), at);
    }
    if (known().count(word) == 0) throw std::runtime_error("schema keyword " + word);
  }

  static const std::set<std::string>& known() {
    static const std::set<std::string> words = {"type",
                                                "enum",
                                                "const",
                                                "allOf",
                                                "anyOf",
                                                "oneOf",
                                                "not",
                                                "required",
                                                "properties",
                                                "patternProperties",
                                                "additionalProperties",
                                                "minProperties",
                                                "items",
                                                "minItems",
                                                "maxItems",
                                                "uniqueItems",
                                                "pattern",
                                                "minLength",
                                                "maxLength",
                                                "minimum",
                                                "maximum",
                                                "exclusiveMinimum",
                                                "exclusiveMaximum"};
    return words;
  }

  void check_object(const json& schema, const std::string& word, const json& body, const json& value,
                    const std::string& at) {
    if (word == "required") {
      for (const json& name : body) {
        if (!value.contains(name.get<std::string>())) fail(at, "has no `" + name.get<std::string>() + "`");
      }
    } else if (word == "properties") {
      for (const auto& [name, each] : body.items()) {
        if (value.contains(name)) check(each, value[name], at + "/" + name);
      }
    } else if (word == "minProperties") {
      if (value.size() < body.get<std::size_t>()) fail(at, "has too few members");
    } else if (word == "patternProperties") {
      for (const auto& [name, member] : value.items()) {
        for (const auto& [pattern, each] : body.items()) {
          if (std::regex_search(name, std::regex(pattern))) check(each, member, at + "/" + name);
        }
      }
    } else if (word == "additionalProperties") {
      for (const auto& [name, member] : value.items()) {
        if (schema.contains("properties") && schema["properties"].contains(name)) continue;
        bool by_pattern = false;
        if (schema.contains("patternProperties")) {
          for (const auto& [pattern, each] : schema["patternProperties"].items()) {
            by_pattern = by_pattern || std::regex_search(name, std::regex(pattern));
          }
        }
        if (!by_pattern) check(body, member, at + "/" + name);
      }
    }
  }

  void check_array(const std::string& word, const json& body, const json& value, const std::string& at) {
    if (word == "items") {
      for (std::size_t i = 0; i < value.size(); ++i) check(body, value[i], at + "/" + std::to_string(i));
    } else if (word == "minItems") {
      if (value.size() < body.get<std::size_t>()) fail(at, "has too few items");
    } else if (word == "maxItems") {
      if (value.size() > body.get<std::size_t>()) fail(at, "has too many items");
    } else if (word == "uniqueItems" && body.get<bool>()) {
      std::set<std::string> seen;
      for (const json& item : value) {
        if (!seen.insert(item.dump()).second) fail(at, "has an item twice");
      }
    }
  }

  void check_string(const std::string& word, const json& body, const std::string& value,
                    const std::string& at) {
    if (word == "pattern") {
      if (!std::regex_search(value, std::regex(body.get<std::string>()))) fail(at, "does not match");
    } else if (word == "minLength") {
      if (code_points(value) < body.get<std::size_t>()) fail(at, "is too short");
    } else if (word == "maxLength") {
      if (code_points(value) > body.get<std::size_t>()) fail(at, "is too long");
    }
  }

  void check_number(const json& schema, const std::string& word, const json& body, double value,
                    const std::string& at) {
    if (word == "minimum") {
      const bool open = schema.value("exclusiveMinimum", json(false)) == json(true);
      if (value < body.get<double>() || (open && value == body.get<double>())) fail(at, "is too small");
    } else if (word == "maximum") {
      const bool open = schema.value("exclusiveMaximum", json(false)) == json(true);
      if (value > body.get<double>() || (open && value == body.get<double>())) fail(at, "is too great");
    } else if (word == "exclusiveMinimum" && body.is_number()) {
      if (value <= body.get<double>()) fail(at, "is too small");
    } else if (word == "exclusiveMaximum" && body.is_number()) {
      if (value >= body.get<double>()) fail(at, "is too great");
    }
  }

  const json& root_;
  std::vector<std::string> violations_;
};

}  // namespace

std::vector<std::string> schema_violations(const json& schema, const json& document) {
  return Validator(schema).run(document);
}

}  // namespace oidc_audit::test
