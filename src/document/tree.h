#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
  std::uint32_t text = 0;   ///< scalar: offset of its text in the buffer or, if `decoded`, its number
                            ///< among the decoded texts of the Tree
  NodeKind kind = NodeKind::null;
  bool decoded : 1;  ///< text differs from the buffer (escapes, folding, block scalars)
  bool quoted : 1;   ///< was written as a quoted or block scalar
  bool alias : 1;    ///< `count` is the index of the anchored node
  bool merged : 1;   ///< mapping: has `<<` members; scalar: is a merge key
  bool doubled : 1;  ///< mapping: some key occurs more than once
  Node() : decoded(false), quoted(false), alias(false), merged(false), doubled(false) {}
};
static_assert(sizeof(Node) == 24);

class Tree;
class Members;
class Items;

/// A node of a document, aliases resolved. Cheap to copy; valid as long as its Tree and the
/// SourceManager behind it. A default-made Value is absent: `exists()` is false, kind() is null, it has
/// no children.
class Value {
 public:
  Value() = default;
  Value(const Tree* tree, std::uint32_t index) : tree_(tree), index_(index) {}

  bool exists() const noexcept { return tree_ != nullptr; }
  NodeKind kind() const noexcept;
  bool is_null() const noexcept { return kind() == NodeKind::null; }
  bool is_string() const noexcept { return kind() == NodeKind::string; }
  bool is_mapping() const noexcept { return kind() == NodeKind::mapping; }
  bool is_sequence() const noexcept { return kind() == NodeKind::sequence; }
  bool is_collection() const noexcept { return is_mapping() || is_sequence(); }

  /// Decoded text of a scalar of any kind (`yes` for a boolean written so); empty for collections.
  std::string_view text() const noexcept;
  /// Written as a quoted or block scalar; always so for strings of JSON.
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

  Items items() const noexcept;  ///< empty unless a sequence
  /// Empty unless a mapping. Merge keys are applied: each key occurs once, with the value find() gives,
  /// at the place where it stands last.
  Members members() const;

  const Tree* tree() const noexcept { return tree_; }
  std::uint32_t index() const noexcept { return index_; }

 private:
  friend class Members;
  friend class Items;
  Members merged_members() const;         // of a mapping with `<<` or doubled keys
  const Node& own() const noexcept;       // the node itself, possibly an alias
  std::uint32_t target() const noexcept;  // index of what an alias names
  const Node& resolved() const noexcept;  // node at target()
  bool is_merge_key() const noexcept;     // an unquoted `<<`
  std::optional<std::pair<Value, Value>> find_member(std::string_view key) const noexcept;
  std::optional<std::pair<Value, Value>> find_merged(std::string_view key) const noexcept;

  const Tree* tree_ = nullptr;
  std::uint32_t index_ = 0;
};

struct Member {
  Value key;
  Value value;
};

/// The nodes of all documents of one buffer, in the order of the text. Does not move.
class Tree {
 public:
  /// `text` is the text of the buffer and outlives the tree.
  Tree(BufferId buffer, std::string_view text) : buffer_(buffer), source_(text) {}
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  BufferId buffer() const noexcept { return buffer_; }
  std::string_view source() const noexcept { return source_; }
  const Node& node(std::uint32_t index) const noexcept { return nodes_[index]; }
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(nodes_.size()); }
  /// Text of a scalar that is no alias.
  std::string_view text(const Node& node) const noexcept {
    return node.decoded ? decoded_[node.text] : source_.substr(node.text, node.count);
  }
  /// Drops all nodes; texts stay valid. Values of this tree must not be used any more.
  void drop_nodes() { std::vector<Node>().swap(nodes_); }
  /// Bytes held, for measurements.
  std::size_t memory() const noexcept;

 private:
  friend class DocumentBuilder;
  std::string_view keep(std::string_view decoded);  // copies into blocks that never move

  BufferId buffer_;
  std::string_view source_;
  std::vector<Node> nodes_;
  std::vector<std::string_view> decoded_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t block_free_ = 0;
  std::size_t block_used_ = 0;
  std::size_t block_bytes_ = 0;
};

