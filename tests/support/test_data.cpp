#include "support/test_data.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace oidc_audit::test {

namespace {

std::optional<std::string> existing_dir(const char* variable, const char* fallback) {
  const char* value = std::getenv(variable);
  const std::string path = value != nullptr && *value != '\0' ? value : fallback;
  if (path.empty()) return std::nullopt;
  if (!std::filesystem::is_directory(path)) {
    throw std::runtime_error(std::string(variable) + " names no folder: " + path);
  }
  return path;
}

bool in_ci() {
  const char* value = std::getenv("CI");
  return value != nullptr && std::string(value) == "true";
}

}  // namespace

std::string source_dir() { return OIDC_AUDIT_SOURCE_DIR; }

std::optional<std::string> shared_dir() {
  auto dir = existing_dir("OIDC_AUDIT_SHARED", OIDC_AUDIT_SHARED_DEFAULT);
  if (!dir && in_ci()) throw std::runtime_error("CI needs the shared test data: set OIDC_AUDIT_SHARED");
  return dir;
}

std::optional<std::string> conformance_dir() {
  if (auto dir = existing_dir("OIDC_AUDIT_CONFORMANCE", OIDC_AUDIT_CONFORMANCE_DEFAULT)) return dir;
  if (auto dir = shared_dir()) return *dir + "/conformance";
  return std::nullopt;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace oidc_audit::test
