#include "sarif_check.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <tuple>

namespace oidc_audit::test {

namespace {

using nlohmann::json;

class Checker {
 public:
  std::vector<std::string> run(const json& document) {
    expect(document.value("version", "") == "2.1.0", "version");
    const std::string schema = document.value("$schema", "");
    const std::string end = "sarif-schema-2.1.0.json";
    expect(schema.size() > end.size() && schema.substr(schema.size() - end.size()) == end, "$schema");
    const json runs = document.value("runs", json::array());
    expect(runs.size() == 1, "one run");
    for (const json& run : runs) check_run(run);
    return std::move(violations_);
  }

 private:
  void expect(bool condition, const std::string& what) {
    if (!condition) violations_.push_back(what);
  }

  static bool is_link(const std::string& url) {
    return url.rfind("https://", 0) == 0 && url.size() <= 2048 && url.find(' ') == std::string::npos;
  }

  void check_run(const json& run) {
    const json driver = run.value("/tool/driver"_json_pointer, json::object());
    expect(driver.value("name", "") == "oidc-audit", "driver name");
    expect(driver.value("version", "") == driver.value("semanticVersion", "-"), "both versions, equal");
    expect(is_link(driver.value("informationUri", "")), "informationUri");
    expect(run.value("columnKind", "") == "utf16CodeUnits", "columnKind");
    expect(!run.contains("automationDetails") || category_ok(run["automationDetails"].value("id", "")),
           "category ends in a slash");
    const json rules = driver.value("rules", json::array());
    std::string last;
    for (const json& rule : rules) {
      const std::string id = rule.value("id", "");
      expect(last < id, "rules sorted and unique: " + id);
      last = id;
      check_rule(rule, id);
    }
    const json results = run.value("results", json());
    expect(results.is_array(), "results is an array");
    std::set<std::tuple<std::string, std::string, std::int64_t>> alerts;
    int worst = 4;
    for (const json& result : results) {
      check_result(result, rules);
      const int rank = rank_of(result.value("/properties/oidc-audit~1severity"_json_pointer, std::string()));
      expect(rank <= worst, "worst results first");
      worst = rank;
      const json place = result.value("/locations/0/physicalLocation"_json_pointer, json::object());
      const std::string uri = place.value("/artifactLocation/uri"_json_pointer, std::string());
      const std::int64_t line = place.value("/region/startLine"_json_pointer, std::int64_t{0});
      expect(alerts.emplace(result.value("ruleId", ""), uri, line).second || uri.rfind("cluster/", 0) == 0,
             "one result a rule and line");
    }
  }

  static bool category_ok(const std::string& id) { return !id.empty() && id.back() == '/'; }

  static int rank_of(const std::string& severity) {
    static const std::vector<std::string> kOrder = {"info", "low", "medium", "high", "critical"};
    return static_cast<int>(std::find(kOrder.begin(), kOrder.end(), severity) - kOrder.begin());
  }

  void check_rule(const json& rule, const std::string& id) {
    expect(std::regex_match(id, std::regex("[a-z0-9]+(-[a-z0-9]+)*")), "rule id: " + id);
    const std::string name = rule.value("name", "");
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
    expect(!name.empty() && lower != id && name.size() <= 255, "rule name: " + id);
    if (rule.contains("helpUri")) expect(is_link(rule.value("helpUri", "")), "helpUri: " + id);
    for (const char* member : {"shortDescription", "fullDescription"}) {
      const std::string text = rule.contains(member) ? rule[member].value("text", "") : "";
      expect(!text.empty() && text.size() <= 1024, std::string(member) + ": " + id);
    }
    expect(rule.contains("help") && !rule["help"].value("text", "").empty(), "help: " + id);
    const std::string level = rule.value("/defaultConfiguration/level"_json_pointer, std::string());
    expect(level == "note" || level == "warning" || level == "error", "default level: " + id);
    const json properties = rule.value("properties", json::object());
    expect(properties.value("tags", json::array()).size() <= 10, "tags: " + id);
    const std::set<std::string> precisions = {"very-high", "high", "medium", "low"};
    expect(precisions.count(properties.value("precision", "")) == 1, "precision: " + id);
    if (!properties.contains("security-severity")) return;
    const json& severity = properties["security-severity"];
    expect(severity.is_string() &&
               std::regex_match(severity.get<std::string>(), std::regex("(10|[0-9])\\.[0-9]")) &&
               std::stod(severity.get<std::string>()) > 0.0,
           "security-severity is a string with a number: " + id);
  }

