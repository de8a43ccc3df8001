#include "oidc/go_url.h"

#include <catch2/catch.hpp>

namespace oidc_audit::oidc {
namespace {

TEST_CASE("URLs that Go refuses, in its words", "[oidc][url]") {
  const std::pair<const char*, const char*> rows[] = {
      {"https://issuer-url:invalid-port",
       R"(parse "https://issuer-url:invalid-port": invalid port ":invalid-port" after host)"},
      {"https://[::1", R"(parse "https://[::1": missing ']' in host)"},
      {"https://a b", R"(parse "https://a b": invalid character " " in host name)"},
      {"https://a%zz", R"(parse "https://a%zz": invalid URL escape "%zz")"},
      {"://x", R"(parse "://x": missing protocol scheme)"},
      {"1http://x", R"(parse "1http://x": first path segment in URL cannot contain colon)"},
      {"https://a/%zz", R"(parse "https://a/%zz": invalid URL escape "%zz")"},
      {"https://a\x7f", R"(parse "https://a\x7f": net/url: invalid control character in URL)"},
      {"https://us er@h", R"(parse "https://us er@h": net/url: invalid userinfo)"},
      {"https://h:80:90", R"(parse "https://h:80:90": invalid port ":80:90" after host)"},
      {"https://[::1]:x", R"(parse "https://[::1]:x": invalid port ":x" after host)"},
      {"https://[fe80::1%en0]/", R"(parse "https://[fe80::1%en0]/": invalid URL escape "%en")"},
      {"https://h#%zz", R"(parse "https://h#%zz": invalid URL escape "%zz")"},
      {"ht_tp://x", R"(parse "ht_tp://x": first path segment in URL cannot contain colon)"},
      {"https://h\\x", R"(parse "https://h\\x": invalid character "\\" in host name)"},
      {"https://%41", R"(parse "https://%41": invalid URL escape "%41")"},
      {"https://[::1]a", R"(parse "https://[::1]a": invalid port "a" after host)"},
      {"https://[1.2.3.4]/", R"(parse "https://[1.2.3.4]/": invalid IP-literal)"},
      {"https://[abc]/", R"(parse "https://[abc]/": invalid host: ParseAddr("abc"): unable to parse IP)"},
      {" https://x", R"(parse " https://x": first path segment in URL cannot contain colon)"},
      {"%zz", R"(parse "%zz": invalid URL escape "%zz")"},
      {"https://a:b]:80", R"(parse "https://a:b]:80": invalid port ":b]:80" after host)"},
      {"\"https://x\"", R"(parse "\"https://x\"": first path segment in URL cannot contain colon)"},
  };
  for (const auto& [text, error] : rows) {
    DYNAMIC_SECTION(text) { CHECK(parse_go_url(text).error == error); }
  }
}

TEST_CASE("URLs that Go takes apart", "[oidc][url]") {
  struct Row {
    const char* text;
    const char* scheme;
    const char* host;
    bool user;
    const char* query;
    const char* fragment;
  };
  const Row rows[] = {
      {"https://h:", "https", "h:", false, "", ""},
      {"HTTPS://x", "https", "x", false, "", ""},
      {"https://[fe80::1%25en0]/", "https", "[fe80::1%25en0]", false, "", ""},
      {"a:b", "a", "", false, "", ""},
      {"/x", "", "", false, "", ""},
      {"https://u:p@h@g/", "https", "g", true, "", ""},
      {"https:///x", "https", "", false, "", ""},
      {"https://", "https", "", false, "", ""},
      {"https:x", "https", "", false, "", ""},
      {"https://h<x>", "https", "h<x>", false, "", ""},
      {"https://a?b c", "https", "a", false, "b c", ""},
      {"https://a?", "https", "a", false, "", ""},
      {"https://a#f", "https", "a", false, "", "f"},
      {"https://a#", "https", "a", false, "", ""},
      {"https://h:99999", "https", "h:99999", false, "", ""},
      {"first:second/x", "first", "", false, "", ""},
      {"x/y:z", "", "", false, "", ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.text) {
      const GoUrl url = parse_go_url(row.text);
      CHECK(url.error.empty());
      CHECK(url.scheme == row.scheme);
      CHECK(url.host == row.host);
      CHECK(url.has_user == row.user);
      CHECK(url.query == row.query);
      CHECK(url.fragment == row.fragment);
    }
  }
}

}  // namespace
}  // namespace oidc_audit::oidc
