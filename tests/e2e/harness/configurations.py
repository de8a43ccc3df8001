"""The AuthenticationConfiguration of the shared server: issuers for tests by hand, and random ones."""
import os
import random

import compare_authn

SEED = int(os.environ.get("OIDC_AUDIT_E2E_SEED", "1"))
RANDOM_ISSUERS = 40

by_hand = []
at_random = []


def wrap(entries):
    return {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration", "jwt": entries}


def hand_made(issuer):
    def entry(name, mappings, **more):
        return {"issuer": {"url": issuer.url(name), "audiences": ["e2e"], "certificateAuthority": issuer.authority_pem},
                "claimMappings": mappings, **more}

    elsewhere = entry("x", {"username": {"claim": "sub", "prefix": "elsewhere:"}})
    elsewhere["issuer"].update(url="https://issuer.e2e.test/tenant/", discoveryURL=issuer.document_for("https://issuer.e2e.test/tenant/"))
    return [
        entry("terraform", {"username": {"claim": "sub", "prefix": "tfc:"},
                            "groups": {"expression": "['tfc:' + claims.terraform_organization_name]"},
                            "extra": [{"key": "example.org/run", "valueExpression": "claims.terraform_run_id"}]},
              claimValidationRules=[{"expression": "claims.terraform_organization_name == 'my-org'", "message": "another organization"}],
              userValidationRules=[{"expression": "!user.username.startsWith('system:')", "message": "reserved name"}]),
        entry("people", {"username": {"claim": "email", "prefix": ""}, "groups": {"claim": "groups", "prefix": "oidc:"}}),
        elsewhere,
    ]


def random_entries(issuer, count, is_valid):
    """Authenticators with random mappings and rules, each with an issuer of its own."""
    rng = random.Random(SEED)
    made = []
    while len(made) < count:
        drafts = []
        for entry in compare_authn.make_config(rng)["jwt"]:
            entry["issuer"]["url"] = issuer.url(f"random-{len(made) + len(drafts)}")
            entry["issuer"]["certificateAuthority"] = issuer.authority_pem
            drafts.append(entry)
        if is_valid(wrap(drafts)):
            made += drafts
    return made[:count]


def authentication(issuer, is_valid):
    by_hand[:] = hand_made(issuer)
    at_random[:] = random_entries(issuer, RANDOM_ISSUERS, is_valid)
    return wrap(by_hand + at_random)
