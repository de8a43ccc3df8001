#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "diag/issue.h"
#include "document/builder.h"

namespace oidc_audit::document {

/// Reads JSON as the API server's decoder does (Go's encoding/json): strict syntax, but bytes that are not
/// UTF-8 and lone surrogates become U+FFFD, which is said. Numbers keep their text. One pass, no
/// recursion.
class JsonReader {
 public:
  JsonReader(BufferId buffer, std::string_view text, DocumentBuilder& builder, const Limits& limits,
             std::vector<Issue>& issues)
      : text_(text), buffer_(buffer), builder_(builder), limits_(limits), issues_(issues) {}

  /// Reads one value that starts at `at` (white space is skipped) and moves `at` behind it. The builder
  /// has had begin_document(). On failure `at` is where the trouble is.
  std::optional<Issue> read(std::uint32_t& at);

 private:
  bool value();
  bool string();
  bool string_with_escapes(std::uint32_t begin, std::uint32_t plain_end);
  bool escape(std::string& out);
  bool number();
  bool word(std::string_view text, NodeKind kind);
  void skip_space();
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool fail(std::string message, std::string hint = {});
  bool fail_here(std::string_view expected);
  void warn(std::string code, std::uint32_t begin, std::uint32_t end, std::string message);

  std::string_view text_;
  BufferId buffer_;
  DocumentBuilder& builder_;
  const Limits& limits_;
  std::vector<Issue>& issues_;
  std::uint32_t at_ = 0;
  std::string scratch_;
  std::optional<Issue> issue_;
};

}  // namespace oidc_audit::document
