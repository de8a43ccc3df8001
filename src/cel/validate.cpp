// Checks of literals after the types agree: duration, timestamp and pattern literals, literals of mixed
// types, and format strings (cel/validator.go, ext/formatting.go).

#include <algorithm>
#include <functional>

#include "cel/checker.h"
#include "cel/format_text.h"
#include "cel/regex.h"
#include "cel/times.h"

namespace oidc_audit::cel {
namespace {

class Validator {
 public:
  Validator(std::string_view text, const Env::Declarations& env, std::vector<Problem>& problems)
      : text_(text), env_(env), problems_(problems) {}

  void run(const Expr& root) {
    const int release = env_.options.release.minor;
    if (release >= 29) {
      walk(root, false, [this](const Expr& expr, bool) { literal_arguments(expr); });
    }
    if (env_.options.homogeneous_literals) {
      walk(root, false, [this](const Expr& expr, bool exempt) {
        if (!exempt) same_types(expr);
      });
    }
    if (release >= 29) {
      walk(root, false, [this](const Expr& expr, bool) { format_call(expr); });
    }
  }

 private:
  // Parents before children; `exempt` inside a call of format, whose arguments may be mixed.
  void walk(const Expr& expr, bool exempt, const std::function<void(const Expr&, bool)>& visit) {
    visit(expr, exempt);
    const bool inside = exempt || (expr.kind == ExprKind::call && expr.name == "format");
    for (const Expr* arg : expr.args) walk(*arg, inside, visit);
  }

  void report(std::uint32_t offset, std::string message) {
    Problem problem{Phase::check, std::move(message), offset, 1, 1};
    locate(text_, offset, problem.line, problem.column);
    problems_.push_back(std::move(problem));
  }

  void literal_arguments(const Expr& expr) {
    if (expr.kind != ExprKind::call) return;
    const std::size_t first = expr.is_method ? 1 : 0;
    if (expr.args.size() <= first || expr.args[first]->kind != ExprKind::literal) return;
    const Expr& arg = *expr.args[first];
    bool valid = true;
    if (expr.name == "duration") {
      valid = arg.literal.is(Kind::string) && parse_duration(arg.literal.as_string()).has_value();
    } else if (expr.name == "timestamp") {
      valid = arg.literal.is(Kind::int64)
                  ? arg.literal.as_int() >= kMinSeconds && arg.literal.as_int() <= kMaxSeconds
                  : arg.literal.is(Kind::string) && parse_timestamp(arg.literal.as_string()).has_value();
    } else if (expr.name == "matches" && arg.literal.is(Kind::string)) {
      std::string failure;
      valid = is_valid_pattern(arg.literal.as_string(), failure);
    }
    if (!valid) report(arg.offset, "invalid " + expr.name + " argument");
  }

  void mismatch(const Expr& at, const Type& expected, const Type& found) {
    report(at.offset, "expected type '" + expected.to_message() + "' but found '" + found.to_message() + "'");
  }

  static Type held(const Type& type, bool optional) {
    return optional && type.is(TypeKind::optional) ? type.param(0) : type;
  }

  static bool equivalent(const Type& a, const Type& b) {
    const Type& left = a.is(TypeKind::wrapper) ? a.param(0) : a;
    const Type& right = b.is(TypeKind::wrapper) ? b.param(0) : b;
    return left == right;
  }

  void same_types(const Expr& expr) {
    if (expr.kind == ExprKind::list) {
      for (std::size_t i = 1; i < expr.args.size(); ++i) {
        const Type first = held(expr.args[0]->type, expr.optional[0]);
        const Type type = held(expr.args[i]->type, expr.optional[i]);
        if (equivalent(first, type)) continue;
        mismatch(*expr.args[i], first, type);
        return;
      }
    } else if (expr.kind == ExprKind::map) {
      for (std::size_t i = 2; i + 1 < expr.args.size(); i += 2) {
        const Type first = held(expr.args[1]->type, expr.optional[0]);
        const Type type = held(expr.args[i + 1]->type, expr.optional[i / 2]);
        if (!equivalent(expr.args[0]->type, expr.args[i]->type)) {
          mismatch(*expr.args[i], expr.args[0]->type, expr.args[i]->type);
        }
        if (!equivalent(first, type)) mismatch(*expr.args[i + 1], first, type);
      }
    }
  }

