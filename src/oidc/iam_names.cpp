#include "oidc/iam_names.h"

#include <algorithm>

namespace oidc_audit::oidc {

namespace {

// `deploy:{{SessionName}}` as a text with a hole; a variable that is none stays as it is.
TextShape shape_of_template(std::string_view text) {
  TextShape out = TextShape::exact({});
  std::size_t begin = 0;
  for (std::size_t at = text.find("{{"); at != std::string_view::npos; at = text.find("{{", at)) {
    const std::size_t end = text.find("}}", at + 2);
    if (end == std::string_view::npos) break;
    const std::string_view name = text.substr(at + 2, end - at - 2);
    if (is_template_variable(name)) {
      out = TextShape::joined(std::move(out), TextShape::exact(std::string(text.substr(begin, at - begin))));
      out = TextShape::joined(std::move(out), TextShape::hole(std::string(name)));
      begin = end + 2;
    }
    at = end + 2;
  }
  return TextShape::joined(std::move(out), TextShape::exact(std::string(text.substr(begin))));
}

}  // namespace

void IamNames::Names::add(const std::string& text) {
  constexpr std::size_t kMostShapes = 10'000;
  if (text.empty()) return;
  TextShape shape = shape_of_template(text);
  if (shape.is_exact()) {
    exact.insert(text);
  } else if (shapes.size() < kMostShapes && std::find(shapes.begin(), shapes.end(), shape) == shapes.end()) {
    shapes.push_back(std::move(shape));
  }
}

bool IamNames::Names::match(std::string_view name) const {
  if (exact.contains(std::string(name))) return true;
  return std::any_of(shapes.begin(), shapes.end(),
                     [name](const TextShape& shape) { return shape.matches(name); });
}

IamNames::IamNames(const IamMappings& mappings) {
  for (const IamMapping& mapping : mappings.entries) {
    if (!mapping.counts()) continue;
    users_.add(mapping.username.value);
    for (const ConfigText& group : mapping.groups) groups_.add(group.value);
  }
  for (const ConfigText& account : mappings.accounts) accounts_.push_back(account.value);
}

bool IamNames::may_carry(bool group, std::string_view name) const {
  if (group) return groups_.match(name);
  if (users_.match(name)) return true;
  // An identity that nothing else names is called by its ARN, if its account is mapped.
  if (accounts_.empty() || !name.starts_with("arn:")) return false;
  const Result<IamPrincipal> principal = read_principal(name);
  return principal.ok() &&
         std::find(accounts_.begin(), accounts_.end(), principal.value().account) != accounts_.end();
}

}  // namespace oidc_audit::oidc
