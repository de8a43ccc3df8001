#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "diag/collector.h"
#include "rbac/model.h"

namespace oidc_audit::rbac {

/// Where a field stands in an object; lives on the stack of whoever walks there and costs nothing until a
/// message is made.
struct FieldPath {
  static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);

  const FieldPath* parent = nullptr;
  std::string_view key;          ///< of a mapping, or
  std::size_t index = kNoIndex;  ///< of a list

  FieldPath field(std::string_view name) const { return {this, name, kNoIndex}; }
  FieldPath item(std::size_t at) const { return {this, {}, at}; }
  /// `/subjects/0/name`
  std::string pointer() const;
  /// `subjects[0].name`, as the API server writes it
  std::string text() const;
};

/// Takes the issues of one object after another. An object that gets a refusal is marked rejected.
class ObjectIssues {
 public:
  /// At most `budget` issues are passed on; what comes then is dropped, and said once.
  ObjectIssues(Collector& collector, std::size_t budget) : collector_(collector), budget_(budget) {}

  /// From now on issues carry no places: the text is a server's answer, which nobody can open.
  void forget_places() { places_ = false; }

  /// The object that is spoken of from now on; outlives the use.
  void set_object(Meta* meta) { meta_ = meta; }

  /// The API server refuses the object: marks it. `message` is in the server's words.
  void refuse(const FieldPath& path, const std::optional<SourceRange>& range, std::string_view code,
              std::string message, std::string hint = {});
  void warn(const FieldPath& path, const std::optional<SourceRange>& range, std::string_view code,
            std::string message, std::string hint = {});
  void note(const FieldPath& path, const std::optional<SourceRange>& range, std::string_view code,
            std::string message, std::string hint = {});
  void add(Issue issue);

 private:
  void add(IssueLevel level, const FieldPath& path, const std::optional<SourceRange>& range,
           std::string_view code, std::string message, std::string hint);

  Collector& collector_;
  std::size_t budget_;
  bool places_ = true;
  Meta* meta_ = nullptr;
};

}  // namespace oidc_audit::rbac
