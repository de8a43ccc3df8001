#!/bin/sh
# Puts oidc-audit where a pipeline finds it and prints the folder that is to go on PATH. In this order:
#   OIDC_AUDIT_VERSION=v0.1.0   the archive of that release, from OIDC_AUDIT_RELEASES (a URL, the release's folder below it),
#                               checked against OIDC_AUDIT_SHA256, else against the release's SHA256SUMS
#   oidc-audit on PATH          is taken as it is
#   OIDC_AUDIT_SOURCE=DIR       is built (Debian, Ubuntu)
# OIDC_AUDIT_PREFIX is where it is installed; default: a new temporary folder.
set -eu

fail() {
  echo "oidc-audit: error: $*" >&2
  exit 2
}

fetch() { # URL FILE
  if command -v curl >/dev/null 2>&1; then
    curl --fail --silent --show-error --location --proto '=https,file' --proto-redir '=https' --retry 3 \
      --output "$2" "$1" || fail "downloading $1"
  elif command -v wget >/dev/null 2>&1; then
    case $1 in https://*) ;; *) fail "$1 is no https URL" ;; esac
    wget --quiet --output-document="$2" "$1" || fail "downloading $1"
  else
    fail "neither curl nor wget is installed"
  fi
}

version=${OIDC_AUDIT_VERSION:-}
prefix=${OIDC_AUDIT_PREFIX:-}

if [ -z "$version" ] && program=$(command -v oidc-audit); then
  dirname "$program"
  exit 0
fi
[ -n "$version" ] || [ -n "${OIDC_AUDIT_SOURCE:-}" ] ||
  fail "oidc-audit is not on PATH: install it, or set OIDC_AUDIT_VERSION and OIDC_AUDIT_RELEASES"
[ -n "$prefix" ] || prefix=$(mktemp -d)
mkdir -p "$prefix/bin"

if [ -z "$version" ]; then
  (
    cd "$OIDC_AUDIT_SOURCE"
    docs/install-packages.sh
    cmake --preset release
    cmake --build --preset release
    cmake --install build/release --prefix "$prefix"
  ) >&2
  echo "$prefix/bin"
  exit 0
fi

case $version in
  v[0-9]*) ;;
  *) fail "\`$version\` is not a version: write it as v0.1.0" ;;
esac
case $version in *[!0-9A-Za-z.+-]*) fail "\`$version\` is not a version: write it as v0.1.0" ;; esac
case $(uname -s) in
  Linux) os=linux ;;
  *) fail "there is no release for $(uname -s)" ;;
esac
case $(uname -m) in
  x86_64 | amd64) arch=amd64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) fail "there is no release for $(uname -m)" ;;
esac
archive="oidc-audit_${version}_${os}_${arch}.tar.gz"
releases=${OIDC_AUDIT_RELEASES:-}
[ -n "$releases" ] || fail "OIDC_AUDIT_RELEASES does not say where releases are"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fetch "$releases/$version/$archive" "$work/$archive"
expected=${OIDC_AUDIT_SHA256:-}
if [ -z "$expected" ]; then
  fetch "$releases/$version/SHA256SUMS" "$work/SHA256SUMS"
  expected=$(awk -v name="$archive" '$2 == name { print $1 }' "$work/SHA256SUMS")
  [ -n "$expected" ] || fail "SHA256SUMS of $version does not name $archive"
fi
actual=$(sha256sum "$work/$archive" | cut -d ' ' -f 1)
[ "$actual" = "$expected" ] || fail "$archive has SHA-256 $actual, expected $expected: it is not used"
tar -xzf "$work/$archive" -C "$prefix/bin" --no-same-owner kubectl-oidc_audit kubectl_complete-oidc_audit
ln -sf kubectl-oidc_audit "$prefix/bin/oidc-audit"
"$prefix/bin/oidc-audit" --version >&2 ||
  fail "the program of $archive does not run here: it was built for a system with other libraries"
echo "$prefix/bin"
