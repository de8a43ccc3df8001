#pragma once

#include <string>

#include "source/source_manager.h"

namespace oidc_audit::report {

struct ExcerptOptions {
  bool color = false;
  int width = 0;          ///< columns of the terminal; 0: unknown, then a long line is cut at 120
  std::string_view code;  ///< SGR sequence for the marks when `color` is set
};

/// The first line of `range` with its text underlined, for terminals:
///
///     12 |   name: organization:*:workspace:production:*
///        |         ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
///
/// Tabs are expanded, wide characters counted, unsafe ones escaped, secrets hidden (hide_secrets.h); of a
/// long line the part around the marks is shown. Lines end with a newline. Time is linear in the part shown
/// and in the bytes around it.
std::string source_excerpt(const SourceManager& sources, SourceRange range, const ExcerptOptions& options);

/// `file:line:column`, the file's name escaped.
std::string place_text(const SourceManager& sources, SourceRange range);

}  // namespace oidc_audit::report