/// The items of a sequence. Valid as long as the Tree.
class Items {
 public:
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    using pointer = const Value*;
    using reference = Value;
    iterator() = default;
    iterator(const Tree* tree, std::uint32_t index) : tree_(tree), index_(index) {}
    Value operator*() const noexcept { return {tree_, index_}; }
    iterator& operator++() noexcept {
      index_ = tree_->node(index_).next;
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.index_ == b.index_; }

   private:
    const Tree* tree_ = nullptr;
    std::uint32_t index_ = 0;
  };

  Items() = default;
  Items(const Tree* tree, std::uint32_t first, std::uint32_t behind)
      : tree_(tree), first_(first), behind_(behind) {}
  iterator begin() const noexcept { return {tree_, first_}; }
  iterator end() const noexcept { return {tree_, behind_}; }
  bool empty() const noexcept { return first_ == behind_; }

 private:
  const Tree* tree_ = nullptr;
  std::uint32_t first_ = 0;
  std::uint32_t behind_ = 0;
};

/// The members of a mapping, each key once. Valid as long as the Tree.
class Members {
 public:
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Member;
    using difference_type = std::ptrdiff_t;
    using pointer = const Member*;
    using reference = Member;
    iterator() = default;
    iterator(const Tree* tree, std::uint32_t index, const Member* listed)
        : tree_(tree), listed_(listed), index_(index) {}
    Member operator*() const noexcept {
      if (listed_ != nullptr) return *listed_;
      return {{tree_, index_}, {tree_, tree_->node(index_).next}};
    }
    iterator& operator++() noexcept {
      if (listed_ != nullptr) {
        ++listed_;
      } else {
        index_ = tree_->node(tree_->node(index_).next).next;
      }
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept {
      return a.index_ == b.index_ && a.listed_ == b.listed_;
    }

   private:
    const Tree* tree_ = nullptr;
    const Member* listed_ = nullptr;
    std::uint32_t index_ = 0;
  };

  Members() = default;
  Members(const Tree* tree, std::uint32_t first, std::uint32_t behind)
      : tree_(tree), first_(first), behind_(behind) {}
  explicit Members(std::vector<Member> listed)
      : listed_(std::make_shared<const std::vector<Member>>(std::move(listed))) {}
  iterator begin() const noexcept { return {tree_, first_, listed_ ? listed_->data() : nullptr}; }
  iterator end() const noexcept {
    return {tree_, behind_, listed_ ? listed_->data() + listed_->size() : nullptr};
  }
  bool empty() const noexcept { return begin() == end(); }

 private:
  const Tree* tree_ = nullptr;
  std::uint32_t first_ = 0;
  std::uint32_t behind_ = 0;
  std::shared_ptr<const std::vector<Member>> listed_;  // where keys are merged or doubled
};

inline const Node& Value::own() const noexcept { return tree_->node(index_); }
inline std::uint32_t Value::target() const noexcept {
  const Node& node = own();
  return node.alias ? node.count : index_;
}
inline const Node& Value::resolved() const noexcept { return tree_->node(target()); }
inline NodeKind Value::kind() const noexcept { return exists() ? resolved().kind : NodeKind::null; }
inline std::string_view Value::text() const noexcept {
  return exists() && !is_collection() ? tree_->text(resolved()) : std::string_view();
}
inline SourceRange Value::range() const noexcept {
  if (!exists()) return {};
  const Node& node = own();
  return {tree_->buffer(), node.begin, node.end};
}
inline std::size_t Value::size() const noexcept { return exists() && is_collection() ? resolved().count : 0; }
inline Items Value::items() const noexcept {
  if (!is_sequence()) return {};
  return {tree_, target() + 1, resolved().next};
}
inline Members Value::members() const {
  if (!is_mapping()) return {};
  const Node& mapping = resolved();
  if (mapping.merged || mapping.doubled) return merged_members();
  return {tree_, target() + 1, mapping.next};
}

/// A comment, `#` included, end of line excluded.
struct Comment {
  SourceRange range;
};

}  // namespace oidc_audit::document
