#include "oidc/text_shape.h"

#include <algorithm>
#include <utility>

namespace oidc_audit::oidc {

TextShape TextShape::exact(std::string text) {
  TextShape out;
  if (!text.empty()) out.parts_.push_back({std::move(text), false, false});
  return out;
}

TextShape TextShape::hole(std::string claim) {
  TextShape out;
  out.parts_.push_back({std::move(claim), true, false});
  return out;
}

TextShape TextShape::changed_hole(std::string claim) {
  TextShape out = hole(std::move(claim));
  out.parts_.back().changed = true;
  return out;
}

TextShape TextShape::joined(TextShape front, const TextShape& back) {
  // What is longer is only known at its front: `a + a` in loops doubles.
  constexpr std::size_t kMostParts = 256;
  constexpr std::size_t kMostBytes = std::size_t{64} << 10;
  for (const Part& part : back.parts_) {
    if (front.parts_.size() >= kMostParts) {
      if (!front.parts_.back().hole) front.parts_.push_back({{}, true, false});
      break;
    }
    if (!part.hole && !front.parts_.empty() && !front.parts_.back().hole) {
      if (front.parts_.back().text.size() + part.text.size() > kMostBytes) {
        front.parts_.push_back({{}, true, false});
        break;
      }
      front.parts_.back().text += part.text;
    } else {
      front.parts_.push_back(part);
    }
  }
  return front;
}

bool TextShape::is_exact() const noexcept {
  return parts_.empty() || (parts_.size() == 1 && !parts_.front().hole);
}

std::string_view TextShape::text() const noexcept { return head(); }

std::string_view TextShape::head() const noexcept {
  return parts_.empty() || parts_.front().hole ? std::string_view() : std::string_view(parts_.front().text);
}

std::string_view TextShape::tail() const noexcept {
  return parts_.empty() || parts_.back().hole ? std::string_view() : std::string_view(parts_.back().text);
}

bool TextShape::surely_contains(std::string_view text) const noexcept {
  return text.empty() || std::any_of(parts_.begin(), parts_.end(), [&](const Part& part) {
           return !part.hole && part.text.find(text) != std::string::npos;
         });
}

bool TextShape::matches(std::string_view text) const noexcept {
  if (is_exact()) return text == this->text();
  const std::string_view first = head();
  const std::string_view last = tail();
  if (text.size() < first.size() + last.size() || !text.starts_with(first) || !text.ends_with(last)) {
    return false;
  }
  text.remove_prefix(first.size());
  text.remove_suffix(last.size());
  // The earliest place of each known part in between leaves the most room for the next.
  for (std::size_t i = first.empty() ? 0 : 1; i + (last.empty() ? 0 : 1) < parts_.size(); ++i) {
    if (parts_[i].hole) continue;
    const std::size_t at = text.find(parts_[i].text);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + parts_[i].text.size());
  }
  return true;
}

bool TextShape::may_start_with(std::string_view start) const noexcept {
  if (is_exact()) return text().starts_with(start);
  const std::string_view known = head();
  return known.size() >= start.size() ? known.starts_with(start) : start.starts_with(known);
}

bool TextShape::may_equal(const TextShape& other) const noexcept {
  if (is_exact()) return other.matches(text());
  if (other.is_exact()) return matches(other.text());
  const auto agree = [](std::string_view a, std::string_view b, bool at_end) {
    const std::size_t common = std::min(a.size(), b.size());
    return at_end ? a.substr(a.size() - common) == b.substr(b.size() - common)
                  : a.substr(0, common) == b.substr(0, common);
  };
  return agree(head(), other.head(), false) && agree(tail(), other.tail(), true);
}

std::string TextShape::to_string() const {
  std::string out;
  for (const Part& part : parts_) {
    if (part.hole) {
      out += part.text.empty() ? "<...>" : "<" + part.text + ">";
    } else {
      out += part.text;
    }
  }
  return out;
}

}  // namespace oidc_audit::oidc
