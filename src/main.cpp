#include <iostream>
#include <string>
#include <vector>

#include "cli/run.h"

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv, argv + argc);
  return static_cast<int>(oidc_audit::cli::run(args, {std::cin, std::cout, std::cerr}));
}
