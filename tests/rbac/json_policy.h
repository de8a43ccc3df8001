#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rbac/attributes.h"
#include "rbac/model.h"

namespace oidc_audit::rbac::test {

/// Roles and bindings made by hand from a JSON List, without the document layer; owns its text.
class Objects {
 public:
  /// `json` is one object or a List; unknown kinds are passed over. Throws on malformed text.
  void add_json(std::string_view json);
  void add_file(const std::string& path);

  std::vector<Role> roles;
  std::vector<Binding> bindings;

  /// A text that lives as long as this.
  Text text(std::string value);

 private:
  friend struct JsonReader;
  std::shared_ptr<std::deque<std::string>> texts_ = std::make_shared<std::deque<std::string>>();
};

/// A rule from lists separated by commas; "''" is the list of one empty text, "" no list.
PolicyRule make_rule(Objects& objects, std::string_view verbs, std::string_view groups,
                     std::string_view resources, std::string_view names = {}, std::string_view urls = {});

/// A request as the batch form writes it; groups are taken as they are.
Attributes request_from_json(std::string_view json);

Attributes resource_request(std::string user, std::string verb, std::string group, std::string resource,
                            std::string namespace_name = {}, std::string name = {},
                            std::string subresource = {});
Attributes path_request(std::string user, std::string verb, std::string path);

}  // namespace oidc_audit::rbac::test