  static bool one_of(const Type& type, std::initializer_list<TypeKind> kinds) {
    const Type& plain = type.is(TypeKind::wrapper) ? type.param(0) : type;
    return type.is_dyn() || std::find(kinds.begin(), kinds.end(), plain.kind()) != kinds.end();
  }

  // The argument, or the part of it, that %s cannot print; null when it can.
  static const Expr* unprintable(const Expr& expr) {
    if (!one_of(expr.type, {TypeKind::list, TypeKind::map, TypeKind::int64, TypeKind::uint64,
                            TypeKind::float64, TypeKind::boolean, TypeKind::string, TypeKind::timestamp,
                            TypeKind::bytes, TypeKind::duration, TypeKind::type, TypeKind::null})) {
      return &expr;
    }
    if (expr.kind != ExprKind::list && expr.kind != ExprKind::map) return nullptr;
    for (const Expr* arg : expr.args) {
      if (const Expr* bad = unprintable(*arg)) return bad;
    }
    return nullptr;
  }

  static const Expr* refused(const Expr& arg, char verb) {
    bool fits = true;
    switch (verb) {
      case 's':
        return unprintable(arg);
      case 'd':
      case 'o':
        fits = one_of(arg.type, {TypeKind::int64, TypeKind::uint64});
        break;
      case 'f':
      case 'e':
        fits = one_of(arg.type, {TypeKind::float64, TypeKind::string});
        break;
      case 'b':
        fits = one_of(arg.type, {TypeKind::int64, TypeKind::uint64, TypeKind::boolean});
        break;
      default:
        fits = one_of(arg.type, {TypeKind::int64, TypeKind::uint64, TypeKind::string, TypeKind::bytes});
    }
    return fits ? nullptr : &arg;
  }

  static std::string plain_name(const Type& type) {
    if (type.is(TypeKind::wrapper)) return type.param(0).to_string();
    const std::string full = type.to_string();
    return full.substr(0, full.find('('));
  }

  void format_call(const Expr& expr) {
    if (expr.kind != ExprKind::call || !expr.is_method || expr.name != "format" || expr.args.size() != 2)
      return;
    if (expr.overloads.empty() || expr.overloads[0]->id != "string_format") return;
    const Expr& text = *expr.args[0];
    const Expr& list = *expr.args[1];
    if (text.kind != ExprKind::literal || !text.literal.is(Kind::string) || list.kind != ExprKind::list)
      return;
    std::string out;
    FormatFailure failure;
    std::size_t used = 0;
    std::uint32_t place = expr.offset;
    const bool ok = walk_format(text.literal.as_string(), list.args.size(), out, failure, used,
                                [&](std::size_t i, FormatClause clause, std::string&, FormatFailure& why) {
                                  const Expr* bad = refused(*list.args[i], clause.verb);
                                  if (bad == nullptr) return true;
                                  place = bad->offset;
                                  why.message = format_refusal(clause.verb, plain_name(bad->type));
                                  return false;
                                });
    if (!ok) {
      report(place, failure.message);
    } else if (list.args.size() > used) {
      report(expr.offset, "too many arguments supplied to string.format (expected " + std::to_string(used) +
                              ", got " + std::to_string(list.args.size()) + ")");
    }
  }

  std::string_view text_;
  const Env::Declarations& env_;
  std::vector<Problem>& problems_;
};

}  // namespace

void validate_literals(std::string_view text, const Env::Declarations& env, Ast& ast,
                       std::vector<Problem>& problems) {
  Validator(text, env, problems).run(*ast.root);
}

}  // namespace oidc_audit::cel
