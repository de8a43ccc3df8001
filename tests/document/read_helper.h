#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "document/reader.h"
#include "source/source_manager.h"

namespace oidc_audit::document {

/// A text that was read, with what it stands in.
struct Read {
  std::unique_ptr<SourceManager> sources;
  BufferId buffer{};
  Stream stream;

  /// REQUIRES: there is such a document.
  Value root(std::size_t document = 0) const { return stream.documents.at(document).root; }
  std::string_view at(Value value) const { return sources->text(value.range()); }
  /// `line:column: level [code] message`, one a line.
  std::string issues() const;
  /// Codes of all issues.
  std::vector<std::string> codes() const;
};

Read read(std::string text, Format format = Format::yaml, const Limits& limits = {});
Read read(std::string text, ReadOptions options);

/// The tree as compact JSON: strings quoted, other scalars as written, aliases written out.
std::string to_json(Value value);

/// Fails the running test when some range of the tree lies outside its parent's or overlaps a neighbour's.
void check_ranges(const Read& read);

}  // namespace oidc_audit::document
