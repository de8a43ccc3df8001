#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "diag/location.h"
#include "oidc/iam_mapping.h"

namespace oidc_audit::rbac {
class Inventory;
}

namespace oidc_audit::rules {

/// One mapping of IAM identities as rules see it: an entry of mapRoles, mapUsers or mapAccounts of the
/// ConfigMap `aws-auth`, or an access entry. Borrows the mappings.
struct IamEntry {
  const oidc::IamMapping* mapping = nullptr;  ///< null: an account
  const oidc::ConfigText* account = nullptr;  ///< of mapAccounts; else null
  std::size_t index = 0;                      ///< of the account
  std::string_view cluster = {};              ///< label of the live cluster it is of

  std::string_view source() const;  ///< `mapRoles`, `mapUsers`, `mapAccounts`, `accessEntry`
  bool is_access_entry() const;
  std::string at() const;        ///< `mapRoles[0]`
  std::string_view arn() const;  ///< or the account's id
  /// Why no identity ever is this entry's; empty: one may be, or it is dropped and an issue says so.
  std::string never_matches() const;
  /// The ARN that was probably meant; empty: not known.
  std::string meant_arn() const;
};

/// Adds what `aws-auth` of the input maps, and what is wrong with it. That of a live cluster has no places.
void add_iam_mappings(const rbac::Inventory& inventory, const SourceManager& sources,
                      oidc::IamMappings& into);
std::vector<IamEntry> iam_entries(const oidc::IamMappings& mappings);

/// The place of `/arn`, `/username` or `/groups/0` of an entry.
Location place_in_iam(const IamEntry& entry, std::string_view pointer);

}  // namespace oidc_audit::rules
