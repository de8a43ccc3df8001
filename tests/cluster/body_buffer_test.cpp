#include "cluster/body_buffer.h"

#include <catch2/catch.hpp>
#include <string>

using namespace oidc_audit;

TEST_CASE("a body is what came, in whatever pieces it came") {
  std::string expected;
  cluster::BodyBuffer body;
  CHECK(body.take().empty());
  for (std::size_t i = 0; i < 40; ++i) {
    const std::string piece(i * 7'919, static_cast<char>('a' + i % 26));
    body.append(piece.data(), piece.size());
    expected += piece;
    REQUIRE(body.size() == expected.size());
  }
  REQUIRE(expected.size() > (5U << 20));
  CHECK(body.take() == expected);
  CHECK(body.size() == 0);
  body.append("x", 1);
  CHECK(body.take() == "x");
}
