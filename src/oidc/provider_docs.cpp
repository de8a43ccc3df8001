#include <algorithm>

#include "oidc/compiled_provider.h"
#include "oidc/provider_yaml.h"

namespace oidc_audit::oidc {

namespace {

using document::Member;
using document::Value;
using provider_yaml::texts_of;

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  out += '"';
}

// Examples hold text, null and mappings alone.
void append_json(std::string& out, Value value) {
  if (value.is_mapping()) {
    out += '{';
    bool first = true;
    for (const Member member : value.members()) {
      if (!first) out += ',';
      first = false;
      append_quoted(out, member.key.text());
      out += ':';
      append_json(out, member.value);
    }
    out += '}';
  } else if (value.is_null()) {
    out += "null";
  } else {
    append_quoted(out, value.text());
  }
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out;
}

bool has_word(Value value, std::string_view word) {
  for (const std::string& text : texts_of(value)) {
    if (text == word) return true;
  }
  return false;
}

// Whether some form has `{name}`, `{=name}` or captures it as `{<name}`.
bool is_used(const std::vector<ProviderDocs::Subject>& subjects, std::string_view name) {
  const auto in = [name](const std::string& form) {
    for (const char* mark : {"", "=", "<"}) {
      if (form.find("{" + std::string(mark) + std::string(name) + "}") != std::string::npos) return true;
    }
    return false;
  };
  return std::any_of(subjects.begin(), subjects.end(), [&in](const ProviderDocs::Subject& subject) {
    return in(subject.form) || std::any_of(subject.items.begin(), subject.items.end(), in);
  });
}

}  // namespace

bool ProviderDocs::ClaimDoc::has(std::string_view word) const {
  return std::find(is.begin(), is.end(), word) != is.end();
}

Result<ProviderDocs> read_provider_docs(Value root) {
  ASSIGN_OR_RETURN(const Provider provider, compile_provider(root));
  ProviderDocs docs;
  docs.category = std::string(root.find("category").text());
  docs.summary = std::string(root.find("summary").text());
  if (const Value audience = root.find("audience"); audience.exists()) {
    docs.audience = "default: " + std::string(audience.find("default").text());
    if (const Value chosen = audience.find("chosen-by"); chosen.exists())
      docs.audience += "; chosen by: " + std::string(chosen.text());
  }
  const auto& tenants = provider.compiled->tenants;
  for (const TenantRule& tenant : tenants) {
    std::string text = tenant.name + " (" + tenant.where + ")";
    if (!tenant.immutable_claim.empty()) text += ", immutably claim " + tenant.immutable_claim;
    if (docs.tenant.find(text) != std::string::npos) continue;
    docs.tenant += (docs.tenant.empty() ? "" : "; ") + text;
    docs.tenants.push_back({tenant.name, tenant.where, tenant.immutable_claim});
  }
  docs.notes = texts_of(root.find("notes"));
  docs.references = texts_of(root.find("references"));

  for (const Value subject : root.find("subjects").items()) {
    ProviderDocs::Subject made;
    made.form = std::string(subject.find("form").text());
    if (const Value items = subject.find("items"); items.exists()) {
      const Value separator = subject.find("separator");
      made.separator = std::string(separator.exists() ? separator.text() : ":");
      made.items = texts_of(items);
    }
    std::vector<std::string> kinds = texts_of(subject.find("kind"));
    for (const Value kind : subject.find("kinds").items()) kinds.emplace_back(kind.find("kind").text());
    if (const Value custom = subject.find("custom-kind"); custom.exists())
      kinds.push_back(std::string(custom.text()) + "...");
    made.kind = joined(kinds);
    made.note = std::string(subject.find("note").text());
    made.group = has_word(subject.find("for"), "group");
    docs.subjects.push_back(std::move(made));
  }
  for (const Member member : root.find("segments").members()) {
    if (member.key.text().starts_with('_')) continue;
    const auto it = provider.compiled->segments.find(member.key.text());
    if (it == provider.compiled->segments.end()) continue;
    ProviderDocs::SegmentDoc made;
    made.name = it->second.spec.name;
    made.traits = it->second.traits;
    made.influenced_when = it->second.influenced_when;
    made.in_subject = is_used(docs.subjects, member.key.text());
    made.values = it->second.spec.value_class->text;
    made.note = std::string(member.value.find("note").text());
    docs.segments.push_back(std::move(made));
  }
  for (const Member member : root.find("claims").members()) {
    ProviderDocs::ClaimDoc made;
    made.name = std::string(member.key.text());
    made.is = texts_of(member.value.is_mapping() ? member.value.find("is") : member.value);
    made.means = std::string(member.value.find("means").text());
    made.part = std::string(member.value.find("part").text());
    docs.claims.push_back(std::move(made));
  }
  for (const Value example : root.find("examples").items()) {
    ProviderDocs::Example made;
    made.issuer = std::string(example.find("issuer").text());
    made.name = std::string(example.find("name").text());
    append_json(made.expect_json, example.find("expect"));
    if (const Value claims = example.find("claims"); claims.exists()) append_json(made.claims_json, claims);
    made.group = has_word(example.find("for"), "group");
    docs.examples.push_back(std::move(made));
  }
  return docs;
}

}  // namespace oidc_audit::oidc
