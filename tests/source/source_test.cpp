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
