#include "rules/rule.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "diag/severity_words.h"
#include "rules/yaml_reader.h"

namespace oidc_audit::rules {
namespace {

using document::Member;
using document::Value;

constexpr std::string_view kEach[] = {"object",        "binding",        "subject",        "role",
                                      "role-rule",     "iam-mapping",    "authentication", "authenticator",
                                      "claim-mapping", "validation-rule"};
constexpr std::string_view kEffects[] = {"live", "dead", "open-in-expander", "rejected", "unknown"};
constexpr std::string_view kAdjustments[] = {"admin", "read-only", "namespaced"};

bool is_kebab(std::string_view text) {
  if (text.empty() || text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

bool is_identifier(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

class RuleReader {
 public:
  RuleReader(YamlReader& reader, Rule& rule) : reader_(reader), rule_(rule) {}

  void read(Value root, std::string_view folder);

 private:
  void severity(Value value);
  void confidence(Value value);
  void effects(Value value);
  void lets(Value value);
  void related(Value value);
  std::uint8_t adjustments(Value value);
  Expression expression(Value value, std::string_view what);
  Template text_with_cel(Value value, std::string_view what);
  void require(bool present, Value root, std::string_view key) {
    if (!present) reader_.error(root, fmt::format("the rule has no `{}`", key));
  }

  YamlReader& reader_;
  Rule& rule_;
};

Expression RuleReader::expression(Value value, std::string_view what) {
  if (value.is_mapping() || value.is_sequence() || value.is_null()) {
    reader_.error(value, fmt::format("{} must be a CEL expression", what));
    return {};
  }
  Expression out = expression_from(value);
  if (trim_ascii(out.text).empty()) reader_.error(value, fmt::format("{} is empty", what));
  return out;
}

Template RuleReader::text_with_cel(Value value, std::string_view what) {
  Template out;
  if (value.is_mapping() || value.is_sequence() || value.is_null()) {
    reader_.error(value, fmt::format("{} must be text", what));
    return out;
  }
  const Expression source = expression_from(value);
  if (const auto problem = parse_template(source, out)) {
    SourceRange range = source.range;
    if (source.exact) range.begin += static_cast<std::uint32_t>(problem->offset);
    reader_.error(range, problem->message);
  }
  return out;
}

std::uint8_t RuleReader::adjustments(Value value) {
  if (const auto all = value.as_bool()) return *all ? std::uint8_t{kAdjustAll} : std::uint8_t{0};
  std::uint8_t bits = 0;
  if (!value.is_sequence()) {
    reader_.error(value, "`adjust` must be a list of `admin`, `read-only`, `namespaced`");
    return bits;
  }
  for (const Value item : value.items()) {
    if (const auto index = reader_.word(item, "an adjustment", kAdjustments)) {
      bits = static_cast<std::uint8_t>(bits | (1U << *index));
    }
  }
  return bits;
}

void RuleReader::severity(Value value) {
  const auto level = [&](Value v, std::string_view what) {
    const auto index = reader_.word(v, what, severity_words());
    return index ? static_cast<Severity>(*index) : Severity::medium;
  };
  if (!value.is_mapping()) {
    rule_.info.severity = level(value, "`severity`");
    return;
  }
  const auto read_case = [&](Value item) {
    SeverityCase out;
    const Key keys[] = {
        {"if", [&](Value, Value v) { out.condition = expression(v, "`if`"); }},
        {"then", [&](Value, Value v) { out.then = level(v, "`then`"); }},
        {"adjust", [&](Value, Value v) { out.adjust = adjustments(v); }},
    };
    if (reader_.mapping(item, "a case of `severity`", keys) &&
        (!item.find("if").exists() || !item.find("then").exists())) {
      reader_.error(item, "a case of `severity` needs `if` and `then`");
    }
    rule_.severity_cases.push_back(std::move(out));
  };
  const Key keys[] = {
      {"base", [&](Value, Value v) { rule_.info.severity = level(v, "`base`"); }},
      {"adjust", [&](Value, Value v) { rule_.adjust = adjustments(v); }},
      {"when",
       [&](Value, Value v) {
         if (!v.is_sequence()) return reader_.error(v, "`when` under `severity` must be a list of cases");
         for (const Value item : v.items()) read_case(item);
       }},
      {"cap", [&](Value, Value v) { rule_.capped = reader_.boolean(v, "`cap`"); }},
  };
  if (reader_.mapping(value, "`severity`", keys) && !value.find("base").exists()) {
    reader_.error(value, "`severity` needs `base`");
  }
}

void RuleReader::confidence(Value value) {
  const auto level = [&](Value v, std::string_view what) {
    const auto index = reader_.word(v, what, confidence_words());
    return index ? static_cast<Confidence>(*index) : Confidence::medium;
  };
  if (!value.is_mapping()) {
    rule_.info.confidence = level(value, "`confidence`");
    return;
  }
  const Key keys[] = {
      {"base", [&](Value, Value v) { rule_.info.confidence = level(v, "`base`"); }},
      {"when",
       [&](Value, Value v) {
         if (!v.is_sequence()) return reader_.error(v, "`when` under `confidence` must be a list of cases");
         for (const Value item : v.items()) {
           ConfidenceCase out;
           const Key case_keys[] = {
               {"if", [&](Value, Value w) { out.condition = expression(w, "`if`"); }},
               {"then", [&](Value, Value w) { out.then = level(w, "`then`"); }},
           };
           reader_.mapping(item, "a case of `confidence`", case_keys);
           if (out.condition.empty()) reader_.error(item, "a case of `confidence` needs `if` and `then`");
           rule_.confidence_cases.push_back(std::move(out));
         }
       }},
  };
  if (reader_.mapping(value, "`confidence`", keys) && !value.find("base").exists()) {
    reader_.error(value, "`confidence` needs `base`");
  }
}

void RuleReader::effects(Value value) {
  if (!value.is_sequence()) {
    if (std::find(std::begin(kEffects), std::end(kEffects), value.text()) != std::end(kEffects)) {
      rule_.effects.push_back(*parse_effect(value.text()));
      return;
    }
    rule_.effects_expression = expression(value, "`effects`");
    return;
  }
  for (const Value item : value.items()) {
    if (const auto index = reader_.word(item, "an effect", kEffects)) {
      rule_.effects.push_back(*parse_effect(kEffects[*index]));
    }
  }
  if (value.size() == 0) reader_.error(value, "`effects` is empty");
  std::sort(rule_.effects.begin(), rule_.effects.end());
  rule_.effects.erase(std::unique(rule_.effects.begin(), rule_.effects.end()), rule_.effects.end());
}

void RuleReader::lets(Value value) {
  if (!value.is_mapping()) {
    reader_.error(value, "`let` must be a mapping of names to CEL expressions");
    return;
  }
  for (const Member member : value.members()) {
    const std::string name(member.key.text());
    if (!is_identifier(name)) {
      reader_.error(member.key, fmt::format("`{}` is no name: letters, digits and `_`", name));
      continue;
    }
    rule_.lets.emplace_back(name, expression(member.value, fmt::format("`let.{}`", name)));
  }
}

void RuleReader::related(Value value) {
  if (!value.is_sequence()) {
    reader_.error(value, "`related` must be a list");
    return;
  }
  for (const Value item : value.items()) {
    RelatedSpec out;
    out.range = item.find("of").exists() ? item.find("of").range() : item.range();
    const Key keys[] = {
        {"of", [&](Value, Value v) { out.of = reader_.text(v, "`of`"); }},
        {"message", [&](Value, Value v) { out.message = text_with_cel(v, "`message`"); }},
    };
    reader_.mapping(item, "a related place", keys);
    if (out.of.empty() || out.message.empty())
      reader_.error(item, "a related place needs `of` and `message`");
    rule_.related.push_back(std::move(out));
  }
}

void RuleReader::read(Value root, std::string_view folder) {
  RuleInfo& info = rule_.info;
  const auto text = [this](std::string& out, std::string_view key) {
    return [this, &out, key](Value, Value v) { out = reader_.text(v, fmt::format("`{}`", key)); };
  };
  const auto texts = [this](std::vector<std::string>& out, std::string_view key) {
    return [this, &out, key](Value, Value v) { out = reader_.texts(v, fmt::format("`{}`", key)); };
  };
  const Key keys[] = {
      {"id",
       [&](Value, Value v) {
         info.id = RuleId(reader_.text(v, "`id`"));
         rule_.range = v.range();
         if (!is_kebab(info.id.str())) {
           reader_.error(v, fmt::format("id `{}` is not in kebab-case", info.id.str()),
                         "lower-case letters, digits and single hyphens");
         } else if (!folder.empty() && folder != info.id.str()) {
           reader_.error(
               v, fmt::format("id `{}` differs from the name of its folder, `{}`", info.id.str(), folder));
         }
       }},
      {"title", text(info.title, "title")},
      {"severity", [&](Value, Value v) { severity(v); }},
      {"confidence", [&](Value, Value v) { confidence(v); }},
      {"since", text(info.since, "since")},
      {"aliases", texts(info.aliases, "aliases")},
      {"tags", texts(info.tags, "tags")},
      {"references", texts(info.references, "references")},
      {"default",
       [&](Value, Value v) {
         constexpr std::string_view kWords[] = {"enabled", "disabled"};
         if (const auto index = reader_.word(v, "`default`", kWords)) rule_.enabled_by_default = *index == 0;
       }},
      {"deprecated", text(rule_.deprecated, "deprecated")},
      {"each",
       [&](Value, Value v) {
         if (const auto index = reader_.word(v, "`each`", kEach)) rule_.each = static_cast<Each>(*index);
       }},
      {"let", [&](Value, Value v) { lets(v); }},
      {"when", [&](Value, Value v) { rule_.when = expression(v, "`when`"); }},
      {"at", [&](Value, Value v) { rule_.at = text_with_cel(v, "`at`"); }},
      {"effects", [&](Value, Value v) { effects(v); }},
      {"message", [&](Value, Value v) { rule_.message = text_with_cel(v, "`message`"); }},
      {"remediation",
       [&](Value, Value v) {
         info.remediation = readable_template(trim_ascii(v.text()));
         rule_.remediation = text_with_cel(v, "`remediation`");
       }},
      {"rationale",
       [&](Value, Value v) { info.rationale = std::string(trim_ascii(reader_.text(v, "`rationale`"))); }},
      {"related", [&](Value, Value v) { related(v); }},
      {"config", texts(rule_.config_keys, "config")},
  };
  if (!reader_.mapping(root, "a rule", keys)) return;
  for (const std::string_view key : {"id", "title", "severity", "confidence", "since", "each", "when",
                                     "message", "rationale", "remediation"}) {
    require(root.find(key).exists(), root, key);
  }
  if (rule_.effects.empty() && rule_.effects_expression.empty()) rule_.effects.push_back(Effect::live);
  const bool of_grant = rule_.each == Each::subject || rule_.each == Each::binding ||
                        rule_.each == Each::role || rule_.each == Each::role_rule;
  if (!of_grant) {
    // Nothing is bound there that a level could be adjusted by.
    rule_.adjust = 0;
    for (SeverityCase& one : rule_.severity_cases) one.adjust.reset();
  }
}

}  // namespace

std::string_view to_string(Each each) { return kEach[static_cast<std::size_t>(each)]; }

Rule read_rule(document::Value root, std::string_view pack, std::string_view folder,
               std::vector<Issue>& issues) {
  Rule rule;
  rule.info.pack = std::string(pack);
  YamlReader reader("invalid-rule", issues);
  RuleReader(reader, rule).read(root, folder);
  return rule;
}

}  // namespace oidc_audit::rules
