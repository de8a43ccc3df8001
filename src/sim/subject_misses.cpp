#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/strings.h"
#include "sim/candidates.h"
#include "sim/name_prefix.h"

namespace oidc_audit::sim {

namespace {

using rbac::Binding;
using rbac::Subject;
using rbac::SubjectKind;

constexpr std::string_view kServiceAccountPrefix = "system:serviceaccount:";

/// Claims that say nothing about who somebody is.
bool is_plumbing(std::string_view claim) {
  static constexpr std::string_view kNames[] = {"iss",   "aud", "exp",       "iat", "nbf",          "jti",
                                                "nonce", "azp", "typ",       "alg", "at_hash",      "c_hash",
                                                "acr",   "amr", "auth_time", "sid", "session_state"};
  return std::find(std::begin(kNames), std::end(kNames), claim) != std::end(kNames);
}

/// Claims by whose name one sees that groups are in them.
bool names_groups(std::string_view claim) {
  const std::string lower = to_lower_ascii(claim);
  return lower.find("group") != std::string::npos || lower.find("role") != std::string::npos ||
         lower.find("team") != std::string::npos;
}

/// Claims that tell one person from another.
bool names_person(std::string_view claim) {
  static constexpr std::string_view kNames[] = {"sub",       "email",      "preferred_username",
                                                "name",      "given_name", "family_name",
                                                "nickname",  "upn",        "unique_name",
                                                "oid",       "username",   "login",
                                                "actor",     "user_login", "user",
                                                "user_email"};
  return std::find(std::begin(kNames), std::end(kNames), claim) != std::end(kNames);
}

/// The ways in which a bound name may carry a value: bare, behind the configured prefix, or behind what looks
/// like one.
/// A name that the server composes by an expression may end in the value of a claim without being it: then
/// what stands before must be one word.
bool carries_value(std::string_view bound, std::string_view value, const std::optional<std::string>& prefix,
                   bool composed) {
  if (value.size() < 2 || !bound.ends_with(value)) return false;
  const std::string_view front = bound.substr(0, bound.size() - value.size());
  const auto separators =
      std::count_if(front.begin(), front.end(), [](char c) { return c == ':' || c == '/'; });
  if (composed && separators > 1 && front != prefix) return false;
  return bound.size() == value.size() || differs_by_prefix(bound, value, prefix);
}

bool malformed_prefix(std::string_view prefix) {
  return prefix.find_first_of("\"' \t") != std::string_view::npos;
}

std::string without_noise(std::string_view prefix) {
  std::string out;
  for (const char c : prefix) {
    if (c != '"' && c != '\'' && c != ' ' && c != '\t') out += c;
  }
  return out;
}

class SubjectMisses {
 public:
  SubjectMisses(const Refusal& refusal, std::vector<Candidate>& out) : refusal_(refusal), out_(out) {
    const UserInfo& user = refusal.request.user;
    user_ = actual(user.name, prefix_of(SubjectKind::user));
    for (const std::string& group : user.groups) {
      if (group == "system:authenticated" || group == "system:unauthenticated") continue;
      groups_.push_back(actual(group, prefix_of(SubjectKind::group)));
    }
  }

  void visit(const Binding& binding, std::size_t index, const rbac::Role& role) {
    const Subject& subject = binding.subjects[index];
    std::optional<Candidate> best;
    const auto offer = [&](std::optional<Candidate> candidate) {
      if (candidate &&
          (!best || std::pair(candidate->tier, candidate->changes) < std::pair(best->tier, best->changes) ||
           (candidate->tier == best->tier && candidate->changes == best->changes &&
            candidate->miss.cause < best->miss.cause))) {
        best = std::move(candidate);
      }
    };
    offer(service_account(binding, index));
    offer(other_kind(subject));
    offer(claim(subject));
    offer(same_kind(subject));
    if (!best) {
      remember_group(binding, index, role);
      return;
    }
    finish(*best, binding, index, role);
    if (!in_scope(binding, refusal_.request)) {
      best->changes += 1;
      best->tier = std::max(best->tier, kTierDoubtful);
    }
    out_.push_back(std::move(*best));
  }

  void flush_groups() {
    for (Candidate& candidate : foreign_groups_) out_.push_back(std::move(candidate));
  }

