#!/usr/bin/env python3
"""Makes the embedded default objects and API resources from a real kube-apiserver.

    update.py            writes builtin_policy-RELEASE.inc, api_resources-RELEASE.inc and releases.inc beside itself
    update.py --check    writes nothing; status 1 when what is there is not what the server says

The server is the one of tests/e2e (its go.mod says of which release). It is started three times: as it comes, without
what is beta, and with every alpha and beta feature and API version. The first is what is used when an input lacks a
default object; the others tell what is recognised as default too. Files of other releases stay where they are and
stay embedded; delete them and run this again to drop them.

builtin_policy-RELEASE.inc, one line an object, followed by its parts:

    K name                        ClusterRole          R namespace name      Role
    + label                       label with value "true" that feeds an aggregated role
    > label                       aggregationRule selecting label "true"
    [?!]verbs;groups;resources;resourceNames;urls      a rule, lists separated by commas
    C name;roleKind;roleName      ClusterRoleBinding   B namespace name;roleKind;roleName   RoleBinding
    @kind;namespace;name          subject
    =                             what follows exists with alpha features only: recognised, never used

`?` marks a rule or an element that may be missing, `!` a rule that may be there besides. Rules of the roles that are
aggregated are not written down: they are computed.

api_resources-RELEASE.inc, one line a resource, in the order in which names without a group are looked up:

    group|versions|resource|singular|Kind|N or C|short names|verbs|subresources

`N` is namespaced, `C` cluster-scoped; the preferred version first. A line that starts with `!` is a string of
authorization requests that no endpoint serves (`users`, `signers`).
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "tests/e2e"))

from harness import tools  # noqa: E402
from harness.server import Server  # noqa: E402

RBAC = "/apis/rbac.authorization.k8s.io/v1/"
KINDS = {"ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings", "Role": "roles", "RoleBinding": "rolebindings"}
AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"
FIELDS = ["verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"]

STATES = {
    "plain": [],
    "without beta": ["--feature-gates", "AllBeta=false"],
    "with all": ["--feature-gates", "AllAlpha=true,AllBeta=true", "--runtime-config", "api/all=true"],
}

# What servers of the releases before lack of a role, by resource: their features were not on by default yet.
LATER_RULES = {
    "system:node": ["clustertrustbundles", "podcertificaterequests"],
    "system:kube-scheduler": ["devicetaintrules", "resourceclaims", "resourceclaims/binding", "leasecandidates"],
    "system:controller:device-taint-eviction-controller": ["devicetaintrules", "devicetaintrules/status"],
    "system:node-proxier": ["servicecidrs"],
    "system:monitoring": ["nodes/metrics"],
    "system:controller:resource-claim-controller": ["resourceclaims/binding"],
    "system:leader-locking-kube-controller-manager": ["leasecandidates"],
    "system::leader-locking-kube-controller-manager": ["leasecandidates"],
    "system::leader-locking-kube-scheduler": ["leasecandidates"],
}
LATER_ELEMENTS = {"system:kubelet-api-admin": ["nodes/configz", "nodes/healthz", "nodes/pods"]}
# And what they have besides.
EARLIER_RULES = {
    f"system::leader-locking-{name}": [
        {"verbs": ["watch"], "apiGroups": [""], "resources": ["configmaps"]},
        {"verbs": ["get", "update"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": [name]},
    ] for name in ("kube-controller-manager", "kube-scheduler")
}

# Strings of authorization requests that no endpoint serves (kubernetes-apiserver impersonation filters,
# certificates and pod security admission).
VIRTUAL = [
    ("", "users", "C", "impersonate"), ("", "groups", "C", "impersonate"),
    ("authentication.k8s.io", "userextras", "C", "impersonate"), ("authentication.k8s.io", "uids", "C", "impersonate"),
    ("authentication.k8s.io", "users", "C", "impersonate:user-info"), ("authentication.k8s.io", "groups", "C", "impersonate:user-info"),
    ("authentication.k8s.io", "serviceaccounts", "N", "impersonate:serviceaccount"),
    ("authentication.k8s.io", "nodes", "C", "impersonate:arbitrary-node,impersonate:associated-node"),
    ("certificates.k8s.io", "signers", "C", "approve,sign,attest"), ("policy", "podsecuritypolicies", "C", "use"),
]


# --- asking ---

def ask(server):
    """Release, RBAC objects by kind, namespace and name, and what discovery tells."""
    objects = {}
    for kind, plural in KINDS.items():
        for item in server.client.must("GET", RBAC + plural)["items"]:
            objects[(kind, item["metadata"].get("namespace", ""), item["metadata"]["name"])] = {"kind": kind, **item}
    aggregated = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}
    groups = [group for root in ("/api", "/apis") for group in server.client.must("GET", root, None, aggregated)["items"]]
    release = server.client.must("GET", "/version")["gitVersion"].lstrip("v")
    return release, objects, groups


def ask_all():
    programs = tools.server_programs()
    answers = {}
    for state, arguments in STATES.items():
        with Server(programs, arguments=arguments) as server:
            answers[state] = ask(server)
    return answers


# --- rules ---

def normal(rule):
    return {name: sorted(rule.get(name) or []) for name in FIELDS}


def merged(rule, others):
    """The rule, with what it has more than one of `others` that differs in one list only: (rule, extra elements)."""
    for other in others:
        differing = [name for name in FIELDS if rule[name] != other[name]]
        if len(differing) == 1 and set(other[differing[0]]) < set(rule[differing[0]]) and other[differing[0]]:
            return other, set(rule[differing[0]]) - set(other[differing[0]])
    return None, set()


def rule_line(mark, rule, optional):
    def part(name):
        return ",".join(("?" if element in optional else "") + element for element in rule[name])
    fields = [part(name) for name in FIELDS]
    for field in fields:
        assert ";" not in field and "\n" not in field
    # An empty element is the core group; a list that is only that must differ from no list.
    if rule["apiGroups"] == [""]:
        fields[1] = "''"
    return mark + ";".join(fields)


def rule_lines(name, item, other_items):
    rules = [normal(rule) for rule in item.get("rules") or []]
    states = [[normal(rule) for rule in other.get("rules") or []] for other in other_items]
    used = []  # rules of other states that are variants of ours
    for rule in rules:
        resources = set(rule["resources"])
        missing = bool(resources) and resources <= set(LATER_RULES.get(name, []))
        optional = set(LATER_ELEMENTS.get(name, []))
        for state in states:
            if rule in state:
                continue
            variant, extra = merged(rule, [other for other in state if other not in rules])
            if variant:
                used.append(variant)
                optional |= extra
            else:
                missing = True
        yield rule_line("?" if missing else "", rule, optional)
    besides = [rule for state in states for rule in state if rule not in rules and rule not in used]
    besides += [normal(rule) for rule in EARLIER_RULES.get(name, [])]
    for number, rule in enumerate(besides):
        if rule not in besides[:number]:
            yield rule_line("!", rule, set())


def object_lines(key, item, others):
    kind, namespace, name = key
    place = f"{namespace} {name}" if namespace else name
    if kind in ("ClusterRole", "Role"):
        yield f"{kind[0] if kind == 'Role' else 'K'} {place}"
        labels = item["metadata"].get("labels") or {}
        yield from (f"+ {label}" for label in sorted(labels) if label.startswith(AGGREGATE))
        selectors = (item.get("aggregationRule") or {}).get("clusterRoleSelectors") or []
        for selector in selectors:
            (label, value), = selector["matchLabels"].items()
            assert value == "true"
            yield f"> {label}"
        if not selectors:
            yield from rule_lines(name, item, others)
    else:
        ref = item["roleRef"]
        yield f"{'C' if kind == 'ClusterRoleBinding' else 'B'} {place};{ref['kind']};{ref['name']}"
        for subject in item.get("subjects") or []:
            yield f"@{subject['kind']};{subject.get('namespace', '')};{subject['name']}"


# --- files ---

def policy_text(answers):
    plain = answers["plain"][1]
    others = [answers[state][1] for state in STATES if state != "plain"]
    lines = ["// Made by update.py; the form is described there.", 'R"rbac(']
    for key in sorted(plain):
        lines += object_lines(key, plain[key], [other[key] for other in others if key in other])
    lines.append("=")
    gated = {key: item for other in others for key, item in other.items() if key not in plain}
    for key in sorted(gated):
        lines += object_lines(key, gated[key], [])
    return "\n".join([*lines, ')rbac"']) + "\n"


def resources_text(answers):
    rows = {}
    for state in ("plain", "with all"):  # versions that are served as the server comes stand first
        for group in answers[state][2]:
            name = group["metadata"].get("name", "")
            for version in group["versions"]:
                for resource in version["resources"]:
                    row = rows.setdefault((name, resource["resource"]), {"of": resource, "versions": [], "subresources": set()})
                    if version["version"] not in row["versions"]:
                        row["versions"].append(version["version"])
                    row["subresources"] |= {sub["subresource"] for sub in resource.get("subresources") or []}
    order = [group["metadata"].get("name", "") for group in answers["with all"][2]]
    lines = ["// Made by update.py; the form is described there.", 'R"resources(']
    for (group, plural), row in sorted(rows.items(), key=lambda pair: (order.index(pair[0][0]), pair[0][1])):
        of = row["of"]
        lines.append("|".join([
            group, ",".join(row["versions"]), plural, of["singularResource"], of["responseKind"]["kind"], of["scope"][0],
            ",".join(sorted(of.get("shortNames") or [])), ",".join(sorted(of["verbs"])), ",".join(sorted(row["subresources"]))]))
    lines += ["|".join(["!" + group, "", resource, "", "", scope, "", verbs, ""]) for group, resource, scope, verbs in VIRTUAL]
    return "\n".join([*lines, ')resources"']) + "\n"


def releases_text(releases):
    lines = ["// Made by update.py, newest first."]
    for release in sorted(releases, key=lambda text: [int(part) for part in text.split(".")], reverse=True):
        lines += ["{", f'"{release}",', f'#include "rbac/data/builtin_policy-{release}.inc"', ",",
                  f'#include "rbac/data/api_resources-{release}.inc"', "},"]
    return "\n".join(lines) + "\n"


def files():
    """Texts by file name, as the server of the harness wants them."""
    answers = ask_all()
    release = answers["plain"][0]
    releases = {found[1] for path in HERE.iterdir() if (found := re.fullmatch(r"builtin_policy-([0-9.]+)\.inc", path.name))}
    return {f"builtin_policy-{release}.inc": policy_text(answers), f"api_resources-{release}.inc": resources_text(answers),
            "releases.inc": releases_text(releases | {release})}


def main():
    stale = []
    for name, text in files().items():
        path = HERE / name
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        sys.exit(f"not as the server has it: {', '.join(stale)}; run src/rbac/data/update.py")


if __name__ == "__main__":
    main()
