#include "report/line_hash.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "report/uri.h"

using namespace oidc_audit::report;

// The vectors of github/codeql-action, fingerprints.test.ts; the last one adds characters outside the
// basic plane.
TEST_CASE("line hashes are those of the upload action") {
  struct Row {
    const char* name;
    std::string text;
    std::vector<std::string> expected;
  };
  std::string lorem;
  for (int i = 0; i < 10; ++i) lorem += "Lorem ipsum dolor sit amet.\n";
  const Row rows[] = {
      {"empty", "", {"c129715d7a2bc9a3:1"}},
      {"blanks",
       " a\nb\n  \t\tc\n d",
       {"271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"}},
      {"repeated",
       lorem,
       {"a7f2ff13bc495cf2:1", "a7f2ff13bc495cf2:2", "a7f2ff13bc495cf2:3", "a7f2ff13bc495cf2:4",
        "a7f2ff13bc495cf2:5", "a7f2ff13bc495cf2:6", "a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1",
        "55ec222b86bcae53:1", "cc97dc7b1d7d8f7b:1", "c129715d7a2bc9a3:1"}},
      {"program",
       "x = 2\nx = 1\nprint(x)\nx = 3\nprint(x)\nx = 4\nprint(x)\n",
       {"e54938cc54b302f1:1", "bb609acbe9138d60:1", "1131fd5871777f34:1", "5c482a0f8b35ea28:1",
        "54517377da7028d2:1", "2c644846cb18d53e:1", "f1b89f20de0d133:1", "c129715d7a2bc9a3:1"}},
      {"beyond_the_basic_plane",
       "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n"
       "  name: \xC3\xBCn\xC3\xAF"
       "c\xC3\xB6"
       "d\xC3\xA9-\xF0\x9F\x98\x80\n",
       {"87ed33e86ad02ee:1", "a3afb2cca1019373:1", "2a1776df9ac77c3e:1", "e63694e483d87f1d:1",
        "c129715d7a2bc9a3:1"}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(primary_location_line_hashes(row.text) == row.expected); }
  }
}

TEST_CASE("line ends do not change the hashes") {
  const std::string unix_text = "x = 2\nx = 1\nprint(x)\n";
  CHECK(primary_location_line_hashes("x = 2\r\nx = 1\r\nprint(x)\r\n") ==
        primary_location_line_hashes(unix_text));
  CHECK(primary_location_line_hashes("x = 2\rx = 1\rprint(x)\r") == primary_location_line_hashes(unix_text));
  // A blank between the two makes them two line breaks.
  CHECK(primary_location_line_hashes("a\r \nb").size() == 3);
}

TEST_CASE("paths become URI references") {
  struct Row {
    const char* path;
    const char* expected;
  };
  const Row rows[] = {
      {"deploy/rbac.yaml", "deploy/rbac.yaml"},
      {"./a.yaml", "a.yaml"},
      {"a//b.yaml", "a/b.yaml"},
      {"with space.yaml", "with%20space.yaml"},
      {"a%20b#c?d[e].yaml", "a%2520b%23c%3Fd%5Be%5D.yaml"},
      {"c:d/e.yaml", "c%3Ad/e.yaml"},
      {"\xC3\xBC.yaml", "%C3%BC.yaml"},
      {"a\\b\n.yaml", "a%5Cb%0A.yaml"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.path) { CHECK(relative_uri(row.path) == row.expected); }
  }
}
