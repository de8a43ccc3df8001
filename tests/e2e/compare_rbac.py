#!/usr/bin/env python3
"""Compares `oidc-audit simulate --requests` with kube-apiserver's own RBAC authorizer on random policies.

compare_rbac.py ORACLE OIDC_AUDIT [DECISIONS] [SEED]

Verdicts must be equal, and the reason that the authorizer gives must be among ours, text for text. For refusals its
reason names the bindings whose role is missing, in no fixed order: compared as a set.
"""
import json
import random
import re
import subprocess
import sys
import tempfile

GROUP = "rbac.authorization.k8s.io"
USERS = ["jane", "oidc:jane", "organization:my-org:project:p:workspace:w:run_phase:apply", "*", "", "Jane",
         "system:serviceaccount:dev:ci", "system:serviceaccount:prod:ci", "system:anonymous", "ünï\tcode\"q\\"]
GROUPS = ["system:masters", "system:authenticated", "oidc:admins", "admins", "system:serviceaccounts",
          "system:serviceaccounts:dev", "*", "Ops"]
VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "impersonate", "bind",
         "escalate", "*", "GET", "", "get*"]
API_GROUPS = ["", "apps", "batch", GROUP, "*", "core", "*.k8s.io"]
RESOURCES = ["pods", "pods/log", "pods/*", "*", "*/log", "*/*", "*/scale", "deployments", "deployments/scale", "nodes",
             "secrets", "Pods", "**", "namespaces", "userextras/scopes", "*/"]
NAMES = ["a", "b", "", "aws-auth", "*"]
URLS = ["*", "/healthz", "/healthz/*", "/healthz*", "/metrics", "/api/*/*", "/foo**", "", "/", "healthz"]
NAMESPACES = ["dev", "prod", "default"]
ROLES = ["r0", "r1", "shared", "gone"]
CLUSTER_ROLES = ["cr0", "cr1", "cr2", "shared", "missing \"q\""]


def some(rng, pool, most):
    return [rng.choice(pool) for _ in range(rng.randint(0, most))]


def make_rule(rng):
    if rng.random() < 0.25:
        rule = {"verbs": some(rng, VERBS, 3), "nonResourceURLs": some(rng, URLS, 3)}
    else:
        rule = {"verbs": some(rng, VERBS, 4), "apiGroups": some(rng, API_GROUPS, 2), "resources": some(rng, RESOURCES, 4)}
        if rng.random() < 0.3:
            rule["resourceNames"] = some(rng, NAMES, 2)
    if rng.random() < 0.05:
        rule["nonResourceURLs"] = some(rng, URLS, 2)
    return {key: value for key, value in rule.items() if value or key == "verbs"}


def make_subject(rng):
    kind = rng.choice(["User", "User", "Group", "Group", "ServiceAccount", "user", ""])
    if kind == "ServiceAccount":
        subject = {"kind": kind, "name": rng.choice(["ci", "default", ""])}
        if rng.random() < 0.7:
            subject["namespace"] = rng.choice(NAMESPACES)
        return subject
    return {"kind": kind, "apiGroup": GROUP, "name": rng.choice(GROUPS if kind == "Group" else USERS)}


def make_policy(rng):
    items = []

    def add(kind, name, namespace=None, **body):
        metadata = {"name": name}
        if namespace:
            metadata["namespace"] = namespace
        items.append({"apiVersion": GROUP + "/v1", "kind": kind, "metadata": metadata, **body})

    for name in CLUSTER_ROLES[:-1]:
        if rng.random() < 0.8:
            add("ClusterRole", name, rules=[make_rule(rng) for _ in range(rng.randint(0, 3))])
    for namespace in NAMESPACES:
        for name in ROLES[:-1]:
            if rng.random() < 0.5:
                add("Role", name, namespace, rules=[make_rule(rng) for _ in range(rng.randint(0, 3))])

    def role_ref(kinds):
        kind = rng.choice(kinds)
        return {"apiGroup": GROUP, "kind": kind, "name": rng.choice(ROLES if kind == "Role" else CLUSTER_ROLES)}

    for i in range(rng.randint(0, 6)):
        add("ClusterRoleBinding", f"crb{i}", roleRef=role_ref(["ClusterRole"] * 9 + ["Role", "Unknown"]),
            subjects=[make_subject(rng) for _ in range(rng.randint(0, 4))])
    for i in range(rng.randint(0, 8)):
        add("RoleBinding", f"rb{i}", rng.choice(NAMESPACES), roleRef=role_ref(["Role", "ClusterRole"]),
            subjects=[make_subject(rng) for _ in range(rng.randint(0, 4))])
    return {"apiVersion": "v1", "kind": "List", "items": items}


def grants_of(policy):
    """(user or None, group or None, namespace, rule) of bindings whose role is there: what makes a request likely to be
    granted."""
    roles = {(item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]): item for item in policy["items"]}
    grants = []
    for item in policy["items"]:
        if "roleRef" not in item:
            continue
        namespace, ref = item["metadata"].get("namespace", ""), item["roleRef"]
        role = roles.get((ref["kind"], namespace if ref["kind"] == "Role" else "", ref["name"]), {})
        for subject in item["subjects"]:
            user = group = None
            if subject["kind"] == "User":
                user = subject["name"]
            elif subject["kind"] == "Group":
                group = subject["name"]
            elif subject["kind"] == "ServiceAccount":
                user = f"system:serviceaccount:{subject.get('namespace') or namespace}:{subject['name']}"
            grants += [(user, group, namespace, rule) for rule in role.get("rules", [])]
    return grants


