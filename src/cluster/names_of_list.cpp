#include "cluster/names_of_list.h"

#include "document/reader.h"
#include "source/source_manager.h"

namespace oidc_audit::cluster {

std::vector<std::string> names_of_list(std::string_view json) {
  std::vector<std::string> names;
  SourceManager sources;
  const auto buffer = sources.add("list", std::string(json));
  if (!buffer.ok()) return names;
  document::ReadOptions options;
  options.format = document::Format::json;
  options.items = [&](document::Value item, const document::ListHead&) {
    const std::string_view name = item.at_pointer("/metadata/name").text();
    if (!name.empty()) names.emplace_back(name);
    return true;
  };
  static_cast<void>(document::read_documents(sources, buffer.value(), options));
  return names;
}

}  // namespace oidc_audit::cluster
