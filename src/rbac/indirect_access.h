#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "rbac/access_query.h"

namespace oidc_audit::rbac {

/// The name that a subject of a binding stands for; nullopt when it matches nobody.
std::optional<Holder> holder_of(const Binding& binding, const Subject& subject);

RoleJudgement judge_role(const Role& role, const Attributes& request);

/// Judges the roles of a policy when they are asked for, each once.
class RoleJudge {
 public:
  /// Judgements are kept in `judgements`.
  RoleJudge(const Policy& policy, const Attributes& request, std::deque<RoleJudgement>& judgements)
      : policy_(policy), request_(request), judgements_(judgements), known_(policy.roles().size()) {}
  const RoleJudgement& operator[](std::uint32_t role);

 private:
  const Policy& policy_;
  const Attributes& request_;
  std::deque<RoleJudgement>& judgements_;
  std::vector<const RoleJudgement*> known_;
};

/// Who can make the access of `answer` theirs; adds what was judged to answer.judgements.
std::vector<IndirectAccess> find_indirect_access(const Policy& policy, const AccessQuestion& question,
                                                 WhoCan& answer);

}  // namespace oidc_audit::rbac
