#!/usr/bin/env bash
# The scan of action.yml. Inputs come as environment variables, never as text in a script. Writes the SARIF file, annotates
# lines, appends to the job's summary, and leaves the verdict to a later step, so that the upload happens first.
set -euo pipefail

# A path or option a line; empty lines are left out.
lines() {
  local line
  while IFS= read -r line; do
    [[ -n ${line//[[:space:]]/} ]] && printf '%s\0' "$line"
  done <<<"$1"
  return 0
}

mapfile -d '' -t paths < <(lines "${INPUT_PATHS:-.}")
mapfile -d '' -t arguments < <(lines "${INPUT_ARGS:-}")
options=(--fail-on "${INPUT_FAIL_ON:-high}" "${arguments[@]}")
sarif=$RUNNER_TEMP/oidc-audit.sarif

# Statuses 2 and 3 leave their message in the log; 3 leaves a report of what could be looked at.
status=0
oidc-audit scan -o sarif --output-file "$sarif" --sarif-category "" "${options[@]}" -- "${paths[@]}" || status=$?

if ((status != 2)); then
  echo "sarif-file=$sarif" >>"$GITHUB_OUTPUT"
  oidc-audit -q scan -o github "${options[@]}" -- "${paths[@]}" 2>/dev/null || true
  if [[ -n ${GITHUB_STEP_SUMMARY:-} ]]; then
    # A summary above 1 MiB is refused as a whole. Indented, so that names cannot be Markdown.
    text=$(oidc-audit scan --color never "${options[@]}" -- "${paths[@]}" 2>&1 || true)
    {
      echo "### oidc-audit"
      echo
      printf '%s\n' "$text" | head -c 900000 | sed 's/^/    /'
      ((${#text} <= 900000)) || printf '\n\nThe rest is in the SARIF file.\n'
    } >>"$GITHUB_STEP_SUMMARY"
  fi
fi
echo "exit-status=$status" >>"$GITHUB_OUTPUT"
