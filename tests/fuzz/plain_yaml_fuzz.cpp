#include "document_fuzz.h"
#include "support/same_reading.h"

// Whatever the reader for plain YAML reads, the other one reads in the same way.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oidc_audit;
  SourceManager sources;
  const auto buffer = sources.add("fuzz", std::string(reinterpret_cast<const char*>(data), size));
  if (!buffer.ok()) return 0;
  std::size_t nodes = 0;
  fuzz::require(test::reading_difference(sources, buffer.value(), {}, nodes).empty());
  return 0;
}
