#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "document/reader.h"
#include "document/tree.h"

namespace oidc_audit::document {

/// The seam between readers and the tree. A reader reports what it meets, in the order of the text; the
/// builder makes nodes of it, keeps duplicate keys, depth and aliases in check, and knows nothing of
/// either syntax. Two readers are equal when they make the same calls.
///
/// All offsets are bytes of the buffer. A function that returns false has met a limit: `issue()` says
/// which, and the reader stops with this document.
class DocumentBuilder {
 public:
  struct Scalar {
    NodeKind kind = NodeKind::null;
    std::uint32_t begin = 0;  ///< the value as written, quotes included
    std::uint32_t end = 0;
    std::uint32_t text = 0;  ///< where its text stands in the buffer, unless `decoded` is given
    std::uint32_t size = 0;
    bool quoted = false;
    bool merge = false;  ///< an unquoted `<<`
  };
  /// 0: no anchor. Numbers are the reader's, unique in a document.
  using Anchor = std::uint32_t;

  DocumentBuilder(Tree& tree, const Limits& limits, std::vector<Issue>& issues)
      : tree_(tree), limits_(limits), issues_(issues) {}

  /// The sink is asked for the items of the next documents' top-level `items`.
  void set_item_sink(const ItemSink* sink) { sink_ = sink; }

  /// Room for that many more nodes; touches no memory.
  void reserve(std::size_t nodes) { tree_.nodes_.reserve(tree_.nodes_.size() + nodes); }
  void begin_document();
  /// Items that the sink has taken so far, of all documents.
  std::size_t items_taken() const noexcept { return items_taken_; }
  /// The root of what was reported since begin_document(); absent when that was nothing.
  Value end_document();
  /// Forgets everything since begin_document().
  void abandon_document();
  /// Forgets the nodes from `first` on; texts stay. REQUIRES: no document is open.
  void drop_from(std::uint32_t first) { tree_.nodes_.resize(first); }

  bool scalar(const Scalar& event, Anchor anchor = 0) {
    Node node;
    node.text = event.text;
    return add(node, event, anchor);
  }
  /// `decoded` is copied.
  bool scalar(const Scalar& event, std::string_view decoded, Anchor anchor = 0);
  bool alias(std::uint32_t begin, std::uint32_t end, Anchor anchor);
  bool begin_mapping(std::uint32_t begin, Anchor anchor = 0) {
    return begin_collection(NodeKind::mapping, begin, anchor);
  }
  bool begin_sequence(std::uint32_t begin, Anchor anchor = 0) {
    return begin_collection(NodeKind::sequence, begin, anchor);
  }
  bool end_mapping(std::uint32_t end) { return end_collection(end); }
  bool end_sequence(std::uint32_t end) { return end_collection(end); }

  /// Inside a mapping (and not inside a sequence within it).
  bool in_mapping() const noexcept { return !frames_.empty() && frames_.back().mapping; }
  /// Inside a mapping, and the next node is a key.
  bool at_key() const noexcept { return in_mapping() && frames_.back().children % 2 == 0; }
  std::size_t depth() const noexcept { return frames_.size(); }
  const std::optional<Issue>& issue() const noexcept { return issue_; }

 private:
  enum class RootKey : std::uint8_t { other, items, kind, api_version };
  struct Frame {
    std::uint64_t seen;      // one bit for each key's digest
    std::uint32_t node;      // the collection
    std::uint32_t children;  // keys and values, or items
    bool mapping;
    bool suspicious;  // two keys had the same digest
    bool expanding;   // the mapping has merge keys
  };
  struct Target {
    std::uint32_t node;
    std::uint64_t expanded;  // nodes it stands for, its own aliases counted
  };

  bool add(Node& node, const Scalar& event, Anchor anchor) {
    node.begin = event.begin;
    node.end = event.end;
    node.count = event.size;
    node.next = tree_.size() + 1;
    node.kind = event.kind;
    node.quoted = event.quoted;
    node.merged = event.merge;
    if (event.size > limits_.max_scalar_bytes) return too_long(node);
    if (anchor != 0) remember(anchor, tree_.size());
    tree_.nodes_.push_back(node);
    if (!frames_.empty()) count_child(node);
    return true;
  }
  void count_child(const Node& node) {
    Frame& frame = frames_.back();
    if (frame.mapping && frame.children % 2 == 0) {
      see_key(frame, node);
    } else if (root_key_ != RootKey::other && frames_.size() == 1) {
      see_root_value(node);
    }
    ++frame.children;
  }
  void see_key(Frame& frame, const Node& node) {
    if (node.merged) {
      frame.expanding = true;
      return;
    }
    const std::string_view text = tree_.text(node);
    std::uint64_t digest = text.size();
    if (!text.empty()) {
      const auto first = static_cast<unsigned char>(text.front());
      const auto last = static_cast<unsigned char>(text.back());
      const auto middle = static_cast<unsigned char>(text[text.size() / 2]);
      digest = digest * 5 + first * 3U + middle * 7U + last * 11U;
    }
    const std::uint64_t bit = std::uint64_t{1} << (digest % 64);
    frame.suspicious = frame.suspicious || (frame.seen & bit) != 0;
    frame.seen |= bit;
    if (sink_ != nullptr && frames_.size() == 1) see_root_key(text);
  }
  void see_root_key(std::string_view key);
  void see_root_value(const Node& node);
  bool begin_collection(NodeKind kind, std::uint32_t begin, Anchor anchor);
  bool end_collection(std::uint32_t end);
  bool check_merges(std::uint32_t mapping);
  void check_keys(std::uint32_t mapping);
  bool offer_item(std::uint32_t node);
  void remember(Anchor anchor, std::uint32_t node);
  bool too_long(const Node& node);
  bool limit(std::string code, std::uint32_t begin, std::uint32_t end, std::string message, std::string hint);
  SourceRange range(std::uint32_t begin, std::uint32_t end) const { return {tree_.buffer(), begin, end}; }

  Tree& tree_;
  const Limits& limits_;
  std::vector<Issue>& issues_;
  const ItemSink* sink_ = nullptr;
  std::vector<Frame> frames_;
  std::unordered_map<Anchor, Target> anchors_;
  std::vector<std::pair<std::uint32_t, Anchor>> open_anchors_;  // collections not yet closed
  std::uint64_t alias_nodes_ = 0;  // nodes that aliases of this document stand for
  std::uint32_t root_ = 0;
  RootKey root_key_ = RootKey::other;  // the root's current key, when a sink is set
  ListHead head_;
  std::size_t items_taken_ = 0;
  bool in_items_ = false;  // the sequence in frames_[1] is the root's `items`
  std::optional<Issue> issue_;
};

}  // namespace oidc_audit::document
