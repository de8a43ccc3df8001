#!/bin/sh
# Runs every fuzzer for a short time, starting from the fixtures: tests/fuzz/run.sh BUILD_DIR [SECONDS]
set -eu
cd "$(dirname "$0")/../.."
build=$1
seconds=${2:-15}
found=0
for fuzzer in "$build"/tests/fuzz/*_fuzz; do
  [ -x "$fuzzer" ] || continue
  found=$((found + 1))
  name=$(basename "$fuzzer")
  work=$(mktemp -d)
  corpus="fixtures rules"
  [ -d "fixtures/fuzz/$name" ] && corpus="fixtures/fuzz/$name $corpus"
  echo "$name: $seconds s"
  # shellcheck disable=SC2086  # a list of folders
  if ! "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=0 \
      -artifact_prefix="$work/" "$work" $corpus >"$work/log" 2>&1; then
    tail -n 40 "$work/log"
    echo "$name failed; its input is in $work" >&2
    exit 1
  fi
  rm -rf "$work"
done
[ "$found" -gt 0 ] || { echo "no fuzzer under $build/tests/fuzz" >&2; exit 1; }
echo "$found fuzzers ran"
