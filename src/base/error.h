#pragma once

#include <string>
#include <string_view>

namespace oidc_audit {

/// Why something could not go on; the command line turns it into an exit status.
enum class ErrorKind {
  usage,          ///< the words of the command line are wrong
  configuration,  ///< a configuration file or rule pack is wrong
  unreadable,     ///< a file or server could not be read
  malformed,      ///< input was read and makes no sense
  limit,          ///< input exceeds a stated limit
  unsupported,    ///< valid, and deliberately not handled
  network,        ///< a server did not answer as it must
};

/// A failure that ends an operation. The message is one line in lower case without a final period;
/// text of the user stands in backticks. Never holds a token, key or password.
class Error {
 public:
  Error(ErrorKind kind, std::string message, std::string hint = {})
      : kind_(kind), message_(std::move(message)), hint_(std::move(hint)) {}

  ErrorKind kind() const noexcept { return kind_; }
  const std::string& message() const noexcept { return message_; }
  /// What to do about it; may be empty.
  const std::string& hint() const noexcept { return hint_; }

  /// The same error with `context` put before the message: "reading `a.yaml`: no such file".
  Error with_context(std::string_view context) &&;
  Error with_hint(std::string hint) &&;

 private:
  ErrorKind kind_;
  std::string message_;
  std::string hint_;
};

}  // namespace oidc_audit
