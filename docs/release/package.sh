#!/bin/sh
# Makes the archive of a release from a build: docs/release/package.sh BUILD_DIR OUTPUT_DIR
# writes OUTPUT_DIR/oidc-audit_vVERSION_OS_ARCH.tar.gz, the same bytes from the same build, and enters it in SHA256SUMS there.
# For others than this system, BUILD_DIR is one of the preset `archive`.
# The archive holds files only, since krew unpacks no links.
set -eu
[ $# -eq 2 ] || { echo "usage: docs/release/package.sh BUILD_DIR OUTPUT_DIR" >&2; exit 2; }
cd "$(dirname "$0")/../.."
build=$1
output=$2

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
cmake --install "$build" --prefix "$stage/usr" --strip >/dev/null
version=$("$stage/usr/bin/oidc-audit" --version | sed -n '1s/^oidc-audit //p')
case $(uname -m) in
  x86_64) arch=amd64 ;;
  aarch64) arch=arm64 ;;
  *) arch=$(uname -m) ;;
esac
archive="oidc-audit_v${version}_$(uname -s | tr '[:upper:]' '[:lower:]')_${arch}.tar.gz"

mkdir -p "$stage/archive" "$output"
cp "$stage/usr/bin/oidc-audit" "$stage/archive/kubectl-oidc_audit"
cp "$stage/usr/bin/kubectl_complete-oidc_audit" "$stage/archive/"
cp "$stage/usr/share/man/man1/oidc-audit.1" LICENSE "$stage/archive/"
chmod 755 "$stage/archive/kubectl-oidc_audit" "$stage/archive/kubectl_complete-oidc_audit"
tar --create --directory "$stage/archive" --owner=0 --group=0 --numeric-owner --mode=go-w \
  --mtime="@${SOURCE_DATE_EPOCH:-0}" LICENSE kubectl-oidc_audit kubectl_complete-oidc_audit oidc-audit.1 | gzip -n -9 >"$output/$archive.part"
mv "$output/$archive.part" "$output/$archive"

(
  cd "$output"
  touch SHA256SUMS
  { grep -v "  $archive\$" SHA256SUMS || true; sha256sum "$archive"; } | sort -k 2 >SHA256SUMS.part
  mv SHA256SUMS.part SHA256SUMS
)
echo "$output/$archive"
