#!/bin/sh
# Installs the Debian packages that building oidc-audit needs; names on the command line are added to them.
# Does nothing when all are there already. Works as root and through sudo.
set -eu

packages="g++ cmake ninja-build pkg-config git ca-certificates
libyaml-cpp-dev nlohmann-json3-dev libcli11-dev libcurl4-openssl-dev libfmt-dev libssl-dev libre2-dev zlib1g-dev
$*"

missing=""
for package in $packages; do
  if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
    missing="$missing $package"
  fi
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "these packages are missing, and installing them needs root or sudo:$missing" >&2
    exit 1
  fi
  as_root="sudo"
fi
export DEBIAN_FRONTEND=noninteractive
echo "installing:$missing" >&2
$as_root apt-get update -qq
# shellcheck disable=SC2086  # a list of names
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
