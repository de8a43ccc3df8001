#include "report/fingerprint.h"

#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/strings.h"

namespace oidc_audit::report {

std::string binding_fingerprint(const Finding& finding) {
  const ObjectRef& object = finding.location.object;
  const std::string scope = object.namespace_name.empty() ? "cluster" : "namespace";
  std::vector<std::string> parts = {finding.rule.str(), scope, object.kind, object.namespace_name,
                                    object.name};
  if (finding.subject) {
    parts.insert(parts.end(),
                 {finding.subject->kind, finding.subject->namespace_name, finding.subject->name});
  } else {
    parts.push_back(finding.location.pointer);
  }
  return sha256_hex(join(parts, std::string_view("\0", 1)));
}

}  // namespace oidc_audit::report
