// For programs that carry the C++ runtime (OIDC_AUDIT_ARCHIVE). Nothing here wants random numbers, but
// Debian's libstdc++.a has std::random_device beside what is used, and that asks glibc for a function that it
// has since 2.36 only.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

extern "C" std::uint32_t arc4random() noexcept {
  std::uint32_t value = 0;
  if (::getentropy(&value, sizeof value) != 0) std::abort();
  return value;
}
