#include "rbac/inventory_loader.h"

#include <fmt/format.h>

#include <utility>

#include "base/unicode.h"
#include "rbac/decode.h"
#include "rbac/forget_places.h"
#include "rbac/validation.h"

namespace oidc_audit::rbac {

namespace {

using document::Value;

const FieldPath kRoot;

// Buffers at least this large get room for their objects beforehand, so that arrays need not be moved;
// untouched room costs no memory.
constexpr std::size_t kReserveFrom = std::size_t{1} << 20;
constexpr std::size_t kBytesPerBinding = 200;
constexpr std::size_t kIssuesPerBuffer = 1'000;

constexpr std::string_view kList = "List";

bool ends_with_list(std::string_view kind) {
  return kind.size() >= kList.size() && kind.substr(kind.size() - kList.size()) == kList;
}
std::string_view without_list(std::string_view kind) { return kind.substr(0, kind.size() - kList.size()); }

}  // namespace

Inventory::Loader::Loader(Inventory& inventory, BufferId buffer, const LoadOptions& options,
                          Collector& collector)
    : inventory_(inventory),
      buffer_(buffer),
      options_(options),
      collector_(collector),
      issues_(collector, kIssuesPerBuffer) {
  if (options.cluster.empty()) return;
  inventory_.labels_.push_back(std::make_unique<std::string>(options.cluster));
  cluster_ = *inventory_.labels_.back();
  issues_.forget_places();
}

void Inventory::Loader::run() {
  const std::size_t bytes = inventory_.sources_.text(buffer_).size();
  if (bytes >= kReserveFrom) {
    inventory_.bindings_.reserve(inventory_.bindings_.size() + bytes / kBytesPerBinding);
  }
  document::ReadOptions read;
  read.format = options_.format;
  read.limits = options_.limits;
  read.pass_over = [](std::string_view kind, std::string_view text) {
    return !may_be_of_interest(kind, text);
  };
  read.items = [this](Value item, const document::ListHead& head) { return take_item(item, head); };
  read.documents = [this](const document::Document& document) {
    const bool kept = std::exchange(keep_nodes_, false);
    take_document(document);
    const bool taken = !keep_nodes_;
    keep_nodes_ = keep_nodes_ || kept;
    return taken;
  };
  document::Stream stream = document::read_documents(inventory_.sources_, buffer_, read);

  InventoryCounts& counts = inventory_.counts_;
  ++counts.buffers;
  counts.documents += stream.documents.size() + stream.taken_documents + stream.passed_over.size() +
                      stream.templates.size() + stream.failed_documents;
  counts.failed_documents += stream.failed_documents;
  counts.templates += stream.templates.size();
  for (Issue& issue : stream.issues) collector_.add(std::move(issue));
  for (const document::PassedOver& passed : stream.passed_over) count(counts.skipped_kinds, passed.kind);
  for (const document::Document& document : stream.documents) {
    if (!document.offered) take_document(document);
  }
  inventory_.comments_.insert(inventory_.comments_.end(), stream.comments.begin(), stream.comments.end());
  inventory_.templates_.insert(inventory_.templates_.end(), stream.templates.begin(), stream.templates.end());
  if (!keep_nodes_) stream.tree->drop_nodes();
  inventory_.trees_.push_back(std::move(stream.tree));
}

void Inventory::Loader::count(std::map<std::string, std::size_t, std::less<>>& counts,
                              std::string_view kind) {
  const auto found = counts.find(kind);
  if (found != counts.end()) {
    ++found->second;
  } else {
    counts.emplace(kind, 1);
  }
}

Inventory::Loader::Header Inventory::Loader::header_of(Value object) {
  Header header;
  const Value api_version = object.find("apiVersion");
  const Value kind = object.find("kind");
  if (api_version.is_string()) header.api_version = {api_version.text(), api_version.range()};
  if (kind.is_string()) header.kind = {kind.text(), kind.range()};
  return header;
}

bool Inventory::Loader::take_item(Value item, const document::ListHead& head) {
  Header header = header_of(item);
  if (header.kind.empty()) {
    // Items of a typed list have their kind from the list; when that stands behind them they wait for it.
    if (head.kind.size() <= kList.size() || !ends_with_list(head.kind)) return false;
    header.kind = {without_list(head.kind), std::nullopt};
    if (header.api_version.empty()) header.api_version = {head.api_version, std::nullopt};
  }
  if (interest_in(header.api_version.value, header.kind.value) == Interest::list) return false;
  streaming_ = true;
  const bool taken = take_object(item, header);
  streaming_ = false;
  return taken;
}

void Inventory::Loader::take_document(const document::Document& document) {
  const Value root = document.root;
  const Header header = header_of(root);
  const Interest interest = interest_in(header.api_version.value, header.kind.value);
  // Whatever it calls itself: items of a list read one by one are taken before its kind is known.
  if ((interest == Interest::list || interest == Interest::none) && root.find("items").is_sequence()) {
    take_list(root, header);
  } else if (header.kind.empty()) {
    ++inventory_.counts_.other_documents;
  } else {
    take_object(root, header);
  }
}

// Lists inside lists occur where somebody concatenated dumps; the depth of documents is limited.
void Inventory::Loader::take_list(Value list, const Header& header) {
  const bool typed = header.kind.value.size() > kList.size() && ends_with_list(header.kind.value);
  for (const Value item : list.find("items").items()) {
    if (!item.is_mapping()) continue;
    Header of_item = header_of(item);
    if (of_item.kind.empty() && typed) {
      of_item.kind = {without_list(header.kind.value), header.kind.range};
      if (of_item.api_version.empty()) of_item.api_version = header.api_version;
    }
    if (of_item.kind.empty()) continue;
    if (item.find("items").is_sequence() &&
        interest_in(of_item.api_version.value, of_item.kind.value) == Interest::list) {
      take_list(item, of_item);
    } else {
      take_object(item, of_item);
    }
  }
}

bool Inventory::Loader::take_object(Value object, const Header& header) {
  switch (interest_in(header.api_version.value, header.kind.value)) {
    case Interest::role:
      take_role(object, header, RoleKind::role);
      return true;
    case Interest::cluster_role:
      take_role(object, header, RoleKind::cluster_role);
      return true;
    case Interest::role_binding:
      take_binding(object, header, BindingKind::role_binding);
      return true;
    case Interest::cluster_role_binding:
      take_binding(object, header, BindingKind::cluster_role_binding);
      return true;
    case Interest::service_account:
      take_service_account(object, header);
      return true;
    case Interest::namespace_object:
      take_namespace(object, header);
      return true;
    case Interest::custom_resource_definition:
      take_custom_resource(object);
      count(inventory_.counts_.objects, header.kind.value);
      return true;
    case Interest::kept:
      return keep_object(object, header);
    case Interest::none:
    case Interest::list:
      count(inventory_.counts_.skipped_kinds, header.kind.value);
      return true;
  }
  return true;
}

void Inventory::Loader::begin(Meta& meta, Value object, const Header& header) {
  meta.api_version = header.api_version;
  meta.kind = header.kind;
  meta.cluster = cluster_;
  issues_.set_object(&meta);
  decode_meta(object, meta, issues_);
}

void Inventory::Loader::check_version(Meta& meta) {
  const std::string_view version = meta.api_version.value;
  if (version == "rbac.authorization.k8s.io/v1") return;
  const FieldPath path = kRoot.field("apiVersion");
  const auto range = meta.api_version.range ? meta.api_version.range : meta.kind.range;
  const std::string hint = "write apiVersion: rbac.authorization.k8s.io/v1";
  if (version == "rbac.authorization.k8s.io/v1beta1" || version == "rbac.authorization.k8s.io/v1alpha1") {
    issues_.warn(path, range, "removed-api-version",
                 fmt::format("apiVersion `{}` is not served since Kubernetes {}", version,
                             version.find("beta") != std::string_view::npos ? "1.22" : "1.23"),
                 hint);
  } else if (version.empty()) {
    issues_.refuse(path, range, "api-version-required",
                   fmt::format("apiVersion is missing from this {}", meta.kind.value), hint);
  } else {
    issues_.refuse(path, range, "unknown-api-version",
                   fmt::format("no matches for kind \"{}\" in version \"{}\"", meta.kind.value,
                               escape_for_display(version.substr(0, 100))),
                   hint);
  }
}

void Inventory::Loader::settle_namespace(Meta& meta, bool namespaced) {
  if (!namespaced) {
    if (meta.namespace_name.empty()) return;
    const auto range = meta.namespace_name.range;
    meta.namespace_name = {};
    // The server clears it instead of refusing the object, so the object takes effect.
    const FieldPath metadata = kRoot.field("metadata");
    issues_.warn(metadata.field("namespace"), range, "namespace-on-cluster-scoped",
                 "metadata.namespace: Forbidden: not allowed on this type",
                 fmt::format("a {} applies to the whole cluster; remove the namespace", meta.kind.value));
    return;
  }
  if (!meta.namespace_name.empty()) return;
  if (inventory_.default_namespace_) {
    meta.namespace_name.value = *inventory_.default_namespace_;
    return;
  }
  meta.namespace_known = false;
  ++inventory_.unknown_namespaces_;
}

void Inventory::Loader::skip_patch(const Meta& meta) {
  ++inventory_.counts_.patches;
  const bool binding = meta.kind == "RoleBinding" || meta.kind == "ClusterRoleBinding";
  issues_.note(kRoot, meta.kind.range ? meta.kind.range : meta.range, "kustomize-patch",
               fmt::format("{} has no {}: taken for a kustomize patch and skipped", meta.kind.value,
                           binding ? "roleRef" : "rules"),
               "scan what kustomize makes of it: kubectl kustomize DIR | oidc-audit scan -");
}

void Inventory::Loader::take_role(Value object, const Header& header, RoleKind kind) {
  Role role;
  role.kind = kind;
  begin(role.meta, object, header);
  if (decode_role(object, role, issues_) == Completeness::patch) {
    skip_patch(role.meta);
    return;
  }
  check_version(role.meta);
  settle_namespace(role.meta, kind == RoleKind::role);
  validate(role, issues_);
  store(inventory_.roles_, inventory_.indexes_->roles, static_cast<unsigned>(kind), std::move(role));
}

void Inventory::Loader::take_binding(Value object, const Header& header, BindingKind kind) {
  Binding binding;
  binding.kind = kind;
  begin(binding.meta, object, header);
  if (decode_binding(object, binding, issues_) == Completeness::patch) {
    skip_patch(binding.meta);
    return;
  }
  check_version(binding.meta);
  settle_namespace(binding.meta, kind == BindingKind::role_binding);
  validate(binding, issues_);
  store(inventory_.bindings_, inventory_.indexes_->bindings, static_cast<unsigned>(kind), std::move(binding));
}

void Inventory::Loader::take_service_account(Value object, const Header& header) {
  ServiceAccount account;
  begin(account.meta, object, header);
  settle_namespace(account.meta, true);
  validate(account, issues_);
  store(inventory_.service_accounts_, inventory_.indexes_->service_accounts, 0, std::move(account));
}

void Inventory::Loader::take_namespace(Value object, const Header& header) {
  Namespace space;
  begin(space.meta, object, header);
  settle_namespace(space.meta, false);
  validate(space, issues_);
  store(inventory_.namespaces_, inventory_.indexes_->namespaces, 0, std::move(space));
}

void Inventory::Loader::take_custom_resource(Value object) {
  const Value spec = object.find("spec");
  const Value names = spec.find("names");
  CustomResource out;
  out.group = spec.find("group").text();
  out.plural = names.find("plural").text();
  out.singular = names.find("singular").text();
  out.kind = names.find("kind").text();
  out.namespaced = spec.find("scope").text() != "Cluster";
  if (out.group.empty() || out.plural.empty()) return;
  for (const Value name : names.find("shortNames").items()) out.short_names.push_back(name.text());
  for (const Value name : names.find("categories").items()) out.categories.push_back(name.text());
  bool status = spec.at_pointer("/subresources/status").exists();
  bool scale = spec.at_pointer("/subresources/scale").exists();
  for (const Value version : spec.find("versions").items()) {
    if (version.find("served").as_bool() == false) continue;
    out.served_versions.push_back(version.find("name").text());
    status = status || version.at_pointer("/subresources/status").exists();
    scale = scale || version.at_pointer("/subresources/scale").exists();
  }
  // v1beta1 had a single version beside the list.
  if (out.served_versions.empty() && spec.find("version").is_string()) {
    out.served_versions.push_back(spec.find("version").text());
  }
  if (status) out.subresources.emplace_back("status");
  if (scale) out.subresources.emplace_back("scale");
  inventory_.custom_resources_.push_back(std::move(out));
}

bool Inventory::Loader::keep_object(Value object, const Header& header) {
  if (header.kind == "ConfigMap" && object.at_pointer("/metadata/name").text() != "aws-auth") {
    count(inventory_.counts_.skipped_kinds, header.kind.value);
    return true;
  }
  // From a list that is read item by item it comes once more, when the whole list has been read.
  if (streaming_) return false;
  OtherObject other;
  other.value = object;
  begin(other.meta, object, header);
  if (!cluster_.empty()) forget_places(other.meta);
  inventory_.others_.push_back(std::move(other));
  count(inventory_.counts_.objects, header.kind.value);
  keep_nodes_ = true;
  return true;
}

namespace {

bool same_name(const Meta& a, const Meta& b) {
  if (a.name.value != b.name.value || a.namespace_name.value != b.namespace_name.value ||
      a.cluster != b.cluster) {
    return false;
  }
  // Where namespaces are unknown, files may well be meant for different ones.
  if (a.namespace_known && b.namespace_known) return true;
  return a.namespace_known == b.namespace_known && a.range && b.range && a.range->buffer == b.range->buffer;
}

bool same_kind(const Role& a, const Role& b) { return a.kind == b.kind; }
bool same_kind(const Binding& a, const Binding& b) { return a.kind == b.kind; }
bool same_kind(const ServiceAccount&, const ServiceAccount&) { return true; }
bool same_kind(const Namespace&, const Namespace&) { return true; }

std::optional<SourceRange> place_of(const Meta& meta) {
  return meta.name.range ? meta.name.range : meta.range;
}

}  // namespace

template <typename Object>
void Inventory::Loader::store(std::vector<Object>& objects, NameIndex& index, unsigned kind, Object object) {
  if (!cluster_.empty()) forget_places(object);
  const Meta& meta = object.meta;
  count(inventory_.counts_.objects, meta.kind.value);
  const std::uint32_t hash = name_hash(kind, meta.namespace_name.value, meta.name.value, meta.cluster);
  if (!meta.name.empty()) {
    const auto found = index.find(hash, [&](std::uint32_t number) {
      return same_kind(objects[number], object) && same_name(objects[number].meta, meta);
    });
    if (found) {
      const Meta& before = objects[*found].meta;
      Issue issue;
      issue.code = "duplicate-object";
      issue.level = IssueLevel::note;
      issue.location = {meta.ref(), "/metadata/name", place_of(meta)};
      issue.message = fmt::format("`{}` is given twice; the later one counts",
                                  escape_for_display(to_string(issue.location.object)));
      issue.related.push_back({{before.ref(), "/metadata/name", place_of(before)}, "given here first"});
      issues_.add(std::move(issue));
      objects[*found] = std::move(object);
      return;
    }
  }
  index.add(hash, static_cast<std::uint32_t>(objects.size()));
  objects.push_back(std::move(object));
}

}  // namespace oidc_audit::rbac
