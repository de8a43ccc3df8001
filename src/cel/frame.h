#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cel/declarations.h"
#include "cel/program.h"
#include "cel/value.h"

namespace oidc_audit::cel {

class Node;

/// One evaluation: its variables, what it has used up, and the loops it is in.
class Frame {
 public:
  Frame(std::span<const Value> variables, std::size_t locals, const Limits& limits,
        const Env::Declarations& env)
      : variables_(variables), limits_(limits), env_(env) {
    if (locals <= few_.size()) {
      locals_ = few_.data();
    } else {
      many_.resize(locals);
      locals_ = many_.data();
    }
  }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  const Value& variable(std::uint32_t slot) const { return variables_[slot]; }
  Value& local(std::uint32_t slot) { return locals_[slot].value; }
  /// The start of an accumulator that is evaluated when it is first read.
  const Node*& pending(std::uint32_t slot) { return locals_[slot].pending; }

  /// Charges a step. False once the limit is passed; the caller then returns stop().
  bool charge(std::uint64_t cost) {
    cost_ += cost;
    return cost_ <= limits_.max_cost;
  }
  /// Reserves room for something to be made; false when too much was made already.
  bool reserve(std::uint64_t bytes) {
    bytes_ += bytes;
    if (bytes_ <= limits_.max_bytes) return true;
    out_of_memory_ = true;
    return false;
  }
  /// Ends the evaluation for a reason that the API server does not recover from inside the expression.
  void abort(std::string reason) { abort_reason_ = std::move(reason); }
  bool stopped() const { return cost_ > limits_.max_cost || out_of_memory_ || !abort_reason_.empty(); }
  /// The error that nothing absorbs.
  Value stop() const;
  std::uint64_t cost() const { return cost_; }
  const Env::Declarations& env() const { return env_; }
  int release() const { return env_.options.release.minor; }

 private:
  struct Local {
    Value value;
    const Node* pending = nullptr;
  };

  std::span<const Value> variables_;
  Local* locals_ = nullptr;
  std::array<Local, 6> few_{};  // two nested loops
  std::vector<Local> many_;
  Limits limits_;
  const Env::Declarations& env_;
  std::uint64_t cost_ = 0;
  std::uint64_t bytes_ = 0;
  bool out_of_memory_ = false;
  std::string abort_reason_;
};

}  // namespace oidc_audit::cel
