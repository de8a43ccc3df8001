// URLs (pkg/cel/library/urls.go).

#include <array>

#include "cel/frame.h"
#include "cel/library_object.h"
#include "cel/registry.h"
#include "cel/url.h"

namespace oidc_audit::cel {
namespace {

class UrlObject final : public Object {
 public:
  explicit UrlObject(Url value) : url(std::move(value)) {}
  std::string_view type_name() const override { return "kubernetes.URL"; }
  bool equals(const Object& other) const override {
    return other.library_tag() == kUrlTag && static_cast<const UrlObject&>(other).url.text() == url.text();
  }
  std::string text() const override { return url.text(); }
  int library_tag() const override { return kUrlTag; }
  Url url;
};

const Url& url_of(const Value& value) { return library_object<UrlObject>(value).url; }

Value url(Frame&, const Value* args, std::size_t) {
  std::string problem;
  std::optional<Url> parsed = parse_request_url(args[0].as_string(), problem);
  if (!parsed) return Value::error("URL parse error during conversion from string: " + problem);
  return Value::object(Ref<const Object>(new UrlObject(std::move(*parsed))));
}
Value is_url(Frame&, const Value* args, std::size_t) {
  std::string problem;
  return Value::boolean(is_request_url(args[0].as_string(), problem));
}
Value scheme(Frame&, const Value* args, std::size_t) { return Value::string(url_of(args[0]).scheme); }
Value host(Frame&, const Value* args, std::size_t) { return Value::string(url_of(args[0]).host); }
Value hostname(Frame&, const Value* args, std::size_t) { return Value::string(url_of(args[0]).hostname()); }
Value port(Frame&, const Value* args, std::size_t) { return Value::string(url_of(args[0]).port()); }
Value escaped_path(Frame&, const Value* args, std::size_t) {
  return Value::string(url_of(args[0]).escaped_path());
}

Value query(Frame& frame, const Value* args, std::size_t) {
  std::vector<std::pair<Value, Value>> entries;
  for (auto& [name, values] : url_of(args[0]).parse_query()) {
    std::vector<Value> texts;
    for (std::string& value : values) texts.push_back(Value::string(std::move(value)));
    entries.emplace_back(Value::string(name), Value::list(std::move(texts), true));
  }
  if (!frame.reserve(url_of(args[0]).query.size())) return frame.stop();
  return Value::map(std::move(entries));
}

#define URL "kubernetes.URL"
constexpr std::array kRows{
    OverloadRow{"url", "string_to_url", "string -> " URL, url, CostRule::k8s_tenth},
    OverloadRow{"isURL", "is_url_string", "string -> bool", is_url},
    OverloadRow{"getScheme", "url_get_scheme", "." URL " -> string", scheme},
    OverloadRow{"getHost", "url_get_host", "." URL " -> string", host},
    OverloadRow{"getHostname", "url_get_hostname", "." URL " -> string", hostname},
    OverloadRow{"getPort", "url_get_port", "." URL " -> string", port},
    OverloadRow{"getEscapedPath", "url_get_escaped_path", "." URL " -> string", escaped_path},
    OverloadRow{"getQuery", "url_get_query", "." URL " -> map(string, list(string))", query},
};
#undef URL

}  // namespace

std::span<const OverloadRow> url_rows() { return kRows; }

}  // namespace oidc_audit::cel
