"""Services in processes of their own: what one believes of another, over real sockets."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest
import urllib3
from django.conf import settings

from kernel.federation.requests import GraphQLRequest
from kernel.identity.service_keys import ALGORITHM, Keyring, keyring
from kernel.identity.service_tokens import JWKS_PATH, Request, issue_token
from kernel.ids import new_id
from kernel.mesh.client import Mesh, RemoteError
from kernel.tenancy.context import Principal, acting_as
from kernel.testing.processes import running, wait_for_line
from project.graph import service_endpoint

CALLER, CALLED = "audit", "files"
QUERY = "{ files { totalCount } }"
PATH = f"/{CALLED}/graphql"
ROOT = Path(settings.BASE_DIR)
#: A process obeys when it renews its lease, on a machine that may have much to do.
PATIENCE_SECONDS = 60.0

pytestmark = pytest.mark.skipif(
    not {CALLER, CALLED} <= set(settings.SERVICES), reason="runs where both services are"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Two processes on one data folder, and somebody who may read files."""

    environment: dict[str, str]
    urls: dict[str, str]
    principal: Principal

    def post(self, token: str, body: bytes, **headers: str) -> tuple[int, Any]:
        response = urllib3.request(
            "POST",
            self.urls[CALLED] + PATH,
            body=body,
            headers={
                "Authorization": f"Service {token}",
                "Content-Type": "application/json",
                **headers,
            },
        )
        return response.status, json.loads(response.data)

    def run(self, *command: str) -> str:
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.environment | {"SERVICES": CALLER},
            capture_output=True,
            text=True,
            check=True,
        ).stdout


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Split]:
    """The services of a caller and of who is called, each in a process."""
    folder = tmp_path_factory.mktemp("split")
    environment = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(folder),
        "PORT": "0",
        "PYTHONUNBUFFERED": "1",
    }
    prepare = (
        "from django.core.management import call_command; call_command('migrate', verbosity=0);"
        " from kernel.identity.services import create_tenant;"
        " print(create_tenant(slug='acme', name='Acme').pk)"
    )
    with ExitStack() as stack:
        environment |= {"SERVICES": f"{CALLER},{CALLED}"}
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "-c", prepare],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        urls: dict[str, str] = {}
        for service in (CALLER, CALLED):
            told = ",".join(f"{name}={url}" for name, url in urls.items())
            process = stack.enter_context(
                running(
                    [sys.executable, "manage.py", "serve"],
                    cwd=ROOT,
                    env=environment | {"SERVICES": service, "SERVICE_URLS": told},
                )
            )
            urls[service] = wait_for_line(process, r"at http")[-1].split()[-1]
        yield Split(
            environment=environment,
            urls=urls,
            principal=Principal(
                kind="user",
                id="u-1",
                name="Ada",
                tenant_id=UUID(done.stdout.split()[-1]),
                scopes=frozenset({"files:read"}),
            ),
        )


