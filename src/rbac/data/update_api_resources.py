#!/usr/bin/env python3
"""Makes api_resources.inc from a JSON description of the built-in API resources.

    update_api_resources.py api-resources.json > api_resources.inc

One line a resource, in the order in which names without a group are looked up:

    group|versions|resource|singular|Kind|N or C|short names|verbs|subresources

`N` is namespaced, `C` cluster-scoped; lists are separated by commas, the preferred version first. A line that
starts with `!` is a string of authorization requests that no endpoint serves (`users`, `signers`).
"""
import json
import sys


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        data = json.load(file)
    priority = {group: index for index, group in enumerate(data["groupPriority"])}
    merged = {}
    for entry in sorted(data["resources"], key=lambda e: not e["servedByDefault"]):
        item = merged.setdefault((entry["group"], entry["resource"]), dict(entry, versions=[], subs=[]))
        if entry["version"] not in item["versions"]:
            item["versions"].append(entry["version"])
        for sub in entry["subresources"]:
            if sub["name"] not in item["subs"]:
                item["subs"].append(sub["name"])
    print("// Made by update_api_resources.py; the form is described there.")
    print('R"resources(')
    for item in sorted(merged.values(), key=lambda e: (priority.get(e["group"], 99), e["group"], e["resource"])):
        print("|".join([item["group"], ",".join(item["versions"]), item["resource"], item["singular"], item["kind"],
                        "N" if item["namespaced"] else "C", ",".join(item["shortNames"]),
                        ",".join(item["verbs"]), ",".join(item["subs"])]))
    for entry in data["virtualResources"]:
        if "<" in entry["resource"] or (entry["group"], entry["resource"]) in merged or "/" in entry["resource"] or "*" in entry["resource"]:
            continue
        print("|".join(["!" + entry["group"], "", entry["resource"], "", "",
                        "N" if entry["namespaced"] else "C", "", ",".join(entry["verbs"]), ""]))
    print(')resources"')


main()
