#include "document_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  oidc_audit::fuzz::read(data, size, oidc_audit::document::Format::json);
  return 0;
}
