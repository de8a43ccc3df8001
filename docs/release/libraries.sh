#!/bin/sh
# What a program for an archive of a release may need: docs/release/libraries.sh PROGRAM
# Prints the shared libraries that it names and the newest glibc that it wants; fails when others than those that every
# distribution of these years has under the same name are among them.
set -eu
[ $# -eq 1 ] || { echo "usage: docs/release/libraries.sh PROGRAM" >&2; exit 2; }
newest=2.34

objdump -p "$1" >/dev/null  # a failure inside the pipes below would go unseen
needed=$(objdump -p "$1" | awk '$1 == "NEEDED" { print $2 }')
glibc=$(objdump -T "$1" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)
printf '%s\n' "$needed" "$glibc"
status=0
for library in $needed; do
  case $library in
    libc.so.6 | libm.so.6 | libgcc_s.so.1 | libcrypto.so.3 | ld-linux-*.so.*) ;;
    *) echo "$1 needs $library" >&2; status=1 ;;
  esac
done
if [ "$(printf '%s\n' "GLIBC_$newest" "$glibc" | sort -V | tail -n 1)" != "GLIBC_$newest" ]; then
  echo "$1 needs $glibc, newer than $newest" >&2
  status=1
fi
exit $status
