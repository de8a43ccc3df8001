#include "cli/output.h"

#include <ostream>

namespace oidc_audit::cli {

void Output::write(std::string_view text) {
  if (to_file()) {
    buffer_ += text;
  } else {
    out_.write(text.data(), static_cast<std::streamsize>(text.size()));
  }
}

Result<void> Output::finish() {
  if (to_file()) {
    auto written = files_.write_atomically(file_, buffer_);
    if (!written.ok()) return std::move(written).error().with_context("writing the report");
    return {};
  }
  out_.flush();
  if (!out_.good()) {
    return Error(ErrorKind::unreadable, "standard output could not be written to",
                 "the report is not complete: is the disk full, or the reader gone?");
  }
  return {};
}

}  // namespace oidc_audit::cli
