#!/usr/bin/env python3
"""Compares `oidc-audit whoami --cases` with kube-apiserver's own OIDC authenticator on random tokens.

compare_authn.py ORACLE OIDC_AUDIT [TOKENS] [SEED]

Outcome, user name, uid, groups, extra and the text of an error must be equal.
"""
import json
import random
import re
import subprocess
import sys
import tempfile
import time

ISSUERS = ["https://a.example.com", "https://b.example.com/realms/x", "https://a.example.com/"]
AUDIENCES = ["k8s", "cli", "other"]
USERNAME_EXPRESSIONS = [
    "claims.sub", "'a:' + claims.sub", "claims.email", "claims.?login.orValue(claims.sub)",
    "claims.email_verified ? claims.email : claims.sub", "claims.sub.lowerAscii()", "claims.sub.split('@')[0]",
    "has(claims.login) ? claims.login : 'nobody'", "claims.n", "claims.nested.name", "string(claims.n)",
    "claims.sub.replace('@', '-')", "claims.sub.substring(0, 2)", "claims.missing", "''",
]
GROUP_EXPRESSIONS = [
    "claims.groups", "claims.roles.split(',')", "dyn(claims.groups).map(g, 'a:' + g)", "claims.?groups.orValue([])",
    "dyn(claims.groups).filter(g, g.startsWith('a'))", "['fixed']", "claims.roles", "claims.nested.groups",
    "claims.groups + ['more']", "claims.missing", "[]", "claims.n",
]
UID_EXPRESSIONS = ["claims.sub", "claims.?jti.orValue('')", "string(claims.n)", "claims.missing"]
EXTRA_EXPRESSIONS = ["claims.sub", "claims.groups", "string(claims.n)", "[claims.sub, claims.?email.orValue('')]",
                     "claims.?missing.orValue('')", "claims.nested.groups"]
CLAIM_RULES = [
    "claims.sub != ''", "claims.n > 3", "dyn(claims.groups).exists(g, g == 'admins')", "claims.?email_verified.orValue(true) == true",
    "claims.groups.exists(g, g == 'admins')",
    "claims.exp - claims.iat <= 86400", "claims.sub.matches('^[a-z]+$')", "size(claims.groups) < 3", "claims.missing == 1",
    "dyn(claims.groups).all(g, !g.startsWith('system:'))", "type(claims.n) == int", "'x' in claims.groups",
]
USER_RULES = [
    "!user.username.startsWith('system:')", "user.groups.all(g, !g.startsWith('system:'))", "user.username.size() < 20",
    "user.uid == ''", "'example.com/a' in user.extra", "user.groups.size() > 0",
]
SUBJECTS = ["jane", "Jane@Example.com", "system:masters", "", "x" * 40, "ünï", "a"]
VALUES = ["text", 7, 7.5, True, None, [], ["admins"], ["a", "b", "admins"], ["a", 1], {"k": "v"}, "", "a,b", "system:masters"]



def make_mapping(rng, claim_names, expressions, prefix):
    if rng.random() < 0.5:
        mapping = {"claim": rng.choice(claim_names)}
        if prefix:
            mapping["prefix"] = rng.choice(["", "a:", "oidc:"])
        return mapping
    return {"expression": rng.choice(expressions)}


