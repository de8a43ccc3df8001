#include "rbac/object_issues.h"

#include <utility>

#include "base/json_pointer.h"

namespace oidc_audit::rbac {

std::string FieldPath::pointer() const {
  if (parent == nullptr && key.empty() && index == kNoIndex) return {};
  std::string out = parent != nullptr ? parent->pointer() : std::string();
  out += '/';
  if (index != kNoIndex) return out + std::to_string(index);
  return out + pointer_token(key);
}

std::string FieldPath::text() const {
  if (parent == nullptr && key.empty() && index == kNoIndex) return {};
  std::string out = parent != nullptr ? parent->text() : std::string();
  if (index != kNoIndex) return out + "[" + std::to_string(index) + "]";
  if (!out.empty()) out += '.';
  return out + std::string(key);
}

void ObjectIssues::refuse(const FieldPath& path, const std::optional<SourceRange>& range,
                          std::string_view code, std::string message, std::string hint) {
  if (meta_ != nullptr) meta_->rejected = true;
  add(IssueLevel::warning, path, range, code, std::move(message), std::move(hint));
}

void ObjectIssues::warn(const FieldPath& path, const std::optional<SourceRange>& range, std::string_view code,
                        std::string message, std::string hint) {
  add(IssueLevel::warning, path, range, code, std::move(message), std::move(hint));
}

void ObjectIssues::note(const FieldPath& path, const std::optional<SourceRange>& range, std::string_view code,
                        std::string message, std::string hint) {
  add(IssueLevel::note, path, range, code, std::move(message), std::move(hint));
}

void ObjectIssues::add(Issue issue) {
  if (budget_ == 0) return;
  if (!places_) issue.location.range.reset();
  if (--budget_ == 0) {
    issue.code = "limit-issues";
    issue.level = IssueLevel::warning;
    issue.message = "too many issues in one file; further ones are not listed";
    issue.hint.clear();
    issue.related.clear();
  }
  collector_.add(std::move(issue));
}

void ObjectIssues::add(IssueLevel level, const FieldPath& path, const std::optional<SourceRange>& range,
                       std::string_view code, std::string message, std::string hint) {
  if (budget_ == 0) return;
  Issue issue;
  issue.code = code;
  issue.level = level;
  issue.message = std::move(message);
  issue.hint = std::move(hint);
  if (meta_ != nullptr) issue.location.object = meta_->ref();
  issue.location.pointer = path.pointer();
  issue.location.range = range;
  if (!range && meta_ != nullptr) issue.location.range = meta_->range;
  add(std::move(issue));
}

}  // namespace oidc_audit::rbac
