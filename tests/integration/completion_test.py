#!/usr/bin/env python3
"""Types command lines into real shells, presses Tab and looks at the line."""
import os
import pty
import re
import select
import signal
import time
import unittest

import support

KUBECONFIG = """apiVersion: v1
kind: Config
current-context: dev
contexts:
- {name: dev, context: {cluster: dev, user: dev, namespace: payments}}
- {name: "arn:aws:eks:eu-west-1:42:cluster/prod", context: {cluster: dev, user: dev}}
- {name: "odd $(touch pwned) name", context: {cluster: dev, user: dev}}
clusters:
- {name: dev, cluster: {server: "https://127.0.0.1:1"}}
users:
- {name: dev, user: {}}
"""

# The line as typed, and what it has become after Tab (None: unchanged).
LINES = [
    ("oidc-audit sca", "oidc-audit scan "),
    ("kubectl-oidc_audit sca", "kubectl-oidc_audit scan "),
    ("oidc-audit auth-config che", "oidc-audit auth-config check "),
    ("oidc-audit scan --fail", "oidc-audit scan --fail-on "),
    ("oidc-audit scan --fail-on cri", "oidc-audit scan --fail-on critical "),
    ("oidc-audit scan --fail-on=cri", "oidc-audit scan --fail-on=critical "),
    ("oidc-audit -q scan -o sar", "oidc-audit -q scan -o sarif "),
    ("oidc-audit rules show wildcard-ten", "oidc-audit rules show wildcard-tenant "),
    ("oidc-audit scan --severity wildcard-ten", "oidc-audit scan --severity wildcard-tenant="),
    ("oidc-audit scan --severity wildcard-tenant=lo", "oidc-audit scan --severity wildcard-tenant=low "),
    ("oidc-audit scan --severity=wildcard-tenant=lo", "oidc-audit scan --severity=wildcard-tenant=low "),
    ("oidc-audit providers show hcp-t", "oidc-audit providers show hcp-terraform "),
    ("oidc-audit scan -n paym", "oidc-audit scan -n payments "),
    ("oidc-audit scan rol", "oidc-audit scan roles.yaml "),
    ("oidc-audit scan ./rol", "oidc-audit scan ./roles.yaml "),
    ("oidc-audit scan --filename=rol", "oidc-audit scan --filename=roles.yaml "),
    ("oidc-audit scan not", None),  # notes.txt is no manifest
    ("oidc-audit scan with", "oidc-audit scan with\\ space.yaml "),
    ("oidc-audit scan --config not", "oidc-audit scan --config notes.txt "),
    ("oidc-audit scan --rules pac", "oidc-audit scan --rules packs/"),
    ("oidc-audit scan --rules not", None),
    ("oidc-audit simulate get clusterrolebi", "oidc-audit simulate get clusterrolebindings.rbac.authorization.k8s.io "),
    ("oidc-audit nonsense ", None),
    ("oidc-audit subject $(touch pwned) ", None),
    ("oidc-audit subject `touch pwned` ", None),
]


