#include "document/tree.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>

#include "base/json_pointer.h"
#include "document/yaml_scalar.h"

namespace oidc_audit::document {

namespace {

constexpr std::array<std::string_view, 7> kKinds = {"null",   "boolean",  "integer", "floating",
                                                    "string", "sequence", "mapping"};
constexpr std::size_t kBlockBytes = std::size_t{1} << 16;

// What `<<` contributes, in the order the Kubernetes tool chain writes it: of a list of mappings the
// last comes first, so that the earlier ones win.
template <typename Visit>
void for_each_merged_mapping(Value merged, const Visit& visit) {
  if (merged.is_mapping()) {
    visit(merged);
  } else if (merged.is_sequence()) {
    std::vector<Value> mappings;
    for (const Value item : merged.items()) mappings.push_back(item);
    for (auto it = mappings.rbegin(); it != mappings.rend(); ++it) {
      if (it->is_mapping()) visit(*it);
    }
  }
}

}  // namespace

std::string_view to_string(NodeKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::size_t Tree::memory() const noexcept {
  return nodes_.capacity() * sizeof(Node) + decoded_.capacity() * sizeof(std::string_view) + block_bytes_;
}

std::string_view Tree::keep(std::string_view decoded) {
  if (decoded.empty()) return {};
  if (decoded.size() > block_free_) {
    const std::size_t bytes = std::max(kBlockBytes, decoded.size());
    blocks_.emplace_back(new char[bytes]);
    block_bytes_ += bytes;
    block_free_ = bytes;
    block_used_ = 0;
  }
  char* at = blocks_.back().get() + block_used_;
  std::memcpy(at, decoded.data(), decoded.size());
  block_used_ += decoded.size();
  block_free_ -= decoded.size();
  return {at, decoded.size()};
}

bool Value::was_quoted() const noexcept { return exists() && resolved().quoted; }

std::optional<bool> Value::as_bool() const noexcept {
  if (kind() != NodeKind::boolean) return std::nullopt;
  const std::string_view written = text();
  // Every spelling of truth starts with one of these: true, yes, y, on.
  const bool on = written.size() == 2 && (written[0] == 'o' || written[0] == 'O');
  return on || written[0] == 't' || written[0] == 'T' || written[0] == 'y' || written[0] == 'Y';
}

std::optional<std::int64_t> Value::as_int() const noexcept {
  if (kind() != NodeKind::integer) return std::nullopt;
  return parse_yaml_integer(text());
}

std::optional<double> Value::as_double() const noexcept {
  if (kind() == NodeKind::integer) {
    if (const auto whole = as_int()) return static_cast<double>(*whole);
  } else if (kind() != NodeKind::floating) {
    return std::nullopt;
  }
  return parse_yaml_float(text());
}

Value Value::item(std::size_t index) const noexcept {
  if (!is_sequence() || index >= size()) return {};
  std::uint32_t at = target() + 1;
  for (; index > 0; --index) at = tree_->node(at).next;
  return {tree_, at};
}

bool Value::is_merge_key() const noexcept { return own().merged && own().kind == NodeKind::string; }

std::optional<std::pair<Value, Value>> Value::find_member(std::string_view key) const noexcept {
  if (!is_mapping()) return std::nullopt;
  const Node& mapping = resolved();
  std::optional<std::pair<Value, Value>> found;
  const bool plain = !mapping.merged && !mapping.doubled;
  for (std::uint32_t at = target() + 1; at < mapping.next;) {
    const Value name(tree_, at);
    const Value value(tree_, tree_->node(at).next);
    at = tree_->node(value.index()).next;
    if (mapping.merged && name.is_merge_key()) {
      if (auto inner = value.find_merged(key)) found = inner;
    } else if (name.text() == key && !name.is_collection()) {
      found.emplace(name, value);
      if (plain) break;
    }
  }
  return found;
}

std::optional<std::pair<Value, Value>> Value::find_merged(std::string_view key) const noexcept {
  if (is_mapping()) return find_member(key);
  if (!is_sequence()) return std::nullopt;
  for (const Value mapping : items()) {
    if (auto found = mapping.find_member(key)) return found;
  }
  return std::nullopt;
}

Value Value::find(std::string_view key) const noexcept {
  const auto found = find_member(key);
  return found ? found->second : Value();
}

Value Value::find_key(std::string_view key) const noexcept {
  const auto found = find_member(key);
  return found ? found->first : Value();
}

Value Value::at_pointer(std::string_view pointer) const noexcept {
  Value at = *this;
  while (at.exists() && !pointer.empty()) {
    if (pointer[0] != '/') return {};
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    const std::string step = key_of_pointer_token(pointer.substr(1, end - 1));
    pointer.remove_prefix(end);
    if (at.is_sequence()) {
      std::size_t index = 0;
      const auto [rest, error] = std::from_chars(step.data(), step.data() + step.size(), index);
      const bool number = error == std::errc() && rest == step.data() + step.size();
      if (!number || (step.size() > 1 && step[0] == '0')) return {};
      at = at.item(index);
    } else {
      at = at.find(step);
    }
  }
  return at;
}

namespace {

void list_members(const Tree* tree, std::uint32_t mapping, std::vector<Member>& out) {
  for (std::uint32_t at = mapping + 1; at < tree->node(mapping).next;) {
    const Node& key = tree->node(at);
    const Value value(tree, key.next);
    if (key.merged && key.kind == NodeKind::string) {
      for_each_merged_mapping(value, [&](Value inner) {
        for (const Member member : inner.members()) out.push_back(member);
      });
    } else {
      out.push_back({Value(tree, at), value});
    }
    at = tree->node(value.index()).next;
  }
}

// Keeps the last of equal keys, in order.
void drop_overwritten(std::vector<Member>& members) {
  std::vector<std::size_t> order(members.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return members[a].key.text() < members[b].key.text();
  });
  std::vector<bool> dropped(members.size(), false);
  for (std::size_t i = 1; i < order.size(); ++i) {
    const Value before = members[order[i - 1]].key;
    const Value after = members[order[i]].key;
    const bool scalars =
        !before.is_mapping() && !before.is_sequence() && !after.is_mapping() && !after.is_sequence();
    if (scalars && before.text() == after.text()) dropped[order[i - 1]] = true;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!dropped[i]) members[kept++] = members[i];
  }
  members.resize(kept);
}

}  // namespace

Members Value::merged_members() const {
  std::vector<Member> listed;
  list_members(tree_, target(), listed);
  drop_overwritten(listed);
  return Members(std::move(listed));
}

}  // namespace oidc_audit::document
