#include "cluster/snapshot_list.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/unicode.h"

namespace oidc_audit::cluster {

namespace {

using Json = nlohmann::ordered_json;

/// Items of a typed list name neither kind nor version: they are the list's.
std::string without_list(const std::string& kind) {
  return kind.ends_with("List") ? kind.substr(0, kind.size() - 4) : kind;
}

void append(const Json& object, std::string& out) {
  if (out.back() != '[') out += ",";
  out += "\n" + object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// False: it is none.
bool append_items(const ListPage& page, std::string& out) {
  const Json list = Json::parse(page.text, nullptr, false);
  if (!list.is_object()) return false;
  if (!list.contains("items")) {
    append(list, out);
    return true;
  }
  if (!list["items"].is_array()) return false;
  const auto text_of = [](const Json& object, const char* name) {
    const auto it = object.find(name);
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  for (const Json& item : list["items"]) {
    if (!item.is_object()) continue;
    Json whole = Json::object();
    whole["apiVersion"] =
        item.contains("apiVersion") ? item["apiVersion"] : Json(text_of(list, "apiVersion"));
    whole["kind"] = item.contains("kind") ? item["kind"] : Json(without_list(text_of(list, "kind")));
    for (const auto& [key, value] : item.items()) whole[key] = value;
    append(whole, out);
  }
  return true;
}

}  // namespace

Result<std::string> objects_as_list(const ClusterDump& dump) {
  std::string out = R"({"apiVersion":"v1","kind":"List","items":[)";
  for (const ListPage& page : dump.pages) {
    if (!append_items(page, out))
      return Error(ErrorKind::malformed,
                   fmt::format("what it holds of {} is no list in JSON", escape_for_display(page.resource)));
  }
  return out + "\n]}\n";
}

}  // namespace oidc_audit::cluster
