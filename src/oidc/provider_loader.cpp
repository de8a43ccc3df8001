#include <algorithm>
#include <array>
#include <functional>
#include <initializer_list>

#include "base/strings.h"
#include "oidc/compiled_provider.h"
#include "oidc/provider_rules.h"
#include "oidc/provider_yaml.h"

namespace oidc_audit::oidc {

namespace {

using document::Member;
using document::Value;
using namespace provider_yaml;

constexpr std::array<std::pair<std::string_view, Evidence>, 4> kEvidence = {
    {{"documented", Evidence::documented},
     {"provider-source", Evidence::provider_source},
     {"third-party", Evidence::third_party},
     {"derived", Evidence::derived}}};
constexpr std::array<std::pair<std::string_view, IssuerScope>, 4> kScope = {
    {{"shared", IssuerScope::shared},
     {"tenant-host", IssuerScope::tenant_host},
     {"tenant-path", IssuerScope::tenant_path},
     {"self-hosted", IssuerScope::self_hosted}}};
constexpr std::array<std::pair<std::string_view, IssuerProof>, 3> kProof = {
    {{"certain", IssuerProof::certain}, {"shaped", IssuerProof::shaped}, {"open", IssuerProof::open}}};
constexpr std::array<std::pair<std::string_view, Decoding>, 5> kDecoding = {
    {{"none", Decoding::none},
     {"colon", Decoding::colon},
     {"percent", Decoding::percent},
     {"query", Decoding::query},
     {"jenkins-path", Decoding::jenkins_path}}};
constexpr std::array<std::pair<std::string_view, Escapes>, 3> kEscapes = {
    {{"unknown", Escapes::unknown}, {"none", Escapes::none}, {"colon", Escapes::colon}}};
constexpr std::array<std::pair<std::string_view, std::uint8_t>, 4> kTraits = {
    {{"mutable", kMutableName},
     {"immutable", kImmutableId},
     {"attacker-influenced", kAttackerInfluenced},
     {"per-run", kPerRun}}};
constexpr std::array<std::pair<std::string_view, ValueClass::Check>, 10> kChecks = {
    {{"none", ValueClass::Check::none},
     {"git-ref", ValueClass::Check::git_ref},
     {"git-branch", ValueClass::Check::git_branch},
     {"uuid", ValueClass::Check::uuid},
     {"spiffe-path", ValueClass::Check::spiffe_path},
     {"host", ValueClass::Check::host},
     {"url", ValueClass::Check::url},
     {"hyphen-digits", ValueClass::Check::hyphen_digits},
     {"job-path", ValueClass::Check::job_path},
     {"job-base", ValueClass::Check::job_base}}};
// What is said of claims: who they are about and who sets them, and the types that are no strings.
constexpr std::array<std::string_view, 9> kClaimWords = {
    "tenant",  "immutable", "mutable", "attacker-influenced", "self-assigned", "per-run",
    "boolean", "number",    "list"};
constexpr std::array<std::string_view, 6> kCategories = {"ci",       "iac",    "hosting",
                                                         "workload", "people", "cloud"};

class Loader {
 public:
  explicit Loader(Value root) : root_(root) {}

  Result<Provider> run() {
    RETURN_IF_ERROR(check_keys(root_, "",
                               {"id",
                                "title",
                                "category",
                                "evidence",
                                "summary",
                                "broker",
                                "tenant-optional",
                                "case-insensitive-names",
                                "escapes",
                                "weight",
                                "max-subject-bytes",
                                "immutable-alternative",
                                "group-claims",
                                "issuers",
                                "audience",
                                "classes",
                                "segments",
                                "claims",
                                "subjects",
                                "tenant",
                                "context",
                                "phase",
                                "ref",
                                "ref-type",
                                "environment",
                                "notes",
                                "references",
                                "examples"}));
    ASSIGN_OR_RETURN(provider_.id, text_of(root_, "id", "", true));
    ASSIGN_OR_RETURN(provider_.title, text_of(root_, "title", "", true));
    ASSIGN_OR_RETURN(provider_.evidence, word_of(root_, "evidence", "", Evidence::documented, kEvidence));
    ASSIGN_OR_RETURN(const std::string category, text_of(root_, "category", "", true));
    if (std::find(kCategories.begin(), kCategories.end(), category) == kCategories.end())
      return wrong("/category", "`" + category + "` is not one of ci, iac, hosting, workload, people, cloud");
    ASSIGN_OR_RETURN(compiled_->escapes, word_of(root_, "escapes", "", Escapes::unknown, kEscapes));
    provider_.people = category == "people";
    compiled_->scoped_use = category == "ci" || category == "iac";
    provider_.broker = flag_of(root_, "broker");
    provider_.tenant_optional = flag_of(root_, "tenant-optional");
    provider_.case_insensitive_names = flag_of(root_, "case-insensitive-names");
    ASSIGN_OR_RETURN(provider_.immutable_alternative, text_of(root_, "immutable-alternative", "", false));
    provider_.group_claims = texts_of(root_.find("group-claims"));
    compiled_->weight = static_cast<int>(std::clamp<std::int64_t>(number(root_, "weight", 50), 0, 100));
    provider_.max_subject_bytes = bytes(root_, "max-subject-bytes", 0);

    RETURN_IF_ERROR(read_classes());
    RETURN_IF_ERROR(read_segments());
    RETURN_IF_ERROR(check_claims());
    RETURN_IF_ERROR(read_issuers());
    RETURN_IF_ERROR(read_values(root_, "", compiled_->context, compiled_->phase, compiled_->ref,
                                compiled_->ref_type, compiled_->environment));
    ASSIGN_OR_RETURN(compiled_->tenants, read_tenants(root_.find("tenant"), "/tenant"));
    std::size_t index = 0;
    for (const Value subject : root_.find("subjects").items()) {
      ASSIGN_OR_RETURN(SubjectRule rule, read_subject(subject, "/subjects/" + std::to_string(index)));
      compiled_->subjects.push_back(std::move(rule));
      ++index;
    }
    provider_.compiled = std::move(compiled_);
    return std::move(provider_);
  }

