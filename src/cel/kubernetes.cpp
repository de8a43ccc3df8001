#include "cel/kubernetes.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "cel/containers.h"
#include "cel/json.h"

namespace oidc_audit::cel {
namespace {

constexpr std::array<std::string_view, 21> kKeywords{
    "true",     "false",   "null",      "in",       "as",  "break",  "const",
    "continue", "else",    "for",       "function", "if",  "import", "let",
    "loop",     "package", "namespace", "return",   "var", "void",   "while"};

/// The character or word that `__...__` stands for (pkg/cel/escaping.go Unescape).
bool unescape_part(std::string_view contents, bool is_whole, std::string& out) {
  if (contents == "underscores") {
    out += "__";
  } else if (contents == "dot") {
    out += '.';
  } else if (contents == "dash") {
    out += '-';
  } else if (contents == "slash") {
    out += '/';
  } else if (is_whole && std::find(kKeywords.begin(), kKeywords.end(), contents) != kKeywords.end()) {
    out += contents;
  } else {
    return false;
  }
  return true;
}

/// The key that an escaped name means; nothing when it holds an escape that there is not. The escapes are
/// what the pattern `__[^_]+__` finds from left to right.
std::optional<std::string> unescape(std::string_view name) {
  std::string out;
  for (std::size_t at = 0; at < name.size();) {
    if (name.substr(at, 2) == "__") {
      std::size_t end = at + 2;
      while (end < name.size() && name[end] != '_') ++end;
      if (end > at + 2 && name.substr(end, 2) == "__") {
        const bool is_whole = at == 0 && end + 2 == name.size();
        if (!unescape_part(name.substr(at + 2, end - at - 2), is_whole, out)) return std::nullopt;
        at = end + 2;
        continue;
      }
    }
    out += name[at++];
  }
  return out;
}

Value unescaping(Value value);

/// A list whose elements, when reached by an index, unescape the names they are asked for.
class UnescapingList final : public List {
 public:
  explicit UnescapingList(Value list) : list_(std::move(list)) {}
  std::size_t size() const override { return list_.as_list().size(); }
  Value at(std::size_t index) const override { return list_.as_list().at(index); }
  Value lookup(std::size_t index) const override { return unescaping(list_.as_list().at(index)); }
  bool is_string_slice() const override { return list_.as_list().is_string_slice(); }
  std::string_view go_type_name() const override { return "*oidc.unescapeLister"; }

 private:
  Value list_;
};

/// A map that unescapes the names it is asked for; a name that cannot be unescaped is taken as it is.
class UnescapingMap final : public Map {
 public:
  explicit UnescapingMap(Value map) : map_(std::move(map)) {}
  std::size_t size() const override { return map_.as_map().size(); }
  std::optional<Value> find(const Value& key) const override { return map_.as_map().find(key); }
  Value key_at(std::size_t index) const override { return map_.as_map().key_at(index); }
  Value value_at(std::size_t index) const override { return map_.as_map().value_at(index); }
  std::optional<Value> lookup(const Value& key) const override {
    std::optional<Value> found;
    std::optional<std::string> name;
    if (key.is(Kind::string)) name = unescape(key.as_string());
    found = map_.as_map().find(name ? Value::string(std::move(*name)) : key);
    if (found) found = unescaping(std::move(*found));
    return found;
  }
  std::string_view go_type_name() const override { return "*oidc.unescapeMapper"; }

