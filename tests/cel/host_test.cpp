// What a host declares: object types with lazy fields, functions, lists of its own; and the places of
// problems.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "cel/env.h"
#include "cel/json.h"

namespace oidc_audit::cel {
namespace {

class Subject final : public Object {
 public:
  Subject(std::string kind, std::string name) : kind_(std::move(kind)), name_(std::move(name)) {}
  std::string_view type_name() const override { return "test.Subject"; }
  Value field(std::uint32_t index) const override {
    ++asked;
    return Value::borrowed_string(index == 0 ? kind_ : name_);
  }
  bool has_field(std::uint32_t index) const override { return index == 0 || !name_.empty(); }
  mutable int asked = 0;

 private:
  std::string kind_;
  std::string name_;
};

class Subjects final : public List {
 public:
  explicit Subjects(const std::vector<Subject>& subjects) : subjects_(subjects) {}
  std::size_t size() const override { return subjects_.size(); }
  Value at(std::size_t index) const override { return Value::borrowed_object(subjects_[index]); }

 private:
  const std::vector<Subject>& subjects_;
};

Env make_env() {
  Env env;
  env.add_object_type("test.Subject", {{"kind", Type::string()}, {"name", Type::string()}});
  env.add_variable("subject", Type::object("test.Subject"));
  env.add_variable("all", Type::list(Type::object("test.Subject")));
  OverloadDecl glob;
  glob.id = "string_has_prefix_of";
  glob.is_method = true;
  glob.params = {Type::string(), Type::string()};
  glob.result = Type::boolean();
  glob.call = [](std::span<const Value> args) {
    return Value::boolean(args[0].as_string().starts_with(args[1].as_string()));
  };
  env.add_function("hasPrefixOf", {std::move(glob)});
  return env;
}

}  // namespace

TEST_CASE("fields are asked for when they are needed", "[cel]") {
  const Env env = make_env();
  const Subject subject("Group", "a:b");
  std::vector<Subject> subjects{Subject("User", "x"), Subject("Group", "")};
  const Subjects list(subjects);
  const std::vector<Value> values{Value::borrowed_object(subject), Value::borrowed_list(list)};

  const Compilation compiled = env.compile("subject.kind == 'User' && subject.name == 'x'");
  REQUIRE(compiled.ok());
  CHECK(compiled.program->eval(values).is_false());
  CHECK(subject.asked == 1);

  const Compilation has = env.compile("all.filter(s, !has(s.name)).map(s, s.kind)");
  REQUIRE(has.ok());
  CHECK(has.program->eval(values).to_string() == "[\"Group\"]");
  CHECK(has.program->result_type() == Type::list(Type::string()));
  CHECK(has.program->variables().size() == 1);

  const Compilation call = env.compile("subject.name.hasPrefixOf('a:')");
  REQUIRE(call.ok());
  CHECK(call.program->eval(values).is_true());
  CHECK(env.compile("dyn(subject).name").program->eval(values).to_string() == "\"a:b\"");
}

TEST_CASE("programs outlive their environment", "[cel]") {
  std::optional<Program> program;
  {
    const Env env = make_env();
    program = env.compile("subject.name.hasPrefixOf('a') && 'b' in ['a', 'b']").program;
  }
  REQUIRE(program);
  const Subject subject("Group", "ab");
  CHECK(program->eval(std::vector<Value>{Value::borrowed_object(subject), Value::list(std::vector<Value>{})})
            .is_true());
}

TEST_CASE("problems are shown where they are", "[cel]") {
  const Env env = make_env();
  struct Row {
    const char* text;
    const char* shown;
  };
  const std::vector<Row> rows{
      {"subject.nope", "ERROR: <input>:1:8: undefined field 'nope'\n | subject.nope\n | .......^"},
      {"1 +\n  foo", "ERROR: <input>:2:3: undeclared reference to 'foo' (in container '')\n |   foo\n | ..^"},
      {"'é😁' + 1",
       "ERROR: <input>:1:6: found no matching overload for '_+_' applied to '(string, int)'\n | 'é😁' + 1\n | "
       "......^"},
      {"(1", "ERROR: <input>:1:3: Syntax error: mismatched input '<EOF>' expecting ')'\n | (1\n | ..^"}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.text) { CHECK(render(env.compile(row.text).problems, row.text) == row.shown); }
  }
}

TEST_CASE("hostile sources end in a problem", "[cel]") {
  const Env env;
  const auto repeat = [](const std::string& part, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += part;
    return out;
  };
  const std::vector<std::string> texts{repeat("(", 100000),
                                       repeat("[", 50000),
                                       repeat("{1:", 30000),
                                       repeat("-(", 40000),
                                       "1" + repeat("+1", 40000),
                                       "a" + repeat(".b", 40000),
                                       "x" + repeat(".optMap(y, y)", 240),
                                       repeat("'", 99999),
                                       repeat("\xFF", 1000),
                                       std::string(100001, ' ')};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    DYNAMIC_SECTION(i) { CHECK_FALSE(env.compile(texts[i]).ok()); }
  }
  CHECK(env.compile("true" + repeat(" && true", 9000)).ok());
  CHECK(env.compile(repeat("!", 99996) + "true").ok());
}

TEST_CASE("JSON becomes values and is written again", "[cel]") {
  const auto value = parse_json(R"({"a":[1,2.5,-0,1e3],"s":"\u00e9\ud83d\ude01\n","n":null,"a":true})",
                                JsonNumbers::integers);
  REQUIRE(value.ok());
  CHECK(to_json(value.value()) == R"({"a":true,"s":"é😁\u000a","n":null})");
  for (const char* bad :
       {"", "{", "[1,]", "{\"a\" 1}", "01", "1e999", "\"\x01\"", "tru", "[1] 2", "\"\\x\""}) {
    DYNAMIC_SECTION(bad) { CHECK_FALSE(parse_json(bad, JsonNumbers::doubles).ok()); }
  }
  CHECK_FALSE(parse_json(std::string(100000, '['), JsonNumbers::doubles).ok());
}

}  // namespace oidc_audit::cel
