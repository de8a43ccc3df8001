#include "rules/config.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "diag/severity_words.h"
#include "document/reader.h"
#include "rules/yaml_reader.h"

namespace oidc_audit::rules {
namespace {

using document::Member;
using document::Value;

std::optional<Severity> read_level(YamlReader& reader, Value value, std::string_view what) {
  const auto index = reader.word(value, what, severity_words());
  return index ? std::optional(static_cast<Severity>(*index)) : std::nullopt;
}

IssuerConfig read_issuer(YamlReader& reader, Value value) {
  IssuerConfig issuer;
  if (!value.is_mapping()) {
    issuer.url = reader.text(value, "an issuer");
    return issuer;
  }
  const Key keys[] = {
      {"url", [&](Value, Value v) { issuer.url = reader.text(v, "`url`"); }},
      {"username-prefix",
       [&](Value, Value v) {
         // The server's own flag writes "no prefix" as `-`.
         const std::string prefix = reader.text(v, "`username-prefix`");
         issuer.username_prefix = prefix == "-" ? std::string() : prefix;
       }},
      {"groups-prefix",
       [&](Value, Value v) {
         const std::string prefix = reader.text(v, "`groups-prefix`");
         issuer.groups_prefix = prefix == "-" ? std::string() : prefix;
       }},
      {"broker", [&](Value, Value v) { issuer.broker = reader.boolean(v, "`broker`"); }},
      {"kubernetes-cluster",
       [&](Value, Value v) { issuer.kubernetes_cluster = reader.boolean(v, "`kubernetes-cluster`"); }},
  };
  reader.mapping(value, "an issuer", keys);
  if (issuer.url.empty()) {
    reader.error(value, "an issuer needs `url`");
  } else if (!issuer.url.starts_with("https://") && !issuer.url.starts_with("http://")) {
    reader.error(value.find("url"), fmt::format("issuer `{}` is no URL", issuer.url),
                 "the API server compares it with the `iss` claim byte by byte: `https://...`");
  }
  return issuer;
}

void read_organizations(YamlReader& reader, Value value, Config& config) {
  if (!value.is_mapping()) {
    reader.error(value, "`organizations` must be a mapping of providers to lists",
                 "for example `github-actions: [octo-org]`");
    return;
  }
  config.organizations_range = value.range();
  for (const Member member : value.members()) {
    config.organizations[std::string(member.key.text())] =
        reader.texts(member.value, fmt::format("`organizations.{}`", member.key.text()));
  }
}

RuleOverride read_rule(YamlReader& reader, Value key, Value value) {
  RuleOverride rule;
  rule.range = key.range();
  const std::string what = fmt::format("`rules.{}`", key.text());
  if (value.is_mapping()) {
    const Key keys[] = {
        {"enabled", [&](Value, Value v) { rule.enabled = reader.boolean(v, what + " `enabled`"); }},
        {"severity", [&](Value, Value v) { rule.severity = read_level(reader, v, what + " `severity`"); }},
    };
    reader.mapping(value, "a rule's settings", keys);
    return rule;
  }
  // `off` and `on` are booleans to YAML 1.1 when they are not quoted.
  const std::string_view text = value.text();
  if (const auto boolean = value.as_bool()) {
    rule.enabled = *boolean;
  } else if (text == "off" || text == "disabled") {
    rule.enabled = false;
  } else if (text == "on" || text == "enabled") {
    rule.enabled = true;
  } else {
    const std::span<const std::string_view> levels = severity_words();
    std::vector<std::string_view> words(levels.begin(), levels.end());
    words.insert(words.end(), {"on", "off"});
    if (const auto index = reader.word(value, what, words); index && *index < levels.size()) {
      rule.severity = static_cast<Severity>(*index);
      rule.enabled = true;
    }
  }
  return rule;
}

ConfigSuppression read_suppression(YamlReader& reader, Value value) {
  ConfigSuppression suppression;
  suppression.range = value.range();
  const Key keys[] = {
      {"rule", [&](Value, Value v) { suppression.rule = reader.text(v, "`rule`"); }},
      {"object", [&](Value, Value v) { suppression.object = reader.text(v, "`object`"); }},
      {"subject", [&](Value, Value v) { suppression.subject = reader.text(v, "`subject`"); }},
      {"path", [&](Value, Value v) { suppression.path = reader.text(v, "`path`"); }},
      {"reason", [&](Value, Value v) { suppression.reason = reader.text(v, "`reason`"); }},
  };
  if (!reader.mapping(value, "a suppression", keys)) return suppression;
  if (suppression.rule.empty()) reader.error(value, "a suppression needs `rule`");
  if (suppression.reason.empty()) {
    reader.error(value, "a suppression needs `reason`", "say why the finding is accepted");
  }
  if (suppression.object.empty() && suppression.subject.empty() && suppression.path.empty()) {
    reader.error(value, "a suppression needs one of `object`, `subject`, `path`",
                 "to switch a rule off everywhere, write it under `rules`");
  }
  return suppression;
}

template <typename T, typename Read>
void read_list(YamlReader& reader, Value value, std::string_view what, std::vector<T>& out, Read read) {
  if (!value.is_sequence()) {
    reader.error(value, fmt::format("{} must be a list", what));
    return;
  }
  for (const Value item : value.items()) out.push_back(read(item));
}

void read_root(YamlReader& reader, Value root, Config& config) {
  const auto texts = [&reader](std::vector<std::string>& out, std::string_view name) {
    return [&reader, &out, name](Value, Value v) { out = reader.texts(v, fmt::format("`{}`", name)); };
  };
  const auto level = [&reader](std::optional<Severity>& out, std::string_view name) {
    return [&reader, &out, name](Value, Value v) { out = read_level(reader, v, fmt::format("`{}`", name)); };
  };
  const Key keys[] = {
      {"version",
       [&](Value, Value v) {
         if (v.as_int() != 1)
           reader.error(v, fmt::format("version `{}` is not known", v.text()), "write `version: 1`");
       }},
      {"organizations", [&](Value, Value v) { read_organizations(reader, v, config); }},
      {"issuers",
       [&](Value, Value v) {
         read_list(reader, v, "`issuers`", config.issuers,
                   [&](Value item) { return read_issuer(reader, item); });
       }},
      {"prefixes", texts(config.prefixes, "prefixes")},
      {"protected-refs", texts(config.protected_refs, "protected-refs")},
      {"brokers", texts(config.brokers, "brokers")},
      {"expanding-front-end",
       [&](Value, Value v) { config.expanding_front_end = reader.boolean(v, "`expanding-front-end`"); }},
      {"complete-input",
       [&](Value, Value v) { config.complete_input = reader.boolean(v, "`complete-input`"); }},
      {"names",
       [&](Value, Value v) {
         if (!v.is_mapping()) {
           reader.error(v, "`names` must be a mapping of identifiers to what they stand for");
           return;
         }
         for (const Member member : v.members()) {
           config.names[std::string(member.key.text())] = reader.text(member.value, "a name");
         }
       }},
      {"rules",
       [&](Value, Value v) {
         if (!v.is_mapping()) {
           reader.error(v, "`rules` must be a mapping of rule ids to a level, `on` or `off`");
           return;
         }
         for (const Member member : v.members()) {
           config.rules.emplace_back(std::string(member.key.text()),
                                     read_rule(reader, member.key, member.value));
         }
       }},
      {"suppressions",
       [&](Value, Value v) {
         read_list(reader, v, "`suppressions`", config.suppressions,
                   [&](Value item) { return read_suppression(reader, item); });
       }},
      {"exclude", texts(config.exclude, "exclude")},
      {"rule-packs", texts(config.rule_packs, "rule-packs")},
      {"fail-on", level(config.fail_on, "fail-on")},
      {"min-severity", level(config.min_severity, "min-severity")},
      {"namespace", [&](Value, Value v) { config.namespace_name = reader.text(v, "`namespace`"); }},
      {"auth-config",
       [&](Value, Value v) {
         config.auth_config = reader.text(v, "`auth-config`");
         if (config.auth_config == "-" || config.auth_config.empty()) {
           reader.error(v, "`auth-config` must name a file", "its path, relative to this one");
         }
       }},
      {"kubernetes-version",
       [&](Value, Value v) { config.kubernetes_version = reader.text(v, "`kubernetes-version`"); }},
  };
  reader.mapping(root, "the configuration", keys);
}

}  // namespace

std::vector<std::string> Config::all_prefixes() const {
  std::vector<std::string> out;
  const auto add = [&out](const std::string& prefix) {
    if (!prefix.empty() && std::find(out.begin(), out.end(), prefix) == out.end()) out.push_back(prefix);
  };
  for (const IssuerConfig& issuer : issuers) {
    if (issuer.username_prefix) add(*issuer.username_prefix);
    if (issuer.groups_prefix) add(*issuer.groups_prefix);
  }
  for (const std::string& prefix : prefixes) add(prefix);
  return out;
}

bool ConfigResult::ok() const {
  return std::none_of(issues.begin(), issues.end(),
                      [](const Issue& i) { return i.level == IssueLevel::error; });
}

ConfigResult read_config(document::Value root) {
  ConfigResult result;
  YamlReader reader("invalid-configuration", result.issues);
  read_root(reader, root, result.config);
  return result;
}

ConfigResult read_config(const SourceManager& sources, BufferId buffer) {
  document::ReadOptions options;
  options.format = document::format_of_name(sources.name(buffer));
  document::Stream stream = document::read_documents(sources, buffer, options);
  ConfigResult result;
  if (!stream.documents.empty()) result = read_config(stream.documents.front().root);
  for (Issue& issue : stream.issues) {
    issue.level = IssueLevel::error;
    result.issues.push_back(std::move(issue));
  }
  YamlReader reader("invalid-configuration", result.issues);
  if (!stream.templates.empty()) {
    reader.error(stream.templates.front(), "the configuration is a template", "write plain YAML");
  }
  if (stream.documents.size() > 1) {
    reader.error(stream.documents[1].range, "the configuration must be one document");
  }
  std::sort(result.issues.begin(), result.issues.end(),
            [](const Issue& a, const Issue& b) { return report_order(a, b); });
  return result;
}

}  // namespace oidc_audit::rules
