#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <utility>

namespace oidc_audit::cluster {

/// Takes in a body of unknown size piece by piece. A string that grows copies itself, so that for a moment a
/// large body is there twice; here it is there once, and a piece.
class BodyBuffer {
 public:
  void append(const char* data, std::size_t bytes) {
    size_ += bytes;
    while (bytes != 0) {
      if (pieces_.empty() || pieces_.back().size() == kPieceBytes) {
        pieces_.emplace_back();
        // A small answer takes no more than it is; what goes on is large.
        if (pieces_.size() > 1) pieces_.back().reserve(kPieceBytes);
      }
      const std::size_t part = std::min(bytes, kPieceBytes - pieces_.back().size());
      pieces_.back().append(data, part);
      data += part;
      bytes -= part;
    }
  }
  std::size_t size() const { return size_; }

  /// All of it, and the buffer is empty.
  std::string take() {
    std::string out;
    if (pieces_.size() == 1) {
      out = std::move(pieces_.front());
    } else {
      out.reserve(size_);
      for (std::string& piece : pieces_) out += std::exchange(piece, {});
    }
    pieces_.clear();
    size_ = 0;
    return out;
  }

 private:
  static constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
  std::deque<std::string> pieces_;
  std::size_t size_ = 0;
};

}  // namespace oidc_audit::cluster
