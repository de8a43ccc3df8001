#include <catch2/catch.hpp>

#include "source/source_manager.h"

using namespace oidc_audit;

TEST_CASE("positions count code points and all kinds of line ends") {
  SourceManager sources;
  const BufferId id = sources
                          .add("a.yaml",
                               "\xEF\xBB\xBF"
                               "aé世\r\nb\rc\nd")
                          .value();
  CHECK(sources.text(id).substr(0, 1) == "a");
  CHECK(sources.position(id, 0) == LineColumn{1, 1});
  CHECK(sources.position(id, 3) == LineColumn{1, 3});  // behind é, two bytes
  CHECK(sources.position(id, 2) == LineColumn{1, 2});  // inside é
  CHECK(sources.position(id, 6) == LineColumn{1, 4});
  CHECK(sources.position(id, 8) == LineColumn{2, 1});
  CHECK(sources.position(id, 10) == LineColumn{3, 1});
  CHECK(sources.position(id, 12) == LineColumn{4, 1});
  CHECK(sources.position(id, 99) == LineColumn{4, 2});
  CHECK(sources.line(id, 1) == "aé世");
  CHECK(sources.line(id, 2) == "b");
  CHECK(sources.line(id, 4) == "d");
  CHECK(sources.line(id, 5).empty());
  CHECK(sources.text(SourceRange{id, 8, 9}) == "b");
  CHECK(sources.text(SourceRange{id, 8, 9999}).size() == 5);
}

TEST_CASE("an empty buffer has one empty line") {
  SourceManager sources;
  const BufferId id = sources.add("-", "").value();
  CHECK(sources.position(id, 0) == LineColumn{1, 1});
  CHECK(sources.line(id, 1).empty());
}

TEST_CASE("columns of a line of megabytes are counted once") {
  std::string text = "first\n{";
  constexpr std::size_t kItems = 100'000;
  std::vector<std::uint32_t> offsets;
  for (std::size_t i = 0; i < kItems; ++i) {
    offsets.push_back(static_cast<std::uint32_t>(text.size()));
    text += i % 2 == 0 ? "\xC3\xBC-\xF0\x9F\x98\x80," : "\"abc\": 1,   ";
  }
  text += "}\nlast";
  oidc_audit::SourceManager sources;
  const oidc_audit::BufferId buffer = sources.add("a.json", text).value();
  std::uint32_t column = 2;
  std::uint32_t utf16 = 2;
  bool same = true;
  for (std::size_t i = 0; i < kItems; ++i) {
    same = same && sources.position(buffer, offsets[i]) == oidc_audit::LineColumn{2, column} &&
           sources.utf16_position(buffer, offsets[i]) == oidc_audit::LineColumn{2, utf16};
    column += i % 2 == 0 ? 4 : 12;
    utf16 += i % 2 == 0 ? 5 : 12;
  }
  CHECK(same);
  const auto end = static_cast<std::uint32_t>(text.size());
  CHECK(sources.position(buffer, end) == oidc_audit::LineColumn{3, 5});
  // Inside a character counts as its start.
  CHECK(sources.position(buffer, offsets[99'998] + 1) == sources.position(buffer, offsets[99'998]));
}