 private:
  ActualName actual(const std::string& name, std::optional<std::string> prefix) const {
    return {refusal_.parse_name(name), name, std::move(prefix)};
  }

  std::optional<std::string> prefix_of(SubjectKind kind) const {
    if (refusal_.source == nullptr || !refusal_.source->configuration_known) return std::nullopt;
    return kind == SubjectKind::group ? refusal_.source->groups_prefix : refusal_.source->username_prefix;
  }

  const NameParts& parts_of(std::string_view name) {
    const auto it = parsed_.find(name);
    if (it != parsed_.end()) return it->second;
    return parsed_.emplace(std::string(name), refusal_.parse_name(name)).first->second;
  }

  static Candidate make(Cause cause, std::string detail, std::string fix, int changes = 1,
                        int tier = kTierSlip) {
    Candidate candidate;
    candidate.miss.cause = cause;
    candidate.miss.message = std::move(detail);
    candidate.miss.fix = std::move(fix);
    candidate.changes = changes;
    candidate.tier = tier;
    return candidate;
  }

  std::optional<Candidate> service_account(const Binding& binding, std::size_t index) {
    const Subject& subject = binding.subjects[index];
    const std::string_view user = refusal_.request.user.name;
    if (!user.starts_with(kServiceAccountPrefix)) return foreign_service_account(binding, subject);
    const std::string_view rest = user.substr(kServiceAccountPrefix.size());
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view ns = rest.substr(0, colon);
    const std::string_view name = rest.substr(colon + 1);
    if (subject.kind == SubjectKind::service_account && subject.name.value == name) {
      const std::string_view bound_ns = namespace_of(binding, subject);
      if (bound_ns == ns) return std::nullopt;
      Candidate candidate = make(Cause::subject_namespace,
                                 fmt::format("the binding names service account `{}` of namespace `{}`, and "
                                             "the request comes from namespace `{}`",
                                             name, bound_ns, ns),
                                 fmt::format("set `namespace: {}` in the subject", ns));
      candidate.miss.pointer = subject.namespace_name.empty() ? "" : "/namespace";
      candidate.miss.range = subject.namespace_name.range;
      return candidate;
    }
    constexpr std::string_view kAccountsOf = "system:serviceaccounts:";
    if (subject.kind == SubjectKind::group && subject.name.value.starts_with(kAccountsOf) &&
        subject.name.value.substr(kAccountsOf.size()) != ns) {
      return make(
          Cause::subject_namespace,
          fmt::format("the binding is for the service accounts of namespace `{}`, and the request comes "
                      "from namespace `{}`",
                      subject.name.value.substr(kAccountsOf.size()), ns),
          fmt::format("bind `kind: ServiceAccount`, `name: {}`, `namespace: {}`", name, ns), 1,
          kTierDoubtful);
    }
    const bool spelled = subject.name.value == name || subject.name.value == user ||
                         subject.name.value == std::string(ns) + ":" + std::string(name) ||
                         subject.name.value == std::string(ns) + "/" + std::string(name);
    if (spelled && subject.kind != SubjectKind::service_account) {
      if (subject.kind == SubjectKind::user && subject.name.value == user) return std::nullopt;
      return kind_miss(
          subject, fmt::format("a service account is bound as kind `{}`", subject.kind_text.value),
          fmt::format("write the subject as `kind: ServiceAccount`, `name: {}`, `namespace: {}`", name, ns));
    }
    if (subject.kind == SubjectKind::service_account && spelled) {
      return make(Cause::subject_spelling,
                  "the subject of kind ServiceAccount holds more than the account's name",
                  fmt::format("write `name: {}` and `namespace: {}`", name, ns));
    }
    const std::string_view bound_name = subject.name.value;
    if (subject.kind == SubjectKind::service_account && namespace_of(binding, subject) == ns &&
        std::min(bound_name.size(), name.size()) > 2 && edit_distance(bound_name, name, 2) <= 2) {
      return make(Cause::subject_spelling,
                  fmt::format("the binding names service account `{}` and the request comes from `{}`",
                              bound_name, name),
                  fmt::format("if this account is meant, set the subject's `name` to `{}`", name), 1,
                  kTierDoubtful);
    }
    return std::nullopt;
  }

