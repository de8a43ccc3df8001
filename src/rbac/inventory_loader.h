#pragma once

#include <string_view>

#include "rbac/inventory.h"
#include "rbac/kinds.h"
#include "rbac/name_index.h"
#include "rbac/object_issues.h"

namespace oidc_audit::rbac {

struct Inventory::Indexes {
  NameIndex roles;
  NameIndex bindings;
  NameIndex service_accounts;
  NameIndex namespaces;
};

/// Takes one buffer into an Inventory.
class Inventory::Loader {
 public:
  Loader(Inventory& inventory, BufferId buffer, const LoadOptions& options, Collector& collector);
  void run();

 private:
  struct Header {
    Text api_version;
    Text kind;
  };

  bool take_item(document::Value item, const document::ListHead& head);
  void take_document(const document::Document& document);
  void take_list(document::Value list, const Header& header);
  /// False: it has to stay in the tree.
  bool take_object(document::Value object, const Header& header);
  Header header_of(document::Value object);
  void check_version(Meta& meta);
  void settle_namespace(Meta& meta, bool namespaced);

  void take_role(document::Value object, const Header& header, RoleKind kind);
  void take_binding(document::Value object, const Header& header, BindingKind kind);
  void take_service_account(document::Value object, const Header& header);
  void take_namespace(document::Value object, const Header& header);
  void take_custom_resource(document::Value object);
  bool keep_object(document::Value object, const Header& header);
  void begin(Meta& meta, document::Value object, const Header& header);
  void skip_patch(const Meta& meta);
  void count(std::map<std::string, std::size_t, std::less<>>& counts, std::string_view kind);

  template <typename Object>
  void store(std::vector<Object>& objects, NameIndex& index, unsigned kind, Object object);

  Inventory& inventory_;
  BufferId buffer_;
  const LoadOptions& options_;
  Collector& collector_;
  ObjectIssues issues_;
  std::string_view cluster_;
  bool keep_nodes_ = false;  // some Value of the tree is kept
  bool streaming_ = false;   // in take_item()
};

}  // namespace oidc_audit::rbac
