#pragma once

#include <string>

#include "document/reader.h"
#include "source/source_manager.h"

namespace oidc_audit::test {

inline std::string node_text(const document::Tree& tree, std::uint32_t index) {
  const document::Node& node = tree.node(index);
  const bool scalar =
      !node.alias && node.kind != document::NodeKind::sequence && node.kind != document::NodeKind::mapping;
  std::string out = std::to_string(node.begin) + "-" + std::to_string(node.end) + " next " +
                    std::to_string(node.next) + " count " + std::to_string(node.count) + " " +
                    std::string(to_string(node.kind));
  if (node.decoded) out += " decoded";
  if (node.quoted) out += " quoted";
  if (node.alias) out += " alias";
  if (node.merged) out += " merged";
  if (node.doubled) out += " doubled";
  if (scalar) out += " `" + std::string(tree.text(node)) + "`";
  return out;
}

/// What is different when the reader for plain YAML may not try first, or nothing. `nodes` is increased by
/// the nodes compared.
inline std::string reading_difference(const SourceManager& sources, BufferId buffer,
                                      document::ReadOptions options, std::size_t& nodes) {
  options.plain_first = true;
  const document::Stream plain = document::read_documents(sources, buffer, options);
  options.plain_first = false;
  const document::Stream full = document::read_documents(sources, buffer, options);
  if (plain.documents.size() != full.documents.size()) {
    return std::to_string(plain.documents.size()) + " documents, and should be " +
           std::to_string(full.documents.size());
  }
  if (plain.failed_documents != full.failed_documents) return "failed documents differ";
  for (std::size_t i = 0; i < plain.documents.size(); ++i) {
    if (plain.documents[i].range != full.documents[i].range) return "range of a document differs";
    if (plain.documents[i].root.index() != full.documents[i].root.index()) return "a document's root differs";
  }
  for (std::uint32_t i = 0; i < plain.tree->size() && i < full.tree->size(); ++i) {
    const std::string got = node_text(*plain.tree, i);
    const std::string wanted = node_text(*full.tree, i);
    if (got != wanted) return "node " + std::to_string(i) + " is " + got + ", and should be " + wanted;
  }
  if (plain.tree->size() != full.tree->size()) return "number of nodes differs";
  if (plain.issues.size() != full.issues.size()) return "number of issues differs";
  for (std::size_t i = 0; i < plain.issues.size(); ++i) {
    if (plain.issues[i].message != full.issues[i].message ||
        plain.issues[i].location.range != full.issues[i].location.range) {
      return "issue differs: " + plain.issues[i].message + " / " + full.issues[i].message;
    }
  }
  if (plain.comments.size() != full.comments.size()) return "number of comments differs";
  for (std::size_t i = 0; i < plain.comments.size(); ++i) {
    if (plain.comments[i].range != full.comments[i].range) return "a comment's place differs";
  }
  nodes += full.tree->size();
  return {};
}

}  // namespace oidc_audit::test
