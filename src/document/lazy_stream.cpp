#include "document/lazy_stream.h"

#include "base/text_search.h"
#include "source/source_manager.h"

namespace oidc_audit::document {

std::string_view LazyStream::text() const { return sources_.text(buffer_); }

bool LazyStream::has(std::string_view word) const { return contains(text(), word); }

const Stream& LazyStream::stream() {
  if (!stream_) stream_ = read_documents(sources_, buffer_, {});
  return *stream_;
}

}  // namespace oidc_audit::document
