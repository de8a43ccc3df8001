#pragma once

#include <span>

#include "diag/finding.h"
#include "diag/issue.h"
#include "report/json_writer.h"
#include "source/source_manager.h"

namespace oidc_audit::report {

// The parts that the JSON documents of several commands share; docs/json-output.md describes them.

/// `{"apiVersion", "kind", "namespace", "name"}`, and `cluster` for an object of a live cluster.
void write_object(JsonWriter& json, const ObjectRef& object);

/// `{"file", "line", "column", "endLine", "endColumn"}`: 1-based, columns in code points, ends exclusive;
/// `null` for what was never text.
void write_place(JsonWriter& json, const SourceManager& sources, const Location& location);

/// `[{"object", "pointer", "location", "message"}]`
void write_related(JsonWriter& json, const SourceManager& sources, std::span<const RelatedLocation> related);

/// `{"rule", "aliases", "severity", "confidence", "effects", "message", "remedy", "object", "pointer",
/// "location", "related"}`
void write_finding(JsonWriter& json, const SourceManager& sources, const Finding& finding);

/// `{"code", "level", "message", "hint", "location", "related"}`
void write_issue(JsonWriter& json, const SourceManager& sources, const Issue& issue);

}  // namespace oidc_audit::report
