#pragma once

#include "base/time.h"

namespace oidc_audit {

/// Where the present comes from, so that tests can choose it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
};

class FixedClock final : public Clock {
 public:
  explicit FixedClock(Timestamp time) : time_(time) {}
  Timestamp now() const override { return time_; }

 private:
  Timestamp time_;
};

}  // namespace oidc_audit
