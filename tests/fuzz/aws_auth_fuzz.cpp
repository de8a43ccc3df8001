// A document as the ConfigMap aws-auth, as access entries and as a platform's form of a configuration, and an
// identity through what was read. Places of what stands in strings must lie in the text.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "document/embedded_text.h"
#include "document/reader.h"
#include "oidc/authenticator.h"
#include "oidc/iam_mapping.h"
#include "oidc/platform_config.h"
#include "source/source_manager.h"

namespace {

using namespace oidc_audit;        // NOLINT: a program of one file
using namespace oidc_audit::oidc;  // NOLINT

void check_place(const std::optional<SourceRange>& range, std::size_t size) {
  if (range && (range->begin > range->end || range->end > size)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  SourceManager sources;
  const std::string text(reinterpret_cast<const char*>(data), size);  // NOLINT: bytes as text
  const Result<BufferId> buffer = sources.add("fuzz", text);
  if (!buffer.ok()) return 0;
  const document::Stream stream = document::read_documents(sources, buffer.value(), {});
  static const IamIdentity identity =
      read_iam_identity("arn:aws:sts::111122223333:assumed-role/deployer/i-0123456789abcdef0").value();
  for (const document::Document& document : stream.documents) {
    IamMappings mappings;
    add_aws_auth(sources, document.root, mappings);
    (void)add_access_entries(sources, document.root, mappings);
    for (const IamMapping& mapping : mappings.entries) check_place(mapping.range, size);
    for (const Issue& issue : mappings.issues) check_place(issue.location.range, size);
    (void)map_iam_identity(mappings, identity);
    if (auto found = read_platform_config(document.root))
      (void)Authenticators::from(std::move(found->loaded));
    for (const auto& [key, value] : document.root.members()) {
      if (!value.is_string()) continue;
      const document::EmbeddedDocuments inner(sources, value);
      for (const document::Document& one : inner.documents()) check_place(inner.place(one.root), size);
    }
  }
  (void)read_iam_identity(text);
  return 0;
}
