#!/bin/sh
# Installs what is needed, builds everything and runs every test. The build goes to build/dev.
# Optional test data is taken from OIDC_AUDIT_SHARED; tests that need it say so and skip without it.
set -eu
cd "$(dirname "$0")/.."

docs/install-packages.sh catch2 ccache python3
cmake --preset dev >/dev/null
cmake --build --preset dev
ctest --preset dev "$@"
