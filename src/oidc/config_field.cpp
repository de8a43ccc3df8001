#include "oidc/config_field.h"

#include "base/strings.h"
#include "oidc/auth_config.h"

namespace oidc_audit::oidc {

std::string pointer_of_path(std::string_view path) {
  std::string pointer;
  for (const std::string_view part : split(path, '.')) {
    pointer += '/';
    for (const char c : part) {
      if (c == '[') {
        pointer += '/';
      } else if (c != ']') {
        pointer += c;
      }
    }
  }
  return pointer;
}

ConfigField field_of(const AuthConfig& config, std::string_view path) {
  // What the path stands in, from the inside out.
  for (std::string_view around = path; !around.empty() && !config.names.empty();) {
    if (const auto found = config.names.find(around); found != config.names.end()) {
      const FieldName& own = found->second;
      const std::string_view rest = own.whole ? std::string_view() : path.substr(around.size());
      if (rest.empty()) return {own.name, own.pointer};
      const std::string inside = pointer_of_path(rest.substr(1));
      return {own.name + std::string(rest), own.pointer + inside};
    }
    const std::size_t cut = around.find_last_of(".[");
    around = around.substr(0, cut == std::string_view::npos ? 0 : cut);
  }
  return {std::string(path), pointer_of_path(path)};
}

}  // namespace oidc_audit::oidc