 private:
  Value map_;
};

Value unescaping(Value value) {
  if (value.is(Kind::map)) return Value::map(Ref<const Map>(new UnescapingMap(std::move(value))));
  if (value.is(Kind::list)) return Value::list(Ref<const List>(new UnescapingList(std::move(value))));
  return value;
}

/// `claims` since 1.34 (pkg/cel/lazy): not a map, with values decoded when they are asked for.
class Claims final : public Object {
 public:
  void add(std::string name, std::string_view json) { texts_[std::move(name)] = std::string(json); }
  std::string_view type_name() const override { return "kubernetes.claims"; }
  std::string_view go_type_name() const override { return "*lazy.MapValue"; }
  bool refuses_other_keys() const override { return true; }
  std::optional<Value> lookup(std::string_view name) const override {
    const std::optional<std::string> plain = unescape(name);
    if (!plain || !texts_.contains(*plain)) return std::nullopt;
    return decode(*plain);
  }
  std::optional<std::vector<Value>> elements() const override {
    std::vector<Value> values;
    // By name, so that a lookup that unescapes differently misses as it does in the API server.
    for (const auto& [name, text] : texts_) {
      std::optional<Value> value = lookup(name);
      values.push_back(value ? std::move(*value) : Value::error("no such key: " + name));
    }
    return values;
  }

 private:
  Value decode(const std::string& name) const {
    const auto known = decoded_.find(name);
    if (known != decoded_.end()) return known->second;
    Result<Value> value = parse_json(texts_.at(name), JsonNumbers::doubles, {.places = false});
    // One value for every access: as keys of maps lists and maps are told apart by identity.
    Value made = value.ok()
                     ? unescaping(std::move(value).value())
                     : Value::error("claim \"" + name + "\" failed to unmarshal: " + value.error().message());
    return decoded_.emplace(name, std::move(made)).first->second;
  }

  std::map<std::string, std::string> texts_;
  mutable std::map<std::string, Value> decoded_;
};

/// Cuts the text of a JSON object into its members without decoding their values.
class MemberCutter {
 public:
  explicit MemberCutter(std::string_view text) : text_(text) {}

  Result<void> cut(Claims& out) {
    blank();
    if (!accept('{')) return fail("expected an object");
    blank();
    if (!accept('}')) {
      do {
        blank();
        const std::size_t key_begin = at_;
        if (!skip_string()) return fail("expected a key");
        Result<Value> key =
            parse_json(text_.substr(key_begin, at_ - key_begin), JsonNumbers::doubles, {.places = false});
        if (!key.ok()) return std::move(key).error();
        blank();
        if (!accept(':')) return fail("expected `:`");
        blank();
        const std::size_t begin = at_;
        if (!skip_value()) return fail("value not complete");
        out.add(std::string(key.value().as_string()), text_.substr(begin, at_ - begin));
        blank();
      } while (accept(','));
      if (!accept('}')) return fail("expected `,` or `}`");
    }
    blank();
    if (at_ != text_.size()) return fail("unexpected text after the object");
    return {};
  }

