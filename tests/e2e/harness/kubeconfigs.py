"""Kubeconfigs of several entries, and what credential plugins are made of."""
import json
import os
import pathlib
import stat


def config(clusters, users, contexts, current=None):
    """Each of the three is a dict of name: body."""
    body = {"apiVersion": "v1", "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster} for name, cluster in clusters.items()],
            "users": [{"name": name, "user": user} for name, user in users.items()],
            "contexts": [{"name": name, "context": context} for name, context in contexts.items()]}
    if current:
        body["current-context"] = current
    return body


def write(path, body):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body, indent=1), encoding="utf-8")
    return str(path)


def plugin(path, credential, record=None, status=0):
    """A credential plugin that prints `credential`, an object, and keeps what it was told in the file `record`."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = credential if isinstance(credential, str) else json.dumps(credential)
    lines = ["#!/bin/sh"]
    if record:
        lines.append(f'printf "%s\\n" "$KUBERNETES_EXEC_INFO" >> {record}')
    lines += ["cat <<'EOF'", text, "EOF", f"exit {status}"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.chmod(path, path.stat().st_mode | stat.S_IXUSR)
    return str(path)
