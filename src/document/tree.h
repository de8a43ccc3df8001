#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/source_range.h"

namespace oidc_audit::document {

/// What a value is after the scalar rules of the Kubernetes YAML stack (YAML 1.1 as sigs.k8s.io/yaml
/// reads it) or of JSON have been applied.
enum class NodeKind : std::uint8_t { null, boolean, integer, floating, string, sequence, mapping };

std::string_view to_string(NodeKind kind);

/// 24 bytes. Nodes stand in one array in document order: a collection's children follow it, and `next`
/// is the index behind its last descendant. An alias is a node of its own place whose `target` is the
/// anchored node; it is resolved by Value and never copied.
struct Node {
  std::uint32_t begin = 0;  ///< byte range of the value itself in the buffer, quotes included,
  std::uint32_t end = 0;    ///< anchor and tag excluded
  std::uint32_t next = 0;   ///< index of the node after this subtree
  std::uint32_t count = 0;  ///< sequence: items; mapping: members; scalar: bytes of its text
  std::uint32_t text = 0;   ///< scalar: offset of its text in the buffer or, if `decoded`, in the side arena
  NodeKind kind = NodeKind::null;
  bool decoded : 1;  ///< text differs from the buffer (escapes, folding, block scalars)
  bool quoted : 1;   ///< was written as a quoted or block scalar
  bool alias : 1;    ///< `count` is the index of the anchored node
  bool merged : 1;   ///< mapping: has `<<` members
  Node() : decoded(false), quoted(false), alias(false), merged(false) {}
};
static_assert(sizeof(Node) == 24);

class Document;
class Members;
class Items;

/// A node of a document, aliases resolved. Cheap to copy; valid as long as its Document and the
/// SourceManager behind it. A default-made Value is absent: `exists()` is false, kind() is null, it has
/// no children.
class Value {
 public:
  Value() = default;
  Value(const Document* document, std::uint32_t index);

  bool exists() const noexcept { return document_ != nullptr; }
  NodeKind kind() const noexcept;
  bool is_null() const noexcept { return kind() == NodeKind::null; }
  bool is_string() const noexcept { return kind() == NodeKind::string; }
  bool is_mapping() const noexcept { return kind() == NodeKind::mapping; }
  bool is_sequence() const noexcept { return kind() == NodeKind::sequence; }

  /// Decoded text of a scalar of any kind (`yes` for a boolean written so); empty for collections.
  std::string_view text() const noexcept;
  /// Text as it stands in the buffer.
  bool was_quoted() const noexcept;
  std::optional<bool> as_bool() const noexcept;
  /// Fails (nullopt) when it is no integer or does not fit.
  std::optional<std::int64_t> as_int() const noexcept;
  std::optional<double> as_double() const noexcept;

  /// Where it stands. For an alias this is the place of the alias, not of what it names.
  SourceRange range() const noexcept;

  std::size_t size() const noexcept;  ///< items or members as written; 0 for scalars
  /// Sequence item; absent when out of range. O(index).
  Value item(std::size_t index) const noexcept;
  /// Value of a mapping's member by exact key, merge keys (`<<`) applied; absent when there is none.
  /// Of duplicate keys the last one counts, as in the Kubernetes tool chain.
  Value find(std::string_view key) const noexcept;
  /// The key node that belongs to find(key); absent likewise.
  Value find_key(std::string_view key) const noexcept;
  /// Follows an RFC 6901 pointer; absent when a step does not exist.
  Value at_pointer(std::string_view pointer) const noexcept;

  Items items() const noexcept;      ///< empty unless a sequence
  Members members() const noexcept;  ///< empty unless a mapping; merge keys applied, in document order

  const Document* document() const noexcept { return document_; }
  std::uint32_t index() const noexcept { return index_; }

 private:
  const Node& own() const noexcept;       // the node itself, possibly an alias
  const Node& resolved() const noexcept;  // what an alias names
  const Document* document_ = nullptr;
  std::uint32_t index_ = 0;
};

struct Member {
  Value key;
  Value value;
};

/// A comment, `#` included, end of line excluded.
struct Comment {
  SourceRange range;
};

}  // namespace oidc_audit::document