@pytest.fixture(autouse=True)
def as_the_caller(split: Split, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sign by the keys of the calling process, as a worker beside it would."""
    folder = Path(split.environment["DATA_DIR"])
    monkeypatch.setattr(settings, "SERVICES", (CALLER,))
    monkeypatch.setattr(settings, "SERVICE_URLS", split.urls)
    monkeypatch.setattr(settings, "SERVICE_KEYS", folder / "service_keys" / f"{CALLER}.json")
    keyring.cache_clear()
    yield
    keyring.cache_clear()


def body_of(query: str = QUERY) -> bytes:
    return json.dumps({"query": query}).encode()


def token_for(principal: Principal, body: bytes, audience: str = CALLED) -> str:
    return issue_token(audience, principal, Request("POST", PATH, body))


def test_a_service_answers_another_for_its_user(split: Split) -> None:
    with acting_as(split.principal):
        answer = Mesh().query(CALLED, QUERY)

    assert answer == {"files": {"totalCount": 0}}


def test_the_graph_of_both_is_one_to_who_asks(split: Split) -> None:
    both = replace(split.principal, scopes=frozenset({"files:read", "audit:read"}))
    query = "{ __typename files { totalCount } logs: auditLogs { totalCount } }"

    with acting_as(both):
        answer = Mesh().query_graph(query)
    with acting_as(split.principal), pytest.raises(RemoteError) as refused:
        Mesh().query_graph(query)
    with acting_as(both), pytest.raises(RemoteError) as unknown:
        Mesh().query_graph("{ nothing }")

    assert answer == {"__typename": "Query", "files": {"totalCount": 0}, "logs": {"totalCount": 0}}
    assert refused.value.remote_code == "FORBIDDEN"
    assert unknown.value.remote_code == "GRAPHQL_VALIDATION_FAILED"


def test_a_service_tells_another_what_it_is(split: Split) -> None:
    document = "{ __typename _service { sdl } }"

    with acting_as(split.principal):
        answer = Mesh().query(CALLED, document)

    here = service_endpoint(CALLED).answer(GraphQLRequest(document, {}, None))
    assert answer == here.body["data"]


def test_a_user_may_do_there_what_the_token_says_and_no_more(split: Split) -> None:
    body = body_of(f'mutation {{ deleteFile(input: {{id: "{new_id()}"}}) {{ error {{ code }} }} }}')

    status, answer = split.post(token_for(split.principal, body), body)

    assert status == 200
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def claims(split: Split, body: bytes, **changes: Any) -> dict[str, Any]:
    good = jwt.decode(token_for(split.principal, body), options={"verify_signature": False})
    return {name: value for name, value in (good | changes).items() if value is not None}


def signed(split: Split, body: bytes, **changes: Any) -> str:
    key = keyring().signing()
    return jwt.encode(
        claims(split, body, **changes), key.private, ALGORITHM, headers={"kid": key.kid}
    )


def test_what_is_signed_for_anything_else_is_refused(split: Split, tmp_path: Path) -> None:
    body, now = body_of(), int(time.time())
    stranger = Keyring(tmp_path / "stranger.json").signing()
    mine = token_for(split.principal, body).split(".")
    everything = replace(split.principal, id="u-2", scopes=frozenset({"*"}))
    others = token_for(everything, body).split(".")
    used = token_for(split.principal, body)
    wrong = {
        "another audience": token_for(split.principal, body, audience="config"),
        "another body": token_for(split.principal, body + b" "),
        "expired": signed(split, body, iat=now - 100, exp=now - 40),
        "for too long": signed(split, body, exp=now + 3600),
        "another user's context": ".".join([mine[0], others[1], mine[2]]),
        "an unknown issuer": signed(split, body, iss="evil"),
        "a service that is down": signed(split, body, iss="config"),
        "a stranger's key": jwt.encode(
            claims(split, body), stranger.private, ALGORITHM, headers={"kid": stranger.kid}
        ),
        "no signature": jwt.encode(claims(split, body), "", "none"),
        "another tenant": token_for(replace(split.principal, tenant_id=new_id()), body),
    }

    refused = {name: split.post(token, body) for name, token in wrong.items()}
    first, again = split.post(used, body), split.post(used, body)

    assert {name: status for name, (status, _) in refused.items()} == dict.fromkeys(wrong, 401)
    assert len({answer["errors"][0]["message"] for _, answer in refused.values()}) == 1
    assert (first[0], again[0]) == (200, 401)


def test_the_reason_is_found_by_the_id_that_the_caller_was_told(split: Split) -> None:
    body = body_of()

    _, answer = split.post(token_for(split.principal, body + b" "), body)

    told = split.run("explain_refusal", answer["errors"][0]["extensions"]["id"])
    assert "made for another body, method or path" in told


def test_what_a_gateway_says_of_its_user_changes_nothing(split: Split) -> None:
    headers = {"X-Tenant": "demo", "X-User": "admin", "X-Scopes": "*", "X-Forwarded-User": "admin"}
    body = body_of()

    without = urllib3.request(
        "POST",
        split.urls[CALLED] + PATH,
        body=body,
        headers={"Content-Type": "application/json", **headers},
    )
    nobody = replace(split.principal, scopes=frozenset())
    _, answer = split.post(token_for(nobody, body), body, **headers)

    assert json.loads(without.data)["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def test_keys_are_rotated_while_both_go_on(split: Split) -> None:
    def published() -> list[str]:
        answer = json.loads(urllib3.request("GET", split.urls[CALLER] + JWKS_PATH).data)
        return [key["kid"] for key in answer["keys"]]

    body = body_of()
    before = published()
    new = Keyring(settings.SERVICE_KEYS).rotate().kid
    after = published()
    status, _ = split.post(token_for(split.principal, body), body)

    assert after == [*before, new]
    assert status == 200


def test_staff_take_another_process_out_of_service_and_put_it_back(split: Split) -> None:
    def ready(wanted: int) -> str:
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            answer = urllib3.request("GET", split.urls[CALLED] + "/health/ready")
            if answer.status == wanted:
                return answer.data.decode()
            time.sleep(0.1)
        raise AssertionError(f"it does not answer {wanted}")

    (drained,) = [one for one in _leases(split) if CALLED in one["services"]]
    split.run("mesh", "drain", drained["id"])
    said = ready(503)
    standing = {one["id"]: one["state"] for one in _leases(split)}
    split.run("mesh", "take", drained["id"])
    ready(200)

    assert "drained by staff" in said
    assert standing.pop(drained["id"]) == "draining"
    assert set(standing.values()) == {"up"}


def _leases(split: Split) -> list[Any]:
    told: list[Any] = json.loads(split.run("mesh", "--json"))
    return told
