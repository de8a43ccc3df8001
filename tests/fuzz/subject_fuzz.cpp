// Any bytes as a subject name: with an issuer and without, as user and as group.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "oidc/catalogue.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oidc_audit::oidc;
  const std::string_view name(reinterpret_cast<const char*>(data), size);
  const Catalogue& catalogue = Catalogue::builtin();
  for (const NameKind kind : {NameKind::user, NameKind::group}) {
    for (const std::string_view issuer : {std::string_view(), std::string_view("https://gitlab.com"),
                                          std::string_view("https://ci.example.com/oidc")}) {
      ParseOptions options;
      options.kind = kind;
      options.issuer = issuer;
      const ParsedName parsed = catalogue.parse(name, options);
      const SubjectFacts facts = catalogue.facts(parsed, options);
      if (parsed.prefix.text.size() + parsed.rest.size() != name.size()) std::abort();
      const auto check = [&](std::uint32_t begin, std::uint32_t end) {
        if (begin > end || end > name.size()) std::abort();
      };
      for (const Candidate& candidate : parsed.candidates) {
        for (const Segment& segment : candidate.segments) check(segment.begin, segment.end);
      }
      for (const Wildcard& wildcard : facts.wildcards) check(wildcard.begin, wildcard.end);
      for (const Placeholder& placeholder : facts.placeholders) check(placeholder.begin, placeholder.end);
      for (const EncodingFlaw& flaw : facts.encoding) check(flaw.begin, flaw.end);
      if (facts.near) {
        for (const Flaw& flaw : facts.near->flaws) check(flaw.begin, flaw.end);
        for (const Segment& segment : facts.near->segments) check(segment.begin, segment.end);
      }
    }
  }
  return 0;
}
