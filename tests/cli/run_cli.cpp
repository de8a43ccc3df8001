#include "run_cli.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "base/clock.h"

namespace oidc_audit::test {

namespace fs = std::filesystem;

CliResult run_cli(const std::vector<std::string>& args, const CliWorld& world) {
  std::vector<std::string> words = {world.program};
  words.insert(words.end(), args.begin(), args.end());
  std::istringstream in(world.input);
  std::ostringstream out;
  std::ostringstream err;
  const auto own = world.files == nullptr ? make_system_files() : nullptr;
  const FixedClock clock(Timestamp{1767323045, 0});
  const cli::Environment environment = [&world](const std::string& name) -> std::optional<std::string> {
    const auto it = world.environment.find(name);
    if (it == world.environment.end()) return std::nullopt;
    return it->second;
  };
  Files& files = own ? *own : *world.files;
  const cli::ExitCode status =
      cli::run_in(words, {{in, out, err}, files, clock, environment, world.terminal});
  return {static_cast<int>(status), out.str(), err.str()};
}

TempDir::TempDir() {
  std::string pattern = (fs::temp_directory_path() / "oidc-audit-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = fs::canonical(pattern).string();
}

TempDir::~TempDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string TempDir::write(const std::string& name, const std::string& content) const {
  const fs::path path = fs::path(path_) / name;
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
  return path.string();
}

InDirectory::InDirectory(const std::string& path) : before_(fs::current_path().string()) {
  fs::current_path(path);
}

InDirectory::~InDirectory() {
  std::error_code ignored;
  fs::current_path(before_, ignored);
}

}  // namespace oidc_audit::test
