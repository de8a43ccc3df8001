#!/bin/sh
# Compares the release build with the packages of kube-apiserver: tests/e2e/run.sh [OIDC_AUDIT]
# Needs Go to build the server's side, into a cache outside the checkout. Without Go it says so and skips;
# with CI=true that is a failure.
set -eu
cd "$(dirname "$0")/../.."
program=${1:-build/release/src/oidc-audit}
[ -x "$program" ] || { echo "no program at $program: build the release preset first" >&2; exit 1; }

if ! command -v go >/dev/null 2>&1; then
  echo "skipped: Go is not installed, so the server's side cannot be built" >&2
  [ "${CI:-}" != true ]
  exit
fi

cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/oidc-audit-e2e
mkdir -p "$cache"
echo "building kube-apiserver's authorizer and authenticator"
(cd tests/e2e && go build -o "$cache/oracle" ./oracle)

tests/e2e/compare_rbac.py "$cache/oracle" "$program" "${OIDC_AUDIT_E2E_DECISIONS:-100000}" "${OIDC_AUDIT_E2E_SEED:-1}"
tests/e2e/compare_authn.py "$cache/oracle" "$program" "${OIDC_AUDIT_E2E_TOKENS:-5000}" "${OIDC_AUDIT_E2E_SEED:-1}"
