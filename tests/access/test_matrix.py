"""Every operation with every kind of credential, by both ways to answer: only the right gets in."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from kernel import clock
from kernel.events.models import ConsumerGroup, Replay
from kernel.federation.execution import Endpoint
from kernel.identity import service_tokens, user_tokens
from kernel.identity.issuers import known_issuers
from kernel.identity.models import Tenant
from kernel.identity.reasons import UNIFORM
from kernel.identity.service_keys import keyring
from kernel.services import BY_NAME
from kernel.testing.tenants import make_key, make_tenant
from project.graph import service_endpoint, subgraph
from tests.access.credentials import (
    ELSEWHERE,
    ISSUER,
    LACKS,
    READ_ONLY,
    REFUSED,
    RIGHT,
    WRONG,
    Case,
    Credential,
    bearer,
)
from tests.access.operations import OPERATIONS, STAFF_OPERATIONS, Operation
from tests.access.outcomes import each_operation, effect, names_row, owned_row, refusals, rows
from tests.access.rows import ROWS
from tests.kernel.identity.issuing import AUDIENCE, ISS

#: Fields that need no credential, because they hold nothing of any tenant.
OPEN = {"_service"}


@pytest.fixture(scope="module", autouse=True)
def _trust(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Trust one issuer, and sign as a service by keys of these tests' own."""

    def forget() -> None:
        known_issuers.cache_clear()
        user_tokens.forget_all()
        keyring.cache_clear()
        service_tokens.callers.cache_clear()

    before = settings.JWT_ISSUERS, settings.SERVICE_KEYS
    entry = {"iss": ISS, "audience": AUDIENCE, "algorithms": ["EdDSA"], "keys": [ISSUER.jwk()]}
    settings.JWT_ISSUERS = json.dumps([entry])
    settings.SERVICE_KEYS = Path(tmp_path_factory.mktemp("keys")) / "own.json"
    forget()
    yield
    settings.JWT_ISSUERS, settings.SERVICE_KEYS = before
    forget()


#: Only what reads is compiled: a mutation has one way.
BOTH_WAYS = [
    pytest.param(
        operation,
        by_plan,
        id=f"{'compiled' if by_plan else 'executor'}-{operation.service}.{operation.name}",
    )
    for operation in OPERATIONS
    for by_plan in ((True, False) if operation.effect == "none" else (True,))
]

each_operation_by_both_ways = pytest.mark.parametrize(
    ("operation", "compiled"), BOTH_WAYS, indirect=["compiled"]
)


def _other_credentials() -> Iterator[Any]:
    """Give each operation with the credentials that one row serves: all, if it only reads."""
    others = [name for name in RIGHT if name != "key"]
    for operation in OPERATIONS:
        reads = operation.scope.endswith(":read")
        for names in [others] if reads else [[name] for name in others]:
            which = "others" if len(names) > 1 else names[0]
            yield pytest.param(operation, names, id=f"{which}-{operation.service}.{operation.name}")


OTHER_CREDENTIALS = list(_other_credentials())


