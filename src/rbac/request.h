#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "document/tree.h"
#include "rbac/attributes.h"
#include "rbac/authorizer.h"
#include "rbac/resources.h"

namespace oidc_audit::rbac {

/// What was typed: VERB and TYPE[/NAME] or a path, and the flags beside them.
struct RequestWords {
  std::string verb;
  std::string what;  ///< `pods`, `deployments.apps/web`, `/healthz`
  std::optional<std::string> api_group;
  std::string subresource;
  std::optional<std::string> namespace_name;  ///< as given; nullopt: `default`
  bool all_namespaces = false;
};

/// A question, with what ought to be said about it on standard error.
struct Request {
  Attributes attributes;
  const ApiResource* known = nullptr;
  struct Remark {
    std::string message;  ///< lower case, no final period
    std::string hint;
  };
  std::vector<Remark> warnings;
  std::vector<Remark> hints;
};

/// Reads a question as `kubectl auth can-i` does (cani.go), with these differences, each of which answers
/// what the server would: a resource known to be cluster-scoped is asked about without a namespace, and the
/// namespace of `namespaces/NAME` is NAME, as in the URL of such a request (requestinfo.go); a name that a
/// request of that verb cannot carry is taken away. The user is the caller's to add. Fails (usage) when
/// the words contradict each other.
Result<Request> read_request(const RequestWords& words, const ResourceCatalog& catalog);

/// Attributes of a SubjectAccessReview, LocalSubjectAccessReview, SelfSubjectAccessReview (helpers.go
/// ResourceAttributesFrom, NonResourceAttributesFrom); groups are taken literally. Fails (malformed) as the
/// server's validation does. For a SelfSubjectAccessReview the user stays empty and `self` is true.
struct Review {
  Attributes attributes;
  bool self = false;
};
Result<Review> read_review(const document::Value& root);

/// A request for an URL (requestinfo.go NewRequestInfo): method in upper case, path decoded, query as sent.
/// The verb of a non-resource request is the lower-case method.
Attributes request_of_url(std::string_view method, std::string_view path, std::string_view query = {});

/// A further authorization that the same action of a person needs, or may need.
struct SecondaryCheck {
  std::string when;  ///< "on servers since 1.35", "when the object does not exist yet"
  Attributes attributes;
  /// What the first answer means without it: for people.
  std::string message;
};

/// The further checks behind a request (subresources.go, update.go, patch.go, policybased/storage.go,
/// certificates/util.go, impersonation.go); empty for most. Only those that can be asked without the object.
std::vector<SecondaryCheck> secondary_checks(const Attributes& request);

}  // namespace oidc_audit::rbac
