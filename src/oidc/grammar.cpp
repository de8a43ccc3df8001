#include "oidc/grammar.h"

#include <algorithm>
#include <optional>

namespace oidc_audit::oidc {

namespace {

constexpr std::size_t kNone = std::string_view::npos;
// A pattern is some hundred characters; more is a mistake in a rule file.
constexpr std::size_t kMaxPattern = 2000;
constexpr std::size_t kMaxItems = 64;
constexpr int kMaxNesting = 8;

Error bad_pattern(std::string_view pattern, const std::string& why) {
  return Error(ErrorKind::configuration, "in the pattern `" + std::string(pattern) + "`: " + why);
}

class PatternParser {
 public:
  PatternParser(std::string_view pattern, const SegmentSource& segments)
      : pattern_(pattern), segments_(segments) {}

  Result<Sequence> run() {
    if (pattern_.size() > kMaxPattern) return bad_pattern(pattern_.substr(0, 60), "it is too long");
    Sequence sequence;
    RETURN_IF_ERROR(parse_into(sequence, 0));
    if (at_ != pattern_.size()) return bad_pattern(pattern_, "a `]` without `[`");
    return sequence;
  }

 private:
  Result<void> parse_into(Sequence& sequence, int depth) {
    std::string literal;
    const auto flush = [&] {
      if (literal.empty()) return;
      Element element;
      element.kind = Element::Kind::literal;
      element.text = std::move(literal);
      literal.clear();
      sequence.push_back(std::move(element));
    };
    while (at_ < pattern_.size() && pattern_[at_] != ']') {
      const char c = pattern_[at_];
      if (c == '\\' && at_ + 1 < pattern_.size()) {  // a literal brace or bracket
        literal += pattern_[at_ + 1];
        at_ += 2;
      } else if (c == '[') {
        flush();
        if (depth == kMaxNesting) return bad_pattern(pattern_, "brackets are nested too deeply");
        ++at_;
        const std::size_t start = sequence.size();
        sequence.emplace_back();
        sequence.back().kind = Element::Kind::optional;
        RETURN_IF_ERROR(parse_into(sequence, depth + 1));
        if (at_ == pattern_.size()) return bad_pattern(pattern_, "a `[` without `]`");
        ++at_;
        sequence[start].length = static_cast<std::uint32_t>(sequence.size() - start - 1);
        if (sequence[start].length == 0 || sequence[start + 1].kind != Element::Kind::literal)
          return bad_pattern(pattern_, "what stands in brackets must begin with literal text");
      } else if (c == '{') {
        flush();
        RETURN_IF_ERROR(parse_braces(sequence));
      } else {
        literal += c;
        ++at_;
      }
    }
    flush();
    return {};
  }

  Result<void> parse_braces(Sequence& sequence) {
    const std::size_t close = pattern_.find('}', at_);
    if (close == kNone) return bad_pattern(pattern_, "a `{` without `}`");
    std::string_view name = pattern_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
    Element element;
    if (name == "...") {
      element.kind = Element::Kind::items;
      sequence.push_back(std::move(element));
      return {};
    }
    if (!name.empty() && (name.front() == '<' || name.front() == '>')) {
      element.kind = name.front() == '<' ? Element::Kind::open : Element::Kind::close;
      element.text = std::string(name.substr(1));
      sequence.push_back(std::move(element));
      return {};
    }
    if (!name.empty() && name.front() == '=') {
      element.kind = Element::Kind::rest_name;
      name.remove_prefix(1);
    } else {
      element.kind = Element::Kind::segment;
    }
    if (name.empty()) return bad_pattern(pattern_, "a segment needs a name");
    auto spec = segments_(name);
    if (!spec.ok()) return std::move(spec).error().with_context("pattern `" + std::string(pattern_) + "`");
    element.segment = std::move(spec).value();
    sequence.push_back(std::move(element));
    return {};
  }

