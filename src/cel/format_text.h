#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "cel/value.h"

namespace oidc_audit::cel {

/// What one clause of a format string asks for.
struct FormatClause {
  char verb = 's';
  int precision = 6;
};

/// Where a clause was refused.
struct FormatFailure {
  std::string message;
  bool of_argument = false;  ///< the place is an argument's, not the call's
};

/// Walks over a format string (ext/formatting.go). `clause` is called with the position of its argument and
/// appends the text; it returns false after filling `failure.message` without prefix.
bool walk_format(std::string_view text, std::size_t argument_count, std::string& out, FormatFailure& failure,
                 std::size_t& used,
                 const std::function<bool(std::size_t, FormatClause, std::string&, FormatFailure&)>& clause);

/// One argument under a clause. False with the failure when the value's kind does not fit.
bool format_argument(const Value& value, FormatClause clause, std::string& out, std::string& problem);

/// The refusal of a type by a verb, in cel-go's words.
std::string format_refusal(char verb, std::string_view type_name);

}  // namespace oidc_audit::cel
