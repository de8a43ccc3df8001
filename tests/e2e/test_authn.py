"""Tokens: `oidc-audit whoami`, and a server's SelfSubjectReview or the reason in its log."""
import json
import os
import random
import time
import unittest

import compare_authn
from harness import configurations, shared, tools
from harness.client import Client
from harness.logs import LogReader
from harness.server import Server

TOKENS = int(os.environ.get("OIDC_AUDIT_E2E_SERVER_TOKENS", "600"))
REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}


class Who:
    """Asks the server who a token is, in the form in which whoami answers."""

    def __init__(self, here):
        self.client = Client(here.port, here.ca.crt)
        self.log = LogReader(here.log)

    def ask(self, token):
        status, body = self.client.ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", REVIEW, {"Authorization": f"Bearer {token}"})
        if status == 201:
            return {"outcome": "user", **body["status"]["userInfo"]}
        if status != 401:
            raise AssertionError((status, body))
        error = self.log.next()
        if error == "invalid bearer token":
            return {"outcome": "not_mine"}
        return {"outcome": "rejected", "error": error.removeprefix("[invalid bearer token, ").removesuffix("]")}

    def wait_for_discovery(self, issuer, urls):
        """It is begun at the start of a server, and nothing waits for it."""
        until = time.monotonic() + 60
        for url in urls:
            token = issuer.key.sign({"iss": url, "exp": 1})
            while "not initialized" in self.ask(token).get("error", "") and time.monotonic() < until:
                time.sleep(0.2)


def with_added_groups(answer):
    """What whoami tells is what the token maps to; the server then adds a group."""
    groups = answer.get("groups") or []
    if answer.get("outcome") == "user" and not {"system:authenticated", "system:unauthenticated"} & set(groups):
        groups = [*groups, "system:authenticated"]
    return {**answer, "groups": groups}


class Comparison(unittest.TestCase):
    def compare(self, theirs, ours, about):
        if compare_authn.comparable(theirs) != compare_authn.comparable(with_added_groups(ours)):
            self.fail(json.dumps({"about": about, "server": theirs, "oidc-audit": ours}, indent=1))


