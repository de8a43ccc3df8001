#include <fmt/format.h>

#include <algorithm>

#include "base/unicode.h"
#include "report/decision_report.h"
#include "report/excerpt.h"

namespace oidc_audit::report {

namespace {

constexpr std::string_view kGreen = "\x1B[1;32m";
constexpr std::string_view kRed = "\x1B[1;31m";
constexpr std::string_view kDim = "\x1B[2m";
constexpr std::string_view kReset = "\x1B[0m";

std::string paint(bool color, std::string_view code, std::string_view text) {
  return color ? fmt::format("{}{}{}", code, text, kReset) : std::string(text);
}

std::string place_of(const SourceManager& sources, const std::optional<SourceRange>& range) {
  return range ? place_text(sources, *range) : std::string();
}

/// Rules of one binding that grant stand together: `rules 0, 2`.
void append_grants(std::string& out, const DecisionReport& report, const std::vector<rbac::Grant>& grants) {
  for (std::size_t i = 0; i < grants.size();) {
    const rbac::Grant& grant = grants[i];
    std::string rules;
    std::size_t count = 0;
    for (; i < grants.size() && grants[i].binding == grant.binding && grants[i].subject == grant.subject;
         ++i) {
      rules += fmt::format("{}{}", count == 0 ? "" : ", ", grants[i].rule);
      ++count;
    }
    out += fmt::format("  {}\n", escape_for_display(grant.reason));
    const std::string role = escape_for_display(oidc_audit::to_string(grant.role->meta.ref()));
    out += fmt::format("      rule{} {} of {}{}\n", count == 1 ? "" : "s", rules, role,
                       grant.role->meta.builtin ? " (default role of Kubernetes)" : "");
    const std::string place = place_of(report.sources, subject_location(*grant.binding, grant.subject).range);
    if (!place.empty()) out += fmt::format("      bound at {}\n", place);
  }
}

void append_near_misses(std::string& out, const DecisionReport& report, bool color) {
  if (report.near_misses.empty()) return;
  out += "what nearly granted it, nearest first:\n";
  std::size_t number = 0;
  for (const sim::NearMiss& miss : report.near_misses) {
    out += fmt::format("  {}. {}: {}\n", ++number, paint(color, "\x1B[1m", sim::to_string(miss.cause)),
                       escape_for_display(miss.message));
    const std::string place = place_of(report.sources, miss.range);
    if (!miss.object.empty())
      out += fmt::format("       at {}{}{}\n", escape_for_display(miss.object),
                         miss.pointer.empty() ? "" : " " + escape_for_display(miss.pointer),
                         place.empty() ? "" : " (" + place + ")");
    if (!miss.fix.empty()) out += fmt::format("       fix: {}\n", escape_for_display(miss.fix));
  }
}

void append_expander(std::string& out, const DecisionReport& report) {
  if (!report.expander) return;
  if (!report.expander->allowed) {
    out += "a front-end that expands patterns (not Kubernetes) would not let it through either\n";
    return;
  }
  out += "a front-end that expands patterns (NOT Kubernetes) would let it through:\n";
  append_grants(out, report, report.expander->granted_by);
}

}  // namespace

std::string describe_request(const rbac::Attributes& request) {
  if (!request.is_resource) return fmt::format("{} {}", request.verb, request.path);
  std::string text = fmt::format("{} {}", request.verb, rbac::combined_resource(request));
  if (!request.api_group.empty()) text += fmt::format(" of {}", request.api_group);
  if (!request.name.empty()) text += fmt::format(" `{}`", request.name);
  text += request.namespace_name.empty() ? std::string(" at the cluster scope")
                                         : fmt::format(" in namespace {}", request.namespace_name);
  return text;
}

std::string decision_text(const DecisionReport& report, bool color) {
  std::string out;
  if (!report.authenticated) return out;
  const rbac::Decision& decision = report.decision;
  const std::string what = escape_for_display(describe_request(report.request));
  const std::string user = escape_for_display(report.request.user.name);
  if (decision.allowed && decision.authorizer == "system:masters") {
    out += fmt::format("{}: `{}` may {}\n", paint(color, kGreen, "allowed (system:masters)"), user, what);
    out += "  members of system:masters are allowed before RBAC is asked; no binding can take that away\n";
  } else if (decision.allowed) {
    out += fmt::format("{}: `{}` may {}\n", paint(color, kGreen, "allowed by RBAC"), user, what);
    append_grants(out, report, decision.granted_by);
  } else {
    out += fmt::format("{}: `{}` may not {}\n", paint(color, kRed, "no RBAC rule allows it"), user, what);
    out += fmt::format("  Error from server (Forbidden): {}\n", escape_for_display(report.denied_message));
    append_near_misses(out, report, color);
  }
  for (const FurtherCheck& further : report.further)
    out += fmt::format("also checked {}: {} is {}\n  {}\n", escape_for_display(further.check.when),
                       escape_for_display(describe_request(further.check.attributes)),
                       further.allowed ? paint(color, kGreen, "allowed") : paint(color, kRed, "not allowed"),
                       escape_for_display(further.check.message));
  append_expander(out, report);
  for (const std::string& note : report.notes)
    out += paint(color, kDim, fmt::format("note: {}", escape_for_display(note))) + "\n";
  return out;
}

}  // namespace oidc_audit::report
