#!/bin/sh
# From a fresh Debian 12 to findings: installs what is needed, builds the release, scans the bundled example.
set -eu
cd "$(dirname "$0")/.."

docs/install-packages.sh
cmake --preset release >/dev/null
cmake --build --preset release

echo
echo "+ oidc-audit scan fixtures/quickstart"
# Status 1 means "there are findings", and the example is there to have some.
status=0
build/release/src/oidc-audit scan fixtures/quickstart || status=$?
[ "$status" -eq 1 ] || { echo "expected findings (status 1), got status $status" >&2; exit 1; }
echo
echo "The program is build/release/src/oidc-audit; 'cmake --install build/release' puts it on the PATH,"
echo "also as kubectl-oidc_audit."