 private:
  static std::int64_t number(Value mapping, std::string_view key, std::int64_t fallback) {
    return mapping.find(key).as_int().value_or(fallback);
  }
  static std::uint32_t bytes(Value mapping, std::string_view key, std::uint32_t fallback) {
    const std::int64_t value = number(mapping, key, fallback);
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, 1'000'000));
  }

  Result<void> read_classes() {
    for (const Member member : root_.find("classes").members()) {
      const std::string name(member.key.text());
      const std::string place = "/classes/" + name;
      const Value spec = member.value;
      RETURN_IF_ERROR(check_keys(
          spec, place, {"like", "text", "chars", "first", "last", "min", "max", "values", "check"}));
      ValueClass made;
      if (const Value like = spec.find("like"); like.exists()) {
        const ValueClass* base = find_class(like.text());
        if (base == nullptr) return wrong(place, "there is no class `" + std::string(like.text()) + "`");
        made = *base;
      }
      made.name = name;
      if (const Value text = spec.find("text"); text.exists()) made.text = std::string(text.text());
      if (const Value chars = spec.find("chars"); chars.exists()) {
        ASSIGN_OR_RETURN(made.body, ByteSet::parse(chars.text()));
        made.first = made.body;
        made.last = made.body;
      }
      if (const Value first = spec.find("first"); first.exists()) {
        ASSIGN_OR_RETURN(made.first, ByteSet::parse(first.text()));
      }
      if (const Value last = spec.find("last"); last.exists()) {
        ASSIGN_OR_RETURN(made.last, ByteSet::parse(last.text()));
      }
      made.min = bytes(spec, "min", made.min);
      made.max = bytes(spec, "max", made.max);
      ASSIGN_OR_RETURN(made.check, word_of(spec, "check", place, made.check, kChecks));
      if (spec.find("values").exists()) set_values(made, texts_of(spec.find("values")));
      compiled_->classes.insert_or_assign(name, std::move(made));
    }
    return {};
  }

  static void set_values(ValueClass& made, std::vector<std::string> values) {
    made.text.clear();
    made.body = ByteSet();
    made.min = 1;
    made.max = 0;
    for (const std::string& value : values) {
      made.text += made.text.empty() ? "" : (&value == &values.back() ? " or " : ", ");
      made.text += "`" + value + "`";
      for (const char c : value) made.body.add(static_cast<unsigned char>(c));
    }
    made.first = made.body;
    made.last = made.body;
    made.values = std::move(values);
  }

  const ValueClass* find_class(std::string_view name) const {
    const auto it = compiled_->classes.find(name);
    return it != compiled_->classes.end() ? &it->second : find_common_class(name);
  }

  Result<void> check_claims() const {
    for (const Member member : root_.find("claims").members()) {
      const std::string place = "/claims/" + std::string(member.key.text());
      const bool described = member.value.is_mapping();
      if (described) {
        RETURN_IF_ERROR(check_keys(member.value, place, {"is", "means", "part"}));
      }
      for (const std::string& word : texts_of(described ? member.value.find("is") : member.value)) {
        if (std::find(kClaimWords.begin(), kClaimWords.end(), word) == kClaimWords.end()) {
          return wrong(place, "`" + word + "` is no word for claims");
        }
      }
      const std::string_view part = member.value.find("part").text();
      const auto& segments = compiled_->segments;
      if (!part.empty() && std::none_of(segments.begin(), segments.end(),
                                        [&](const auto& one) { return one.second.spec.name == part; })) {
        return wrong(place, "`" + std::string(part) + "` is no segment");
      }
    }
    return {};
  }