  static std::string_view namespace_of(const Binding& binding, const Subject& subject) {
    return subject.namespace_name.empty() ? binding.meta.namespace_name.value : subject.namespace_name.value;
  }

  /// Behind a prefix the service account of another cluster is a user, and no ServiceAccount here.
  std::optional<Candidate> foreign_service_account(const Binding& binding, const Subject& subject) const {
    if (subject.kind != SubjectKind::service_account) return std::nullopt;
    const std::string account =
        fmt::format("{}{}:{}", kServiceAccountPrefix, namespace_of(binding, subject), subject.name.value);
    const std::string& user = user_.name;
    if (user.size() <= account.size() || !user.ends_with(account)) return std::nullopt;
    Candidate candidate =
        make(Cause::subject_prefix,
             fmt::format("a subject of kind ServiceAccount stands for the user `{}`, and the request's user "
                         "name is `{}`",
                         account, user),
             fmt::format("write the subject as `kind: User`, `name: {}`", user));
    candidate.miss.range = subject.name.range;
    return candidate;
  }

  static Candidate kind_miss(const Subject& subject, std::string detail, std::string fix) {
    Candidate candidate = make(Cause::subject_kind, std::move(detail), std::move(fix));
    candidate.miss.pointer = "/kind";
    candidate.miss.range = subject.kind_text.range;
    return candidate;
  }

  /// The same name, prefix apart, bound as something else.
  std::optional<Candidate> other_kind(const Subject& subject) const {
    const auto same = [](std::string_view bound, const ActualName& name) {
      return !name.name.empty() &&
             (bound == name.name || differs_by_prefix(bound, name.name, name.configured_prefix));
    };
    if (subject.kind != SubjectKind::user && same(subject.name.value, user_)) {
      return kind_miss(subject,
                       fmt::format("`{}` is bound as kind `{}`, and the request's user name is `{}`",
                                   subject.name.value, subject.kind_text.value, user_.name),
                       fmt::format("write the subject as `kind: User`, `name: {}`", user_.name));
    }
    if (subject.kind == SubjectKind::group) return std::nullopt;
    for (const ActualName& group : groups_) {
      if (!same(subject.name.value, group)) continue;
      return kind_miss(subject,
                       fmt::format("`{}` is bound as kind `{}`, and the request has it as a group",
                                   subject.name.value, subject.kind_text.value),
                       fmt::format("write the subject as `kind: Group`, `name: {}`", group.name));
    }
    return std::nullopt;
  }

  /// The bound name is the value of a claim that the server reads for something else, or not at all.
  std::optional<Candidate> claim(const Subject& subject) const {
    const IdentitySource* source = refusal_.source;
    if (source == nullptr || subject.kind == SubjectKind::service_account) return std::nullopt;
    const bool group = subject.kind == SubjectKind::group;
    const std::string& read = group ? source->groups_claim : source->username_claim;
    const bool mapped = source->configuration_known && (!group || source->groups_configured);
    const bool composed = mapped && read.empty();
    for (const ClaimValue& claim : source->claims) {
      if (is_plumbing(claim.claim) || (!read.empty() && claim.claim == read)) continue;
      if (!carries_value(subject.name.value, claim.value, prefix_of(subject.kind), composed)) continue;
      const bool told_no_groups = source->configuration_known && !source->groups_configured;
      if (group &&
          (claim.in_list || names_groups(claim.claim) || (told_no_groups && !names_person(claim.claim))))
        return unread_group(subject, claim);
      if (group && !claim.in_list) {
        return make(
            Cause::subject_claim,
            fmt::format("`{}` is the value of claim `{}`, which is not read as a group", claim.value,
                        claim.claim),
            fmt::format("set `{}` to `{}`, or bind a name that the server reads: `kind: User`, `name: {}`",
                        source->groups_claim_at, claim.claim, user_.name));
      }
      if (claim.in_list && names_groups(claim.claim)) {
        return kind_miss(
            subject, fmt::format("`{}` stands in claim `{}`, which lists groups", claim.value, claim.claim),
            "write the subject as `kind: Group`");
      }
      const std::string from = read.empty() ? "another expression" : fmt::format("claim `{}`", read);
      return make(
          Cause::subject_claim,
          fmt::format("the binding names the value of claim `{}`, and the server takes the user name from {}",
                      claim.claim, from),
          fmt::format("bind `name: {}`, which is what the server calls this user (or set `{}` to `{}`)",
                      user_.name, source->username_claim_at, claim.claim));
    }
    return std::nullopt;
  }

