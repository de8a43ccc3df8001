#include "cli/man_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/global_options.h"
#include "cli/help.h"
#include "cli/version.h"

namespace oidc_audit::cli {

namespace {

// What roff would take for something else. `-` is a minus in code, so that it can be copied, and a hyphen
// in prose.
std::string escape(std::string_view text, bool code) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += code ? "\\-" : "-";
        break;
      case '\'':
        out += code ? "\\(aq" : "'";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string code(std::string_view text) { return escape(text, true); }
std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", code(text)); }
std::string italic(std::string_view text) { return fmt::format("\\fI{}\\fR", code(text)); }

// One line of prose, with what stands in backticks in bold. Words that begin with a dash are options.
std::string prose(std::string_view text) {
  std::string out;
  bool in_code = false;
  for (const std::string_view part : split(text, '`')) {
    if (in_code) {
      out += bold(part);
    } else {
      std::string words;
      for (const std::string_view word : split(part, ' ')) {
        if (!words.empty() || word.data() != part.data()) words += ' ';
        words += escape(word, word.substr(0, 1) == "-");
      }
      out += words;
    }
    in_code = !in_code;
  }
  // A dot or quote at the start of a line would be a request.
  if (!out.empty() && (out.front() == '.' || out.front() == '\'')) out.insert(0, "\\&");
  return out;
}

class ManPage {
 public:
  void heading(std::string_view name) { out_ += fmt::format(".SH {}\n", name); }
  void subheading(const std::string& text) { out_ += fmt::format(".SS \"{}\"\n", text); }
  void line(const std::string& text) { out_ += text + "\n"; }
  void paragraph(std::string_view text) {
    // A heading has begun one.
    const bool behind_heading = out_.compare(out_.rfind('\n', out_.size() - 2) + 1, 2, ".S") == 0;
    out_ += (behind_heading ? "" : ".PP\n") + prose(text) + "\n";
  }
  void item(const std::string& head, std::string_view text) {
    out_ += fmt::format(".TP\n{}\n{}\n", head, prose(text));
  }
  void example(std::string_view comment, std::string_view command) {
    out_ += fmt::format(".PP\n{}:\n.PP\n.RS 4\n.EX\n{}\n.EE\n.RE\n", prose(comment), code(command));
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

std::string option_head(const OptionDecl& decl) {
  if (decl.positional) return italic(decl.value_name);
  std::vector<std::string> names;
  for (const std::string& name : decl.names) names.push_back(bold(name));
  std::string head = join(names, ", ");
  if (!decl.value_name.empty()) head += " " + italic(decl.value_name);
  return head;
}

constexpr std::string_view kGlobalGroup = "Global options";

std::string synopsis(const CommandSpec& spec, const std::string& path) {
  std::string text = code(path);
  if (!spec.subcommands().empty()) {
    text += spec.body() ? fmt::format(" [{}]", italic("COMMAND")) : " " + italic("COMMAND");
  }
  text += fmt::format(" [{}]", italic("OPTIONS"));
  for (const OptionDecl& decl : spec.options()) {
    if (!decl.positional || decl.hidden) continue;
    std::string word = italic(decl.value_name);
    if (decl.repeatable) word += "...";
    text += decl.required ? " " + word : fmt::format(" [{}]", word);
  }
  return text;
}

void write_command(ManPage& page, const CommandSpec& spec, const std::string& path) {
  page.subheading(synopsis(spec, path));
  page.line(prose(spec.summary() + "."));
  for (const std::string_view part : split(spec.description(), '\n')) {
    if (!part.empty()) page.paragraph(part);
  }
  for (const bool positional : {true, false}) {
    for (const OptionDecl& decl : spec.options()) {
      const bool format = !decl.positional && decl.names.front() == "-o";
      if (decl.hidden || decl.positional != positional) continue;
      if (decl.group == kGlobalGroup && !format) continue;
      page.item(option_head(decl), option_help(decl));
    }
  }
  for (const Example& example : spec.examples()) {
    page.example(example.comment, "oidc-audit " + example.command);
  }
  for (const CommandSpec& sub : spec.subcommands()) write_command(page, sub, path + " " + sub.name());
}

struct Row {
  std::string_view name;
  std::string_view text;
};

constexpr std::array kEnvironment = {
    Row{"KUBECONFIG", "kubeconfig files, divided by colons, that are merged; default: `~/.kube/config`"},
    Row{"KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT, POD_NAMESPACE",
        "the cluster around, where there is no kubeconfig: the service account of the pod is used"},
    Row{"HTTPS_PROXY, HTTP_PROXY, NO_PROXY",
        "proxy for requests to servers, and the hosts that are asked without it; `proxy-url` of a kubeconfig "
        "wins"},
    Row{"NO_COLOR", "set and not empty: no color, unless `--color always`"},
    Row{"CLICOLOR_FORCE, FORCE_COLOR", "set and neither empty nor 0: color also where there is no terminal"},
    Row{"TERM", "`dumb` or not set: no color"},
    Row{"COLUMNS", "width of text; default: that of the terminal"},
    Row{"HOME", "where `.kube/config` is looked for"},
};

constexpr std::array kFiles = {
    Row{".oidc-audit.yaml",
        "configuration, found upward from the working directory unless `--config` names another"},
    Row{".gitignore, .ignore", "what they leave out below directories is not scanned, unless `--no-ignore`"},
    Row{"~/.kube/config", "clusters, users and contexts"},
};

constexpr std::array kNotes = {
    std::string_view(
        "As `kubectl oidc-audit`: kubectl joins the words up to the first option to find the longest name of "
        "a "
        "plugin, and a word with a slash is looked for from the working directory. `kubectl oidc-audit scan "
        "./deploy` would therefore run a file `kubectl-oidc_audit-scan-./deploy` of the repository that is "
        "to "
        "be scanned. Put an option or `--` before paths, as in `kubectl oidc-audit scan -f ./deploy`, and "
        "let "
        "hooks and pipelines call `oidc-audit` itself."),
    std::string_view(
        "kubectl takes no option before the name of a plugin. On Windows it turns every status that is not 0 "
        "into 1."),
};

}  // namespace

std::string man_page() {
  GlobalOptions options;
  Requests requests;
  CommandSpec root("oidc-audit", "");
  add_global_options(root, options, requests, true);

  ManPage page;
  page.line(".\\\" Made from the program's own declarations by `oidc-audit help --man`.");
  page.line(fmt::format(".TH OIDC-AUDIT 1 \"\" \"oidc-audit {}\" \"User Commands\"", kVersion));
  page.heading("NAME");
  page.line(
      "oidc-audit, kubectl-oidc_audit \\- audit, lint and simulate RBAC bindings of external OIDC "
      "identities");
  page.heading("SYNOPSIS");
  page.line(fmt::format("{} {} [{}]", bold("oidc-audit"), italic("COMMAND"), italic("OPTIONS")));
  page.line(".br");
  page.line(fmt::format("{} [{} [{}]]", bold("kubectl oidc-audit"), italic("COMMAND"), italic("OPTIONS")));
  page.heading("DESCRIPTION");
  page.line(
      prose("Reads Kubernetes RBAC objects and understands the names of external OIDC identities in their "
            "bindings: says what is risky in them, and what the API server would decide."));
  page.paragraph("`kubectl oidc-audit` without any words scans the cluster of the current context.");
  page.heading("COMMANDS");
  for (const CommandEntry& entry : commands()) {
    CommandSpec spec{std::string(entry.name), std::string(entry.summary)};
    declare(spec, entry, options, requests);
    write_command(page, spec, spec.name());
  }
  HelpRequest help;
  CommandSpec help_spec{std::string(kHelpName), std::string(kHelpSummary)};
  declare_help(help_spec, help);
  write_command(page, help_spec, "help");
  page.heading("OPTIONS");
  page.line("These are understood by every command, before or behind its name.");
  for (const OptionDecl& decl : root.options()) {
    if (!decl.hidden) page.item(option_head(decl), option_help(decl));
  }
  page.heading("EXIT STATUS");
  for (const ExitStatusRow& row : exit_statuses()) page.item(std::to_string(row.status), row.meaning);
  page.heading("ENVIRONMENT");
  for (const Row& row : kEnvironment) page.item(bold(row.name), row.text);
  page.heading("FILES");
  for (const Row& row : kFiles) page.item(italic(row.name), row.text);
  page.heading("NOTES");
  for (const std::string_view note : kNotes) page.paragraph(note);
  page.heading("SEE ALSO");
  page.line("\\fBkubectl\\fR(1)");
  return page.take();
}

}  // namespace oidc_audit::cli
