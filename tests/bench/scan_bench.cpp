// Times the passes of a scan over generated bindings: time, throughput and peak memory of each.
//
//   scan_bench [COUNT...]      default: 1 1000 100000
//   scan_bench --write DIR COUNT...   writes the inputs to DIR instead, for runs of the program itself
//
// Each measurement runs in a process of its own, since a process's peak memory never goes down.

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "diag/collector.h"
#include "document/reader.h"
#include "generator.h"
#include "oidc/catalogue.h"
#include "rbac/inventory.h"
#include "report/report.h"
#include "rules/config.h"
#include "rules/engine.h"
#include "rules/rule_set.h"
#include "source/source_manager.h"

namespace {

using namespace oidc_audit;
using bench::Names;
using bench::Shape;

struct Input {
  std::string_view name;
  Shape shape;
  document::Format format;
  Names names = Names::distinct;
};

constexpr std::array<Input, 5> kInputs = {{{"json teams", Shape::json, document::Format::json, Names::teams},
                                           {"yaml teams", Shape::yaml, document::Format::yaml, Names::teams},
                                           {"json", Shape::json, document::Format::json},
                                           {"json pretty", Shape::json_pretty, document::Format::json},
                                           {"yaml", Shape::yaml, document::Format::yaml}}};

// A pass gets text that nothing has touched yet and says how many objects came out.
struct Pass {
  std::string_view name;
  std::function<std::size_t(std::string text, document::Format format)> run;
};

std::size_t read_tree(std::string text, document::Format format) {
  SourceManager sources;
  const BufferId buffer = sources.add("bench", std::move(text)).value();
  document::ReadOptions options;
  options.format = format;
  const document::Stream stream = document::read_documents(sources, buffer, options);
  return stream.tree->size();
}

void fill(SourceManager& sources, rbac::Inventory& inventory, std::string text, document::Format format) {
  const BufferId buffer = sources.add("bench", std::move(text)).value();
  Collector issues;
  rbac::LoadOptions options;
  options.format = format;
  inventory.add(buffer, options, issues);
  inventory.finish(issues);
}

std::size_t read_inventory(std::string text, document::Format format) {
  SourceManager sources;
  rbac::Inventory inventory(sources);
  fill(sources, inventory, std::move(text), format);
  return inventory.bindings().size();
}

// All that `scan` does, but finding the file and writing to the terminal.
std::size_t scan(std::string text, document::Format format) {
  SourceManager sources;
  rbac::Inventory inventory(sources);
  fill(sources, inventory, std::move(text), format);
  const rules::RuleSet rules = rules::RuleSet::builtin();
  rules::RunOptions run;
  run.minimum = Severity::low;
  const rules::RunResult result =
      rules::run(rules, inventory, sources, rules::Config{}, oidc::Catalogue::builtin(), run);
  report::Summary summary;
  std::size_t bytes = 0;
  report::text_report({sources, result.findings, result.suppressed, {}, rules.infos(), summary, "bench"}, {},
                      [&](std::string_view piece) { bytes += piece.size(); });
  return bytes > 0 ? result.findings.size() : 0;
}

const std::vector<Pass>& passes() {
  static const std::vector<Pass> all = {{"tree", read_tree}, {"inventory", read_inventory}, {"scan", scan}};
  return all;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::size_t peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return static_cast<std::size_t>(usage.ru_maxrss);
#else
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
#endif
}

void measure(const Input& input, const Pass& pass, std::size_t count) {
  std::string text = bench::make_bindings(count, input.shape, input.names);
  text.shrink_to_fit();
  const std::size_t bytes = text.size();
  const double cpu_start = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  const std::size_t found = pass.run(std::move(text), input.format);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const double cpu = cpu_seconds() - cpu_start;
  const double megabytes = static_cast<double>(bytes) / 1e6;
  const auto peak = static_cast<double>(peak_bytes());
  fmt::print("{:<12} {:<10} {:>8} {:>9.3f} {:>9.4f} {:>9.4f} {:>9.1f} {:>9.1f} {:>7.2f} {:>9}\n", input.name,
             pass.name, count, megabytes, seconds.count(), cpu, megabytes / cpu, peak / 1e6,
             peak / static_cast<double>(bytes), found);
}

bool in_child(const std::function<void()>& work) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    work();
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int write_inputs(const std::string& folder, const std::vector<std::size_t>& counts) {
  for (const std::size_t count : counts) {
    for (const Input& input : kInputs) {
      if (input.shape == Shape::json_pretty || input.names == Names::teams) continue;
      const std::string path = fmt::format("{}/{}.{}", folder, count, input.name);
      std::ofstream out(path, std::ios::binary);
      out << bench::make_bindings(count, input.shape);
      if (!out.flush()) {
        fmt::print(stderr, "cannot write {}\n", path);
        return 1;
      }
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  std::string folder;
  if (words.size() > 1 && words[0] == "--write") {
    folder = words[1];
    words.erase(words.begin(), words.begin() + 2);
  }
  std::vector<std::size_t> counts;
  for (const std::string& word : words) counts.push_back(std::strtoul(word.c_str(), nullptr, 10));
  if (counts.empty()) counts = {1, 1'000, 100'000};
  if (!folder.empty()) return write_inputs(folder, counts);

  fmt::print("{:<12} {:<10} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7} {:>9}\n", "input", "pass", "bindings",
             "MB", "wall s", "cpu s", "MB/s", "peak MB", "x input", "found");
  bool ok = true;
  for (const Input& input : kInputs) {
    for (const std::size_t count : counts) {
      for (const Pass& pass : passes()) ok = in_child([&] { measure(input, pass, count); }) && ok;
    }
  }
  return ok ? 0 : 1;
}