  void check_result(const json& result, const json& rules) {
    const std::string id = result.value("ruleId", "");
    const std::size_t index = result.value("ruleIndex", rules.size());
    expect(index < rules.size() && rules[index].value("id", "") == id, "ruleIndex: " + id);
    const std::string level = result.value("level", "");
    expect(level == "note" || level == "warning" || level == "error", "level: " + id);
    expect(!result.contains("kind") && !result.contains("rank"), "no kind or rank: " + id);
    check_message(result, id);
    const json locations = result.value("locations", json::array());
    expect(locations.size() == 1, "one location: " + id);
    for (const json& location : locations) {
      check_place(location, id);
      expect(location.contains("logicalLocations"), "logical location: " + id);
    }
    for (const json& location : result.value("relatedLocations", json::array())) check_place(location, id);
    const json prints = result.value("partialFingerprints", json::object());
    expect(std::regex_match(prints.value("primaryLocationLineHash", ""), std::regex("[0-9a-f]{1,16}:[0-9]+")),
           "line hash: " + id);
    expect(std::regex_match(prints.value("oidcAuditBinding/v1", ""), std::regex("[0-9a-f]{64}")),
           "own fingerprint: " + id);
  }

  // Links are `[text](N)` with N the id of exactly one related location; no other link or placeholder.
  void check_message(const json& result, const std::string& id) {
    const std::string text = result.value("/message/text"_json_pointer, std::string());
    expect(!text.empty() && text.size() <= 2048, "message: " + id);
    std::multiset<std::int64_t> ids;
    for (const json& location : result.value("relatedLocations", json::array())) {
      ids.insert(location.value("id", std::int64_t{-1}));
    }
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '\\') {
        ++at;
      } else if (text.compare(at, 2, "](") == 0) {
        const std::string target = text.substr(at + 2, text.find(')', at) - at - 2);
        const bool number = !target.empty() && target.find_first_not_of("0123456789") == std::string::npos;
        expect(number && ids.count(std::stoll(number ? target : "-1")) == 1, "link in message: " + id);
      } else if (text[at] == '{' || text[at] == '}') {
        expect(at + 1 < text.size() && text[at + 1] == text[at], "single brace in message: " + id);
        ++at;
      }
    }
  }

  void check_place(const json& location, const std::string& id) {
    const json place = location.value("physicalLocation", json::object());
    const std::string uri = place.value("/artifactLocation/uri"_json_pointer, std::string());
    const std::regex relative("([A-Za-z0-9._~-]|%[0-9A-F]{2})+(/([A-Za-z0-9._~-]|%[0-9A-F]{2})+)*");
    expect(std::regex_match(uri, relative) && uri.rfind("./", 0) != 0, "uri: " + id + " " + uri);
    const json region = place.value("region", json::object());
    const std::int64_t line = region.value("startLine", std::int64_t{0});
    const std::int64_t column = region.value("startColumn", std::int64_t{1});
    const std::int64_t end_line = region.value("endLine", line);
    const std::int64_t end_column = region.value("endColumn", column);
    expect(line >= 1 && column >= 1, "region starts at 1: " + id);
    expect(end_line > line || (end_line == line && end_column >= column), "region is in order: " + id);
  }

  std::vector<std::string> violations_;
};

}  // namespace

std::vector<std::string> sarif_violations(const json& document) { return Checker().run(document); }

}  // namespace oidc_audit::test
