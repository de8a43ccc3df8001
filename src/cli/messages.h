#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "base/error.h"

namespace oidc_audit::cli {

/// Writes errors, warnings, notes and progress to standard error, one line each, names from input
/// escaped. Texts are lower case without a final period.
class Messages {
 public:
  Messages(std::ostream& err, bool color, bool quiet, int verbosity)
      : err_(err), color_(color), quiet_(quiet), verbosity_(verbosity) {}

  /// `oidc-audit: error: message`, and `  hint: ...` below it. Always printed.
  void error(std::string_view message, std::string_view hint = {}) const;
  void error(const Error& error) const { this->error(error.message(), error.hint()); }
  /// Not printed with --quiet.
  void warning(std::string_view message, std::string_view hint = {}) const;
  void note(std::string_view message, std::string_view hint = {}) const;
  /// Printed when -v was given at least `level` times.
  void verbose(int level, std::string_view message) const;

  /// Puts one line in the place of the one that was put there before; an empty one takes it away. For
  /// terminals only.
  void progress(std::string_view text) const;

  /// A line of the caller's own making (a located issue, a summary), not escaped again. Not printed with
  /// --quiet unless `always`.
  void line(std::string_view text, bool always = false) const;

  bool color() const { return color_; }
  bool quiet() const { return quiet_; }
  int verbosity() const { return verbosity_; }

 private:
  void write(std::string_view label, std::string_view code, std::string_view message,
             std::string_view hint) const;

  std::ostream& err_;
  bool color_;
  bool quiet_;
  int verbosity_;
};

}  // namespace oidc_audit::cli
