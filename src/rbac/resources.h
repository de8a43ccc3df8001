#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "document/tree.h"
#include "rbac/inventory.h"

namespace oidc_audit::rbac {

/// One resource of the API, as discovery tells. Views into the embedded data or the catalog's own texts.
struct ApiResource {
  std::string_view group;
  std::vector<std::string_view> versions;  ///< the preferred one first; empty for virtual ones
  std::string_view resource;               ///< plural
  std::string_view singular;
  std::string_view kind;
  bool namespaced = true;
  bool is_virtual = false;  ///< no endpoint: a string of authorization requests (`users`, `signers`)
  std::vector<std::string_view> short_names;
  std::vector<std::string_view> verbs;
  std::vector<std::string_view> subresources;

  bool has_subresource(std::string_view name) const;
};

/// What a TYPE on the command line stands for.
struct ResolvedType {
  std::string api_group;
  std::string resource;
  const ApiResource* known = nullptr;  ///< null: unknown to the catalog
  std::vector<std::string> warnings;   ///< lower case, no final period
  std::string hint;                    ///< may be empty
};

/// The resources of a server: those that are built in, CustomResourceDefinitions of the input, and whatever
/// a dump of the server's discovery tells. Order is that in which names without a group are looked up.
class ResourceCatalog {
 public:
  /// The built-in resources of the embedded release that is nearest to 1.`kubernetes_minor`; without a minor,
  /// of the newest.
  explicit ResourceCatalog(std::optional<int> kubernetes_minor = {});

  void add(const CustomResource& resource);
  /// Takes what a server's discovery answered: APIResourceList, APIGroupDiscoveryList (aggregated
  /// discovery), or a List or sequence of them. Returns how many resources were found; fails (malformed)
  /// when the document is something else.
  Result<std::size_t> add_discovery(const document::Value& root);

  /// Reads TYPE as `kubectl auth can-i` does (cani.go resourceFor, schema.ParseResourceArg, restmapper):
  /// plural and singular names before short names, `TYPE.GROUP` and `TYPE.VERSION.GROUP`, a group may be cut
  /// short at the end, upper case is lowered. Unlike kubectl, an unknown `TYPE.GROUP` is asked about in that
  /// group, since it will be a custom resource that the catalog was not told about.
  ResolvedType resolve(std::string_view type) const;
  /// The same inside one group given apart: plural, singular, kind or short name.
  ResolvedType resolve_in_group(std::string_view type, std::string_view group) const;

  /// By exact plural and group.
  const ApiResource* find(std::string_view group, std::string_view resource) const;
  std::span<const ApiResource* const> resources() const noexcept { return order_; }

 private:
  void add(ApiResource resource);
  std::string_view keep(std::string_view text);
  std::size_t add_resource_list(const document::Value& list);
  std::size_t add_group_discovery(const document::Value& group);
  const ApiResource* lookup(std::string_view name, std::string_view version, std::string_view group,
                            bool group_given, std::vector<std::string>& warnings) const;
  std::string nearest_type(std::string_view type) const;

  std::deque<std::string> texts_;
  std::deque<ApiResource> resources_;
  std::vector<const ApiResource*> order_;
  std::unordered_map<std::string_view, std::vector<const ApiResource*>> by_name_;  // plural and singular
  std::unordered_map<std::string_view, std::vector<const ApiResource*>> by_short_name_;
};

}  // namespace oidc_audit::rbac
