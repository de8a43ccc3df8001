#include "oidc/grammar.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "oidc/near.h"
#include "oidc/value_template.h"

namespace {

using namespace oidc_audit::oidc;
using oidc_audit::Error;
using oidc_audit::ErrorKind;
using oidc_audit::Result;

// Segments named for a common class, or `last` and `first` for any text that ends at a delimiter.
Result<SegmentSpec> segments(std::string_view name) {
  static const std::map<std::string, std::string, std::less<>> classes = {
      {"a", "slug"},      {"b", "slug"},        {"_hidden", "slug"}, {"first", "text"}, {"last", "text"},
      {"ref", "git-ref"}, {"digits", "digits"}, {"uuid", "uuid"},    {"key", "word"},   {"value", "name"}};
  const auto it = classes.find(name);
  if (it == classes.end()) return Error(ErrorKind::configuration, "no such segment");
  SegmentSpec spec;
  spec.name = std::string(name);
  spec.value_class = find_common_class(it->second);
  spec.end_last = name == "last";
  return spec;
}

Grammar compile(std::string_view pattern, Grammar::Options options = {}) {
  auto grammar = Grammar::compile(pattern, options, segments);
  INFO(pattern);
  if (!grammar.ok()) FAIL(grammar.error().message());
  return std::move(grammar).value();
}

std::string parse(const Grammar& grammar, std::string_view text) {
  std::vector<Capture> captures;
  if (!grammar.match(text, captures)) return "no";
  std::string out;
  for (const Capture& capture : captures)
    out += std::string(capture.name) + "=" +
           std::string(text.substr(capture.begin, capture.end - capture.begin)) + ";";
  return out;
}

}  // namespace

TEST_CASE("patterns match whole texts") {
  struct Row {
    const char* pattern;
    const char* text;
    const char* result;
  };
  const Row rows[] = {
      {"x:{a}:y:{b}", "x:one:y:two", "a=one;b=two;"},
      {"x:{a}:y:{b}", "x:one:y:", "no"},
      {"x:{a}:y:{b}", "x:one:y:two:", "no"},
      {"x:{a}:y:{b}", " x:one:y:two", "no"},
      {"x:{a}:y:{b}", "", "no"},
      {"x:{a}[@{digits}]/{b}", "x:o/r", "a=o;b=r;"},
      {"x:{a}[@{digits}]/{b}", "x:o@12/r", "a=o;digits=12;b=r;"},
      {"x:{a}[@{digits}]/{b}", "x:o@/r", "no"},
      {"{first}/end/{a}", "p/q/end/z", "first=p/q;a=z;"},
      {"{first}/end/{a}", "p/end/q/end/z", "no"},
      {"{last}/end/{a}", "p/end/q/end/z", "last=p/end/q;a=z;"},
      {"u:{<whole}{a}/{b}{>whole}:z", "u:p/q:z", "whole=p/q;a=p;b=q;"},
      {"u:{<whole}{>whole}:z", "u::z", "whole=;"},
      {"r:{ref}", "r:refs/heads/a/b", "ref=refs/heads/a/b;"},
      {"r:{ref}", "r:refs/heads/a..b", "no"},
      {"r:{ref}", "r:refs/heads/a.lock", "no"},
      {"r:{ref}", "r:main", "no"},
      {"\\{{uuid}\\}", "{0a0b0c0d-1111-4222-8333-444455556666}",
       "uuid=0a0b0c0d-1111-4222-8333-444455556666;"},
      {"\\{{uuid}\\}", "{0A0B0C0D-1111-4222-8333-444455556666}", "no"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.pattern << " on `" << row.text << "`") {
      CHECK(parse(compile(row.pattern), row.text) == row.result);
    }
  }
}

TEST_CASE("items stand in any order, each once") {
  Grammar::Options options;
  options.items = {"ref:{ref}", "ref_type:{a}", "{<b}flag{>b}", "prop_{=key}:{value}"};
  const Grammar grammar = compile("{...}", options);
  CHECK(grammar.starts().size() == 4);
  CHECK(parse(grammar, "ref_type:tag:ref:refs/tags/v1") == "a=tag;ref=refs/tags/v1;");
  CHECK(parse(grammar, "flag:ref_type:x") == "b=flag;a=x;");
  CHECK(parse(grammar, "prop_one:1:prop_two:2") == "prop_one=1;prop_two=2;");
  CHECK(parse(grammar, "flag:flag") == "no");
  CHECK(parse(grammar, "ref_type:x:") == "no");
  CHECK(parse(grammar, "other:x") == "no");
  CHECK(parse(grammar, "") == "no");
}

TEST_CASE("patterns that make no sense are refused") {
  for (const char* pattern : {"", "x{", "x]", "x[{a}]", "x[", "{}", "{unknown}", "{...}", "x{...}y"}) {
    DYNAMIC_SECTION("`" << pattern << "`") { CHECK(!Grammar::compile(pattern, {}, segments).ok()); }
  }
  Grammar::Options options;
  options.items = std::vector<std::string>(65, "k:{a}");
  CHECK(!Grammar::compile("{...}", options, segments).ok());
  options.items = {"k:{a}"};
  CHECK(!Grammar::compile("x", options, segments).ok());
}

TEST_CASE("time is linear in the text") {
  const Grammar grammars[] = {
      compile("{first}/end/{last}/end/{a}"),
      compile("x:{first}:y:{first}:z:{a}"),
      compile("{a}[:{b}][:{a}]"),
  };
  // Processor time: other programs of the machine do not count.
  const auto time = [](const Grammar& grammar, const std::string& text) {
    std::vector<Capture> captures;
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
      const std::clock_t start = std::clock();
      (void)grammar.match(text, captures);
      (void)walk_grammar(grammar, text, 0);
      best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    }
    return best;
  };
  for (const Grammar& grammar : grammars) {
    for (const char* const unit : {"/end/", "x:y:z:", "a", ":", "/en", "*"}) {
      std::string small;
      while (small.size() < 8'000) small += unit;
      std::string large;
      while (large.size() < 128'000) large += unit;
      INFO(grammar.pattern() << " on repetitions of " << unit);
      // Sixteen times the text: quadratic behaviour would take 256 times as long.
      CHECK(time(grammar, large) < 80 * time(grammar, small) + 0.02);
    }
  }
}

TEST_CASE("templates take values and cut them") {
  const auto variables = [](std::string_view name) -> std::optional<std::string_view> {
    if (name == "path") return "group/sub/app";
    if (name == "flow") return "o/r/w.yml@refs/heads/x";
    if (name == "word") return "Run_Type";
    if (name == "empty") return "";
    return std::nullopt;
  };
  const std::pair<const char*, std::optional<std::string>> rows[] = {
      {"{path|before:/}", "group"},
      {"{path|after:/}", "sub/app"},
      {"{flow|after:@}", "refs/heads/x"},
      {"{path|after:@}", std::nullopt},
      {"{path|before:@}", "group/sub/app"},
      {"{missing}", std::nullopt},
      {"a-{word|lower}-{word|hyphens}", "a-run_type-Run-Type"},
      {"text", "text"},
      {"{empty}", ""}};
  for (const auto& [text, expected] : rows) {
    DYNAMIC_SECTION(text) {
      const auto parsed = ValueTemplate::parse(text);
      REQUIRE(parsed.ok());
      const std::optional<std::string> want = expected;
      CHECK(parsed.value().expand(variables) == want);
    }
  }
  for (const char* bad : {"{", "{}", "{a|upper}", "{a|before:}"}) CHECK(!ValueTemplate::parse(bad).ok());
}
