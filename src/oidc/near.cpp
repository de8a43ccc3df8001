#include "oidc/near.h"

#include <algorithm>

#include "base/strings.h"

namespace oidc_audit::oidc {

namespace {

constexpr std::size_t kNone = std::string_view::npos;

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool has_wildcard(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), is_wildcard);
}

std::string quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

class Walker {
 public:
  Walker(const Grammar& grammar, std::string_view text, Walk& walk)
      : grammar_(grammar), text_(text), walk_(walk) {}

  void run(std::size_t from) {
    const Sequence& elements = grammar_.elements();
    if (!sequence(elements, from, from > 0)) return;
    if (elements.back().kind == Element::Kind::items) {
      items(elements.size() == 1);
    } else {
      finish();
    }
  }

 private:
  void flaw(Departure departure, std::string_view segment, std::size_t begin, std::size_t end,
            std::string expected) {
    walk_.flaws.push_back({departure, segment, static_cast<std::uint32_t>(begin),
                           static_cast<std::uint32_t>(end), std::move(expected)});
  }

  // A pattern character at the end stands for everything that may follow.
  bool open_end() const { return at_ == text_.size() && at_ > 0 && is_wildcard(text_[at_ - 1]); }

  void finish() {
    if (at_ >= text_.size()) return;
    if (is_wildcard(text_[at_])) {
      flaw(Departure::wildcard, {}, at_, text_.size(), {});
    } else {
      flaw(Departure::unexpected_text, {}, at_, text_.size(), "the end of the name");
    }
    at_ = text_.size();
  }

  // False: there is no going on.
  bool sequence(const Sequence& elements, std::size_t first, bool without_delimiter) {
    for (std::size_t i = first; i < elements.size(); ++i) {
      const Element& element = elements[i];
      switch (element.kind) {
        case Element::Kind::literal: {
          std::string_view expected = element.text;
          if (without_delimiter) expected.remove_prefix(1);
          without_delimiter = false;
          const std::size_t next = literal(elements, i, expected);
          if (next == kNone) return false;
          i = next;
          break;
        }
        case Element::Kind::optional: {
          const std::string& key = elements[i + 1].text;
          if (!equal_ignoring_case(text_.substr(at_, key.size()), key)) i += element.length;
          break;
        }
        case Element::Kind::open:
          walk_.captures.push_back({element.text, static_cast<std::uint32_t>(at_), 0, nullptr});
          break;
        case Element::Kind::close:
          close_span(element.text, at_);
          break;
        case Element::Kind::segment:
        case Element::Kind::rest_name:
          if (!segment(element)) return false;
          break;
        case Element::Kind::items:
          return true;
      }
    }
    return true;
  }

  // The element that was reached (this one, or a later one found behind a wildcard); npos: stop.
  std::size_t literal(const Sequence& elements, std::size_t index, std::string_view expected) {
    const std::string_view here = text_.substr(at_, expected.size());
    if (equal_ignoring_case(here, expected)) {
      if (here != expected) flaw(Departure::wrong_case, {}, at_, at_ + expected.size(), quoted(expected));
      at_ += expected.size();
      walk_.literal_bytes += expected.size();
      ++walk_.keys;
      return index;
    }
    std::size_t common = 0;
    while (common < here.size() && lower(here[common]) == lower(expected[common])) ++common;
    const std::size_t place = at_ + common;
    // A pattern character directly before may stand for this key as well.
    if (place < text_.size() && common == 0 && at_ > 0 && is_wildcard(text_[at_ - 1]))
      return resync(elements, index, at_);
    if (place == text_.size()) {
      if (!open_end())
        flaw(Departure::truncated, {}, at_, text_.size(), quoted(expected) + " and what follows it");
      close_spans();
      return kNone;
    }
    if (is_wildcard(text_[place])) {
      std::size_t end = place;
      while (end < text_.size() && is_wildcard(text_[end])) ++end;
      flaw(Departure::wildcard, {}, place, end, {});
      return resync(elements, index, end);
    }
    flaw(Departure::unexpected_text, {}, at_, text_.size(), quoted(expected));
    close_spans();
    return kNone;
  }

  // Goes on at the first key, of this element and those after it, that stands at or behind `from`.
  std::size_t resync(const Sequence& elements, std::size_t index, std::size_t from) {
    for (std::size_t i = index; i < elements.size(); ++i) {
      if (elements[i].kind != Element::Kind::literal || elements[i].text.size() < 3) continue;
      const std::size_t found = text_.find(elements[i].text, from);
      if (found == kNone) continue;
      // Spans that end on the way end here.
      for (std::size_t e = index; e < i; ++e) {
        if (elements[e].kind == Element::Kind::close) close_span(elements[e].text, found);
      }
      at_ = found + elements[i].text.size();
      walk_.literal_bytes += elements[i].text.size();
      ++walk_.keys;
      return i;
    }
    at_ = text_.size();
    close_spans();
    return kNone;
  }

  void close_span(std::string_view name, std::size_t end) {
    for (auto it = walk_.captures.rbegin(); it != walk_.captures.rend(); ++it) {
      if (it->value_class == nullptr && it->name == name) {
        it->end = static_cast<std::uint32_t>(end);
        return;
      }
    }
  }

