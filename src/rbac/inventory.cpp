#include "rbac/inventory.h"

#include <fmt/format.h>

#include <utility>

#include "rbac/inventory_loader.h"

namespace oidc_audit::rbac {

Inventory::Inventory(const SourceManager& sources, std::optional<std::string> default_namespace)
    : sources_(sources),
      default_namespace_(std::move(default_namespace)),
      indexes_(std::make_unique<Indexes>()) {
  if (default_namespace_ && default_namespace_->empty()) default_namespace_.reset();
}

Inventory::~Inventory() = default;

void Inventory::add(BufferId buffer, const LoadOptions& options, Collector& issues) {
  Loader(*this, buffer, options, issues).run();
}

void Inventory::finish(Collector& issues) {
  if (unknown_namespaces_ == 0) return;
  Issue issue;
  issue.code = "namespace-unknown";
  issue.level = IssueLevel::note;
  issue.message = fmt::format("{} namespaced {} no namespace; {} as \"namespace unknown\"",
                              unknown_namespaces_, unknown_namespaces_ == 1 ? "object names" : "objects name",
                              unknown_namespaces_ == 1 ? "it is looked at" : "they are looked at");
  issue.hint = "say with -n NAMESPACE where they are applied";
  issues.add(std::move(issue));
}

std::vector<const OtherObject*> Inventory::others(std::string_view kind) const {
  std::vector<const OtherObject*> out;
  for (const OtherObject& other : others_) {
    if (other.meta.kind == kind) out.push_back(&other);
  }
  return out;
}

namespace {

template <typename Object, typename SameKind>
const Object* look_up(const std::vector<Object>& objects, const NameIndex& index, unsigned kind,
                      std::string_view namespace_name, std::string_view name, std::string_view cluster,
                      const SameKind& same_kind) {
  const auto found = index.find(name_hash(kind, namespace_name, name, cluster), [&](std::uint32_t number) {
    const Meta& meta = objects[number].meta;
    return same_kind(objects[number]) && meta.name.value == name &&
           meta.namespace_name.value == namespace_name && meta.cluster == cluster;
  });
  return found ? &objects[*found] : nullptr;
}

}  // namespace

const Role* Inventory::find_role(RoleKind kind, std::string_view namespace_name, std::string_view name,
                                 std::string_view cluster) const {
  return look_up(roles_, indexes_->roles, static_cast<unsigned>(kind), namespace_name, name, cluster,
                 [&](const Role& role) { return role.kind == kind; });
}

const Binding* Inventory::find_binding(BindingKind kind, std::string_view namespace_name,
                                       std::string_view name, std::string_view cluster) const {
  return look_up(bindings_, indexes_->bindings, static_cast<unsigned>(kind), namespace_name, name, cluster,
                 [&](const Binding& binding) { return binding.kind == kind; });
}

const ServiceAccount* Inventory::find_service_account(std::string_view namespace_name, std::string_view name,
                                                      std::string_view cluster) const {
  return look_up(service_accounts_, indexes_->service_accounts, 0, namespace_name, name, cluster,
                 [](const ServiceAccount&) { return true; });
}

const Namespace* Inventory::find_namespace(std::string_view name, std::string_view cluster) const {
  return look_up(namespaces_, indexes_->namespaces, 0, {}, name, cluster,
                 [](const Namespace&) { return true; });
}

std::size_t Inventory::memory() const noexcept {
  std::size_t bytes = roles_.size() * sizeof(Role) + bindings_.size() * sizeof(Binding) +
                      service_accounts_.size() * sizeof(ServiceAccount) +
                      namespaces_.size() * sizeof(Namespace) +
                      comments_.capacity() * sizeof(document::Comment);
  for (const Binding& binding : bindings_) bytes += binding.subjects.capacity() * sizeof(Subject);
  for (const auto& tree : trees_) bytes += tree->memory();
  bytes += indexes_->roles.memory() + indexes_->bindings.memory() + indexes_->service_accounts.memory() +
           indexes_->namespaces.memory();
  return bytes;
}

}  // namespace oidc_audit::rbac
