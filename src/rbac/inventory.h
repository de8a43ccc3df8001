#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diag/collector.h"
#include "document/reader.h"
#include "document/tree.h"
#include "rbac/model.h"
#include "source/source_manager.h"

namespace oidc_audit::rbac {

/// How one buffer is to be read.
struct LoadOptions {
  document::Format format = document::Format::yaml;
  document::Limits limits;
  /// Label of the live cluster the text came from; empty for files. Objects of a cluster have no places: the
  /// text is an answer of its server, which nobody can open.
  std::string cluster;
};

/// What was seen, for the summary.
struct InventoryCounts {
  std::size_t buffers = 0;
  std::size_t documents = 0;         ///< with content; templates and those that failed included
  std::size_t failed_documents = 0;  ///< could not be read
  std::size_t templates = 0;         ///< documents and objects skipped as Helm templates
  std::size_t patches = 0;           ///< objects skipped as kustomize patches
  std::size_t other_documents = 0;   ///< documents that are no Kubernetes objects
  std::map<std::string, std::size_t, std::less<>> objects;        ///< taken in, by kind, duplicates included
  std::map<std::string, std::size_t, std::less<>> skipped_kinds;  ///< passed over, by kind
};

/// An object of a kind that is kept as it was written, for whoever knows that kind.
struct OtherObject {
  document::Value value;
  Meta meta;
};

/// A kind that a CustomResourceDefinition adds.
struct CustomResource {
  std::string_view group;
  std::string_view plural;
  std::string_view singular;
  std::string_view kind;
  bool namespaced = true;
  std::vector<std::string_view> short_names;
  std::vector<std::string_view> categories;
  std::vector<std::string_view> served_versions;
  std::vector<std::string_view> subresources;  ///< `status`, `scale`: where any served version has them
};

/// All objects of a run, typed, from any number of buffers. Owns the text that had to be decoded; the rest
/// is in the SourceManager, which outlives it. Objects do not move once finish() was called, and pointers
/// to them are good from then on.
class Inventory {
 public:
  /// `default_namespace` is that of namespaced objects that name none (-n); without it they are "namespace
  /// unknown", which finish() says once.
  explicit Inventory(const SourceManager& sources,
                     std::optional<std::string> default_namespace = std::nullopt);
  ~Inventory();
  Inventory(const Inventory&) = delete;
  Inventory& operator=(const Inventory&) = delete;

  /// Reads a buffer and takes its objects in: single objects, streams of them, `v1 List`, typed lists,
  /// dumps. What is wrong becomes issues; an object that an API server would refuse is marked `rejected`
  /// and kept. Of two objects of one kind, namespace and name the later stays.
  void add(BufferId buffer, const LoadOptions& options, Collector& issues);
  /// Ends loading: reports what concerns the run as a whole. REQUIRES: once, after the last add().
  void finish(Collector& issues);

  std::span<const Role> roles() const noexcept { return roles_; }
  std::span<const Binding> bindings() const noexcept { return bindings_; }
  std::span<const ServiceAccount> service_accounts() const noexcept { return service_accounts_; }
  std::span<const Namespace> namespaces() const noexcept { return namespaces_; }
  std::span<const CustomResource> custom_resources() const noexcept { return custom_resources_; }

  /// Objects kept as written whose kind is `kind`, in input order: AuthenticationConfiguration,
  /// AuthorizationConfiguration, StructuredAuthenticationConfiguration's relatives, the reviews of
  /// authentication.k8s.io and authorization.k8s.io, the ConfigMaps `aws-auth` and
  /// `kube-public/cluster-info`.
  std::vector<const OtherObject*> others(std::string_view kind) const;
  std::span<const OtherObject> others() const noexcept { return others_; }

  /// Null when there is none. `namespace_name` is "" for cluster-scoped kinds and for objects whose
  /// namespace is unknown; of several objects of unknown namespace the first.
  const Role* find_role(RoleKind kind, std::string_view namespace_name, std::string_view name,
                        std::string_view cluster = {}) const;
  const Binding* find_binding(BindingKind kind, std::string_view namespace_name, std::string_view name,
                              std::string_view cluster = {}) const;
  const ServiceAccount* find_service_account(std::string_view namespace_name, std::string_view name,
                                             std::string_view cluster = {}) const;
  const Namespace* find_namespace(std::string_view name, std::string_view cluster = {}) const;

  /// Places of comments in all YAML buffers, in the order of the buffers and their text.
  std::span<const document::Comment> comments() const noexcept { return comments_; }
  /// Documents skipped as templates.
  std::span<const SourceRange> templates() const noexcept { return templates_; }
  const InventoryCounts& counts() const noexcept { return counts_; }
  /// Bytes held, roughly, for measurements.
  std::size_t memory() const noexcept;

 private:
  class Loader;  // one add()
  class Index;   // kind, namespace and name to a number
  struct Indexes;

  const SourceManager& sources_;
  std::optional<std::string> default_namespace_;
  std::vector<Role> roles_;
  std::vector<Binding> bindings_;
  std::vector<ServiceAccount> service_accounts_;
  std::vector<Namespace> namespaces_;
  std::vector<CustomResource> custom_resources_;
  std::vector<OtherObject> others_;
  std::vector<std::unique_ptr<document::Tree>> trees_;
  std::vector<std::unique_ptr<std::string>> labels_;
  std::vector<document::Comment> comments_;
  std::vector<SourceRange> templates_;
  std::unique_ptr<Indexes> indexes_;
  InventoryCounts counts_;
  std::size_t unknown_namespaces_ = 0;
  std::optional<SourceRange> first_unknown_namespace_;
};

}  // namespace oidc_audit::rbac
