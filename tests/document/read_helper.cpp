#include "document/read_helper.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace oidc_audit::document {

namespace {

nlohmann::ordered_json json_of(Value value) {
  switch (value.kind()) {
    case NodeKind::null:
      return nullptr;
    case NodeKind::boolean:
      return value.as_bool().value();
    case NodeKind::integer:
      if (const auto number = value.as_int()) return *number;
      return value.as_double().value();
    case NodeKind::floating:
      return value.as_double().value();
    case NodeKind::string:
      return std::string(value.text());
    case NodeKind::sequence: {
      auto out = nlohmann::ordered_json::array();
      for (const Value item : value.items()) out.push_back(json_of(item));
      return out;
    }
    case NodeKind::mapping: {
      auto out = nlohmann::ordered_json::object();
      for (const Member member : value.members()) out[std::string(member.key.text())] = json_of(member.value);
      return out;
    }
  }
  return nullptr;
}

void check_below(const Tree& tree, std::uint32_t index) {
  const Node& node = tree.node(index);
  REQUIRE(node.begin <= node.end);
  REQUIRE(node.end <= tree.source().size());
  REQUIRE(node.next > index);
  REQUIRE(node.next <= tree.size());
  if (node.alias || (node.kind != NodeKind::mapping && node.kind != NodeKind::sequence)) {
    REQUIRE(node.next == index + 1);
    return;
  }
  std::uint32_t floor = node.begin;
  std::uint32_t children = 0;
  for (std::uint32_t child = index + 1; child < node.next; child = tree.node(child).next) {
    REQUIRE(tree.node(child).begin >= floor);
    REQUIRE(tree.node(child).end <= node.end);
    check_below(tree, child);
    floor = tree.node(child).end;
    ++children;
  }
  REQUIRE(children == (node.kind == NodeKind::mapping ? 2 * node.count : node.count));
}

}  // namespace

Read read(std::string text, ReadOptions options) {
  Read out;
  out.sources = std::make_unique<SourceManager>();
  out.buffer = out.sources->add("test", std::move(text)).value();
  out.stream = read_documents(*out.sources, out.buffer, options);
  return out;
}

Read read(std::string text, Format format, const Limits& limits) {
  ReadOptions options;
  options.format = format;
  options.limits = limits;
  return read(std::move(text), std::move(options));
}

std::string Read::issues() const {
  std::string out;
  for (const Issue& issue : stream.issues) {
    const LineColumn at = sources->start(issue.location.range.value());
    out += fmt::format("{}:{}: {} [{}] {}\n", at.line, at.column, to_string(issue.level), issue.code,
                       issue.message);
  }
  return out;
}

std::vector<std::string> Read::codes() const {
  std::vector<std::string> out;
  for (const Issue& issue : stream.issues) out.push_back(issue.code);
  return out;
}

std::string to_json(Value value) {
  return json_of(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void check_ranges(const Read& read) {
  for (const Document& document : read.stream.documents) {
    check_below(*read.stream.tree, document.root.index());
  }
}

}  // namespace oidc_audit::document
