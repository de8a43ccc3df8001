#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

#include "diag/collector.h"
#include "document/reader.h"
#include "rbac/inventory.h"
#include "source/source_manager.h"

namespace oidc_audit::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

// Ranges nest and stay inside the buffer; members() and find() agree.
inline void check(document::Value value, SourceRange within, int depth) {
  const SourceRange at = value.range();
  require(at.begin <= at.end && within.begin <= at.begin && at.end <= within.end);
  if (depth > 40) return;
  const bool alias = value.exists() && value.tree()->node(value.index()).alias;
  if (alias) return;  // what it names stands elsewhere, and is looked at there
  for (const document::Value item : value.items()) check(item, at, depth + 1);
  std::size_t seen = 0;
  for (const document::Member member : value.members()) {
    if (++seen > 50) break;
    require(value.find(member.key.text()).exists());
  }
}

/// Reads the bytes as a file and as the input of a scan.
inline void read(const std::uint8_t* data, std::size_t size, document::Format format) {
  SourceManager sources;
  const BufferId buffer = sources.add("fuzz", std::string(reinterpret_cast<const char*>(data), size)).value();
  document::ReadOptions options;
  options.format = format;
  const document::Stream stream = document::read_documents(sources, buffer, options);
  const SourceRange all{buffer, 0, static_cast<std::uint32_t>(sources.text(buffer).size())};
  for (const document::Document& one : stream.documents) check(one.root, all, 0);
  for (const Issue& issue : stream.issues) {
    require(issue.location.range && issue.location.range->begin <= issue.location.range->end &&
            issue.location.range->end <= all.end && !issue.message.empty());
  }
  for (const document::Comment& comment : stream.comments)
    require(sources.text(comment.range).substr(0, 1) == "#");

  rbac::Inventory inventory(sources);
  Collector issues;
  rbac::LoadOptions load;
  load.format = format;
  inventory.add(buffer, load, issues);
  inventory.finish(issues);
  for (const rbac::Binding& binding : inventory.bindings()) {
    require(binding.meta.name.empty() ||
            inventory.find_binding(binding.kind, binding.meta.namespace_name.value,
                                   binding.meta.name.value) != nullptr);
  }
}

}  // namespace oidc_audit::fuzz
