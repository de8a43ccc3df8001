#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "document/reader.h"
#include "document/tree.h"
#include "source/source_manager.h"

namespace oidc_audit::document {

/// Documents that stand as text in a scalar of another document (`mapRoles: |` of a ConfigMap), with their
/// places in the outer text: exact for literal blocks, quoted and plain scalars, in YAML and in JSON; where
/// lines were folded, the whole scalar. Owns what was read; does not move.
class EmbeddedDocuments {
 public:
  /// REQUIRES: `scalar` is a scalar. `sources` holds its text and outlives this, as does the scalar's tree.
  EmbeddedDocuments(const SourceManager& sources, Value scalar);
  EmbeddedDocuments(const EmbeddedDocuments&) = delete;
  EmbeddedDocuments& operator=(const EmbeddedDocuments&) = delete;

  std::span<const Document> documents() const noexcept { return stream_.documents; }
  /// What is wrong with the inner text, at its places in the outer one.
  std::span<const Issue> issues() const noexcept { return stream_.issues; }
  /// A document could not be read, or was taken for a template.
  bool failed() const noexcept { return stream_.failed_documents != 0 || !stream_.templates.empty(); }

  /// The outer place of a Value of these documents.
  SourceRange place(Value inner) const { return outer(inner.range()); }
  /// The outer place of a range of the inner text.
  SourceRange outer(SourceRange inner) const;

 private:
  SourceRange whole_;
  SourceManager inner_;
  /// The outer offset of each byte of the inner text and of its end; empty: not known.
  std::vector<std::uint32_t> offsets_;
  Stream stream_;
};

}  // namespace oidc_audit::document
