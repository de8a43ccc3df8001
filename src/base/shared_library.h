#pragma once

#include <initializer_list>

namespace oidc_audit {

/// A library that is loaded when it is first needed, for what most runs never use: loading libcurl with all
/// that it depends on takes longer than a scan of a few manifests. Stays loaded until the program ends.
class SharedLibrary {
 public:
  /// Loads the first of `names` that is there, as the system's loader finds them.
  explicit SharedLibrary(std::initializer_list<const char*> names);
  SharedLibrary(const SharedLibrary&) = delete;
  SharedLibrary& operator=(const SharedLibrary&) = delete;

  bool loaded() const noexcept { return handle_ != nullptr; }
  /// nullptr when the library is not loaded or has no such symbol.
  void* symbol(const char* name) const noexcept;

 private:
  void* handle_ = nullptr;
};

}  // namespace oidc_audit
