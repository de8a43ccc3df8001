#include "cli/file_finder.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "run_cli.h"

using namespace oidc_audit;
using namespace oidc_audit::cli;
using oidc_audit::test::InDirectory;
using oidc_audit::test::TempDir;

namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

Names names_of(const FindResult& result) {
  Names names;
  for (const FoundFile& file : result.files) names.push_back(file.path);
  return names;
}

Names find(const FindOptions& options) { return names_of(find_files(options, *make_system_files())); }

FindOptions in(Names paths) {
  FindOptions options;
  options.paths = std::move(paths);
  return options;
}

}  // namespace

TEST_CASE("directories are searched for manifests in a stable order") {
  const TempDir dir;
  for (const char* name : {"b.yaml", "a.yml", "sub/c.json", "sub/deep/d.yaml", "a/e.yaml", "note.txt",
                           "Chart.tpl", ".yaml", "sub/.hidden.yaml", ".github/w.yaml"}) {
    dir.write(name, "x");
  }
  const InDirectory here(dir.path());
  const Names all = {"a.yml", "b.yaml", "a/e.yaml", "sub/c.json", "sub/deep/d.yaml"};
  CHECK(find(in({"."})) == all);
  CHECK(find(in({"./"})) == all);
  CHECK(find(in({"sub"})) == Names{"sub/c.json", "sub/deep/d.yaml"});
  CHECK(find(in({"./sub//"})) == Names{"sub/c.json", "sub/deep/d.yaml"});
  CHECK(find(in({dir.path() + "/a"})) == Names{dir.path() + "/a/e.yaml"});
  FindOptions hidden = in({"."});
  hidden.hidden = true;
  CHECK(find(hidden) == Names{"a.yml", "b.yaml", ".github/w.yaml", "a/e.yaml", "sub/.hidden.yaml",
                              "sub/c.json", "sub/deep/d.yaml"});
}

TEST_CASE("what is named is taken, once") {
  const TempDir dir;
  dir.write(".hidden/x.txt", "x");
  dir.write("a.yaml", "x");
  dir.write(".gitignore", "*\n");
  dir.write(".git/HEAD", "x");
  const InDirectory here(dir.path());
  CHECK(find(in({".hidden/x.txt", "a.yaml", "./a.yaml", dir.path() + "/a.yaml", "."})) ==
        Names{".hidden/x.txt", "a.yaml"});
  FindOptions excluded = in({"a.yaml"});
  excluded.exclude = {"a.yaml"};
  CHECK(find(excluded) == Names{"a.yaml"});
  excluded.force_exclude = true;
  CHECK(find(excluded).empty());
}

TEST_CASE("ignore files count as in ripgrep") {
  const TempDir dir;
  for (const char* name :
       {"repo/keep.yaml", "repo/build/x.yaml", "repo/gen.yaml", "repo/sub/gen.yaml", "repo/sub/local.yaml",
        "repo/sub/.shown.yaml", "repo/info.yaml", "repo/inner/gen.yaml", "plain/build/y.yaml"}) {
    dir.write(name, "x");
  }
  dir.write("repo/.git/info/exclude", "info.yaml\n");
  dir.write("repo/.gitignore", "build/\ngen.yaml\n");
  dir.write("repo/sub/.gitignore", "!gen.yaml\n!.shown.yaml\n");
  dir.write("repo/sub/.ignore", "local.yaml\n");
  dir.write("repo/inner/.git/HEAD", "a repository inside another: rules of the outer one end here");
  dir.write("plain/.gitignore", "build/\n");
  const InDirectory here(dir.path());
  CHECK(find(in({"repo"})) ==
        Names{"repo/keep.yaml", "repo/inner/gen.yaml", "repo/sub/.shown.yaml", "repo/sub/gen.yaml"});
  // Rules of directories above the named one count, too; the named one itself is taken.
  CHECK(find(in({"repo/sub"})) == Names{"repo/sub/.shown.yaml", "repo/sub/gen.yaml"});
  CHECK(find(in({"repo/build"})) == Names{"repo/build/x.yaml"});
  // Without a repository .gitignore says nothing.
  CHECK(find(in({"plain"})) == Names{"plain/build/y.yaml"});
  FindOptions everything = in({"repo"});
  everything.no_ignore = true;
  CHECK(find(everything).size() == 7);
  FindOptions excluding = in({"repo"});
  excluding.exclude = {"repo/sub/", "!info.yaml"};
  CHECK(find(excluding) == Names{"repo/info.yaml", "repo/keep.yaml", "repo/inner/gen.yaml"});
  FindOptions configured = in({"repo"});
  configured.config_exclude = {"/sub/"};
  configured.config_directory = dir.path() + "/repo";
  CHECK(find(configured) == Names{"repo/keep.yaml", "repo/inner/gen.yaml"});
}

TEST_CASE("links are followed when asked, loops are reported") {
  const TempDir dir;
  dir.write("real/a.yaml", "x");
  dir.write("tree/b.yaml", "x");
  fs::create_directory_symlink("../real", dir.path() + "/tree/link");
  fs::create_directory_symlink("..", dir.path() + "/tree/up");
  fs::create_symlink("b.yaml", dir.path() + "/tree/c.yaml");
  fs::create_symlink("nowhere", dir.path() + "/tree/dangling.yaml");
  const InDirectory here(dir.path());
  const FindResult plain = find_files(in({"tree"}), *make_system_files());
  CHECK(names_of(plain) == Names{"tree/b.yaml"});
  CHECK(plain.errors.empty());
  CHECK(plain.skipped.size() == 4);
  FindOptions follow = in({"tree"});
  follow.follow = true;
  const FindResult followed = find_files(follow, *make_system_files());
  // c.yaml is b.yaml again.
  CHECK(names_of(followed) == Names{"tree/b.yaml", "tree/link/a.yaml"});
  REQUIRE(followed.errors.size() == 2);
  CHECK(followed.errors[0].error.message() == "`tree/dangling.yaml`: the link leads nowhere");
  CHECK(followed.errors[1].error.message().find("symbolic link loop") != std::string::npos);
  // A link that is named is followed.
  CHECK(find(in({"tree/link"})) == Names{"tree/link/a.yaml"});
  CHECK(find(in({"tree/c.yaml"})) == Names{"tree/c.yaml"});
}

TEST_CASE("what cannot be looked at is an error, the rest goes on") {
  const TempDir dir;
  dir.write("a.yaml", "x");
  const InDirectory here(dir.path());
  const FindResult result = find_files(in({"missing.yaml", "a.yaml"}), *make_system_files());
  CHECK(names_of(result) == Names{"a.yaml"});
  REQUIRE(result.errors.size() == 1);
  CHECK(result.errors[0].error.message() == "`missing.yaml`: no such file or directory");
}

TEST_CASE("pipes below a directory are left alone") {
  const TempDir dir;
  REQUIRE(::mkfifo((dir.path() + "/pipe.yaml").c_str(), 0600) == 0);
  dir.write("a.yaml", "x");
  const InDirectory here(dir.path());
  CHECK(find(in({"."})) == Names{"a.yaml"});
}

TEST_CASE("very deep directories end with an error") {
  const TempDir dir;
  std::string deep = dir.path();
  for (int i = 0; i < 300; ++i) deep += "/d";
  fs::create_directories(deep);
  const InDirectory here(dir.path());
  const FindResult result = find_files(in({"."}), *make_system_files());
  REQUIRE(result.errors.size() == 1);
  CHECK(result.errors[0].error.kind() == ErrorKind::limit);
}
