#include "report/hide_secrets.h"

#include <catch2/catch.hpp>
#include <string>

using oidc_audit::report::hide_secrets;

TEST_CASE("what is named like a secret is hidden and nothing else") {
  struct Row {
    const char* line;
    const char* shown;
  };
  const Row rows[] = {
      {"token: abc", "token: ***"},
      {"  token: \"abc def\" # why", "  token: \"*******\" # why"},
      {R"({"clientSecret":"a\"b", "x": 1})", R"({"clientSecret":"****", "x": 1})"},
      {"[kube-apiserver, --token=abc, --oidc-client-id=x]",
       "[kube-apiserver, --token=***, --oidc-client-id=x]"},
      {"client-secret: a, b", "client-secret: *, b"},
      {"password: \"open", "password: \"****"},
      {"automountServiceAccountToken: false", "automountServiceAccountToken: false"},
      {"secret: {name: x}", "secret: {name: x}"},
      {"token:", "token:"},
      {"name: https://idp#system:token:abc", "name: https://idp#system:token:abc"},
      {"resources: [serviceaccounts/token]", "resources: [serviceaccounts/token]"},
      {"a: eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln b", "a: *********************************** b"},
      {"a: eyJhbGciOiJub25lIn0", "a: eyJhbGciOiJub25lIn0"},
      {"a: eyJhbGciOiJub25lIn0.eyJhIjoxfQ.", "a: *******************************"},
      {"jwe: eyJhbGciOiJkaXIifQ..aXY.Y3Q.dGFn x", "jwe: ******************************** x"},
      {"jwe: eyJhbGciOiJkaXIifQ.a2V5.aXY.Y3Q.dGFn x", "jwe: ************************************ x"},
      {"blank: eyAiYWxnIjogIm5vbmUiIH0.eyJhIjoxfQ.c2ln", "blank: ***************************************"},
      {"line: ewogICJhbGciOiAibm9uZSIKfQ.eyJhIjoxfQ.c2ln",
       "line: ******************************************"},
      {"host: ewo.example.com, eyJ.example.com", "host: ewo.example.com, eyJ.example.com"},
      {"", ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.line) { CHECK(hide_secrets(row.line) == row.shown); }
  }
}

TEST_CASE("hiding keeps the length of any bytes") {
  for (const std::string& line : {std::string("token: \xFF\xE4\xB8"), std::string("token: \"\\"),
                                  std::string("password=\0x", 11), std::string(100'000, '"')}) {
    CHECK(hide_secrets(line).size() == line.size());
  }
}
