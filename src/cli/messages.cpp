#include "cli/messages.h"

#include <ostream>

#include "base/unicode.h"

namespace oidc_audit::cli {

namespace {

constexpr std::string_view kReset = "\x1B[0m";
constexpr std::string_view kError = "\x1B[1;31m";
constexpr std::string_view kWarning = "\x1B[1;33m";
constexpr std::string_view kNote = "\x1B[1;36m";

}  // namespace

void Messages::write(std::string_view label, std::string_view code, std::string_view message,
                     std::string_view hint) const {
  std::string text = "oidc-audit: ";
  if (color_) text += code;
  text += label;
  text += ':';
  if (color_) text += kReset;
  text += ' ';
  text += escape_for_display(message);
  text += '\n';
  if (!hint.empty()) {
    text += "  hint: ";
    text += escape_for_display(hint);
    text += '\n';
  }
  err_ << text << std::flush;
}

void Messages::error(std::string_view message, std::string_view hint) const {
  write("error", kError, message, hint);
}

void Messages::warning(std::string_view message, std::string_view hint) const {
  if (!quiet_) write("warning", kWarning, message, hint);
}

void Messages::note(std::string_view message, std::string_view hint) const {
  if (!quiet_) write("note", kNote, message, hint);
}

void Messages::verbose(int level, std::string_view message) const {
  if (verbosity_ >= level) write("info", kNote, message, {});
}

void Messages::progress(std::string_view text) const {
  err_ << "\r\x1B[K" << escape_for_display(text) << std::flush;
}

void Messages::line(std::string_view text, bool always) const {
  if (quiet_ && !always) return;
  err_ << text << '\n' << std::flush;
}

}  // namespace oidc_audit::cli
