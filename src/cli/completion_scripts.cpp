#include <string_view>

#include "cli/completion.h"

namespace oidc_audit::cli {

namespace {

// The scripts know nothing of the commands: they hand the line to `__complete` and do as its directive
// says (completion.h has the numbers). They print nothing and evaluate no text that expands to something.

constexpr std::string_view kBash =
    R"script(# bash completion for oidc-audit; made by `oidc-audit completion bash`

# Takes the quotes off $2 and stores it in the variable $1. A word that would expand to something stays as it is.
__oidc_audit_unquote() {
    local plain=$2 close
    if [[ $2 == *[\"\'\\~]* && $2 != *[\$\`\<\>\(\)\&\;\|]* ]]; then
        for close in '' '"' "'"; do
            if eval "plain=$2$close" 2>/dev/null; then break; fi
        done
    fi
    printf -v "$1" '%s' "$plain"
}

_oidc_audit() {
    local line=${COMP_LINE:0:COMP_POINT} word blank i
    local -a typed=() args=() lines=()
    COMPREPLY=()
    # bash broke the line also at = and : and @; what stands together is one word.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        blank=${line%%[![:space:]]*}
        line=${line#"$blank"}
        if ((i == COMP_CWORD)); then word=$line; else line=${line#"$word"}; fi
        if ((i > 0)) && [[ -z $blank ]]; then
            typed[${#typed[@]} - 1]+=$word
        else
            typed+=("$word")
        fi
    done
    for word in "${typed[@]}"; do
        __oidc_audit_unquote word "$word"
        args+=("$word")
    done
    while IFS= read -r line; do
        lines+=("$line")
    done < <("${args[0]}" __complete "${args[@]:1}" 2>/dev/null)
    ((${#lines[@]} > 0)) || return 0
    local directive=${lines[${#lines[@]} - 1]#:}
    unset 'lines[${#lines[@]}-1]'
    case $directive in '' | *[!0-9]*) return 0 ;; esac
    ((directive & 1)) && return 0

    # What is typed of the value, and how much of it bash takes for words of their own.
    local raw=${typed[${#typed[@]} - 1]} value=${args[${#args[@]} - 1]} kept='' breaks
    [[ $value == --*=* ]] && value=${value#*=}
    breaks=${COMP_WORDBREAKS//[[:space:]\"\'<>;|&(]/}
    if [[ -n $breaks && $raw != *[\"\']* ]]; then kept=${value%"${value##*["$breaks"]}"}; fi

    local candidate extension
    if ((directive & 8)); then
        compopt -o filenames 2>/dev/null
        while IFS= read -r candidate; do
            if [[ -d $candidate ]]; then
                COMPREPLY+=("${candidate#"$kept"}")
                continue
            fi
            for extension in "${lines[@]}"; do
                [[ $candidate == *."$extension" ]] && COMPREPLY+=("${candidate#"$kept"}")
            done
        done < <(compgen -f -- "$value")
        return 0
    fi
    for candidate in "${lines[@]}"; do
        candidate=${candidate%%$'\t'*}
        [[ $candidate == "$value"* ]] || continue
        candidate=${candidate#"$kept"}
        # Names of a kubeconfig are put into the line as text, not as shell.
        [[ $raw == *[\"\']* ]] || printf -v candidate '%q' "$candidate"
        COMPREPLY+=("$candidate")
    done
    ((directive & 2)) && compopt -o nospace 2>/dev/null
    if ((directive & 16)); then
        compopt -o dirnames 2>/dev/null
    elif ! ((directive & 4)); then
        compopt -o bashdefault -o default 2>/dev/null
    fi
    return 0
}

complete -F _oidc_audit oidc-audit kubectl-oidc_audit
)script";

constexpr std::string_view kZsh = R"script(#compdef oidc-audit kubectl-oidc_audit
# zsh completion for oidc-audit; made by `oidc-audit completion zsh`

_oidc-audit() {
    local -a args lines described
    local line value directive program=${(Q)words[1]}
    program=${program/#\~\//$HOME/}
    (( CURRENT > 2 )) && args=("${(@Q)words[2,CURRENT-1]}")
    args+=("${(Q)PREFIX}")
    lines=("${(@f)$("$program" __complete "${args[@]}" 2>/dev/null)}")
    directive=${lines[-1]#:}
    [[ $directive == <-> ]] || return 1
    lines[-1]=()
    (( directive & 1 )) && return 1
    [[ $PREFIX == --*=* ]] && compset -P 1 '*='
    if (( directive & 8 )); then
        _files -g "*.(${(j:|:)lines})(-.)"
        return
    fi
    if (( directive & 16 )); then
        _files -/
        return
    fi
    for line in "${lines[@]}"; do
        [[ -n $line ]] || continue
        value=${line%%$'\t'*}
        value=${${value//\\/\\\\}//:/\\:}
        if [[ $line == *$'\t'* ]]; then
            described+=("$value:${line#*$'\t'}")
        else
            described+=("$value")
        fi
    done
    if (( $#described )); then
        local -a options
        (( directive & 2 )) && options=(-S '')
        _describe -t values 'oidc-audit' described "${options[@]}"
    elif (( ! (directive & 4) )); then
        [[ $PREFIX == *=* ]] && compset -P '*='
        _files
    else
        return 1
    fi
}

if [[ $funcstack[1] == _oidc-audit ]]; then
    _oidc-audit "$@"
else
    compdef _oidc-audit oidc-audit kubectl-oidc_audit
fi
)script";

constexpr std::string_view kFish =
    R"script(# fish completion for oidc-audit; made by `oidc-audit completion fish`

function __oidc_audit_has --argument-names directive bit
    test (math "floor($directive / $bit) % 2") -eq 1
end

function __oidc_audit_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct | string unescape)
    set -l lines (command $program __complete $words "$current" 2>/dev/null)
    test (count $lines) -gt 0; or return 0
    set -l directive (string replace -r '^:' '' -- $lines[-1])
    set -e lines[-1]
    string match -qr '^[0-9]+$' -- $directive; or return 0
    __oidc_audit_has $directive 1; and return 0

    set -l prefix (string match -r -- '^--[^=]*=' "$current")
    set -l value (string replace -r -- '^--[^=]*=' '' "$current")
    if __oidc_audit_has $directive 8
        set -l pattern '^[^\t]*(/|\.('(string join '|' -- $lines)'))(\t.*)?$'
        for path in (__fish_complete_path "$value" | string match -e -r -- $pattern)
            echo "$prefix$path"
        end
    else if __oidc_audit_has $directive 16
        for path in (__fish_complete_directories "$value" '')
            echo "$prefix$path"
        end
    else if test (count $lines) -gt 0
        for line in $lines
            echo "$prefix$line"
        end
    else if not __oidc_audit_has $directive 4
        set -l before (string match -r -- '^.*=' "$value")
        for path in (__fish_complete_path (string replace -r -- '^.*=' '' "$value"))
            echo "$prefix$before$path"
        end
    end
end

for name in oidc-audit kubectl-oidc_audit
    complete -c $name -f -a '(__oidc_audit_complete)'
end
)script";

}  // namespace

std::string_view completion_script(std::string_view shell) {
  if (shell == "bash") return kBash;
  if (shell == "zsh") return kZsh;
  if (shell == "fish") return kFish;
  return {};
}

}  // namespace oidc_audit::cli
