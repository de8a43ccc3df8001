#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/strings.h"
#include "base/unicode.h"
#include "cli/context.h"
#include "cli/simulate.h"
#include "document/reader.h"
#include "rbac/authorizer.h"

namespace oidc_audit::cli {

namespace {

constexpr std::size_t kMaxRequestBytes = std::size_t{1} << 30;

constexpr std::array<std::string_view, 9> kKeys = {
    "user", "groups", "verb", "apiGroup", "resource", "subresource", "name", "namespace", "path"};

Result<void> read_text(const document::Value& object, std::string_view key, std::string& out) {
  const document::Value value = object.find(key);
  if (!value.exists() || value.is_null()) return {};
  if (!value.is_string()) return Error(ErrorKind::malformed, fmt::format("`{}` is not a string", key));
  out = value.text();
  return {};
}

Result<rbac::Attributes> read_attributes(const document::Value& object) {
  if (!object.is_mapping()) return Error(ErrorKind::malformed, "a request is a JSON object");
  rbac::Attributes request;
  if (!object.find("verb").exists()) return Error(ErrorKind::malformed, "the request has no `verb`");
  RETURN_IF_ERROR(read_text(object, "verb", request.verb));
  RETURN_IF_ERROR(read_text(object, "user", request.user.name));
  const document::Value groups = object.find("groups");
  if (groups.exists() && !groups.is_null() && !groups.is_sequence())
    return Error(ErrorKind::malformed, "`groups` is not a list");
  for (const document::Value group : groups.items()) {
    if (!group.is_string()) return Error(ErrorKind::malformed, "an element of `groups` is not a string");
    request.user.groups.emplace_back(group.text());
  }
  request.is_resource = !object.find("path").exists() || object.find("path").is_null();
  if (!request.is_resource) {
    RETURN_IF_ERROR(read_text(object, "path", request.path));
    return request;
  }
  if (!object.find("resource").exists())
    return Error(ErrorKind::malformed, "the request has neither `resource` nor `path`");
  RETURN_IF_ERROR(read_text(object, "apiGroup", request.api_group));
  RETURN_IF_ERROR(read_text(object, "resource", request.resource));
  RETURN_IF_ERROR(read_text(object, "subresource", request.subresource));
  RETURN_IF_ERROR(read_text(object, "name", request.name));
  RETURN_IF_ERROR(read_text(object, "namespace", request.namespace_name));
  return request;
}

class Batch {
 public:
  Batch(const SimulateOptions& options, const PolicyInputs& loaded, Context& context)
      : options_(options), loaded_(loaded), context_(context) {}

  ExitCode run(std::string_view text) {
    std::size_t number = 0;
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      const std::string_view line = trim_ascii(text.substr(0, end));
      text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
      ++number;
      if (!line.empty()) answer(line, number);
    }
    for (const std::string& key : unknown_keys_) {
      const auto near = nearest(key, kKeys);
      context_.messages.warning(fmt::format("requests have a key `{}` that means nothing", key),
                                near ? fmt::format("did you mean `{}`?", *near) : std::string());
    }
    // The answers are the result; a refusal among them is not a failure of the run.
    return failed_ ? ExitCode::unreadable : ExitCode::ok;
  }

 private:
  void answer(std::string_view line, std::size_t number) {
    auto request = read_line(line);
    if (!request.ok()) {
      failed_ = true;
      write_error(fmt::format("line {}: {}", number, request.error().message()));
      return;
    }
    rbac::Attributes asked = std::move(request).value();
    if (!options_.identity.exact_groups) rbac::add_implicit_groups(asked.user, true);
    const rbac::Decision decision = loaded_.authorizer->decide(asked, {!options_.policy.no_masters});
    AnswerParts parts;
    parts.near_misses = options_.explain;
    parts.further_checks = options_.explain;
    parts.patterns = options_.match == "glob";
    report::DecisionReport report = make_answer(loaded_, asked, decision, parts, options_.policy);
    failed_ = verify_answer(options_, loaded_, report) || failed_;
    if (context_.options.output == "text") {
      context_.out.write(report::decision_text(report, context_.color_out));
      if (report.verification) context_.out.write(report::verification_text(*report.verification));
      return;
    }
    report::JsonWriter json(report::JsonWriter::Style::one_line);
    report::write_decision(json, report, "oidc-audit/simulate/1");
    context_.out.write(json.take() + "\n");
  }

  Result<rbac::Attributes> read_line(std::string_view line) {
    // Each line is a small text of its own, dropped when it was answered.
    SourceManager sources;
    ASSIGN_OR_RETURN(const BufferId buffer, sources.add("request", std::string(line)));
    document::ReadOptions read;
    read.format = document::Format::json;
    const document::Stream stream = document::read_documents(sources, buffer, read);
    if (stream.failed_documents != 0 || stream.documents.size() != 1) {
      for (const Issue& issue : stream.issues)
        if (issue.level == IssueLevel::error) return Error(ErrorKind::malformed, issue.message);
      return Error(ErrorKind::malformed, "a line holds one JSON object");
    }
    const document::Value root = stream.documents.front().root;
    for (const document::Member member : root.members()) {
      const std::string_view key = member.key.text();
      if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end() && unknown_keys_.size() < 20)
        unknown_keys_.emplace(key);
    }
    return read_attributes(root);
  }

  void write_error(const std::string& message) {
    if (context_.options.output == "text") {
      context_.out.write(fmt::format("error: {}\n", escape_for_display(message)));
      return;
    }
    report::JsonWriter json(report::JsonWriter::Style::one_line);
    json.begin_object().field("error", message).end_object();
    context_.out.write(json.take() + "\n");
  }

  const SimulateOptions& options_;
  const PolicyInputs& loaded_;
  Context& context_;
  std::set<std::string> unknown_keys_;
  bool failed_ = false;
};

}  // namespace

ExitCode run_batch(const SimulateOptions& options, const PolicyInputs& loaded, Context& context) {
  const std::string& path = *options.requests;
  const std::vector<std::string>& paths = options.policy.input.paths;
  if (path == "-" && std::find(paths.begin(), paths.end(), "-") != paths.end())
    return context.fail(
        Error(ErrorKind::usage, "standard input cannot be both the objects and the requests"));
  auto text = path == "-" ? read_stdin(context) : context.files.read(path, kMaxRequestBytes);
  if (!text.ok()) return context.fail(text.error());
  for (const std::string& note : policy_notes(loaded)) context.messages.note(note);
  return Batch(options, loaded, context).run(text.value());
}

}  // namespace oidc_audit::cli