  Result<void> read_segments() {
    for (const Member member : root_.find("segments").members()) {
      const std::string name(member.key.text());
      const std::string place = "/segments/" + name;
      const Value spec = member.value;
      RETURN_IF_ERROR(check_keys(
          spec, place, {"name", "class", "values", "end", "is", "influenced-when", "decode", "min", "note"}));
      SegmentInfo info;
      info.spec.name = name;
      if (const Value reported = spec.find("name"); reported.exists())
        info.spec.name = std::string(reported.text());
      if (spec.find("values").exists() || spec.find("min").exists()) {
        // A class of its own, named for the segment.
        ValueClass own;
        if (const Value like = spec.find("class"); like.exists()) {
          const ValueClass* base = find_class(like.text());
          if (base == nullptr) return wrong(place, "there is no class `" + std::string(like.text()) + "`");
          own = *base;
        }
        own.name = name;
        if (spec.find("values").exists()) set_values(own, texts_of(spec.find("values")));
        own.min = bytes(spec, "min", own.min);
        info.spec.value_class =
            &compiled_->classes.insert_or_assign("=" + name, std::move(own)).first->second;
      } else {
        ASSIGN_OR_RETURN(const std::string class_name, text_of(spec, "class", place, true));
        info.spec.value_class = find_class(class_name);
        if (info.spec.value_class == nullptr) return wrong(place, "there is no class `" + class_name + "`");
      }
      ASSIGN_OR_RETURN(const std::string end, text_of(spec, "end", place, false));
      if (!end.empty() && end != "last" && end != "first")
        return wrong(place + "/end", "`" + end + "` is not one of first, last");
      info.spec.end_last = end == "last";
      for (const std::string& word : texts_of(spec.find("is"))) {
        const auto it =
            std::find_if(kTraits.begin(), kTraits.end(), [&](const auto& row) { return row.first == word; });
        if (it == kTraits.end())
          return wrong(place + "/is",
                       "`" + word + "` is not one of mutable, immutable, attacker-influenced, per-run");
        info.traits = static_cast<std::uint8_t>(info.traits | it->second);
      }
      ASSIGN_OR_RETURN(info.influenced_when, text_of(spec, "influenced-when", place, false));
      ASSIGN_OR_RETURN(info.decoding, word_of(spec, "decode", place, Decoding::none, kDecoding));
      compiled_->segments.insert_or_assign(name, std::move(info));
    }
    return {};
  }

  Result<SegmentSpec> segment(std::string_view name) const {
    const auto it = compiled_->segments.find(name);
    if (it == compiled_->segments.end())
      return Error(ErrorKind::configuration,
                   "the segment `" + std::string(name) + "` is not described under `segments`");
    return it->second.spec;
  }

  Result<void> read_issuers() {
    std::size_t index = 0;
    for (const Value spec : root_.find("issuers").items()) {
      const std::string place = "/issuers/" + std::to_string(index++);
      RETURN_IF_ERROR(check_keys(
          spec, place, {"id", "pattern", "proof", "scope", "note", "opt-in", "kind-prefix", "kind-suffix"}));
      IssuerInfo info;
      IssuerRule rule;
      ASSIGN_OR_RETURN(info.id, text_of(spec, "id", place, true));
      ASSIGN_OR_RETURN(info.pattern, text_of(spec, "pattern", place, true));
      ASSIGN_OR_RETURN(info.scope, word_of(spec, "scope", place, IssuerScope::shared, kScope));
      ASSIGN_OR_RETURN(info.note, text_of(spec, "note", place, false));
      ASSIGN_OR_RETURN(rule.proof, word_of(spec, "proof", place, IssuerProof::certain, kProof));
      rule.opt_in = flag_of(spec, "opt-in");
      ASSIGN_OR_RETURN(rule.kind_prefix, text_of(spec, "kind-prefix", place, false));
      ASSIGN_OR_RETURN(rule.kind_suffix, text_of(spec, "kind-suffix", place, false));
      info.any_host = rule.proof != IssuerProof::certain;
      if (rule.proof == IssuerProof::open) provider_.self_hosted = true;
      auto grammar =
          Grammar::compile(info.pattern, {}, [this](std::string_view name) { return segment(name); });
      if (!grammar.ok()) return std::move(grammar).error().with_context(place);
      rule.grammar = std::move(grammar).value();
      provider_.issuers.push_back(std::move(info));
      compiled_->issuers.push_back(std::move(rule));
    }
    return {};
  }