class Shell:
    """An interactive shell behind a pseudo terminal. Ctrl-G makes it print the line that is being edited, and empty it."""

    def __init__(self, command, cwd, env, setup):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execvpe(command[0], command, env)
        self.output = ""
        self.send(setup + "\necho READ''Y\n")
        self.wait_for("READY")

    def send(self, text):
        os.write(self.fd, text.encode())

    def wait_for(self, pattern, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            match = re.search(pattern, self.output)
            if match:
                self.output = self.output[match.end():]
                return match
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.output += os.read(self.fd, 65536).decode(errors="replace")
                except OSError:
                    break
        raise AssertionError(f"the shell did not print {pattern}; it printed {self.output!r}")

    def complete(self, line):
        self.output = ""
        self.send(line + "\t\x07")
        return self.wait_for(r"LINE<<(.*?)>>").group(1)

    def close(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class Shells(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = support.temporary_folder()
        for name in ("roles.yaml", "notes.txt", "with space.yaml"):
            (cls.work / name).write_text("a: b\n")
        (cls.work / "packs").mkdir()
        (cls.work / "kubeconfig").write_text(KUBECONFIG)
        cls.bin = support.program_folder()
        cls.env = support.environment(cls.bin, KUBECONFIG=cls.work / "kubeconfig", HISTFILE="/dev/null", PS1="> ")
        for shell in ("bash", "zsh", "fish"):
            script = support.run([support.program(), "completion", shell])
            cls.assertEqual(cls(), script.returncode, 0)
            (cls.bin / f"script.{shell}").write_text(script.stdout)

    def check_lines(self, shell, leave_out=()):
        try:
            for typed, expected in LINES:
                if typed in leave_out:
                    continue
                with self.subTest(typed):
                    self.assertEqual(shell.complete(typed), typed if expected is None else expected)
        finally:
            shell.close()
        self.assertFalse((self.work / "pwned").exists(), "completion ran a command of the line")

    def test_bash(self):
        # Without readline's own decorations, so that the line comes back as it is.
        setup = (f"PS1='> '; bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; "
                 f"bind 'set page-completions off'; source '{self.bin}/script.bash'; "
                 "show() { printf 'LINE<<%s>>\\n' \"$READLINE_LINE\"; READLINE_LINE=; READLINE_POINT=0; }; bind -x '\"\\C-g\": show'")
        shell = Shell([support.need("bash"), "--norc", "--noprofile", "-i"], self.work, self.env, setup)
        self.check_lines(shell)

    def test_bash_script_prints_and_sets_nothing(self):
        script = ("before=$(shopt; set -o); source \"$1\"; "
                  "[ \"$before\" = \"$(shopt; set -o)\" ] || echo changed options")
        result = support.run([support.need("bash"), "--norc", "-c", script, "-", self.bin / "script.bash"], env=self.env)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_zsh(self):
        setup = ("PS1='> '; PROMPT_EOL_MARK=; unsetopt zle_bracketed_paste beep list_beep 2>/dev/null; unset zle_bracketed_paste; "
                 f"autoload -Uz compinit; compinit -u -d {self.work}/zcompdump; source {self.bin}/script.zsh; "
                 "show() { zle -I; print -r -- \"LINE<<$BUFFER>>\"; BUFFER= }; zle -N show; bindkey '^G' show")
        shell = Shell([support.need("zsh"), "-f", "-i"], self.work, self.env, setup)
        # Where no file matches, zsh by its own habit offers all of them.
        self.check_lines(shell, ["oidc-audit scan not", "oidc-audit scan --rules not"])

    def test_zsh_finds_the_script_in_fpath(self):
        functions = support.temporary_folder()
        (functions / "_oidc-audit").write_text((self.bin / "script.zsh").read_text())
        script = (f"fpath=({functions} $fpath); autoload -Uz compinit; compinit -u -d {self.work}/zcompdump2; "
                  "print -r -- $_comps[oidc-audit] $_comps[kubectl-oidc_audit]")
        result = support.run([support.need("zsh"), "-f", "-c", script], env=self.env)
        self.assertEqual(result.stdout, "_oidc-audit _oidc-audit\n")

    def fish_candidates(self, line):
        script = f"source {self.bin}/script.fish; complete -C {fish_quote(line)}"
        result = support.run([support.need("fish"), "--no-config", "-c", script], env=self.env, cwd=self.work)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return [text.split("\t")[0] for text in result.stdout.splitlines()]

    def test_fish(self):
        for typed, expected in LINES:
            with self.subTest(typed):
                if "touch" in typed:
                    continue  # fish has no such completion of its own to defend against: it never expands the line
                word = typed.split(" ")[-1]
                last = [] if expected is None else [expected[len(typed) - len(word):].rstrip(" ").replace("\\ ", " ")]
                self.assertEqual(self.fish_candidates(typed), last)

    def test_context_names_are_text_in_every_shell(self):
        """A kubeconfig may come from others: its names must not be run once they stand on the line."""
        setup = (f"PS1='> '; bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; source '{self.bin}/script.bash'; "
                 "show() { printf 'LINE<<%s>>\\n' \"$READLINE_LINE\"; READLINE_LINE=; READLINE_POINT=0; }; bind -x '\"\\C-g\": show'")
        shell = Shell([support.need("bash"), "--norc", "--noprofile", "-i"], self.work, self.env, setup)
        try:
            self.assertEqual(shell.complete("oidc-audit scan --context odd"),
                             "oidc-audit scan --context odd\\ \\$\\(touch\\ pwned\\)\\ name ")
            self.assertEqual(shell.complete("oidc-audit scan --context arn:aws:eks:eu-west-1:42:clu"),
                             "oidc-audit scan --context arn:aws:eks:eu-west-1:42:cluster/prod ")
        finally:
            shell.close()


def fish_quote(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


if __name__ == "__main__":
    unittest.main(verbosity=2)