 private:
  Error fail(std::string_view what) const {
    return Error(ErrorKind::malformed, "invalid JSON at " + place_in(text_, at_) + ": " + std::string(what));
  }
  void blank() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }
  bool accept(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool skip_string() {
    if (!accept('"')) return false;
    while (at_ < text_.size()) {
      if (text_[at_] == '\\') {
        at_ += 2;
      } else if (text_[at_++] == '"') {
        return true;
      }
    }
    at_ = std::min(at_, text_.size());
    return false;
  }
  // Brackets are balanced; what stands between them is looked at when the claim is.
  bool skip_value() {
    std::size_t depth = 0;
    do {
      blank();
      if (at_ >= text_.size()) return false;
      const char c = text_[at_];
      if (c == '"') {
        if (!skip_string()) return false;
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at_;
      } else if (c == '}' || c == ']') {
        if (depth == 0) return false;
        --depth;
        ++at_;
      } else if (c == ',' || c == ':') {
        if (depth == 0) return false;
        ++at_;
      } else {
        while (at_ < text_.size() &&
               std::string_view(" \t\r\n,:{}[]\"").find(text_[at_]) == std::string_view::npos) {
          ++at_;
        }
      }
      blank();
    } while (depth > 0);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Value string_slice(const std::vector<std::string>& texts) {
  std::vector<Value> values;
  for (const std::string& text : texts) values.push_back(Value::string(text));
  return Value::list(std::move(values), true);
}

Value extra_of(const UserInfo& user) {
  std::vector<std::pair<Value, Value>> extra;
  for (const auto& [key, values] : user.extra) extra.emplace_back(Value::string(key), string_slice(values));
  return Value::map(std::move(extra));
}

/// `user` since 1.34; names looked up in `extra` are unescaped.
class User final : public Object {
 public:
  explicit User(const UserInfo& user)
      : name_(Value::string(user.name)),
        uid_(Value::string(user.uid)),
        groups_(string_slice(user.groups)),
        extra_(unescaping(extra_of(user))) {}
  std::string_view type_name() const override { return "kubernetes.UserInfo"; }
  Value field(std::uint32_t index) const override {
    switch (index) {
      case 0:
        return name_;
      case 1:
        return uid_;
      case 2:
        return groups_;
      default:
        return extra_;
    }
  }
  std::optional<std::vector<Value>> elements() const override {
    return std::vector<Value>{name_, uid_, groups_, extra_};
  }

 private:
  Value name_;
  Value uid_;
  Value groups_;
  Value extra_;
};

struct RequestType {
  std::string_view name;
  std::vector<FieldDecl> fields;
};

Type strings() { return Type::list(Type::string()); }

std::vector<RequestType> request_types(Release release) {
  const FieldDecl raw{"rawSelector", Type::string()};
  const FieldDecl requirements{"requirements", Type::list(Type::object("kubernetes.SelectorRequirement"))};
  std::vector<FieldDecl> resource;
  for (const char* name : {"namespace", "verb", "group", "version", "resource", "subresource", "name"}) {
    resource.push_back({name, Type::string()});
  }
  if (release.minor >= 31) {
    resource.push_back({"fieldSelector", Type::object("kubernetes.FieldSelectorAttributes")});
    resource.push_back({"labelSelector", Type::object("kubernetes.LabelSelectorAttributes")});
  }
  return {{"kubernetes.SubjectAccessReviewSpec",
           {{"resourceAttributes", Type::object("kubernetes.ResourceAttributes")},
            {"nonResourceAttributes", Type::object("kubernetes.NonResourceAttributes")},
            {"user", Type::string()},
            {"groups", strings()},
            {"extra", Type::map(Type::string(), strings())},
            {"uid", Type::string()}}},
          {"kubernetes.ResourceAttributes", std::move(resource)},
          {"kubernetes.NonResourceAttributes", {{"path", Type::string()}, {"verb", Type::string()}}},
          {"kubernetes.FieldSelectorAttributes", {raw, requirements}},
          {"kubernetes.LabelSelectorAttributes", {raw, requirements}},
          {"kubernetes.SelectorRequirement",
           {{"key", Type::string()}, {"operator", Type::string()}, {"values", strings()}}}};
}

using Members = std::vector<std::pair<Value, Value>>;

std::optional<Value> member(const Value& map, std::string_view name) {
  if (!map.is(Kind::map)) return std::nullopt;
  return map.as_map().find(Value::borrowed_string(name));
}

void put(Members& out, std::string_view name, Value value) {
  out.emplace_back(Value::borrowed_string(name), std::move(value));
}

void put_string(Members& out, const Value& from, std::string_view name) {
  std::optional<Value> value = member(from, name);
  put(out, name, value && value->is(Kind::string) ? std::move(*value) : Value::borrowed_string(""));
}

/// A selector has its raw text, or else its requirements; one with neither is not there.
void put_selector(Members& out, const Value& resource, std::string_view name) {
  const std::optional<Value> selector = member(resource, name);
  if (!selector) return;
  const std::optional<Value> raw = member(*selector, "rawSelector");
  const std::optional<Value> requirements = member(*selector, "requirements");
  Members fields;
  if (raw && raw->is(Kind::string) && !raw->as_string().empty()) {
    put(fields, "rawSelector", *raw);
  } else if (requirements && requirements->is(Kind::list) && requirements->as_list().size() > 0) {
    put(fields, "requirements", *requirements);
  } else {
    return;
  }
  put(out, name, Value::map(std::move(fields)));
}

}  // namespace

std::optional<std::string> unescape_name(std::string_view name) { return unescape(name); }

Env claims_env(Release release) {
  EnvOptions options;
  options.release = release;
  Env env(std::move(options));
  env.add_variable("claims", Type::map(Type::string(), Type::any()));
  return env;
}

Env user_env(Release release) {
  EnvOptions options;
  options.release = release;
  Env env(std::move(options));
  env.add_object_type("kubernetes.UserInfo", {{"username", Type::string()},
                                              {"uid", Type::string()},
                                              {"groups", strings()},
                                              {"extra", Type::map(Type::string(), strings())}});
  env.add_variable("user", Type::object("kubernetes.UserInfo"));
  return env;
}

Env match_conditions_env(Release release) {
  EnvOptions options;
  options.release = release;
  Env env(std::move(options));
  for (RequestType& type : request_types(release))
    env.add_object_type(std::string(type.name), std::move(type.fields));
  env.add_variable("request", Type::object("kubernetes.SubjectAccessReviewSpec"));
  return env;
}

Result<Value> claims_value(std::string_view json, Release release) {
  if (release.minor < 34) {
    ASSIGN_OR_RETURN(Value value, parse_json(json, JsonNumbers::integers));
    if (!value.is(Kind::map)) return Error(ErrorKind::malformed, "claims are not a JSON object");
    return value;
  }
  auto* claims = new Claims;
  Value value = Value::object(Ref<const Object>(claims));
  RETURN_IF_ERROR(MemberCutter(json).cut(*claims));
  return value;
}

Value user_value(const UserInfo& user, Release release) {
  if (release.minor >= 34) return Value::object(Ref<const Object>(new User(user)));
  // Before it was an ordinary map.
  return Value::map({{Value::borrowed_string("username"), Value::string(user.name)},
                     {Value::borrowed_string("uid"), Value::string(user.uid)},
                     {Value::borrowed_string("groups"), string_slice(user.groups)},
                     {Value::borrowed_string("extra"), extra_of(user)}});
}

// All fields of users are there even when they are empty (authorization/cel convertObjectToUnstructured).
Result<Value> request_value(std::string_view json) {
  ASSIGN_OR_RETURN(const Value spec, parse_json(json, JsonNumbers::integers));
  if (!spec.is(Kind::map)) return Error(ErrorKind::malformed, "request is not a JSON object");
  Members out;
  put_string(out, spec, "user");
  put_string(out, spec, "uid");
  const std::optional<Value> groups = member(spec, "groups");
  put(out, "groups", groups && groups->is(Kind::list) ? *groups : Value::list(std::vector<Value>{}));
  const std::optional<Value> extra = member(spec, "extra");
  put(out, "extra", extra && extra->is(Kind::map) ? *extra : Value::map(Members{}));
  if (const std::optional<Value> resource = member(spec, "resourceAttributes")) {
    Members fields;
    for (const char* name : {"namespace", "verb", "group", "version", "resource", "subresource", "name"}) {
      put_string(fields, *resource, name);
    }
    put_selector(fields, *resource, "fieldSelector");
    put_selector(fields, *resource, "labelSelector");
    put(out, "resourceAttributes", Value::map(std::move(fields)));
  }
  if (const std::optional<Value> path = member(spec, "nonResourceAttributes")) {
    Members fields;
    put_string(fields, *path, "path");
    put_string(fields, *path, "verb");
    put(out, "nonResourceAttributes", Value::map(std::move(fields)));
  }
  return Value::map(std::move(out));
}

}  // namespace oidc_audit::cel
