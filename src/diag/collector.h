#pragma once

#include <vector>

#include "diag/finding.h"
#include "diag/issue.h"

namespace oidc_audit {

/// Takes findings and issues in any order and gives them back sorted and without exact repetitions.
class Collector {
 public:
  void add(Finding finding) { findings_.push_back(std::move(finding)); }
  void add(Issue issue) { issues_.push_back(std::move(issue)); }

  std::vector<Finding> take_findings();
  std::vector<Issue> take_issues();

 private:
  std::vector<Finding> findings_;
  std::vector<Issue> issues_;
};

}  // namespace oidc_audit
