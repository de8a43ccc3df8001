#include "document/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/unicode.h"

namespace oidc_audit::document {

namespace {

// How much of a key is shown in a message.
constexpr std::size_t kShownBytes = 120;

std::string shown(std::string_view key) {
  if (key.size() <= kShownBytes) return escape_for_display(key);
  std::size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(key[end]) & 0xC0U) == 0x80U) --end;
  return escape_for_display(key.substr(0, end)) + "...";
}

}  // namespace

void DocumentBuilder::begin_document() {
  frames_.clear();
  anchors_.clear();
  open_anchors_.clear();
  alias_nodes_ = 0;
  root_ = tree_.size();
  root_key_ = RootKey::other;
  head_ = {};
  in_items_ = false;
  issue_.reset();
}

Value DocumentBuilder::end_document() { return tree_.size() > root_ ? Value(&tree_, root_) : Value(); }

void DocumentBuilder::abandon_document() {
  tree_.nodes_.resize(root_);
  frames_.clear();
}

bool DocumentBuilder::scalar(const Scalar& event, std::string_view decoded, Anchor anchor) {
  Node node;
  if (decoded.size() > limits_.max_scalar_bytes) {
    node.begin = event.begin;
    node.end = event.end;
    return too_long(node);
  }
  node.decoded = true;
  node.text = static_cast<std::uint32_t>(tree_.decoded_.size());
  tree_.decoded_.push_back(tree_.keep(decoded));
  Scalar sized = event;
  sized.size = static_cast<std::uint32_t>(decoded.size());
  return add(node, sized, anchor);
}

bool DocumentBuilder::alias(std::uint32_t begin, std::uint32_t end, Anchor anchor) {
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) {
    return limit("yaml-alias", begin, end, "alias names no anchor of this document",
                 "give the value an anchor (`&name`) before it is used");
  }
  const Target target = found->second;
  if (tree_.node(target.node).next == 0) {
    return limit("yaml-alias", begin, end, "alias stands inside the value it names", {});
  }
  alias_nodes_ += target.expanded;
  if (alias_nodes_ > limits_.max_alias_nodes) {
    return limit("limit-aliases", begin, end,
                 fmt::format("aliases stand for more than {} values", limits_.max_alias_nodes), {});
  }
  Node node;
  node.begin = begin;
  node.end = end;
  node.count = target.node;
  node.next = tree_.size() + 1;
  node.alias = true;
  node.kind = tree_.node(target.node).kind;
  tree_.nodes_.push_back(node);
  if (!frames_.empty()) {
    Frame& frame = frames_.back();
    // A key that is an alias is rare: let the exact check look at it.
    if (frame.mapping && frame.children % 2 == 0) frame.suspicious = true;
    ++frame.children;
  }
  return true;
}

bool DocumentBuilder::begin_collection(NodeKind kind, std::uint32_t begin, Anchor anchor) {
  if (frames_.size() >= limits_.max_depth) {
    return limit("limit-depth", begin, begin + 1,
                 fmt::format("values are nested deeper than {} levels", limits_.max_depth), {});
  }
  const std::uint32_t index = tree_.size();
  Node node;
  node.begin = begin;
  node.kind = kind;
  tree_.nodes_.push_back(node);
  if (!frames_.empty()) {
    if (frames_.size() == 1) {
      in_items_ =
          root_key_ == RootKey::items && kind == NodeKind::sequence && frames_.back().children % 2 == 1;
    }
    ++frames_.back().children;
  }
  if (anchor != 0) {
    anchors_[anchor] = {index, alias_nodes_};  // completed when it is closed
    open_anchors_.emplace_back(index, anchor);
  }
  frames_.push_back({0, index, 0, kind == NodeKind::mapping, false, false});
  return true;
}

bool DocumentBuilder::end_collection(std::uint32_t end) {
  const Frame frame = frames_.back();
  frames_.pop_back();
  Node& node = tree_.nodes_[frame.node];
  node.end = end;
  node.next = tree_.size();
  node.count = frame.mapping ? frame.children / 2 : frame.children;
  node.merged = frame.expanding;
  if (!open_anchors_.empty() && open_anchors_.back().first == frame.node) {
    Target& target = anchors_[open_anchors_.back().second];
    if (target.node == frame.node) {
      target.expanded = (node.next - frame.node) + (alias_nodes_ - target.expanded);
    }
    open_anchors_.pop_back();
  }
  if (frame.suspicious) check_keys(frame.node);
  if (frame.expanding && !check_merges(frame.node)) return false;
  if (sink_ != nullptr && frames_.size() == 2 && in_items_ && frame.mapping && offer_item(frame.node)) {
    tree_.nodes_.resize(frame.node);
    --frames_.back().children;
    ++items_taken_;
  }
  return true;
}