  std::string_view pattern_;
  const SegmentSource& segments_;
  std::size_t at_ = 0;
};

// What can follow directly behind element `index` of a sequence; nullopt in the list: its end.
struct Follow {
  std::vector<std::string> literals;
  bool end = false;
  bool segment = false;  // another segment follows without a delimiter
};

void follow_from(const Sequence& sequence, std::size_t index, std::size_t limit, Follow& follow) {
  while (index < limit) {
    const Element& element = sequence[index];
    switch (element.kind) {
      case Element::Kind::literal:
        follow.literals.push_back(element.text);
        return;
      case Element::Kind::segment:
      case Element::Kind::rest_name:
        follow.segment = true;
        return;
      case Element::Kind::items:
        follow.literals.emplace_back();  // replaced by the separator
        follow.end = true;
        return;
      case Element::Kind::optional:
        follow_from(sequence, index + 1, index + 1 + element.length, follow);
        index += element.length + 1;
        break;
      case Element::Kind::open:
      case Element::Kind::close:
        ++index;
        break;
    }
  }
  if (limit == sequence.size()) follow.end = true;
}

// Optional groups end inside the sequence: what follows the group follows its last segment too.
Follow follow_of(const Sequence& sequence, std::size_t index) {
  Follow follow;
  std::size_t at = index + 1;
  // Groups that contain `index` and end right behind it need no care: elements lie flat, so that the next
  // element after a group's last is the one behind the group.
  follow_from(sequence, at, sequence.size(), follow);
  return follow;
}

Result<void> complete(Sequence& sequence, std::string_view pattern, const std::string& separator, bool item,
                      const std::vector<std::string>& item_keys) {
  for (std::size_t i = 0; i < sequence.size(); ++i) {
    Element& element = sequence[i];
    if (element.kind != Element::Kind::segment && element.kind != Element::Kind::rest_name) continue;
    Follow follow = follow_of(sequence, i);
    if (follow.segment && element.segment.value_class->min != element.segment.value_class->max) {
      // Two segments side by side: the first must tell its own end by its bytes.
      element.stop_at_end = follow.end;
      element.search = false;
      continue;
    }
    element.stop_at_end = follow.end;
    for (std::string& literal : follow.literals) {
      if (!literal.empty()) {
        element.stops.push_back(std::move(literal));
      } else {
        element.stops.push_back(separator);
      }
    }
    if (item && follow.end) element.stops.push_back(separator);
    element.search = std::any_of(element.stops.begin(), element.stops.end(), [&](const std::string& stop) {
      return element.segment.value_class->body.has(stop.front());
    });
    // A separator that values may hold ends a value only where a known key follows.
    if (element.search && item && follow.end) {
      element.stops.pop_back();
      for (const std::string& key : item_keys) element.stops.push_back(separator + key);
    }
    if (element.stops.size() > kMaxItems + 8) return bad_pattern(pattern, "too many alternatives");
  }
  return {};
}

void add_literals(const Sequence& sequence, std::size_t& bytes) {
  for (const Element& element : sequence) {
    if (element.kind == Element::Kind::literal) bytes += element.text.size();
  }
}

// The literal an item begins with; nullptr when it begins with a segment.
const std::string* key_of(const Sequence& sequence) {
  for (const Element& element : sequence) {
    if (element.kind == Element::Kind::open) continue;
    return element.kind == Element::Kind::literal ? &element.text : nullptr;
  }
  return nullptr;
}

bool match_sequence(const Sequence& sequence, std::string_view text, std::size_t& at,
                    std::vector<Capture>& captures, std::size_t first, std::size_t limit) {
  for (std::size_t i = first; i < limit; ++i) {
    const Element& element = sequence[i];
    switch (element.kind) {
      case Element::Kind::literal:
        if (text.compare(at, element.text.size(), element.text) != 0) return false;
        at += element.text.size();
        break;
      case Element::Kind::optional: {
        const std::string& key = sequence[i + 1].text;
        if (text.compare(at, key.size(), key) != 0) i += element.length;
        break;
      }
      case Element::Kind::open:
        captures.push_back({element.text, static_cast<std::uint32_t>(at), 0, nullptr});
        break;
      case Element::Kind::close:
        for (auto it = captures.rbegin(); it != captures.rend(); ++it) {
          if (it->value_class == nullptr && it->name == element.text) {
            it->end = static_cast<std::uint32_t>(at);
            break;
          }
        }
        break;
      case Element::Kind::rest_name:
      case Element::Kind::segment: {
        const std::size_t end = segment_end(element, text, at);
        if (end == kNone) return false;
        if (!element.segment.value_class->accepts(text.substr(at, end - at))) return false;
        if (element.kind == Element::Kind::segment)
          captures.push_back({element.segment.name, static_cast<std::uint32_t>(at),
                              static_cast<std::uint32_t>(end), element.segment.value_class});
        at = end;
        break;
      }
      case Element::Kind::items:
        return true;  // the caller goes on
    }
  }
  return true;
}

}  // namespace

std::size_t segment_end(const Element& segment, std::string_view text, std::size_t at) {
  const ValueClass& value_class = *segment.segment.value_class;
  if (!segment.search) {
    std::size_t end = at;
    if (value_class.max != 0 && value_class.min == value_class.max && segment.stops.empty()) {
      end = std::min(text.size(), at + value_class.max);
    } else {
      while (end < text.size() && value_class.body.has(text[end])) ++end;
    }
    return end == text.size() && !segment.stop_at_end && !segment.stops.empty() ? kNone : end;
  }
  std::size_t found = kNone;
  for (const std::string& stop : segment.stops) {
    // No need to look behind what was found already.
    const std::string_view where =
        segment.segment.end_last || found == kNone ? text : text.substr(0, found + stop.size());
    const std::size_t place = segment.segment.end_last ? where.rfind(stop) : where.find(stop, at);
    if (place == kNone || place < at) continue;
    if (found == kNone || (segment.segment.end_last ? place > found : place < found)) found = place;
  }
  if (found == kNone && segment.stop_at_end) found = text.size();
  return found;
}

Result<Grammar> Grammar::compile(std::string_view pattern, const Options& options,
                                 const SegmentSource& segments) {
  Grammar grammar;
  grammar.pattern_ = std::string(pattern);
  grammar.separator_ = options.separator;
  grammar.min_items_ = options.min_items;
  ASSIGN_OR_RETURN(grammar.elements_, PatternParser(pattern, segments).run());
  if (grammar.elements_.empty()) return bad_pattern(pattern, "it is empty");
  const bool has_items = grammar.elements_.back().kind == Element::Kind::items;
  const auto count = std::count_if(grammar.elements_.begin(), grammar.elements_.end(),
                                   [](const Element& e) { return e.kind == Element::Kind::items; });
  if (count != (has_items ? 1 : 0)) return bad_pattern(pattern, "`{...}` stands once, at the end");
  if (has_items != !options.items.empty())
    return bad_pattern(pattern, "`{...}` and a list of items belong together");
  if (options.items.size() > kMaxItems) return bad_pattern(pattern, "more than 64 items");
  if (has_items && options.separator.empty()) return bad_pattern(pattern, "the separator is empty");

  std::vector<std::string> keys;
  for (const std::string& item : options.items) {
    ASSIGN_OR_RETURN(Sequence sequence, PatternParser(item, segments).run());
    if (sequence.empty()) return bad_pattern(item, "it is empty");
    for (const Element& element : sequence) {
      if (element.kind == Element::Kind::items) return bad_pattern(item, "items cannot hold items");
    }
    if (const std::string* key = key_of(sequence)) keys.push_back(*key);
    grammar.items_.push_back(std::move(sequence));
  }
  for (std::size_t i = 0; i < grammar.items_.size(); ++i)
    RETURN_IF_ERROR(complete(grammar.items_[i], options.items[i], options.separator, true, keys));
  RETURN_IF_ERROR(complete(grammar.elements_, pattern, options.separator, false, keys));

  // What every sentence has: the elements outside of brackets.
  bool bounded = !has_items;
  for (std::size_t i = 0; i < grammar.elements_.size(); ++i) {
    const Element& element = grammar.elements_[i];
    if (element.kind == Element::Kind::optional) {
      i += element.length;
      bounded = false;
    } else if (element.kind == Element::Kind::literal) {
      grammar.min_bytes_ += element.text.size();
      grammar.max_bytes_ += element.text.size();
      if (element.text.size() > grammar.required_.size()) grammar.required_ = element.text;
    } else if (element.kind == Element::Kind::segment || element.kind == Element::Kind::rest_name) {
      const ValueClass& value_class = *element.segment.value_class;
      grammar.min_bytes_ += value_class.values.empty() ? value_class.min : 1;
      grammar.max_bytes_ += value_class.max;
      bounded = bounded && value_class.max != 0 && value_class.values.empty();
    }
  }
  if (!bounded) grammar.max_bytes_ = 0;
  grammar.required_bytes_ = ByteSet::of(grammar.required_);
  for (const Element& element : grammar.elements_) {
    if (element.kind == Element::Kind::open) continue;
    if (element.kind == Element::Kind::segment && element.segment.value_class->min > 0)
      grammar.first_ = element.segment.value_class;
    break;
  }

  add_literals(grammar.elements_, grammar.literal_bytes_);
  for (const Element& element : grammar.elements_) {
    if (element.kind == Element::Kind::open) continue;
    if (element.kind == Element::Kind::literal) grammar.starts_.push_back(element.text);
    break;
  }
  if (grammar.elements_.front().kind == Element::Kind::items) {
    const bool all_keyed = keys.size() == grammar.items_.size();
    if (all_keyed) grammar.starts_ = keys;
  }
  const auto near = [&grammar](char c) {
    const auto byte = static_cast<unsigned char>(c);
    grammar.near_first_[byte / 64] |= std::uint64_t{1} << (byte % 64);
  };
  for (const std::string& start : grammar.starts_) {
    if (start.empty()) continue;
    const char c = start.front();
    near(c);
    if (c >= 'a' && c <= 'z') near(static_cast<char>(c - 'a' + 'A'));
    if (c >= 'A' && c <= 'Z') near(static_cast<char>(c - 'A' + 'a'));
  }
  for (const Element& element : grammar.elements_) {
    if (element.kind == Element::Kind::literal && element.text.size() > 1) near(element.text[1]);
  }
  return grammar;
}

bool Grammar::match(std::string_view text, std::vector<Capture>& captures,
                    std::vector<std::uint32_t>* items) const {
  captures.clear();
  if (items != nullptr) items->clear();
  std::size_t at = 0;
  if (!match_sequence(elements_, text, at, captures, 0, elements_.size())) return false;
  if (!items_.empty() && !match_items(text, at, captures, items)) return false;
  return at == text.size();
}

bool Grammar::match_items(std::string_view text, std::size_t& at, std::vector<Capture>& captures,
                          std::vector<std::uint32_t>* items) const {
  std::uint64_t used = 0;
  std::size_t found = 0;
  const bool leading = elements_.size() == 1;  // nothing before the items
  while (at < text.size()) {
    if (!(leading && found == 0)) {
      if (text.compare(at, separator_.size(), separator_) != 0) return false;
      at += separator_.size();
    }
    // Keyed items first, the longest key that stands here; then those told by their values, in order.
    std::size_t best = items_.size();
    std::size_t best_length = 0;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const std::string* const key = key_of(items_[i]);
      if (key == nullptr || key->size() <= best_length) continue;
      if (text.compare(at, key->size(), *key) == 0) {
        best = i;
        best_length = key->size();
      }
    }
    const auto attempt = [&](std::size_t i) {
      const std::size_t kept = captures.size();
      std::size_t end = at;
      if (match_sequence(items_[i], text, end, captures, 0, items_[i].size()) &&
          (end == text.size() || text.compare(end, separator_.size(), separator_) == 0)) {
        // A segment named by its key: the key's text is its name, and the item may stand again.
        const bool named = std::any_of(items_[i].begin(), items_[i].end(),
                                       [](const Element& e) { return e.kind == Element::Kind::rest_name; });
        if (named && captures.size() > kept)
          captures[kept].name = text.substr(at, captures[kept].begin - at - 1);
        if (!named) used |= std::uint64_t{1} << i;
        if (items != nullptr) items->push_back(static_cast<std::uint32_t>(i));
        at = end;
        return true;
      }
      captures.resize(kept);
      return false;
    };
    // A known key decides; it is not read as something else, and not twice.
    const bool keyed = best != items_.size();
    bool matched = keyed && ((used >> best) & 1U) == 0 && attempt(best);
    for (std::size_t i = 0; !keyed && !matched && i < items_.size(); ++i) {
      if (((used >> i) & 1U) != 0 || key_of(items_[i]) != nullptr) continue;
      matched = attempt(i);
    }
    if (!matched) return false;
    ++found;
  }
  return found >= min_items_;
}

}  // namespace oidc_audit::oidc
