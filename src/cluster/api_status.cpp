#include "cluster/api_status.h"

#include <nlohmann/json.hpp>

namespace oidc_audit::cluster {

namespace {

constexpr std::size_t kMaxStatusBytes = 1U << 20;

std::string text_of(const nlohmann::json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

/// Walks over JSON values without understanding them. The text is judged by whoever reads it in earnest.
class Skipper {
 public:
  explicit Skipper(std::string_view text) : text_(text) {}

  char peek() {
    at_ = text_.find_first_not_of(" \t\r\n", at_);
    if (at_ == std::string_view::npos) at_ = text_.size();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  /// The value that comes next, as written.
  std::string_view value() {
    peek();
    const std::size_t begin = at_;
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at_;
      } else if (c == '}' || c == ']') {
        if (depth == 0) break;
        --depth;
        ++at_;
      } else if (depth == 0) {
        at_ = text_.find_first_of(",}] \t\r\n", at_);
        if (at_ == std::string_view::npos) at_ = text_.size();
      } else {
        at_ = text_.find_first_of("\"{}[]", at_);
        if (at_ == std::string_view::npos) at_ = text_.size();
        continue;
      }
      if (depth == 0) break;
    }
    return text_.substr(begin, at_ - begin);
  }

 private:
  void skip_string() {
    for (++at_; at_ < text_.size(); ++at_) {
      at_ = text_.find_first_of("\"\\", at_);
      if (at_ == std::string_view::npos) break;
      if (text_[at_] == '"') {
        ++at_;
        return;
      }
      ++at_;
    }
    at_ = text_.size();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string string_value(std::string_view json) {
  const nlohmann::json value = nlohmann::json::parse(json, nullptr, false);
  return value.is_string() ? value.get<std::string>() : std::string();
}

}  // namespace

std::optional<ApiStatus> read_status(std::string_view body) {
  if (body.size() > kMaxStatusBytes) return std::nullopt;
  const nlohmann::json object = nlohmann::json::parse(body, nullptr, false);
  if (!object.is_object() || text_of(object, "kind") != "Status") return std::nullopt;
  ApiStatus status;
  status.message = text_of(object, "message");
  status.reason = text_of(object, "reason");
  if (const auto metadata = object.find("metadata"); metadata != object.end() && metadata->is_object())
    status.next = text_of(*metadata, "continue");
  return status;
}

std::optional<ListHead> read_list_head(std::string_view body) {
  Skipper in(body);
  if (!in.take('{')) return std::nullopt;
  ListHead head;
  bool items = false;
  bool metadata = false;
  while (in.peek() == '"') {
    const std::string_view key = in.value();
    if (!in.take(':')) return std::nullopt;
    if (key == "\"items\"") {
      items = true;
      // What stands in front of the items is all that a server of typed lists writes.
      if (metadata && !head.kind.empty()) return head;
      in.value();
    } else if (key == "\"kind\"") {
      head.kind = string_value(in.value());
    } else if (key == "\"metadata\"") {
      const std::string_view text = in.value();
      metadata = true;
      if (text.size() <= kMaxStatusBytes) {
        const nlohmann::json object = nlohmann::json::parse(text, nullptr, false);
        if (object.is_object()) head.next = text_of(object, "continue");
      }
    } else {
      in.value();
    }
    if (!in.take(',')) break;
  }
  if (!items) return std::nullopt;
  return head;
}

}  // namespace oidc_audit::cluster
