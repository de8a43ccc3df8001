#include "report/table.h"

#include <algorithm>
#include <utility>

#include "base/unicode.h"

namespace oidc_audit::report {

void Table::add(std::vector<std::string> row) {
  for (std::string& cell : row) cell = escape_for_display(cell);
  row.resize(columns_);
  rows_.push_back(std::move(row));
}

std::string Table::text() const {
  std::vector<int> widths(columns_, 0);
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < columns_; ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  std::string out;
  for (const auto& row : rows_) {
    std::size_t last = columns_;
    while (last > 0 && row[last - 1].empty()) --last;
    for (std::size_t i = 0; i < last; ++i) {
      out += row[i];
      if (i + 1 < last) out.append(static_cast<std::size_t>(widths[i] - display_width(row[i])) + 3, ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace oidc_audit::report
