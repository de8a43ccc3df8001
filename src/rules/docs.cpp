#include "rules/docs.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"

namespace oidc_audit::rules {
namespace {

std::string code_list(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += fmt::format("{}`{}`", out.empty() ? "" : ", ", word);
  return out;
}

std::string severity_text(const Rule& rule) {
  std::string out = fmt::format("{}", to_string(rule.info.severity));
  if (const Severity highest = highest_severity(rule); highest != rule.info.severity) {
    out += fmt::format(", at most {}", to_string(highest));
  }
  std::vector<std::string> parts;
  if ((rule.adjust & kAdjustAdmin) != 0)
    parts.emplace_back("one more for an admin-capable role bound cluster-wide");
  if ((rule.adjust & kAdjustReadOnly) != 0) parts.emplace_back("one less for a role that only reads");
  if ((rule.adjust & kAdjustNamespaced) != 0)
    parts.emplace_back("one less in a namespace other than `kube-system`");
  if (!parts.empty()) out += fmt::format(" ({})", join(parts, ", "));
  return out;
}

std::string effects_text(const Rule& rule) {
  if (!rule.effects_expression.empty()) return "depends on the finding";
  std::vector<std::string> words;
  for (const Effect effect : rule.effects) words.emplace_back(to_string(effect));
  return code_list(words);
}

}  // namespace

std::string rule_page(const Rule& rule) {
  const RuleInfo& info = rule.info;
  std::string out = fmt::format("# {}\n\n", info.title);
  out += "<!-- Made from rule.yaml by `oidc-audit rules docs`; edit that file. -->\n\n";
  if (!rule.deprecated.empty()) out += fmt::format("**Deprecated:** {}\n\n", rule.deprecated);
  out += "| | |\n|---|---|\n";
  out += fmt::format(
      "| id | `{}` |\n| pack | {} |\n| severity | {} |\n| confidence | {} |\n| effects | {} |\n",
      info.id.str(), info.pack, severity_text(rule), to_string(info.confidence), effects_text(rule));
  out += fmt::format("| asked of | each {} |\n| since | {} |\n", to_string(rule.each), info.since);
  if (!info.aliases.empty()) out += fmt::format("| also known as | {} |\n", code_list(info.aliases));
  if (!info.tags.empty()) out += fmt::format("| tags | {} |\n", code_list(info.tags));
  if (!rule.enabled_by_default) out += "| default | disabled |\n";
  out += fmt::format("\n## Why\n\n{}\n\n## What to do\n\n{}\n", info.rationale, info.remediation);
  out += "\n## What is looked for\n\n";
  if (!rule.lets.empty()) {
    out += "With\n\n```\n";
    for (const auto& [name, expression] : rule.lets)
      out += fmt::format("{} = {}\n", name, trim_ascii(expression.text));
    out += "```\n\n";
  }
  out += fmt::format(
      "```\n{}\n```\n\nThe words are explained in [Writing rules](../writing-rules.md#vocabulary).\n",
      trim_ascii(rule.when.text));
  if (!rule.config_keys.empty()) {
    out += fmt::format("\n## Configuration\n\n{}, see [Configuration](../configuration.md).\n",
                       code_list(rule.config_keys));
  }
  out += fmt::format(
      "\nTo accept a finding, write `# oidc-audit: ignore[{}] reason` on its line or the line above.\n",
      info.id.str());
  if (!info.references.empty()) {
    out += "\n## References\n\n";
    for (const std::string& reference : info.references) {
      out += reference.starts_with("http") ? fmt::format("* <{}>\n", reference)
                                           : fmt::format("* {}\n", reference);
    }
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> rule_pages(const RuleSet& rules) {
  std::vector<std::pair<std::string, std::string>> out;
  std::string index = "# Rules\n\n<!-- Made by `oidc-audit rules docs`. -->\n";
  for (const PackInfo& pack : rules.packs()) {
    index += fmt::format("\n## {}\n\n{}\n\n| rule | severity | aliases | |\n|---|---|---|---|\n",
                         pack.title.empty() ? pack.id : pack.title, pack.description);
    for (const auto& loaded : rules.rules()) {
      const RuleInfo& info = loaded->rule.info;
      if (info.pack != pack.id) continue;
      index += fmt::format("| [{0}]({0}.md) | {1} | {2} | {3} |\n", info.id.str(), to_string(info.severity),
                           join(info.aliases, ", "), info.title);
    }
  }
  out.emplace_back("README.md", std::move(index));
  for (const auto& loaded : rules.rules())
    out.emplace_back(loaded->rule.info.id.str() + ".md", rule_page(loaded->rule));
  return out;
}

}  // namespace oidc_audit::rules