  Candidate unread_group(const Subject& subject, const ClaimValue& claim) const {
    const IdentitySource& source = *refusal_.source;
    const bool flag = source.groups_claim_at.starts_with("--");
    const std::string set = flag ? fmt::format("`{}={}`", source.groups_claim_at, claim.claim)
                                 : fmt::format("`{}: {}`", source.groups_claim_at, claim.claim);
    std::string fix = fmt::format("let the server read it: {}", set);
    const std::string prefix(subject.name.value.substr(0, subject.name.value.size() - claim.value.size()));
    if (source.groups_prefix.value_or("") != prefix) {
      fix += flag ? fmt::format(" with `{}={}`", source.groups_prefix_at, prefix)
                  : fmt::format(" with `{}: \"{}\"`", source.groups_prefix_at, prefix);
    }
    std::string detail =
        source.groups_configured && !source.groups_claim.empty()
            ? fmt::format("the token has `{}` in claim `{}`, and the server reads groups from `{}`",
                          claim.value, claim.claim, source.groups_claim)
            : fmt::format("the token has `{}` in claim `{}`, and the server reads no groups from it",
                          claim.value, claim.claim);
    return make(Cause::groups_claim_not_configured, std::move(detail), std::move(fix));
  }

  std::optional<Candidate> same_kind(const Subject& subject) {
    if (subject.kind == SubjectKind::user) return compare(subject, user_);
    if (subject.kind != SubjectKind::group) return std::nullopt;
    std::optional<Candidate> best;
    for (const ActualName& group : groups_) {
      auto found = compare(subject, group);
      if (found && (!best || std::tuple(found->tier, found->changes, found->miss.cause) <
                                 std::tuple(best->tier, best->changes, best->miss.cause))) {
        best = std::move(found);
      }
    }
    return best;
  }

  std::optional<Candidate> compare(const Subject& subject, const ActualName& name) {
    const auto difference = compare_names(parts_of(subject.name.value), subject.name.value, name);
    if (!difference) return std::nullopt;
    // White space that stands in the configured prefix is no slip of the binding.
    const bool stray_prefix = difference->cause == Cause::subject_space && name.configured_prefix &&
                              malformed_prefix(*name.configured_prefix) &&
                              name.name.starts_with(*name.configured_prefix) &&
                              subject.name.value == without_noise(*name.configured_prefix) +
                                                        name.name.substr(name.configured_prefix->size());
    const Cause cause = stray_prefix ? Cause::subject_prefix : difference->cause;
    const bool doubtful =
        cause == Cause::subject_tenant || cause == Cause::subject_spelling || difference->changes > 1;
    Candidate candidate =
        make(cause,
             fmt::format("the binding names `{}` and the request has `{}`: {}", subject.name.value, name.name,
                         difference->detail),
             fix_for(cause, subject, name), difference->changes, doubtful ? kTierDoubtful : kTierSlip);
    return candidate;
  }

  std::string fix_for(Cause cause, const Subject& subject, const ActualName& name) const {
    std::string rename = fmt::format("set the subject's `name` to `{}`", name.name);
    const bool group = subject.kind == SubjectKind::group;
    switch (cause) {
      case Cause::subject_prefix:
        return fix_prefix(subject, name, rename);
      case Cause::subject_phase:
      case Cause::subject_context:
        return fmt::format(
            "run it as the identity that is bound, or bind `{}` to a role of its own with no more than it "
            "needs",
            name.name);
      case Cause::subject_tenant:
        return fmt::format("if this tenant is really meant, {}", rename);
      case Cause::subject_pattern:
        return fmt::format(
            "bind the whole name `{}`, or map a claim to a group and bind that with `kind: Group`; RBAC has "
            "no patterns",
            name.name);
      case Cause::subject_spelling:
        return fmt::format("if {} is meant, {}", group ? "this group" : "this user", rename);
      default:
        return rename;
    }
  }

