#pragma once

#include <optional>
#include <string_view>

#include "document/reader.h"

namespace oidc_audit::document {

/// A buffer of which nobody knows yet whether it must be read: its documents, with their comments, are read
/// when they are first asked for, and once for all who ask.
class LazyStream {
 public:
  LazyStream(const SourceManager& sources, BufferId buffer) : sources_(sources), buffer_(buffer) {}

  const SourceManager& sources() const noexcept { return sources_; }
  BufferId buffer() const noexcept { return buffer_; }
  std::string_view text() const;
  /// Whether `word` stands anywhere in the text; reads no document.
  bool has(std::string_view word) const;
  const Stream& stream();

 private:
  const SourceManager& sources_;
  BufferId buffer_;
  std::optional<Stream> stream_;
};

}  // namespace oidc_audit::document
