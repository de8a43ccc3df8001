#include "cluster/proxy.h"

#include <catch2/catch.hpp>
#include <map>

using namespace oidc_audit;

TEST_CASE("the environment names a proxy as Go reads it") {
  struct Row {
    std::string name;
    std::string url;
    std::map<std::string, std::string> env;
    std::string proxy;
  };
  const std::string api = "https://api.example.com:6443";
  const std::vector<Row> rows = {
      {"none", api, {}, ""},
      {"https", api, {{"HTTPS_PROXY", "http://p:1"}}, "http://p:1"},
      {"lower_case", api, {{"https_proxy", "http://p:1"}}, "http://p:1"},
      {"upper_case_first", api, {{"HTTPS_PROXY", "http://a"}, {"https_proxy", "http://b"}}, "http://a"},
      {"of_the_other_scheme", api, {{"HTTP_PROXY", "http://p:1"}}, ""},
      {"http", "http://api.example.com", {{"HTTP_PROXY", "http://p:1"}}, "http://p:1"},
      {"without_scheme", api, {{"HTTPS_PROXY", "p:1"}}, "http://p:1"},
      {"socks", api, {{"HTTPS_PROXY", "socks5://p:1"}}, "socks5://p:1"},
      {"localhost", "https://localhost:6443", {{"HTTPS_PROXY", "http://p:1"}}, ""},
      {"loopback", "https://127.3.2.1:6443", {{"HTTPS_PROXY", "http://p:1"}}, ""},
      {"loopback_v6", "https://[::1]:6443", {{"HTTPS_PROXY", "http://p:1"}}, ""},
      {"all_listed", api, {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "*"}}, ""},
      {"host_listed", api, {{"HTTPS_PROXY", "http://p:1"}, {"no_proxy", "x, API.example.com"}}, ""},
      {"domain_listed", api, {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "example.com"}}, ""},
      {"dot_domain_listed", api, {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", ".example.com"}}, ""},
      {"star_domain_listed", api, {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "*.example.com"}}, ""},
      {"dot_is_below_only",
       "https://example.com",
       {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", ".example.com"}},
       "http://p:1"},
      {"suffix_is_no_domain",
       "https://badexample.com",
       {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "example.com"}},
       "http://p:1"},
      {"port_listed", api, {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "api.example.com:6443"}}, ""},
      {"other_port_listed",
       api,
       {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "api.example.com:443"}},
       "http://p:1"},
      {"network", "https://10.1.2.3", {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "10.0.0.0/8"}}, ""},
      {"other_network",
       "https://11.1.2.3",
       {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "10.0.0.0/8"}},
       "http://p:1"},
      {"network_v6", "https://[fd00::5]:6443", {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "fd00::/8"}}, ""},
      {"address", "https://10.1.2.3", {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "10.1.2.3"}}, ""},
      {"bad_network",
       "https://10.1.2.3",
       {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "10.0.0.0/99,/,a/b"}},
       "http://p:1"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const cluster::GetEnv env = [&](const std::string& name) -> std::optional<std::string> {
        const auto it = row.env.find(name);
        if (it == row.env.end()) return std::nullopt;
        return it->second;
      };
      CHECK(cluster::proxy_from_environment(row.url, env) == row.proxy);
    }
  }
}
