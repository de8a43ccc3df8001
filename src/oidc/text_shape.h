#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace oidc_audit::oidc {

/// A text of which some parts are known and the others are whatever a token's claims hold: what the API
/// server makes of `"gha:" + claims.sub` before any token has come.
class TextShape {
 public:
  struct Part {
    std::string text;   ///< the known text, or the name of the claim that fills the hole
    bool hole = false;  ///< any text, also the empty one
    /// The hole holds what was made of the claim, in lower case or as a text, not the claim as it is.
    bool changed = false;
    friend bool operator==(const Part&, const Part&) = default;
  };

  static TextShape exact(std::string text);
  /// A hole; `claim` is empty when it is not the value of one claim.
  static TextShape hole(std::string claim = {});
  /// A hole with what was made of the claim.
  static TextShape changed_hole(std::string claim);
  /// Joins the two, as `+` does.
  static TextShape joined(TextShape front, const TextShape& back);

  bool is_exact() const noexcept;
  /// REQUIRES: is_exact().
  std::string_view text() const noexcept;
  /// What every such text begins and ends with.
  std::string_view head() const noexcept;
  std::string_view tail() const noexcept;
  const std::vector<Part>& parts() const noexcept { return parts_; }
  /// Whether some part that is known contains `text`.
  bool surely_contains(std::string_view text) const noexcept;

  /// Whether `text` can come of it. Takes time linear in `text` for each known part.
  bool matches(std::string_view text) const noexcept;
  /// Whether a text that begins with `start` can come of it.
  bool may_start_with(std::string_view start) const noexcept;
  /// Whether one text can come of both; true when that is not easily told.
  bool may_equal(const TextShape& other) const noexcept;

  /// `gha:<sub>`: for people.
  std::string to_string() const;

  friend bool operator==(const TextShape&, const TextShape&) = default;

 private:
  std::vector<Part> parts_;  // no two known parts in a row; none empty
};

}  // namespace oidc_audit::oidc
