#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/test_data.h"

namespace {

namespace fs = std::filesystem;

// What each layer may include besides itself; the table in docs/ARCHITECTURE.md says why.
const std::map<std::string, std::set<std::string>>& allowed() {
  static const std::map<std::string, std::set<std::string>> table = [] {
    std::map<std::string, std::set<std::string>> t;
    t["base"] = {};
    t["source"] = {"base"};
    t["diag"] = {"base", "source"};
    t["document"] = {"base", "source", "diag"};
    t["cel"] = {"base", "source"};
    t["rbac"] = {"base", "source", "diag", "document"};
    t["oidc"] = {"base", "source", "diag", "document", "cel"};
    t["rules"] = {"base", "source", "diag", "document", "cel", "rbac", "oidc"};
    t["sim"] = {"base", "source", "diag", "document", "cel", "rbac", "oidc"};
    t["cluster"] = {"base", "source", "diag", "document"};
    t["report"] = {"base", "source", "diag", "rbac", "oidc", "sim"};
    t["cli"] = {"base", "source", "diag", "document", "cel",   "rbac",
                "oidc", "rules",  "sim",  "cluster",  "report"};
    return t;
  }();
  return table;
}

// Libraries that one layer alone may see.
const std::map<std::string, std::string>& confined() {
  static const std::map<std::string, std::string> table = {
      {"yaml-cpp/", "document"}, {"curl/", "cluster"}, {"CLI/", "cli"}};
  return table;
}

std::vector<std::string> violations_of(const std::string& layer, const std::string& text) {
  static const std::regex include_line(R"re(^\s*#\s*include\s*[<"]([^>"]+)[>"])re");
  std::vector<std::string> found;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    std::smatch match;
    if (!std::regex_search(line, match, include_line)) continue;
    const std::string path = match[1];
    for (const auto& [prefix, owner] : confined()) {
      if (path.rfind(prefix, 0) == 0 && owner != layer)
        found.push_back(path + " belongs to " + owner + "/ alone");
    }
    const std::string other = path.substr(0, path.find('/'));
    if (other == path || allowed().count(other) == 0 || other == layer) continue;
    if (allowed().at(layer).count(other) == 0) found.push_back(layer + "/ may not include " + path);
  }
  return found;
}

}  // namespace

TEST_CASE("layers include only what lies below them") {
  const fs::path root = fs::path(oidc_audit::test::source_dir()) / "src";
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".h" && extension != ".cpp") continue;
    const fs::path relative = fs::relative(entry.path(), root);
    if (relative.has_parent_path() == false) continue;  // main.cpp
    const std::string layer = relative.begin()->string();
    INFO(relative.string());
    REQUIRE(allowed().count(layer) == 1);
    ++files;
    CHECK(violations_of(layer, oidc_audit::test::read_file(entry.path().string())) ==
          std::vector<std::string>{});
  }
  CHECK(files > 10);
}

TEST_CASE("the layer check sees a violation") {
  CHECK(violations_of("base", "#include \"diag/finding.h\"\n").size() == 1);
  CHECK(violations_of("rbac", "#include <yaml-cpp/yaml.h>\n").size() == 1);
  CHECK(violations_of("cel", "#include \"rbac/model.h\"\n").size() == 1);
  CHECK(violations_of("rules", "#include \"rbac/model.h\"\n").empty());
}
