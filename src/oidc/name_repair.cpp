#include "oidc/name_repair.h"

#include <algorithm>

#include "base/strings.h"
#include "oidc/value_class.h"

namespace oidc_audit::oidc {

std::string with_lower_uuids(std::string_view text) {
  constexpr std::size_t kSize = 36;
  std::string out;
  for (std::size_t dash = text.find('-'); dash != std::string_view::npos; dash = text.find('-', dash + 1)) {
    if (dash < 8 || dash - 8 + kSize > text.size()) continue;
    const std::string_view here = text.substr(dash - 8, kSize);
    const std::string lowered = to_lower_ascii(here);
    if (lowered == here || !is_uuid(lowered)) continue;
    if (out.empty()) out = std::string(text);
    out.replace(dash - 8, kSize, lowered);
    dash += kSize - 9;
  }
  return out;
}

std::vector<std::string> with_other_slashes(std::string_view text) {
  std::vector<std::string> out;
  if (text.find('/') == std::string_view::npos) return out;
  std::string single;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool scheme = i >= 2 && text[i - 1] == '/' && text[i - 2] == ':' && i > 2;
    if (text[i] == '/' && !scheme && !single.empty() && single.back() == '/') continue;
    single += text[i];
  }
  if (single != text) out.push_back(single);
  std::string beside;
  for (std::size_t i = 0; i < single.size(); ++i) {
    const bool scheme = single.compare(i, 2, "//") == 0 || (i > 0 && single[i - 1] == '/');
    const bool after = i > 0 && single[i - 1] == ':';
    const bool before = i + 1 == single.size() || single[i + 1] == ':';
    if (single[i] == '/' && !scheme && (after || before)) continue;
    beside += single[i];
  }
  if (beside != single) out.push_back(std::move(beside));
  if (!single.ends_with('/')) out.push_back(single + "/");
  return out;
}

}  // namespace oidc_audit::oidc
