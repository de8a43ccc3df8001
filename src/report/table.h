#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace oidc_audit::report {

/// Columns of text as kubectl prints them: padded to the widest cell, three spaces between, nothing behind
/// the last. Cells may hold names from input: they are made safe to print, and widths are columns of a
/// terminal.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : columns_(header.size()) {
    rows_.push_back(std::move(header));
  }
  /// Missing cells at the end are empty.
  void add(std::vector<std::string> row);
  bool empty() const { return rows_.size() == 1; }
  std::string text() const;

 private:
  std::size_t columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace oidc_audit::report
