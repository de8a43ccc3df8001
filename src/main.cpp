#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "cli/run.h"

int main(int argc, char** argv) {
  // A file that may not grow further is an error of that write; the end of the program would leave half of
  // it.
  std::signal(SIGXFSZ, SIG_IGN);
  const std::vector<std::string> args(argv, argv + argc);
  return static_cast<int>(oidc_audit::cli::run(args, {std::cin, std::cout, std::cerr}));
}