# What the executor is told of a caller is the same whatever the credential: there one is enough.
@pytest.fixture(params=[True, False], ids=["compiled", "executor"])
def compiled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Answer by plans where there are any, or by the executor alone (GRAPHQL_COMPILED)."""
    for service in ROWS:
        monkeypatch.setattr(service_endpoint(service), "_compiles", request.param)
    return bool(request.param)


def test_every_operation_has_a_row() -> None:
    served = {
        (service, name)
        for service in ROWS
        for root in (subgraph(service).schema.query_type, subgraph(service).schema.mutation_type)
        if root is not None
        for name in root.fields
        if name not in OPEN
    }

    known = {(operation.service, operation.name) for operation in OPERATIONS}
    for_staff = {(operation.service, operation.name) for operation in STAFF_OPERATIONS}
    assert known & for_staff == set()
    assert served == known | for_staff


def owned(operation: Operation) -> tuple[Case, Any]:
    """Return the operation on a row that there is, and the model of that row."""
    owner = make_tenant()
    model, row_id = owned_row(owner, operation)
    return Case(operation, owner, row_id), model


# On PostgreSQL test_row_level_security serves each operation to a key with its scope.
@pytest.mark.any_database
@pytest.mark.django_db
@each_operation_by_both_ways
def test_a_key_with_the_scope_gets_in(operation: Operation, compiled: bool) -> None:
    gets_in(operation, RIGHT["key"])


@pytest.mark.any_database
@pytest.mark.django_db
@pytest.mark.parametrize(("operation", "names"), OTHER_CREDENTIALS)
def test_every_other_right_credential_gets_in(operation: Operation, names: list[str]) -> None:
    gets_in(operation, *(RIGHT[name] for name in names))


def gets_in(operation: Operation, *credentials: Credential) -> None:
    """Say whether the operation does what it says."""
    case, model = owned(operation)
    before = rows(model)

    for credential in credentials:
        result = credential(case).send(case)

        assert result.data["result"]
        assert result.data["result"] != [None]
        assert refusals(result) == []
        assert effect(before, rows(model)) == operation.effect


def in_turn(operation: Operation, all_of: Sequence[str], count: int) -> set[str]:
    """Return so many of these names, which are others for the operation beside it."""
    first = count * OPERATIONS.index(operation)
    return {all_of[(first + at) % len(all_of)] for at in range(count)}


#: Who is refused as nobody that we know is so before it matters what they ask for.
UNKNOWN = [name for name, (_, expected) in WRONG.items() if expected == REFUSED]


@pytest.mark.any_database
@pytest.mark.django_db
@pytest.mark.parametrize(
    "unknown", [3, pytest.param(len(UNKNOWN), marks=pytest.mark.nightly)], ids=["", "all"]
)
@each_operation_by_both_ways
def test_every_other_credential_is_refused_and_changes_nothing(
    operation: Operation, compiled: bool, unknown: int
) -> None:
    case, model = owned(operation)
    before = rows(model)
    tried = in_turn(operation, UNKNOWN, unknown)

    for name, (credential, expected) in WRONG.items():
        if not compiled and expected != LACKS:
            continue  # Refused before there is a way to answer.
        if expected == REFUSED and name not in tried:
            continue
        result = credential(case).send(case)

        assert (name, result.status, result.codes) == (name, expected[0], [expected[1]])
        assert case.row_id not in str(result.body), name
        assert rows(model) == before, name
        if expected == REFUSED:
            # No two of them can be told apart.
            assert result.body["errors"][0]["message"] == UNIFORM, name


@pytest.mark.any_database
@pytest.mark.django_db
@pytest.mark.parametrize(
    "count", [2, pytest.param(len(RIGHT), marks=pytest.mark.nightly)], ids=["", "all"]
)
@each_operation
def test_a_suspended_tenant_is_shut_out_whatever_its_credential(
    operation: Operation, count: int
) -> None:
    case, model = owned(operation)
    before = rows(model)
    sent = {name: RIGHT[name](case) for name in in_turn(operation, list(RIGHT), count)}
    Tenant.objects.filter(pk=case.owner.pk).update(suspended_at=clock.now())

    found = {name: one.send(case) for name, one in sent.items()}

    expected = {name: (403, "FORBIDDEN") if name == "session" else REFUSED for name in sent}
    assert {name: (one.status, *one.codes) for name, one in found.items()} == expected
    assert rows(model) == before


@pytest.mark.any_database
@pytest.mark.django_db
@each_operation_by_both_ways
def test_who_may_only_look_changes_nothing(operation: Operation, compiled: bool) -> None:
    case, model = owned(operation)
    before = rows(model)

    looking = READ_ONLY if compiled else {"key": READ_ONLY["key"]}
    codes = {name: credential(case).send(case).codes for name, credential in looking.items()}

    reads = operation.scope.endswith(":read")
    assert codes == dict.fromkeys(looking, [] if reads else ["FORBIDDEN"])
    assert rows(model) == before


# What PostgreSQL shows to another tenant is in test_row_level_security.
@pytest.mark.any_database
@pytest.mark.django_db
@each_operation_by_both_ways
def test_a_credential_of_another_tenant_sees_and_changes_nothing_of_ours(
    operation: Operation, compiled: bool
) -> None:
    case, model = owned(operation)
    before = rows(model)

    elsewhere = ELSEWHERE if compiled else {"key": ELSEWHERE["key"]}
    for number, (name, credential) in enumerate(elsewhere.items()):
        result = credential(case).send(case)

        assert case.row_id not in str(result.body.get("data")), name
        assert set(result.codes) <= {"NOT_FOUND"}, name
        expected = ["NOT_FOUND"] if names_row(operation) else []
        if operation.one_for_all and number:
            expected = ["CONFLICT"]
        assert refusals(result) == expected, name
        ours = [row for row in rows(model) if row["tenant_id"] == case.owner.pk]
        assert ours == before, name


@pytest.mark.django_db
def test_the_two_ways_to_answer_are_two(compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    planned: set[str] = set()
    by_plan = Endpoint._by_plan

    def seen(self: Endpoint, *arguments: Any) -> Any:
        data = by_plan(self, *arguments)
        if data is not None:
            planned.add(case.operation.service)
        return data

    monkeypatch.setattr(Endpoint, "_by_plan", seen)
    for operation in OPERATIONS:
        if operation.effect == "none":
            case, _ = owned(operation)
            bearer(make_key(case.owner, case.scope).secret).send(case)

    assert planned == (set(BY_NAME) if compiled else set())


@pytest.mark.django_db
@pytest.mark.parametrize("operation", STAFF_OPERATIONS, ids=lambda one: one.name)
def test_no_scope_opens_what_is_for_staff(operation: Operation) -> None:
    owner = make_tenant()
    case = Case(operation, owner, "")

    found = {name: credential(case).send(case).codes for name, credential in RIGHT.items()}
    nobody = bearer("").send(case).codes

    assert found == {name: ["FORBIDDEN"] for name in RIGHT}
    assert nobody == ["UNAUTHENTICATED"]
    assert not ConsumerGroup.objects.filter(paused=True).exists()
    assert not Replay.objects.exists()
