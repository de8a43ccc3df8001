// What the catalogue says of claims, against sample tokens: a part of the subject has the value of its claim.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "oidc/catalogue.h"
#include "support/test_data.h"

using namespace oidc_audit;
using namespace oidc_audit::oidc;
using nlohmann::json;

namespace {

struct Sample {
  std::string provider;
  std::string file;
  json claims;
};

std::vector<Sample> read_samples() {
  std::vector<Sample> out;
  const std::string own = test::source_dir() + "/fixtures/providers";
  for (const auto& folder : std::filesystem::directory_iterator(own)) {
    const std::string file = folder.path().string() + "/claims.json";
    if (!std::filesystem::exists(file)) continue;
    out.push_back({folder.path().filename().string(), file, json::parse(test::read_file(file))});
  }
  if (const auto shared = test::shared_dir()) {
    const std::string folder = *shared + "/reference/providers/";
    const json index = json::parse(test::read_file(folder + "index.json"));
    for (const json& sample : index.at("samples")) {
      const std::string file = folder + sample.at("file").get<std::string>();
      const json token = json::parse(test::read_file(file));
      out.push_back({sample.at("provider").get<std::string>(), file,
                     token.contains("claims") ? token["claims"] : token});
    }
  }
  std::sort(out.begin(), out.end(), [](const Sample& a, const Sample& b) { return a.file < b.file; });
  return out;
}

}  // namespace

TEST_CASE("every provider of tokens says what their claims hold", "[catalogue][claims]") {
  for (const Provider& provider : Catalogue::builtin().providers()) {
    if (provider.issuers.empty()) continue;
    DYNAMIC_SECTION(provider.id) {
      const Result<ProviderDocs> docs = Catalogue::builtin().docs(provider.id);
      REQUIRE(docs.ok());
      CHECK_FALSE(docs.value().claims.empty());
      for (const ProviderDocs::ClaimDoc& claim : docs.value().claims) {
        INFO(claim.name);
        CHECK_FALSE(claim.means.empty());
        CHECK_FALSE((claim.has("immutable") && claim.has("mutable")));
      }
    }
  }
}

TEST_CASE("parts of subjects have the values of their claims", "[catalogue][claims]") {
  std::size_t compared = 0;
  std::set<std::string> providers;
  for (const Sample& sample : read_samples()) {
    const Result<ProviderDocs> docs = Catalogue::builtin().docs(sample.provider);
    // The vendor's page puts a subject of one organization beside the names of another.
    if (sample.file.ends_with("/reference/providers/ansible-aap.job-template.json")) continue;
    const Provider* const provider = Catalogue::builtin().find(sample.provider);
    if (provider == nullptr || provider->issuers.empty()) continue;
    if (!docs.ok() || !sample.claims.is_object() || !sample.claims.contains("sub")) continue;
    INFO(sample.file);
    const auto text = [&](const std::string& claim) {
      const json& value = sample.claims[claim];
      return value.is_string() ? value.get<std::string>() : value.dump();
    };
    const std::string subject = text("sub");
    const std::string issuer = sample.claims.value("iss", "");
    const ClaimLookup lookup = [&](std::string_view claim) -> std::optional<std::string> {
      const std::string key(claim);
      if (!sample.claims.contains(key)) return std::nullopt;
      return text(key);
    };
    ParseOptions options;
    options.issuer = issuer;
    options.claims = &lookup;
    const ParsedName parsed = Catalogue::builtin().parse(subject, options);
    for (const Candidate& candidate : parsed.candidates) {
      if (candidate.provider->id != sample.provider) continue;
      for (const ProviderDocs::ClaimDoc& claim : docs.value().claims) {
        if (claim.part.empty() || !sample.claims.contains(claim.name)) continue;
        if (sample.claims[claim.name].is_null()) continue;  // as good as absent
        for (const Segment& segment : candidate.segments) {
          if (segment.name != claim.part) continue;
          INFO(claim.name << " is the part " << claim.part << " of " << subject);
          CHECK(segment.value == text(claim.name));
          ++compared;
          providers.insert(sample.provider);
        }
      }
      break;
    }
    std::size_t described = 0;
    for (const ProviderDocs::ClaimDoc& claim : docs.value().claims)
      described += sample.claims.contains(claim.name) ? 1 : 0;
    CHECK(described > 0);
  }
  // The examples of the repository alone are enough of it.
  CHECK(compared > 50);
  CHECK(providers.size() > 10);
}