class Tokens(Comparison):
    def setUp(self):
        self.issuer = shared.server().issuer
        self.who = Who(shared.server())
        self.addCleanup(self.who.client.close)
        self.who.wait_for_discovery(self.issuer, [entry["issuer"]["url"] for entry in configurations.by_hand + configurations.at_random])

    def test_random_tokens(self):
        rng = random.Random(configurations.SEED + 1)
        now = int(time.time())
        entries = configurations.at_random
        all_of_them = configurations.wrap(entries)
        claims = [compare_authn.make_claims(rng, now, all_of_them) for _ in range(TOKENS)]
        tokens = shared.server().client.in_parallel(self.issuer.key.sign, claims)
        theirs = [self.who.ask(token) for token in tokens]
        by_url = {entry["issuer"]["url"]: entry for entry in entries}
        path, release = shared.server().folder / "cases.jsonl", shared.release()
        with open(path, "w", encoding="utf-8") as out:
            for payload in claims:
                issuer = payload.get("iss")
                entry = by_url.get(issuer if isinstance(issuer, str) else None, entries[0])
                out.write(json.dumps({"config": configurations.wrap([entry]), "claims_raw": json.dumps(payload), "kubernetes_version": release}) + "\n")
        ours = shared.run_lines("whoami", "--cases", path, "-q")
        outcomes = {}
        for payload, a, b in zip(claims, theirs, ours, strict=True):
            self.compare(a, b, {"claims": payload, "config": by_url.get(str(payload.get("iss")))})
            outcomes[a["outcome"]] = outcomes.get(a["outcome"], 0) + 1
        print(f"{len(claims)} tokens agree with the server: {json.dumps(outcomes, sort_keys=True)}")
        self.assertGreater(outcomes.get("user", 0), TOKENS // 10)
        self.assertGreater(outcomes.get("rejected", 0), TOKENS // 10)

    def hand_made(self):
        now = int(time.time())
        terraform = {"iss": self.issuer.url("terraform"), "aud": "e2e", "sub": "organization:my-org:project:p:workspace:w:run_phase:apply",
                     "terraform_organization_name": "my-org", "terraform_run_id": "run-1", "exp": now + 3600, "nbf": now - 5, "jti": "id-1"}
        person = {"iss": self.issuer.url("people"), "aud": ["e2e", "other"], "sub": "1", "email": "jane@example.com", "email_verified": True,
                  "groups": ["dev", "", "dev"], "exp": now + 3600}
        key, other = self.issuer.key, self.issuer.other_key
        good = key.sign(terraform)
        head, body, signature = good.split(".")
        yield "terraform", good
        yield "another organization", key.sign({**terraform, "terraform_organization_name": "other-org"})
        yield "no organization", key.sign({k: v for k, v in terraform.items() if k != "terraform_organization_name"})
        yield "number as jti", key.sign({**terraform, "jti": 5})
        yield "person", key.sign(person)
        yield "address not verified", key.sign({**person, "email_verified": False})
        yield "address verified by text", key.sign({**person, "email_verified": "true"})
        yield "one group as text", key.sign({**person, "groups": "dev"})
        yield "groups of numbers", key.sign({**person, "groups": [1]})
        yield "reserved group", key.sign({**person, "groups": ["system:masters"]})
        yield "found elsewhere", key.sign({**person, "iss": "https://issuer.e2e.test/tenant/"})
        yield "without its slash", key.sign({**person, "iss": "https://issuer.e2e.test/tenant"})
        yield "unknown issuer", key.sign({**person, "iss": "https://example.com"})
        yield "wrong audience", key.sign({**person, "aud": "other"})
        yield "expired", key.sign({**person, "exp": now - 10})
        yield "not yet", key.sign({**person, "nbf": now + 1000})
        yield "signed by another key", other.sign(person)
        yield "another key by the known id", other.sign(person, kid=key.name)
        yield "signature cut", good[:-8]
        yield "payload exchanged", f"{head}.{key.sign(person).split('.')[1]}.{signature}"
        yield "two parts", f"{head}.{body}"
        yield "no algorithm", key.sign(person, alg="none")
        yield "symmetric algorithm", key.sign(person, alg="HS256")
        yield "another algorithm", key.sign(person, alg="RS512")
        yield "no JSON", key.sign("[1, 2]")
        yield "folded names", key.sign(json.dumps(person).replace('"iss"', '"ISS"').replace('"exp"', '"Exp"'))
        yield "twice the same", key.sign(json.dumps(person)[:-1] + ', "email": "other@example.com"}')
        yield "nothing", "x"

    def test_tokens_by_hand(self):
        folder = shared.server().folder
        keys = folder / "keys.json"
        keys.write_text(json.dumps(self.issuer.keys()), encoding="utf-8")
        for name, token in self.hand_made():
            with self.subTest(name):
                theirs = self.who.ask(token)
                ours = shared.run_json("whoami", "--token-file", "-", "--auth-config", shared.server().auth_config, "--jwks", keys,
                                       "--kubernetes-version", shared.release(), stdin=token)
                self.assertNotIn(token.split(".")[-1] if token.count(".") == 2 else "\n\n", json.dumps(ours))
                self.compare(theirs, ours, name)


    def test_distributed_claims(self):
        """Groups that a token says are to be had elsewhere."""
        now, url = int(time.time()), self.issuer.url("people")
        answers = {
            "groups": {"iss": url, "aud": "e2e", "exp": now + 600, "groups": ["far", "away"]},
            "one": {"iss": url, "aud": ["e2e"], "exp": now + 600, "groups": "far"},
            "none": {"iss": url, "aud": "e2e", "exp": now + 600},
            "expired": {"iss": url, "aud": "e2e", "exp": now - 600, "groups": ["far"]},
            "for-others": {"iss": url, "aud": "other", "exp": now + 600, "groups": ["far"]},
            "numbers": {"iss": url, "aud": "e2e", "exp": now + 600, "groups": [1]},
        }
        for name, payload in answers.items():
            self.issuer.distributed[f"/groups/{name}"] = self.issuer.key.sign(payload)
        self.issuer.distributed.update({
            "/groups/no-token": "no token", "/groups/no-base64": "a.b=.c", "/groups/no-json": "a.bm8.c", "/groups/list": "a.WzFd.c",
            "/groups/number": "a.eyJpc3MiOjV9.c"})
        keys = shared.server().folder / "keys.json"
        keys.write_text(json.dumps(self.issuer.keys()), encoding="utf-8")
        for path, answer in self.issuer.distributed.items():
            with self.subTest(path):
                endpoint = self.issuer.address + path
                token = self.issuer.key.sign({"iss": url, "aud": "e2e", "sub": "1", "email": "jane@example.com", "exp": now + 600,
                                              "_claim_names": {"groups": "there"}, "_claim_sources": {"there": {"endpoint": endpoint}}})
                theirs, until = self.who.ask(token), time.monotonic() + 30
                while "verifier not initialized" in theirs.get("error", "") and time.monotonic() < until:  # of the first use
                    time.sleep(0.2)
                    theirs = self.who.ask(token)
                file = shared.server().folder / "answer.jwt"
                file.write_text(answer, encoding="ascii")
                ours = shared.run_json("whoami", "--token-file", "-", "--auth-config", shared.server().auth_config, "--jwks", keys,
                                       "--kubernetes-version", shared.release(),
                                       "--distributed-claim", f"{endpoint}={file}", stdin=token)
                self.compare(theirs, ours, path)


class LegacyFlags(Comparison):
    """Servers that are told of the issuer by --oidc-* flags."""

    FLAGS = [
        ["--oidc-client-id=e2e"],
        ["--oidc-client-id=e2e", "--oidc-username-claim=email", "--oidc-groups-claim=groups", "--oidc-groups-prefix=oidc:"],
        ["--oidc-client-id=e2e", "--oidc-username-claim=login", "--oidc-username-prefix=-", "--oidc-groups-claim=roles", "--oidc-groups-prefix=-",
         "--oidc-required-claim=hd=example.com", "--oidc-signing-algs=RS256,RS512"],
    ]

    def test_tokens(self):
        shared.server()  # skips when there is none
        for number, flags in enumerate(self.FLAGS):
            with self.subTest(flags=flags), Server(tools.server_programs(), arguments=lambda server, flags=flags: [
                    f"--oidc-issuer-url={server.issuer.url('flags')}", f"--oidc-ca-file={server.ca.crt}", *flags]) as server:
                who = Who(server)
                self.addCleanup(who.client.close)
                who.wait_for_discovery(server.issuer, [server.issuer.url("flags")])
                rng = random.Random(configurations.SEED + 10 + number)
                now = int(time.time())
                config = configurations.wrap([{"issuer": {"url": server.issuer.url("flags"), "audiences": ["e2e"]}}])
                claims = [compare_authn.make_claims(rng, now, config) for _ in range(TOKENS // 6)]
                keys = server.folder / "keys.json"
                keys.write_text(json.dumps(server.issuer.keys()), encoding="utf-8")
                users = 0
                for payload in claims:
                    token = server.issuer.key.sign(payload)
                    theirs = who.ask(token)
                    ours = shared.run_json("whoami", "--token-file", "-", f"--oidc-issuer-url={server.issuer.url('flags')}", *flags,
                                           "--jwks", keys, "--kubernetes-version", shared.release(), stdin=token)
                    self.compare(theirs, ours, payload)
                    users += theirs["outcome"] == "user"
                self.assertGreater(users, 5)


if __name__ == "__main__":
    unittest.main()
