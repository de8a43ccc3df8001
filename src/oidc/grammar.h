#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "oidc/value_class.h"

namespace oidc_audit::oidc {

/// A subject grammar. Patterns are written as text with named parts:
///
///   organization:{organization}:project:{project}    literals and segments
///   repo:{owner}[@{owner_id}]/{name}                  [...] is there or not, as its first literal decides
///   spiffe://{domain}{<path}/ns/{namespace}{>path}    {<x}...{>x} names the text between as well
///   {_host}                                           a leading `_`: matched and not reported
///   project_path:{project_path}{...}                  {...}: items, in any order, each at most once
///   repo_property_{=property}:{value}                 in an item: the segment is named by the text so far
///
/// Matching never goes back: a segment takes the bytes its class allows or, where what follows could be
/// part of it, everything up to the first (`end: last`: the last) occurrence of what follows. So a match
/// costs time linear in the text, whatever the text is.

/// What a pattern says of one segment.
struct SegmentSpec {
  std::string name;
  const ValueClass* value_class = nullptr;  ///< owned by the provider or common
  bool end_last = false;
};

using SegmentSource = std::function<Result<SegmentSpec>(std::string_view name)>;

/// A segment found in a text; offsets are bytes of the text that was matched.
struct Capture {
  std::string_view name;  ///< belongs to the grammar, or (named by the text) to the text
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  const ValueClass* value_class = nullptr;  ///< nullptr for a named span
};

struct Element {
  enum class Kind : std::uint8_t { literal, segment, optional, open, close, items, rest_name };
  Kind kind = Kind::literal;
  std::string text;                ///< literal: the text; open, close: the name
  std::uint32_t length = 0;        ///< optional: elements inside
  SegmentSpec segment;             ///< segment
  std::vector<std::string> stops;  ///< segment: literals that may follow
  bool stop_at_end = false;        ///< segment: the text may end here
  bool search = false;             ///< segment: look for a stop, since the class holds its first byte
};

using Sequence = std::vector<Element>;

class Grammar {
 public:
  struct Options {
    std::string separator = ":";     ///< between items
    std::vector<std::string> items;  ///< patterns; {...} stands for them
    std::size_t min_items = 1;
  };

  static Result<Grammar> compile(std::string_view pattern, const Options& options,
                                 const SegmentSource& segments);

  /// Whether the whole text is a sentence of the grammar; fills `captures`, in order of their beginnings.
  /// `items`, if given, gets the indices of the items in the order they stand.
  bool match(std::string_view text, std::vector<Capture>& captures,
             std::vector<std::uint32_t>* items = nullptr) const;

  /// False when the text cannot be a sentence, told from its length, first byte and one literal that every
  /// sentence holds. Cheap; for grammars that no key tells from others. `bytes` are those of the text.
  bool may_match(std::string_view text, const ByteSet& bytes) const noexcept {
    if (text.size() < min_bytes_ || (max_bytes_ != 0 && text.size() > max_bytes_)) return false;
    if (first_ != nullptr && !text.empty() && !first_->first.has(text.front())) return false;
    return required_bytes_.is_within(bytes) && (required_.size() < 2 || text.find(required_) != text.npos);
  }

  /// False when no text that begins so can be what is left of a sentence: neither a start, in any case of its
  /// letters, nor the second byte of a later literal (its first was dropped with all before it).
  bool may_come_near(char first) const noexcept {
    const auto byte = static_cast<unsigned char>(first);
    return (near_first_[byte / 64] >> (byte % 64) & 1U) != 0;
  }

  /// Texts one of which every sentence starts with; empty when there are none (it starts with a segment).
  const std::vector<std::string>& starts() const noexcept { return starts_; }
  /// Bytes of literals in the longest sentence: what it means to match.
  std::size_t literal_bytes() const noexcept { return literal_bytes_; }

  const std::string& pattern() const noexcept { return pattern_; }
  const Sequence& elements() const noexcept { return elements_; }
  const std::vector<Sequence>& items() const noexcept { return items_; }
  const std::string& separator() const noexcept { return separator_; }
  std::size_t min_items() const noexcept { return min_items_; }

 private:
  bool match_items(std::string_view text, std::size_t& at, std::vector<Capture>& captures,
                   std::vector<std::uint32_t>* items) const;

  std::string pattern_;
  Sequence elements_;
  std::vector<Sequence> items_;
  std::string separator_;
  std::size_t min_items_ = 1;
  std::vector<std::string> starts_;
  std::size_t literal_bytes_ = 0;
  std::string required_;                       // longest literal of every sentence; empty: none
  ByteSet required_bytes_;                     // those of `required_`
  std::size_t min_bytes_ = 0;                  // of a sentence
  std::size_t max_bytes_ = 0;                  // 0: no limit
  std::array<std::uint64_t, 4> near_first_{};  // bytes, as bits
  const ValueClass* first_ = nullptr;          // of the segment a sentence begins with
};

/// Where a segment that starts at `at` ends, npos when it cannot. Does not check the class.
std::size_t segment_end(const Element& segment, std::string_view text, std::size_t at);

}  // namespace oidc_audit::oidc