  /// A malformed or separator-less prefix is mended where it is set, since every name that comes of it is
  /// wrong.
  std::string fix_prefix(const Subject& subject, const ActualName& name, const std::string& rename) const {
    if (!name.configured_prefix || name.configured_prefix->empty()) return rename;
    const std::string& configured = *name.configured_prefix;
    const std::string& at = subject.kind == SubjectKind::group ? refusal_.source->groups_prefix_at
                                                               : refusal_.source->username_prefix_at;
    const auto set = [&](std::string_view value) {
      return at.starts_with("--") ? fmt::format("set `{}={}`", at, value)
                                  : fmt::format("set `{}: \"{}\"`", at, value);
    };
    if (malformed_prefix(configured)) {
      return fmt::format("{}: the quotes or spaces in it became part of every name",
                         set(without_noise(configured)));
    }
    if (!name.name.starts_with(configured)) return rename;
    const std::string_view core = std::string_view(name.name).substr(configured.size());
    const std::string_view bound = subject.name.value;
    if (bound.ends_with(core) && bound.size() == configured.size() + core.size() + 1 &&
        bound.starts_with(configured)) {
      const std::string intended(bound.substr(0, bound.size() - core.size()));
      return fmt::format("{}: the prefix is put before names as it is, without a separator", set(intended));
    }
    return rename;
  }

  void finish(Candidate& candidate, const Binding& binding, std::size_t index, const rbac::Role& role) const {
    const Subject& subject = binding.subjects[index];
    NearMiss& miss = candidate.miss;
    if (miss.pointer.empty()) {
      miss.pointer = "/name";
      miss.range = subject.name.range;
    }
    miss.pointer = fmt::format("/subjects/{}{}", index, miss.pointer);
    miss.object = to_string(binding.meta.ref());
    candidate.breadth = breadth_of(role);
  }

  void remember_group(const Binding& binding, std::size_t index, const rbac::Role& role) {
    const Subject& subject = binding.subjects[index];
    if (subject.kind != SubjectKind::group || subject.name.value.starts_with("system:")) return;
    if (!in_scope(binding, refusal_.request)) return;
    const bool token = refusal_.source != nullptr && !refusal_.source->claims.empty();
    Candidate candidate =
        make(Cause::group_not_in_token,
             fmt::format("group `{}` is granted this, and {} it", subject.name.value,
                         token ? "the token does not carry" : "the request does not have"),
             fmt::format("add the user to `{}` at the identity provider, if they should have it",
                         subject.name.value),
             1, kTierElsewhere);
    finish(candidate, binding, index, role);
    foreign_groups_.push_back(std::move(candidate));
  }

  const Refusal& refusal_;
  std::vector<Candidate>& out_;
  ActualName user_;
  std::vector<ActualName> groups_;
  std::vector<Candidate> foreign_groups_;
  std::map<std::string, NameParts, std::less<>> parsed_;
};

}  // namespace

void collect_subject_misses(const Refusal& refusal, std::vector<Candidate>& out) {
  const rbac::Policy& policy = refusal.authorizer.policy();
  std::vector<signed char> judged(policy.roles().size(), -1);
  SubjectMisses misses(refusal, out);
  for (std::size_t i = 0; i < policy.bindings().size(); ++i) {
    const std::uint32_t role = policy.role_index(i);
    if (role == rbac::Policy::kNoRole) continue;
    if (judged[role] < 0) judged[role] = would_grant(*policy.roles()[role], refusal.request) ? 1 : 0;
    if (judged[role] == 0) continue;
    const Binding& binding = *policy.bindings()[i];
    const std::string_view ns =
        binding.kind == rbac::BindingKind::role_binding ? binding.meta.namespace_name.value : "";
    // A binding that does apply is in another scope: the other collector's concern.
    const bool applies = std::any_of(
        binding.subjects.begin(), binding.subjects.end(),
        [&](const Subject& subject) { return rbac::subject_applies(subject, refusal.request.user, ns); });
    for (std::size_t s = 0; !applies && s < binding.subjects.size(); ++s) {
      misses.visit(binding, s, *policy.roles()[role]);
    }
  }
  misses.flush_groups();
}

}  // namespace oidc_audit::sim
