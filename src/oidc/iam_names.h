#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "oidc/iam_mapping.h"
#include "oidc/text_shape.h"

namespace oidc_audit::oidc {

/// The names that IAM identities can get in a cluster, by its mappings.
class IamNames {
 public:
  IamNames() = default;
  explicit IamNames(const IamMappings& mappings);

  /// Whether some identity can have the name. Variables of templates stand for any text.
  bool may_carry(bool group, std::string_view name) const;

 private:
  struct Names {
    std::unordered_set<std::string> exact;
    std::vector<TextShape> shapes;
    void add(const std::string& text);
    bool match(std::string_view name) const;
  };
  Names users_;
  Names groups_;
  std::vector<std::string> accounts_;
};

}  // namespace oidc_audit::oidc
