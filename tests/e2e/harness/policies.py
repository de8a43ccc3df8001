"""Random RBAC objects on the shared server, and questions to its authorizer."""
import json
import time

from .shared import server

RBAC = "/apis/rbac.authorization.k8s.io/v1"
LABEL = "oidc-audit-e2e"
PLURALS = {"Role": "roles", "RoleBinding": "rolebindings", "ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings"}


def collection(kind, namespace=None):
    return f"{RBAC}/namespaces/{namespace}/{PLURALS[kind]}" if namespace else f"{RBAC}/{PLURALS[kind]}"


def make_namespace(name):
    server().client.ask("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def apply(items):
    """Creates each object. Answers status and body of each, in order."""
    def create(item):
        body = json.loads(json.dumps(item))
        body["metadata"].setdefault("labels", {})[LABEL] = "made"
        return server().client.ask("POST", collection(item["kind"], item["metadata"].get("namespace")), body)
    return server().client.in_parallel(create, items)


def remove(items):
    for item in items:
        server().client.must("DELETE", collection(item["kind"], item["metadata"].get("namespace")) + "/" + item["metadata"]["name"])


def clear(namespaces):
    selector = f"?labelSelector={LABEL}"
    for kind in ("ClusterRoleBinding", "ClusterRole"):
        server().client.must("DELETE", collection(kind) + selector)
    for namespace in namespaces:
        for kind in ("RoleBinding", "Role"):
            server().client.must("DELETE", collection(kind, namespace) + selector)


def review(request):
    """The status of a SubjectAccessReview for one line of `simulate --requests`."""
    if "path" in request:
        what = {"nonResourceAttributes": {"verb": request["verb"], "path": request["path"]}}
    else:
        names = {"verb": "verb", "apiGroup": "group", "resource": "resource", "subresource": "subresource", "name": "name",
                 "namespace": "namespace"}
        what = {"resourceAttributes": {there: request[here] for here, there in names.items() if request.get(here)}}
    spec = {"user": request["user"], "groups": request.get("groups") or [], **what}
    return server().client.must("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {
        "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec})["status"]


_marks = 0


def settle():
    """Waits until the authorizer has seen all that was written before. Each of the four kinds has an informer of its
    own, and events of a kind come in order: so one more object of each kind is enough."""
    global _marks
    _marks += 1
    name, namespace = f"mark-{_marks}", "default"
    group = "rbac.authorization.k8s.io"
    subjects = [{"kind": "User", "apiGroup": group, "name": name}]
    marks = [
        {"kind": "ClusterRole", "metadata": {"name": name}, "rules": [{"verbs": ["get"], "nonResourceURLs": ["/" + name]}]},
        {"kind": "ClusterRoleBinding", "metadata": {"name": name}, "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
         "subjects": subjects},
        {"kind": "Role", "metadata": {"name": name, "namespace": namespace},
         "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["marks"]}]},
        {"kind": "RoleBinding", "metadata": {"name": name, "namespace": namespace},
         "roleRef": {"apiGroup": group, "kind": "Role", "name": name}, "subjects": subjects},
    ]
    for item in marks:
        server().client.must("POST", collection(item["kind"], item["metadata"].get("namespace")), item)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if review({"user": name, "verb": "get", "path": "/" + name})["allowed"] and review(
                {"user": name, "verb": "get", "resource": "marks", "namespace": namespace})["allowed"]:
            break
        time.sleep(0.05)
    else:
        raise AssertionError("the authorizer does not see what was written")
    for item in marks:
        server().client.must("DELETE", collection(item["kind"], item["metadata"].get("namespace")) + "/" + name)
