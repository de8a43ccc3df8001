#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/tree.h"

namespace oidc_audit::document {

/// What can be told from the text of YAML without parsing it. Offsets are bytes of `text`.

struct BadByte {
  std::size_t begin;
  std::size_t end;
  std::string code;
  std::string message;
};

/// The first thing in [begin, end) that go-yaml's reader refuses: bytes that are not UTF-8, control
/// characters (goyaml.v2/readerc.go `yaml_parser_update_buffer`).
std::optional<BadByte> find_bad_yaml_byte(std::string_view text, std::size_t begin, std::size_t end);

/// Start of the first line at or behind `at` that begins with `---` and is a marker; text.size() if none.
/// REQUIRES: `at` starts a line.
std::size_t find_marker(std::string_view text, std::size_t at);

/// Nothing but white space, comments, `---` and `...` lines in [begin, end).
bool has_no_content(std::string_view text, std::size_t begin, std::size_t end);

/// Nothing but that and `%` directives, and at least one of these.
bool is_only_directives(std::string_view text, std::size_t begin, std::size_t end);

/// The first `{{` in [begin, end) that stands outside comments.
std::optional<std::size_t> find_template(std::string_view text, std::size_t begin, std::size_t end);

/// The kind of a document whose top level is plain block YAML with exactly one `kind: Word` line; nothing
/// where there is any doubt.
std::optional<std::string_view> guess_kind(std::string_view text, std::size_t begin, std::size_t end);

/// Adds the comments in [begin, end); `first` is the first node of the tree that lies in there.
void collect_comments(const Tree& tree, std::uint32_t first, std::size_t begin, std::size_t end,
                      std::vector<Comment>& out);

}  // namespace oidc_audit::document