def make_request(rng, grants):
    """Half of the requests are made from a rule and a subject that a binding brings together, with a part changed now and
    then."""
    request = make_random_request(rng)
    if rng.random() < 0.5 or not grants:
        return request
    user, group, namespace, rule = rng.choice(grants)
    if user is not None and rng.random() < 0.9:
        request["user"] = user
    if group is not None and rng.random() < 0.9:
        request["groups"] = [group]
    verb = rng.choice(rule["verbs"]) if rule["verbs"] else rng.choice(VERBS)
    request["verb"] = rng.choice(VERBS) if verb == "*" or rng.random() < 0.1 else verb
    if rule.get("nonResourceURLs") and rng.random() < 0.9:
        url = rng.choice(rule["nonResourceURLs"])
        return {"user": request["user"], "groups": request["groups"], "verb": request["verb"],
                "path": rng.choice([url, url.rstrip("*"), url.rstrip("*") + "x", "/healthz"])}
    if rule.get("resources") and rule.get("apiGroups"):
        request.pop("path", None)
        resource, _, subresource = rng.choice(rule["resources"]).partition("/")
        request["resource"] = rng.choice(["pods", "nodes"]) if resource == "*" else resource
        request["subresource"] = rng.choice(["", "log"]) if subresource == "*" else subresource
        api_group = rng.choice(rule["apiGroups"])
        request["apiGroup"] = rng.choice(API_GROUPS) if api_group == "*" else api_group
        request["name"] = rng.choice(rule.get("resourceNames") or NAMES) if rng.random() < 0.9 else rng.choice(NAMES)
        request["namespace"] = namespace if namespace and rng.random() < 0.9 else rng.choice([*NAMESPACES, ""])
    return request


def make_random_request(rng):
    request = {"user": rng.choice(USERS), "groups": some(rng, GROUPS, 3), "verb": rng.choice(VERBS)}
    if rng.random() < 0.25:
        return {**request, "path": rng.choice(["/healthz", "/healthz/ready", "/metrics", "/", "", "/foo", "/api/v1/pods"])}
    resource, _, subresource = rng.choice(["pods", "pods/log", "deployments/scale", "nodes", "secrets", "namespaces", "*",
                                           "userextras/scopes", "deployments", "pods/*"]).partition("/")
    return {**request, "apiGroup": rng.choice(API_GROUPS[:5]), "resource": resource, "subresource": subresource,
            "name": rng.choice(NAMES), "namespace": rng.choice(NAMESPACES + [""])}


def answers(command, text):
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{command[0]} ended with {done.returncode}: {done.stderr[:500]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def error_texts(reason):
    if not reason.removeprefix("rbac: ").startswith("RBAC: "):  # servers name the authorizer
        return set()
    return set(re.findall(r'(?:cluster)?role\.rbac\.authorization\.k8s\.io "(?:[^"\\]|\\.)*" not found'
                          r'|unsupported role reference kind: "[^"]*"', reason))


def agree(theirs, ours):
    if theirs["allowed"] != ours["allowed"]:
        return False
    if theirs["allowed"]:
        return theirs["reason"] in {grant["reason"] for grant in ours["granted_by"]}
    return error_texts(theirs["reason"]) == error_texts(ours["reason"])


def main():
    oracle, program = sys.argv[1], sys.argv[2]
    wanted = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    rng = random.Random(seed)
    compared = allowed = 0
    with tempfile.TemporaryDirectory() as folder:
        while compared < wanted:
            policy_file = folder + "/policy.json"
            policy = make_policy(rng)
            with open(policy_file, "w", encoding="utf-8") as out:
                json.dump(policy, out)
            grants = grants_of(policy)
            requests = [make_request(rng, grants) for _ in range(500)]
            text = "".join(json.dumps(request) + "\n" for request in requests)
            request_file = folder + "/requests.jsonl"
            with open(request_file, "w", encoding="utf-8") as out:
                out.write(text)
            theirs = answers([oracle, "rbac", policy_file], text)
            ours = answers([program, "simulate", "--requests", request_file, "-f", policy_file, "-o", "jsonl", "--exact-groups",
                            "--no-masters", "--no-builtin", "--no-aggregate", "-q"], "")
            if not len(theirs) == len(ours) == len(requests):
                sys.exit(f"{len(requests)} requests, {len(theirs)} answers there and {len(ours)} here")
            for request, a, b in zip(requests, theirs, ours):
                if not agree(a, b):
                    print(json.dumps({"seed": seed, "request": request, "server": a, "oidc-audit": b}, indent=1))
                    sys.exit("disagreement")
                allowed += a["allowed"]
            compared += len(requests)
    print(f"{compared} decisions agree with kube-apiserver's authorizer ({allowed} allowed)")


if __name__ == "__main__":
    main()
