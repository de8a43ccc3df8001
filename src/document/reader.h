#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "diag/issue.h"
#include "document/tree.h"
#include "source/source_manager.h"

namespace oidc_audit::document {

/// How a text is written. JSON inside what is called YAML is recognised, not the other way round.
enum class Format : std::uint8_t { yaml, json };

/// `json` for names that end in .json (in any case), else `yaml`.
Format format_of_name(std::string_view name);

/// What untrusted text may cost. Passing a limit yields one issue and ends that document.
struct Limits {
  std::size_t max_depth = 1'000;              ///< nested collections; yaml-cpp itself stops at 500
  std::size_t max_alias_nodes = 1'000'000;    ///< nodes that aliases stand for, each counted whenever used
  std::size_t max_scalar_bytes = 16'777'216;  ///< a server takes no object of more than some 3 MiB
  std::size_t max_issues = 1'000;             ///< per buffer; what comes behind is counted in one last issue
};

/// One document that was read.
struct Document {
  Value root;
  SourceRange range;  ///< without the `---` line
  Format format = Format::yaml;
  bool offered = false;  ///< ReadOptions::documents was told of it
};

/// A document that was seen and not read, because its kind does not matter.
struct PassedOver {
  std::string_view kind;  ///< as written; text of the buffer
  SourceRange range;
};

/// What is known of a list when one of its items has been read: what stands in front of `items`. A list
/// written by kubectl has its kind behind its items, one written by the API server in front.
struct ListHead {
  std::string_view api_version;
  std::string_view kind;
};

/// Asked of each finished item of a top-level `items` list, so that a list of any length needs memory for
/// one item at a time. True: the item was taken and its nodes are dropped at once (the Values are no
/// longer valid afterwards, texts are); false: it stays in the tree.
using ItemSink = std::function<bool(Value item, const ListHead& head)>;

struct ReadOptions {
  Format format = Format::yaml;
  Limits limits;
  /// When set: asked about a YAML document whose kind can be told without parsing, with its whole text; true
  /// passes over it.
  std::function<bool(std::string_view kind, std::string_view text)> pass_over;
  /// When set: see ItemSink. Called only for JSON.
  ItemSink items;
  /// When set: told of each document that was read as YAML. True: its nodes are dropped at once, as those of
  /// items, and it is not listed; false: it stays, as `offered`.
  std::function<bool(const Document& document)> documents;
  /// Keep the places of comments (YAML).
  bool comments = true;
  /// Let the reader for plain YAML try first; false costs time and changes nothing else.
  bool plain_first = true;
};

/// Everything that one buffer holds.
struct Stream {
  std::unique_ptr<Tree> tree;  ///< what the documents' Values stand in
  std::vector<Document> documents;
  std::vector<Issue> issues;
  std::vector<Comment> comments;       ///< in the order of the text
  std::vector<SourceRange> templates;  ///< documents that are Helm templates: skipped
  std::vector<PassedOver> passed_over;
  std::size_t taken_documents = 0;   ///< by ReadOptions::documents, and not listed
  std::size_t failed_documents = 0;  ///< could not be read; each has an issue of level error
};

/// Reads all documents of a buffer. Never fails as a whole: what cannot be read is an issue, and reading
/// goes on behind it where that is safe (YAML: at the next `---` line). Documents without any content
/// are left out.
Stream read_documents(const SourceManager& sources, BufferId buffer, const ReadOptions& options);

}  // namespace oidc_audit::document
