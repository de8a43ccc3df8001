#include "cel/type.h"

#include <array>
#include <utility>

namespace oidc_audit::cel {
namespace {

struct KindName {
  TypeKind kind;
  std::string_view name;
};

// What Type.String prints and Type::parse reads.
constexpr std::array<KindName, 15> kNames{{{TypeKind::error, "*error*"},
                                           {TypeKind::dyn, "dyn"},
                                           {TypeKind::any, "google.protobuf.Any"},
                                           {TypeKind::null, "null_type"},
                                           {TypeKind::boolean, "bool"},
                                           {TypeKind::int64, "int"},
                                           {TypeKind::uint64, "uint"},
                                           {TypeKind::float64, "double"},
                                           {TypeKind::string, "string"},
                                           {TypeKind::bytes, "bytes"},
                                           {TypeKind::duration, "google.protobuf.Duration"},
                                           {TypeKind::timestamp, "google.protobuf.Timestamp"},
                                           {TypeKind::list, "list"},
                                           {TypeKind::map, "map"},
                                           {TypeKind::optional, "optional_type"}}};

std::string_view kind_name(TypeKind kind) {
  for (const KindName& entry : kNames) {
    if (entry.kind == kind) return entry.name;
  }
  return kind == TypeKind::type ? "type" : "";
}

// Recursive descent over `name` or `name(type, ...)`.
class TypeReader {
 public:
  explicit TypeReader(std::string_view text) : text_(text) {}
  bool read(Type& out, int depth = 0) {
    skip();
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != '(' && text_[at_] != ')' && text_[at_] != ',') ++at_;
    std::string_view name = text_.substr(begin, at_ - begin);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    if (name.empty() || depth > 32) return false;
    std::vector<Type> params;
    if (at_ < text_.size() && text_[at_] == '(') {
      do {
        ++at_;
        Type param;
        if (!read(param, depth + 1)) return false;
        params.push_back(std::move(param));
      } while (at_ < text_.size() && text_[at_] == ',');
      if (at_ >= text_.size() || text_[at_] != ')') return false;
      ++at_;
      skip();
    }
    return build(name, std::move(params), out);
  }
  bool done() const { return at_ == text_.size(); }

 private:
  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  static bool build(std::string_view name, std::vector<Type> params, Type& out) {
    if (name == "list") {
      if (params.size() > 1) return false;
      out = Type::list(params.empty() ? Type::dyn() : params[0]);
    } else if (name == "map") {
      if (params.size() != 2 && !params.empty()) return false;
      out = params.empty() ? Type::map(Type::dyn(), Type::dyn()) : Type::map(params[0], params[1]);
    } else if (name == "optional_type" || name == "optional") {
      if (params.size() != 1) return false;
      out = Type::optional(params[0]);
    } else if (name == "type") {
      if (params.size() > 1) return false;
      out = params.empty() ? Type::of(TypeKind::type) : Type::type_of(params[0]);
    } else if (name == "wrapper") {
      if (params.size() != 1) return false;
      out = Type::wrapper(params[0]);
    } else if (!params.empty()) {
      out = Type::opaque(std::string(name), std::move(params));
    } else {
      out = simple(name);
    }
    return true;
  }
  static Type simple(std::string_view name) {
    if (name.size() == 1 && name[0] >= 'A' && name[0] <= 'Z') return Type::parameter(std::string(name));
    if (name == "timestamp") return Type::timestamp();
    if (name == "duration") return Type::duration();
    if (name == "any") return Type::any();
    if (name == "null") return Type::null();
    for (const KindName& entry : kNames) {
      if (entry.name == name) return Type::of(entry.kind);
    }
    return Type::object(std::string(name));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Type Type::make(TypeKind kind, std::string name, std::vector<Type> params) {
  auto* node = new Node;
  node->kind = kind;
  node->name = std::move(name);
  node->params = std::move(params);
  return Type(Ref<const Node>(node));
}

Type Type::of(TypeKind kind) {
  // Made once a thread: counts of references are not atomic.
  thread_local const std::vector<Type> simple = [] {
    std::vector<Type> made;
    for (int i = 0; i <= static_cast<int>(TypeKind::parameter); ++i) {
      made.push_back(make(static_cast<TypeKind>(i), {}, {}));
    }
    return made;
  }();
  return simple[static_cast<std::size_t>(kind)];
}

Type::Type() noexcept : node_(of(TypeKind::dyn).node_) {}

Type Type::list(Type element) {
  std::vector<Type> params;
  params.push_back(std::move(element));
  return make(TypeKind::list, {}, std::move(params));
}
Type Type::map(Type key, Type value) {
  std::vector<Type> params;
  params.push_back(std::move(key));
  params.push_back(std::move(value));
  return make(TypeKind::map, {}, std::move(params));
}
Type Type::optional(Type value) {
  std::vector<Type> params;
  params.push_back(std::move(value));
  return make(TypeKind::optional, {}, std::move(params));
}
Type Type::type_of(Type value) {
  std::vector<Type> params;
  params.push_back(std::move(value));
  return make(TypeKind::type, {}, std::move(params));
}
Type Type::wrapper(Type scalar) {
  std::vector<Type> params;
  params.push_back(std::move(scalar));
  return make(TypeKind::wrapper, {}, std::move(params));
}
Type Type::object(std::string name) { return make(TypeKind::object, std::move(name), {}); }
Type Type::opaque(std::string name) { return make(TypeKind::opaque, std::move(name), {}); }
Type Type::opaque(std::string name, std::vector<Type> params) {
  return make(TypeKind::opaque, std::move(name), std::move(params));
}
Type Type::parameter(std::string name) { return make(TypeKind::parameter, std::move(name), {}); }

Type Type::parse(std::string_view text) {
  TypeReader reader(text);
  Type type;
  if (!reader.read(type) || !reader.done()) return of(TypeKind::error);
  return type;
}

bool operator==(const Type& a, const Type& b) {
  if (a.node_.get() == b.node_.get()) return true;
  if (a.kind() != b.kind() || a.name() != b.name() || a.params().size() != b.params().size()) return false;
  for (std::size_t i = 0; i < a.params().size(); ++i) {
    if (!(a.param(i) == b.param(i))) return false;
  }
  return true;
}

std::string Type::to_string() const {
  if (kind() == TypeKind::wrapper) return "wrapper(" + param(0).to_string() + ")";
  std::string out(name().empty() ? kind_name(kind()) : std::string_view(name()));
  if (params().empty()) return out;
  out += '(';
  for (std::size_t i = 0; i < params().size(); ++i) {
    if (i > 0) out += ", ";
    out += param(i).to_string();
  }
  return out + ')';
}

std::string Type::to_message() const {
  switch (kind()) {
    case TypeKind::any:
      return "any";
    case TypeKind::null:
      return "null";
    case TypeKind::error:
      return "!error!";
    case TypeKind::duration:
      return "duration";
    case TypeKind::timestamp:
      return "timestamp";
    case TypeKind::wrapper:
      return "wrapper(" + param(0).to_message() + ")";
    default:
      break;
  }
  std::string out(name().empty() ? kind_name(kind()) : std::string_view(name()));
  if (params().empty()) return out;
  out += '(';
  for (std::size_t i = 0; i < params().size(); ++i) {
    if (i > 0) out += ", ";
    out += param(i).to_message();
  }
  return out + ')';
}

}  // namespace oidc_audit::cel
