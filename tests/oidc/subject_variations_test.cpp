// Names made after the documented rules of each provider, in subject_variations.txt: the parse must be among
// the candidates, or for `!provider` none of them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "base/strings.h"
#include "oidc/catalogue.h"
#include "support/test_data.h"

using namespace oidc_audit;
using namespace oidc_audit::oidc;

namespace {

struct Case {
  std::string provider;
  std::string issuer;
  std::string name;
  bool group = false;
  bool absent = false;
  std::vector<std::pair<std::string, std::string>> expected;
};

std::vector<Case> read_cases() {
  std::vector<Case> cases;
  const std::string text = test::read_file(test::source_dir() + "/tests/oidc/subject_variations.txt");
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty() || line.starts_with('#')) continue;
    const std::vector<std::string_view> fields = split(line, '\t');
    REQUIRE(fields.size() >= 3);
    Case one;
    one.absent = fields[0].starts_with('!');
    one.provider = std::string(fields[0].substr(one.absent ? 1 : 0));
    if (fields[1] != "-") one.issuer = std::string(fields[1]);
    one.name = std::string(fields[2]);
    for (std::size_t i = 3; i < fields.size(); ++i) {
      const std::size_t equals = fields[i].find('=');
      if (equals == std::string_view::npos) {
        REQUIRE(fields[i] == "group");
        one.group = true;
      } else {
        one.expected.emplace_back(fields[i].substr(0, equals), fields[i].substr(equals + 1));
      }
    }
    cases.push_back(std::move(one));
  }
  return cases;
}

std::string value_of(const Candidate& candidate, const std::string& key) {
  if (key == "kind") return candidate.kind;
  if (key == "tenant") return candidate.tenant.value.value_or("(none)");
  if (key == "phase") return candidate.phase.value_or("(none)");
  if (key == "ref") return candidate.ref.value_or("(none)");
  if (key == "ref_type") return candidate.ref_type.value_or("(none)");
  if (key == "environment" && candidate.environment) return *candidate.environment;
  const Segment* segment = candidate.find(key);
  return segment == nullptr ? std::string("(none)") : std::string(segment->value);
}

// What differs, or empty.
std::string difference(const Candidate& candidate, const Case& wanted) {
  for (const auto& [key, value] : wanted.expected) {
    const std::string actual = value_of(candidate, key);
    if (actual != value) return candidate.kind + ": " + key + " is `" + actual + "`, not `" + value + "`";
  }
  return {};
}

}  // namespace

TEST_CASE("names made after the providers' rules parse as they say") {
  const Catalogue& catalogue = Catalogue::builtin();
  std::set<std::string> covered;
  for (const Case& one : read_cases()) {
    covered.insert(one.provider);
    DYNAMIC_SECTION(one.provider << " " << one.name << " of " << one.issuer) {
      ParseOptions options;
      options.issuer = one.issuer;
      options.kind = one.group ? NameKind::group : NameKind::user;
      const ParsedName parsed = catalogue.parse(one.name, options);
      std::vector<std::string> differences;
      bool found = false;
      for (const Candidate& candidate : parsed.candidates) {
        if (candidate.provider->id != one.provider) continue;
        differences.push_back(difference(candidate, one));
        found = found || differences.back().empty();
      }
      INFO(parsed.candidates.size() << " candidates; " << join(differences, "; "));
      if (one.absent) {
        CHECK(differences.empty());
      } else {
        CHECK(found);
      }
    }
  }
  for (const Provider& provider : catalogue.providers()) {
    INFO("provider `" << provider.id << "` has no line in subject_variations.txt");
    CHECK(covered.count(provider.id) == 1);
  }
}

TEST_CASE("the provider of the guide is one") {
  const std::string page = test::read_file(test::source_dir() + "/docs/adding-a-provider.md");
  const std::size_t begin = page.find("```yaml\n") + 8;
  const std::size_t end = page.find("```", begin);
  const std::vector<std::pair<std::string, std::string>> texts = {{"guide", page.substr(begin, end - begin)}};
  const auto catalogue = Catalogue::from_texts(texts);
  INFO((catalogue.ok() ? "" : catalogue.error().message()));
  REQUIRE(catalogue.ok());
  ParseOptions options;
  options.issuer = "https://oidc.ci.example";
  const ParsedName parsed = catalogue.value().parse("org:acme:project:17:ref:refs/heads/main", options);
  REQUIRE(parsed.candidates.size() == 1);
  CHECK(parsed.candidates.front().tenant.value == "acme");
  CHECK(parsed.candidates.front().ref == "refs/heads/main");
  CHECK(parsed.candidates.front().kind == "ref");
}
