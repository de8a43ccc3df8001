#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diag/location.h"
#include "rbac/model.h"

namespace oidc_audit::rbac {

class Inventory;

enum class DriftChange : std::uint8_t {
  differs,        ///< on both sides, and not the same
  only_in_files,  ///< not applied, or deleted
  only_live,      ///< no file declares it
};

/// What the cluster gives in comparison with the files.
enum class DriftEffect : std::uint8_t { none, less, more, both };

/// `differs`, `only-in-files`, `only-live`
std::string_view to_string(DriftChange change);
/// `none`, `less`, `more`, `both`
std::string_view to_string(DriftEffect effect);

struct DriftEntry {
  DriftChange change = DriftChange::differs;
  DriftEffect effect = DriftEffect::none;
  ObjectRef object;                  ///< in the cluster, or in the files when only there
  std::optional<Location> declared;  ///< its place in the files
  std::vector<std::string> more;     ///< what only the cluster gives: subjects, roles, rules; for people
  std::vector<std::string> less;     ///< what only the files give
};

struct DriftOptions {
  bool declared_only = false;  ///< leave out what only the cluster has
  /// Whether all objects of a resource (`roles`) were read from the cluster; if not, what is missing there
  /// says nothing. Null: they were.
  std::function<bool(std::string_view resource)> complete;
};

struct Drift {
  std::vector<DriftEntry> entries;    ///< by kind, namespace and name
  std::size_t compared = 0;           ///< objects of the files
  std::size_t same = 0;               ///< of those, as declared
  std::size_t unknown_namespace = 0;  ///< of the files, not compared
};

/// Compares the RBAC objects of files with those of a cluster by what they grant: order, repetitions and
/// metadata do not count. Objects that every server makes itself are no drift. ClusterRoles that the
/// controller aggregates are compared by their selectors, since files do not hold their rules.
Drift find_drift(const Inventory& files, const Inventory& live, const DriftOptions& options = {});

}  // namespace oidc_audit::rbac
