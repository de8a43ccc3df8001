#include "cluster/warning_header.h"

#include "base/strings.h"

namespace oidc_audit::cluster {

namespace {

/// Takes a quoted string off the front; false when there is none.
bool take_quoted(std::string_view& text, std::string& out) {
  if (!text.starts_with('"')) return false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return false;
}

void skip_space(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

}  // namespace

std::vector<std::string> read_warnings(std::string_view header) {
  std::vector<std::string> out;
  for (;;) {
    skip_space(header);
    const std::size_t space = header.find(' ');
    if (space != 3) return out;
    const std::string_view code = header.substr(0, 3);
    header.remove_prefix(4);
    const std::size_t agent = header.find(' ');
    if (agent == 0 || agent == std::string_view::npos) return out;
    header.remove_prefix(agent + 1);
    skip_space(header);
    std::string text;
    if (!take_quoted(header, text)) return out;
    if (code == "299" && !text.empty()) out.push_back(std::move(text));
    // A date may follow; then a comma and the next one.
    skip_space(header);
    std::string date;
    if (header.starts_with('"') && !take_quoted(header, date)) return out;
    skip_space(header);
    if (!header.starts_with(',')) return out;
    header.remove_prefix(1);
  }
}

}  // namespace oidc_audit::cluster
