// Semantic versions (pkg/cel/library/semverlib.go; blang/semver).

#include <array>
#include <optional>
#include <vector>

#include "base/strings.h"
#include "cel/frame.h"
#include "cel/library_object.h"
#include "cel/numbers.h"
#include "cel/registry.h"

namespace oidc_audit::cel {
namespace {

struct Prerelease {
  std::string text;
  std::optional<std::uint64_t> number;
};

struct Version {
  std::array<std::uint64_t, 3> numbers{};
  std::vector<Prerelease> prereleases;
  std::vector<std::string> builds;
};

bool only(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kWord = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";

bool read_number(std::string_view text, std::string_view which, std::uint64_t& out, std::string& problem) {
  if (!only(text, kDigits)) {
    problem = "Invalid character(s) found in " + std::string(which) + " number \"" + std::string(text) + "\"";
    return false;
  }
  if (text.size() > 1 && text[0] == '0') {
    std::string name(which);
    name[0] = static_cast<char>(name[0] - 32);
    problem = name + " number must not contain leading zeroes \"" + std::string(text) + "\"";
    return false;
  }
  const std::optional<std::uint64_t> value = parse_go_uint(text);
  if (!value) {
    problem = "strconv.ParseUint: parsing \"" + std::string(text) +
              "\": " + (text.empty() ? "invalid syntax" : "value out of range");
    return false;
  }
  out = *value;
  return true;
}

bool read_prerelease(std::string_view text, Version& out, std::string& problem) {
  for (const std::string_view part : split(text, '.')) {
    Prerelease prerelease{std::string(part), std::nullopt};
    if (part.empty()) {
      problem = "Prerelease is empty";
      return false;
    }
    if (only(part, kDigits)) {
      if (part.size() > 1 && part[0] == '0') {
        problem = "Numeric PreRelease version must not contain leading zeroes \"" + std::string(part) + "\"";
        return false;
      }
      prerelease.number = parse_go_uint(part);
      if (!prerelease.number) {
        problem = "strconv.ParseUint: parsing \"" + std::string(part) + "\": value out of range";
        return false;
      }
    } else if (!only(part, kWord)) {
      problem = "Invalid character(s) found in prerelease \"" + std::string(part) + "\"";
      return false;
    }
    out.prereleases.push_back(std::move(prerelease));
  }
  return true;
}

std::optional<Version> parse(std::string_view text, std::string& problem) {
  if (text.empty()) {
    problem = "Version string empty";
    return std::nullopt;
  }
  Version out;
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos) {
    problem = "No Major.Minor.Patch elements found";
    return std::nullopt;
  }
  std::string_view patch = text.substr(second + 1);
  std::optional<std::string_view> build;
  std::optional<std::string_view> prerelease;
  if (const std::size_t plus = patch.find('+'); plus != std::string_view::npos) {
    build = patch.substr(plus + 1);
    patch = patch.substr(0, plus);
  }
  if (const std::size_t dash = patch.find('-'); dash != std::string_view::npos) {
    prerelease = patch.substr(dash + 1);
    patch = patch.substr(0, dash);
  }
  if (!read_number(text.substr(0, first), "major", out.numbers[0], problem) ||
      !read_number(text.substr(first + 1, second - first - 1), "minor", out.numbers[1], problem) ||
      !read_number(patch, "patch", out.numbers[2], problem) ||
      (prerelease && !read_prerelease(*prerelease, out, problem))) {
    return std::nullopt;
  }
  if (build) {
    for (const std::string_view part : split(*build, '.')) {
      if (part.empty() || !only(part, kWord)) {
        problem = part.empty()
                      ? "Build meta data is empty"
                      : "Invalid character(s) found in build meta data \"" + std::string(part) + "\"";
        return std::nullopt;
      }
      out.builds.emplace_back(part);
    }
  }
  return out;
}

/// A leading v and leading zeros dropped, missing numbers filled in.
std::optional<Version> parse_normalized(std::string_view text, std::string& problem) {
  if (text.starts_with('v')) text.remove_prefix(1);
  std::vector<std::string> parts;
  while (parts.size() < 2 && text.find('.') != std::string_view::npos) {
    parts.emplace_back(text.substr(0, text.find('.')));
    text.remove_prefix(text.find('.') + 1);
  }
  parts.emplace_back(text);
  for (std::string& part : parts) {
    if (part.size() <= 1) continue;
    part.erase(0, std::min(part.find_first_not_of('0'), part.size()));
    if (part.empty() || kDigits.find(part[0]) == std::string_view::npos) part.insert(0, "0");
  }
  if (parts.size() < 3) {
    if (parts.back().find_first_of("+-") != std::string::npos) {
      problem = "short version cannot contain PreRelease/Build meta data";
      return std::nullopt;
    }
    while (parts.size() < 3) parts.emplace_back("0");
  }
  return parse(join(parts, "."), problem);
}

template <typename T>
int three_way(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

int compare(const Version& a, const Version& b) {
  for (std::size_t i = 0; i < 3; ++i) {
    if (a.numbers[i] != b.numbers[i]) return three_way(a.numbers[i], b.numbers[i]);
  }
  if (a.prereleases.empty() || b.prereleases.empty()) {
    return three_way(b.prereleases.size(), a.prereleases.size()) == 0 ? 0 : (a.prereleases.empty() ? 1 : -1);
  }
  for (std::size_t i = 0; i < a.prereleases.size() && i < b.prereleases.size(); ++i) {
    const Prerelease& x = a.prereleases[i];
    const Prerelease& y = b.prereleases[i];
    int order = 0;
    if (x.number && y.number) {
      order = three_way(*x.number, *y.number);
    } else if (x.number || y.number) {
      order = x.number ? -1 : 1;
    } else {
      order = three_way(x.text, y.text);
    }
    if (order != 0) return order;
  }
  return three_way(a.prereleases.size(), b.prereleases.size());
}

class Semver final : public Object {
 public:
  explicit Semver(Version value) : version(std::move(value)) {}
  std::string_view type_name() const override { return "kubernetes.Semver"; }
  bool equals(const Object& other) const override {
    return other.library_tag() == kSemverTag &&
           compare(version, static_cast<const Semver&>(other).version) == 0;
  }
  std::string text() const override {
    std::string out = std::to_string(version.numbers[0]) + "." + std::to_string(version.numbers[1]) + "." +
                      std::to_string(version.numbers[2]);
    for (std::size_t i = 0; i < version.prereleases.size(); ++i) {
      out += (i == 0 ? "-" : ".") + version.prereleases[i].text;
    }
    for (std::size_t i = 0; i < version.builds.size(); ++i) out += (i == 0 ? "+" : ".") + version.builds[i];
    return out;
  }
  int library_tag() const override { return kSemverTag; }
  Version version;
};

const Version& version_of(const Value& value) { return library_object<Semver>(value).version; }

std::optional<Version> read(const Value* args, std::size_t count, std::string& problem) {
  const bool normalize = count > 1 && args[1].as_bool();
  return normalize ? parse_normalized(args[0].as_string(), problem) : parse(args[0].as_string(), problem);
}

Value semver(Frame&, const Value* args, std::size_t count) {
  std::string problem;
  std::optional<Version> version = read(args, count, problem);
  if (!version) return Value::error(std::move(problem));
  return Value::object(Ref<const Object>(new Semver(std::move(*version))));
}
Value is_semver(Frame&, const Value* args, std::size_t count) {
  std::string problem;
  return Value::boolean(read(args, count, problem).has_value());
}

template <std::size_t index>
Value number(Frame&, const Value* args, std::size_t) {
  // Go converts the uint64 by reinterpreting its bits.
  return Value::int64(static_cast<std::int64_t>(version_of(args[0]).numbers[index]));
}
Value compare_to(Frame&, const Value* args, std::size_t) {
  return Value::int64(compare(version_of(args[0]), version_of(args[1])));
}
Value is_less(Frame&, const Value* args, std::size_t) {
  return Value::boolean(compare(version_of(args[0]), version_of(args[1])) < 0);
}
Value is_greater(Frame&, const Value* args, std::size_t) {
  return Value::boolean(compare(version_of(args[0]), version_of(args[1])) > 0);
}

#define SEMVER "kubernetes.Semver"
constexpr std::array kRows{
    OverloadRow{"semver", "string_to_semver", "string -> " SEMVER, semver, CostRule::k8s_tenth, false, 33},
    OverloadRow{"semver", "string_bool_to_semver", "string, bool -> " SEMVER, semver, CostRule::k8s_tenth,
                false, 33},
    OverloadRow{"isSemver", "is_semver_string", "string -> bool", is_semver, CostRule::k8s_tenth, false, 33},
    OverloadRow{"isSemver", "is_semver_string_bool", "string, bool -> bool", is_semver, CostRule::k8s_tenth,
                false, 33},
    OverloadRow{"isGreaterThan", "semver_is_greater_than", "." SEMVER ", " SEMVER " -> bool", is_greater,
                CostRule::one, false, 33},
    OverloadRow{"isLessThan", "semver_is_less_than", "." SEMVER ", " SEMVER " -> bool", is_less,
                CostRule::one, false, 33},
    OverloadRow{"compareTo", "semver_compare_to", "." SEMVER ", " SEMVER " -> int", compare_to, CostRule::one,
                false, 33},
    OverloadRow{"major", "semver_major", "." SEMVER " -> int", number<0>, CostRule::one, false, 33},
    OverloadRow{"minor", "semver_minor", "." SEMVER " -> int", number<1>, CostRule::one, false, 33},
    OverloadRow{"patch", "semver_patch", "." SEMVER " -> int", number<2>, CostRule::one, false, 33},
};
#undef SEMVER

}  // namespace

std::span<const OverloadRow> semver_rows() { return kRows; }

}  // namespace oidc_audit::cel