  Result<SubjectRule> read_subject(Value spec, const std::string& place) {
    RETURN_IF_ERROR(
        check_keys(spec, place, {"form",        "items",           "separator", "min-items",  "for",
                                 "shape",       "needs-issuer",    "issuers",   "kind",       "kinds",
                                 "custom-kind", "context",         "phase",     "ref",        "ref-type",
                                 "environment", "tenant",          "unscoped",  "job-chosen", "opaque",
                                 "obsolete",    "debug-session",   "decode",    "note",       "also",
                                 "kind-words",  "custom-template", "catch-all"}));
    SubjectRule rule;
    ASSIGN_OR_RETURN(const std::string form, text_of(spec, "form", place, true));
    Grammar::Options options;
    options.items = texts_of(spec.find("items"));
    if (const Value separator = spec.find("separator"); separator.exists())
      options.separator = std::string(separator.text());
    options.min_items = bytes(spec, "min-items", 1);
    auto grammar = Grammar::compile(form, options, [this](std::string_view name) { return segment(name); });
    if (!grammar.ok()) return std::move(grammar).error().with_context(place);
    rule.grammar = std::move(grammar).value();

    const std::vector<std::string> kinds_of_name = texts_of(spec.find("for"));
    if (!kinds_of_name.empty()) {
      rule.for_users = std::find(kinds_of_name.begin(), kinds_of_name.end(), "user") != kinds_of_name.end();
      rule.for_groups = std::find(kinds_of_name.begin(), kinds_of_name.end(), "group") != kinds_of_name.end();
      if (!rule.for_users && !rule.for_groups)
        return wrong(place + "/for", "there must be user or group here");
    }
    rule.shape = flag_of(spec, "shape");
    rule.needs_issuer = flag_of(spec, "needs-issuer");
    rule.issuers = texts_of(spec.find("issuers"));
    for (const std::string& id : rule.issuers) {
      if (std::none_of(provider_.issuers.begin(), provider_.issuers.end(),
                       [&](const IssuerInfo& issuer) { return issuer.id == id; }))
        return wrong(place + "/issuers", "there is no issuer `" + id + "`");
    }
    ASSIGN_OR_RETURN(const std::string decode, text_of(spec, "decode", place, false));
    if (!decode.empty() && decode != "dex") return wrong(place + "/decode", "`" + decode + "` is not `dex`");
    rule.dex = decode == "dex";
    ASSIGN_OR_RETURN(rule.custom_kind, text_of(spec, "custom-kind", place, false));
    if (const Value kind = spec.find("kind"); kind.exists()) {
      ASSIGN_OR_RETURN(KindRule made, read_kind(kind.text(), Value(), place + "/kind"));
      rule.kinds.push_back(std::move(made));
    }
    std::size_t index = 0;
    for (const Value kind : spec.find("kinds").items()) {
      const std::string at = place + "/kinds/" + std::to_string(index++);
      RETURN_IF_ERROR(check_keys(kind, at, {"kind", "when", "also"}));
      ASSIGN_OR_RETURN(KindRule made, read_kind(kind.find("kind").text(), kind, at));
      rule.kinds.push_back(std::move(made));
    }
    if (rule.kinds.empty() && rule.custom_kind.empty())
      return wrong(place, "there must be one of `kind`, `kinds` and `custom-kind`");
    RETURN_IF_ERROR(
        read_values(spec, place, rule.context, rule.phase, rule.ref, rule.ref_type, rule.environment));
    ASSIGN_OR_RETURN(rule.tenants, read_tenants(spec.find("tenant"), place + "/tenant"));
    if (spec.find("unscoped").exists()) rule.unscoped = flag_of(spec, "unscoped");
    rule.also = flag_of(spec, "also");
    for (const std::string& item : options.items) {
      const std::size_t begin = item.starts_with("{<") ? item.find('}') + 1 : 0;
      const std::string key = item.substr(begin, item.find_first_of(":{", begin) - begin);
      const Value word = spec.find("kind-words").find(key);
      rule.item_words.push_back(word.exists() ? std::string(word.text()) : replace_all(key, "_", "-"));
    }
    rule.job_chosen = flag_of(spec, "job-chosen");
    rule.opaque = flag_of(spec, "opaque");
    rule.obsolete = flag_of(spec, "obsolete");
    rule.catch_all = flag_of(spec, "catch-all");
    rule.custom_template = !rule.custom_kind.empty() || flag_of(spec, "custom-template");
    ASSIGN_OR_RETURN(rule.debug_session,
                     read_condition(spec.find("debug-session"), place + "/debug-session"));
    return rule;
  }

  Value root_;
  Provider provider_;
  std::shared_ptr<Provider::Compiled> compiled_ = std::make_shared<Provider::Compiled>();
};

}  // namespace

Result<Provider> compile_provider(Value root) {
  if (!root.is_mapping()) return wrong("", "a provider file holds one mapping");
  return Loader(root).run();
}

}  // namespace oidc_audit::oidc