def make_config(rng):
    jwt = []
    for url in rng.sample(ISSUERS, rng.randint(1, 2)):
        issuer = {"url": url, "audiences": rng.sample(AUDIENCES, rng.randint(1, 2))}
        if len(issuer["audiences"]) > 1:
            issuer["audienceMatchPolicy"] = "MatchAny"
        mappings = {"username": make_mapping(rng, ["sub", "email", "login", "n"], USERNAME_EXPRESSIONS, True)}
        if rng.random() < 0.7:
            mappings["groups"] = make_mapping(rng, ["groups", "roles", "n"], GROUP_EXPRESSIONS, True)
        if rng.random() < 0.3:
            mappings["uid"] = make_mapping(rng, ["sub", "jti", "n"], UID_EXPRESSIONS, False)
        if rng.random() < 0.3:
            keys = rng.sample(["example.com/a", "example.com/b"], rng.randint(1, 2))
            mappings["extra"] = [{"key": key, "valueExpression": rng.choice(EXTRA_EXPRESSIONS)} for key in keys]
        entry = {"issuer": issuer, "claimMappings": mappings}
        rules = []
        if rng.random() < 0.2:
            rules.append({"claim": rng.choice(["hd", "sub"]), "requiredValue": rng.choice(["jane", "example.com"])})
        for expression in rng.sample(CLAIM_RULES, rng.choice([0, 0, 1, 2])):
            rules.append({"expression": expression, "message": rng.choice(["no", "not like this"])})
        if rules:
            entry["claimValidationRules"] = rules
        user_rules = [{"expression": expression, "message": "refused"}
                      for expression in rng.sample(USER_RULES, rng.choice([0, 0, 1]))]
        if user_rules:
            entry["userValidationRules"] = user_rules
        jwt.append(entry)
    return {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration", "jwt": jwt}


def make_claims(rng, now, config):
    issuers = [entry["issuer"]["url"] for entry in config["jwt"]] * 4 + ISSUERS
    claims = {"iss": rng.choice(issuers), "aud": rng.choice(AUDIENCES + [AUDIENCES[:2], AUDIENCES]), "sub": rng.choice(SUBJECTS),
              "exp": now + rng.choice([3600, 3600, 3600, 3600, 3600, 86400, -86400]), "iat": now - 60}
    if rng.random() < 0.1:
        claims["nbf"] = now + rng.choice([-100, 86400])
    for name in ["email", "email_verified", "groups", "roles", "login", "n", "hd", "jti", "nested"]:
        if rng.random() < 0.6:
            claims[name] = rng.choice(VALUES)
    if rng.random() < 0.5:
        claims["email"] = "jane@example.com"
    if rng.random() < 0.5:
        claims["groups"] = rng.choice([["admins"], ["a", "b"], [], "one"])
    if rng.random() < 0.4:
        claims["nested"] = {"name": "jane", "groups": ["n"]}
    if rng.random() < 0.4:
        claims["n"] = rng.choice([1, 7, 2 ** 53, -1])
    for name in ["iss", "aud", "sub", "exp"]:
        if rng.random() < 0.04:
            claims[name] = rng.choice(VALUES)
        elif rng.random() < 0.02:
            del claims[name]
    if rng.random() < 0.6:
        mend(rng, claims, now, config)
    if rng.random() < 0.2:
        claims = dict(rng.sample(list(claims.items()), len(claims)))  # what is reported may depend on the order
    return claims


def mend(rng, claims, now, config):
    """Puts in order what the server looks at first, so that mappings and rules are reached."""
    entry = rng.choice(config["jwt"])
    claims.update(iss=entry["issuer"]["url"], aud=entry["issuer"]["audiences"][0], exp=now + 3600, sub=rng.choice(["jane", "a"]))
    claims.pop("nbf", None)
    likely = {"email": "jane@example.com", "email_verified": True, "login": "jane", "groups": ["admins", "b"], "n": 7, "roles": "a,b",
              "hd": "example.com", "jti": "id", "nested": {"name": "jane", "groups": ["n"]}}
    claims.update({name: value for name, value in likely.items() if rng.random() < 0.9})


def answers(command, text):
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{command[0]} ended with {done.returncode}: {done.stderr[:500]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def comparable(answer):
    # The server prints its own clock, to the nanosecond.
    error = re.sub(r"current time .* before the nbf", "current time before the nbf", answer.get("error") or "")
    return {"outcome": answer.get("outcome"), "username": answer.get("username") or "", "uid": answer.get("uid") or "",
            "groups": answer.get("groups") or [], "extra": answer.get("extra") or {}, "error": error}


def main():
    oracle, program = sys.argv[1], sys.argv[2]
    wanted = int(sys.argv[3]) if len(sys.argv) > 3 else 5000
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    rng = random.Random(seed)
    now = int(time.time())
    cases = []
    while len(cases) < wanted:
        config = make_config(rng)
        cases += [{"config": config, "claims_raw": json.dumps(make_claims(rng, now, config)), "now": now} for _ in range(10)]
    text = "".join(json.dumps(case) + "\n" for case in cases)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        theirs = answers([oracle, "authn"], text)
        ours = answers([program, "whoami", "--cases", file.name, "-o", "jsonl", "-q"], "")
    if not len(theirs) == len(ours) == len(cases):
        sys.exit(f"{len(cases)} cases, {len(theirs)} answers there and {len(ours)} here")
    outcomes = {}
    for case, a, b in zip(cases, theirs, ours):
        if comparable(a) != comparable(b):
            print(json.dumps({"seed": seed, "case": case, "server": a, "oidc-audit": b}, indent=1))
            sys.exit("disagreement")
        outcomes[a["outcome"]] = outcomes.get(a["outcome"], 0) + 1
    print(f"{len(cases)} tokens agree with kube-apiserver's authenticator: {json.dumps(outcomes, sort_keys=True)}")


if __name__ == "__main__":
    main()