  // What a flaw in a segment is said of: a part that is not reported belongs to the span around it.
  std::string_view shown(std::string_view name) const {
    if (!name.starts_with('_')) return name;
    for (auto it = walk_.captures.rbegin(); it != walk_.captures.rend(); ++it) {
      if (it->value_class == nullptr && it->end == 0) return it->name;
    }
    return {};
  }

  bool segment(const Element& element) {
    const ValueClass& value_class = *element.segment.value_class;
    if (at_ == text_.size() && open_end()) return false;
    std::size_t end = kNone;
    if (element.search) {
      end = segment_end(element, text_, at_);
    } else if (element.stops.empty() && !element.stop_at_end) {
      end = at_;  // its own bytes tell where it ends
      while (end < text_.size() && (value_class.body.has(text_[end]) || is_wildcard(text_[end]))) ++end;
    } else {
      for (const std::string& stop : element.stops) {
        const std::size_t found = text_.find(stop.front(), at_);
        if (found != kNone && (end == kNone || found < end)) end = found;
      }
      // The delimiter of a later key ends a value that cannot hold it, where a pattern took its place.
      const std::size_t colon = value_class.body.has(':') ? kNone : text_.find(':', at_);
      if (colon != kNone && !element.stops.empty() && (end == kNone || colon < end) &&
          has_wildcard(text_.substr(at_, colon - at_)))
        end = colon;
    }
    const bool ended = end == kNone;
    if (ended) end = text_.size();
    const std::string_view value = text_.substr(at_, end - at_);
    const std::string_view name = element.segment.name;
    if (element.kind == Element::Kind::segment)
      walk_.captures.push_back(
          {name, static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(end), &value_class});
    check(value_class, shown(name), value);
    at_ = end;
    if (ended && !element.stop_at_end) {
      if (!open_end()) {
        const std::string next = element.stops.empty() ? std::string("more") : quoted(element.stops.front());
        flaw(Departure::truncated, shown(name), end, end, next + " and what follows it");
      }
      close_spans();
      return false;
    }
    return true;
  }

  void check(const ValueClass& value_class, std::string_view name, std::string_view value) {
    if (value_class.accepts(value)) return;
    const std::size_t end = at_ + value.size();
    if (has_wildcard(value)) {
      for (std::size_t i = at_; i < end; ++i) {
        if (!is_wildcard(text_[i])) continue;
        std::size_t last = i;
        while (last < end && is_wildcard(text_[last])) ++last;
        flaw(Departure::wildcard, name, i, last, value_class.text);
        i = last;
      }
      return;
    }
    for (const std::string& word : value_class.values) {
      if (equal_ignoring_case(word, value)) {
        flaw(Departure::wrong_case, name, at_, end, quoted(word));
        return;
      }
    }
    const std::string folded = to_lower_ascii(value);
    if (folded != value && value_class.values.empty() && value_class.accepts(folded)) {
      flaw(Departure::wrong_case, name, at_, end, quoted(folded));
      return;
    }
    flaw(Departure::impossible_value, name, at_, end, value_class.text);
  }

  void items(bool leading) {
    std::size_t found = 0;
    std::uint64_t used = 0;
    const std::string& separator = grammar_.separator();
    while (at_ < text_.size()) {
      if (!(leading && found == 0)) {
        if (!text_.substr(at_).starts_with(separator)) return finish();
        at_ += separator.size();
        if (at_ == text_.size()) {
          flaw(Departure::truncated, {}, at_, at_, "a key");
          return;
        }
      }
      std::size_t best = grammar_.items().size();
      std::size_t length = 0;
      for (std::size_t i = 0; i < grammar_.items().size(); ++i) {
        for (const Element& element : grammar_.items()[i]) {
          if (element.kind == Element::Kind::open) continue;
          if (element.kind == Element::Kind::literal && element.text.size() > length &&
              ((used >> i) & 1U) == 0 &&
              equal_ignoring_case(text_.substr(at_, element.text.size()), element.text)) {
            best = i;
            length = element.text.size();
          }
          break;
        }
      }
      if (best == grammar_.items().size()) return finish();
      used |= std::uint64_t{1} << best;
      ++found;
      walk_.items.push_back(static_cast<std::uint32_t>(best));
      if (!sequence(grammar_.items()[best], 0, false)) return;
    }
    if (found < grammar_.min_items() && !open_end())
      flaw(Departure::truncated, {}, at_, at_, "a key and its value");
  }

  void close_spans() {
    for (Capture& capture : walk_.captures) {
      if (capture.value_class == nullptr && capture.end < capture.begin)
        capture.end = static_cast<std::uint32_t>(text_.size());
      if (capture.value_class == nullptr && capture.end == 0)
        capture.end = static_cast<std::uint32_t>(text_.size());
    }
  }

  const Grammar& grammar_;
  const std::string_view text_;
  Walk& walk_;
  std::size_t at_ = 0;
};

}  // namespace

bool is_wildcard(char c) noexcept { return c == '*' || c == '?'; }

Walk walk_grammar(const Grammar& grammar, std::string_view text, std::size_t from) {
  Walk walk;
  Walker(grammar, text, walk).run(from);
  return walk;
}

}  // namespace oidc_audit::oidc
