#pragma once

#include <string>

namespace oidc_audit::cli {

/// The manual page of the program, oidc-audit(1), in the macros of man(7): every command with its options as
/// they are declared, exit status, environment, files and notes. Without a date, so that the same program
/// makes the same page.
std::string man_page();

}  // namespace oidc_audit::cli