bool DocumentBuilder::check_merges(std::uint32_t mapping) {
  const auto wrong = [&](const Value& value) {
    const SourceRange at = value.range();
    return limit("yaml-merge", at.begin, at.end, "a merge key (`<<`) takes a mapping or a list of mappings",
                 {});
  };
  const std::uint32_t behind = tree_.node(mapping).next;
  for (std::uint32_t at = mapping + 1; at < behind;) {
    const Value value(&tree_, tree_.node(at).next);
    if (tree_.node(at).merged && tree_.node(at).kind == NodeKind::string) {
      if (!value.is_collection()) return wrong(value);
      for (const Value item : value.items()) {
        if (!item.is_mapping()) return wrong(item);
      }
    }
    at = tree_.node(value.index()).next;
  }
  return true;
}

bool DocumentBuilder::offer_item(std::uint32_t node) {
  // An alias elsewhere may still name something in here.
  if (!anchors_.empty()) return false;
  return (*sink_)(Value(&tree_, node), head_);
}

void DocumentBuilder::see_root_key(std::string_view key) {
  root_key_ = RootKey::other;
  if (key == "items") root_key_ = RootKey::items;
  if (key == "kind") root_key_ = RootKey::kind;
  if (key == "apiVersion") root_key_ = RootKey::api_version;
}

void DocumentBuilder::see_root_value(const Node& node) {
  if (node.kind != NodeKind::string) return;
  if (root_key_ == RootKey::kind) head_.kind = tree_.text(node);
  if (root_key_ == RootKey::api_version) head_.api_version = tree_.text(node);
}

void DocumentBuilder::remember(Anchor anchor, std::uint32_t node) { anchors_[anchor] = {node, 1}; }

void DocumentBuilder::check_keys(std::uint32_t mapping) {
  std::vector<std::uint32_t> keys;
  const std::uint32_t behind = tree_.node(mapping).next;
  for (std::uint32_t at = mapping + 1; at < behind;) {
    const Value key(&tree_, at);
    const bool scalar = key.kind() != NodeKind::mapping && key.kind() != NodeKind::sequence;
    if (scalar && !tree_.node(at).merged) keys.push_back(at);
    at = tree_.node(tree_.node(at).next).next;
  }
  const auto text = [&](std::uint32_t at) { return Value(&tree_, at).text(); };
  std::stable_sort(keys.begin(), keys.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return text(a) < text(b); });
  for (std::size_t i = 1; i < keys.size(); ++i) {
    if (text(keys[i - 1]) != text(keys[i])) continue;
    tree_.nodes_[mapping].doubled = true;
    if (issues_.size() >= limits_.max_issues) continue;
    const Node& first = tree_.node(keys[i - 1]);
    const Node& second = tree_.node(keys[i]);
    Issue issue;
    issue.code = "duplicate-key";
    issue.level = IssueLevel::warning;
    issue.message =
        fmt::format("key `{}` occurs twice in one mapping; the later value counts", shown(text(keys[i])));
    issue.hint = "remove one of the two";
    issue.location.range = range(second.begin, second.end);
    issue.related.push_back({{{}, {}, range(first.begin, first.end)}, "first given here"});
    issues_.push_back(std::move(issue));
  }
}

bool DocumentBuilder::too_long(const Node& node) {
  return limit("limit-scalar", node.begin, node.begin + 1,
               fmt::format("value is longer than {} bytes", limits_.max_scalar_bytes), {});
}

bool DocumentBuilder::limit(std::string code, std::uint32_t begin, std::uint32_t end, std::string message,
                            std::string hint) {
  Issue issue;
  issue.code = std::move(code);
  issue.level = IssueLevel::error;
  issue.message = std::move(message);
  issue.hint = std::move(hint);
  issue.location.range = range(begin, end);
  issue_ = std::move(issue);
  return false;
}

}  // namespace oidc_audit::document
