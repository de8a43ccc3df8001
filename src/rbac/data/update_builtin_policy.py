#!/usr/bin/env python3
"""Makes builtin_policy.inc from dumps of default RBAC objects.

    update_builtin_policy.py RELEASE.json... -- OTHER.json... > builtin_policy.inc

RELEASE files are `kubectl get clusterroles,clusterrolebindings,roles,rolebindings -A -o json` of a fresh
server of the newest release: what is used when an input lacks a default object. OTHER files are further
states that are recognised as default too (development branch, other feature gates).

One line an object, followed by its parts:

    K name                        ClusterRole          R namespace name      Role
    + label                       label with value "true" that feeds an aggregated role
    > label                       aggregationRule selecting label "true"
    [?!]verbs;groups;resources;resourceNames;urls      a rule, lists separated by commas
    C name;roleKind;roleName      ClusterRoleBinding   B namespace name;roleKind;roleName   RoleBinding
    @kind;namespace;name          subject

`?` marks a rule or an element that some releases or feature gates lack, `!` a rule that no current release
has. Rules of the roles that are aggregated are not written down: they are computed.
"""
import json
import sys

AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"

# Feature gates of current releases: (role, resource) of rules, and single elements, that may be absent.
GATED_ROLES = {
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
GATED_ELEMENTS = {"system:kubelet-api-admin": ["nodes/configz", "nodes/healthz", "nodes/pods"]}


def load(paths):
    objects = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for item in json.load(file)["items"]:
                meta = item["metadata"]
                objects.setdefault((item["kind"], meta.get("namespace", ""), meta["name"]), item)
    return objects


def rule_key(rule):
    return json.dumps({k: sorted(v) for k, v in rule.items()}, sort_keys=True)


def write_rule(mark, rule, gated):
    def part(name):
        return ",".join(("?" if e in gated else "") + e for e in rule.get(name) or [])
    fields = [part("verbs"), part("apiGroups"), part("resources"), part("resourceNames"), part("nonResourceURLs")]
    for field in fields:
        assert ";" not in field and "\n" not in field
    # An empty element is the core group; a list that is only that must differ from no list.
    if rule.get("apiGroups") == [""]:
        fields[1] = "''"
    print(mark + ";".join(fields))


def main():
    split = sys.argv.index("--")
    release, other = load(sys.argv[1:split]), load(sys.argv[split + 1:])
    print("// Made by update_builtin_policy.py; the form is described there.")
    print('R"rbac(')
    for key in sorted(set(release) | set(other)):
        kind, namespace, name = key
        item = release.get(key) or other[key]
        if kind in ("ClusterRole", "Role"):
            print(f"K {name}" if kind == "ClusterRole" else f"R {namespace} {name}")
            for label in sorted(item["metadata"].get("labels") or {}):
                if label.startswith(AGGREGATE):
                    print("+ " + label)
            selectors = (item.get("aggregationRule") or {}).get("clusterRoleSelectors") or []
            for selector in selectors:
                (label, value), = selector["matchLabels"].items()
                assert value == "true"
                print("> " + label)
            if selectors:
                continue
            gated_resources = set(GATED_ROLES.get(name, []))
            gated_elements = set(GATED_ELEMENTS.get(name, []))
            rules = item.get("rules") or []
            for rule in rules:
                resources = set(rule.get("resources") or [])
                optional = bool(resources) and resources <= gated_resources
                write_rule("?" if optional else "", rule, gated_elements)
            known = {rule_key(rule) for rule in rules}
            for rule in (other.get(key) or {}).get("rules") or []:
                if rule_key(rule) not in known:
                    write_rule("!", rule, gated_elements)
        else:
            ref = item["roleRef"]
            head = f"C {name}" if kind == "ClusterRoleBinding" else f"B {namespace} {name}"
            print(f"{head};{ref['kind']};{ref['name']}")
            for subject in item.get("subjects") or []:
                print(f"@{subject['kind']};{subject.get('namespace', '')};{subject['name']}")
    print(')rbac"')


main()
