#!/bin/sh
# Compares oidc-audit with kube-apiserver: tests/e2e/run.sh [OIDC_AUDIT]
# First in bulk with the packages of the server, then end to end with a server, etcd and kubectl on loopback. The
# three are those of KUBEBUILDER_ASSETS when it is set; else they are built with Go, as tests/e2e/go.mod says, into a
# cache outside the checkout. Where there is neither it says so and skips; with CI=true that is a failure.
set -eu
cd "$(dirname "$0")/../.."
program=${1:-build/release/src/oidc-audit}
[ -x "$program" ] || { echo "no program at $program: build the release preset first" >&2; exit 1; }
OIDC_AUDIT=$(realpath "$program")
export OIDC_AUDIT
cd tests/e2e

if command -v go >/dev/null 2>&1; then
  oracle=$(python3 -m harness.tools oracle)
  ./compare_rbac.py "$oracle" "$OIDC_AUDIT" "${OIDC_AUDIT_E2E_DECISIONS:-100000}" "${OIDC_AUDIT_E2E_SEED:-1}"
  ./compare_authn.py "$oracle" "$OIDC_AUDIT" "${OIDC_AUDIT_E2E_TOKENS:-5000}" "${OIDC_AUDIT_E2E_SEED:-1}"
elif [ "${CI:-}" = true ]; then
  echo "Go is not installed, so the server's packages cannot be compared with" >&2
  exit 1
else
  echo "skipped the comparison in bulk: Go is not installed" >&2
fi

exec python3 -m unittest discover --verbose
