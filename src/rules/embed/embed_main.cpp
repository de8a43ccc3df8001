// The build's own tool: YAML files in, one C++ source with their compact JSON out. See embed.cmake.

#include <cstdio>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/strings.h"
#include "document/reader.h"
#include "rules/embed/compact_json.h"
#include "source/source_manager.h"

namespace {

using namespace oidc_audit;

constexpr std::size_t kMaxFile = 4U << 20U;

int fail(const std::string& path, const std::string& message) {
  std::fprintf(stderr, "%s: %s\n", path.c_str(), message.c_str());
  return 1;
}

// A string literal in pieces: compilers promise only 64 KiB for one, and long lines help nobody.
std::string literal(std::string_view text) {
  static const char* const kHex = "0123456789abcdef";
  std::string out = "\"";
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (column >= 4000) {
      out += "\"\n    \"";
      column = 0;
    }
    ++column;
    if (c == '"' || c == '\\' || c == '?') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7F) {
      // Octal takes at most three digits, so that a digit behind it is no part of it.
      out += '\\';
      out += kHex[byte >> 6U];
      out += kHex[(byte >> 3U) & 7U];
      out += kHex[byte & 7U];
    } else {
      out += c;
    }
  }
  out += '"';
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return fail("oidc_embed", "usage: oidc_embed OUTPUT SYMBOL FOLDER LIST-OF-FILES");
  const std::string output = argv[1];
  const std::string symbol = argv[2];
  const std::string folder = std::string(argv[3]) + "/";
  const auto files = make_system_files();
  const auto list = files->read(argv[4], kMaxFile);
  if (!list.ok()) return fail(argv[4], list.error().message());

  std::string table;
  std::size_t count = 0;
  for (const std::string_view line : split(list.value(), '\n')) {
    if (line.empty()) continue;
    const std::string path(line);
    auto text = files->read(path, kMaxFile);
    if (!text.ok()) return fail(path, text.error().message());
    SourceManager sources;
    auto buffer = sources.add(path, std::move(text).value());
    if (!buffer.ok()) return fail(path, buffer.error().message());
    document::ReadOptions options;
    options.format = document::format_of_name(path);
    const document::Stream stream = document::read_documents(sources, buffer.value(), options);
    for (const Issue& issue : stream.issues) {
      std::string place = path;
      if (issue.location.range) {
        const LineColumn at = sources.start(*issue.location.range);
        place += ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
      }
      return fail(place, issue.message);
    }
    if (stream.documents.size() != 1) return fail(path, "there must be exactly one document");
    const std::string relative = path.starts_with(folder) ? path.substr(folder.size()) : path;
    table += "    {" + literal(relative) + ",\n     " +
             literal(rules::compact_json(stream.documents.front().root)) + "},\n";
    ++count;
  }

  std::string out = "// Made by oidc_embed from the files of the rules folder. Do not edit.\n";
  out += "#include \"base/embedded.h\"\n\n#include <cstddef>\n\nnamespace oidc_audit::embedded {\n\n";
  out += "std::span<const File> " + symbol + "();\n\n";
  if (count == 0) {
    out += "std::span<const File> " + symbol + "() { return {}; }\n";
  } else {
    out += "namespace {\nconstexpr File kFiles[] = {\n" + table + "};\n}  // namespace\n\n";
    out += "std::span<const File> " + symbol + "() { return kFiles; }\n";
  }
  out += "\n}  // namespace oidc_audit::embedded\n";
  const auto written = files->write_atomically(output, out);
  if (!written.ok()) return fail(output, written.error().message());
  return 0;
}
