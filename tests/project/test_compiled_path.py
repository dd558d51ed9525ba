"""The compiled path answers byte for byte as the executor does, whatever is asked."""

import os
import uuid
from dataclasses import replace
from typing import Any

import orjson
import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.audit.domain.entries import Change, Context, Target
from apps.audit.models import AuditLog
from apps.audit.services.recording import record
from apps.config.services.flags import create_flag
from apps.documents.models import Document
from apps.files.models import File
from apps.files.schema.types import FileType
from apps.files.services import create_file
from apps.importexport.models import ImportJob
from apps.notifications.models import Notification
from kernel.federation.execution import Endpoint
from kernel.federation.limits import Limits
from kernel.federation.plans import Plan
from kernel.federation.requests import GraphQLRequest
from kernel.identity.models import Tenant
from kernel.identity.scopes import expanded
from kernel.services import BY_NAME
from kernel.tenancy.context import Principal, acting_as, current_tenant_id
from kernel.testing.tenants import make_tenant
from project.graph import composed_endpoint, service_endpoint
from tests.audit.factories import an_entry
from tests.project.documents import Material, Operation, operations
from tests.project.furnishing import furnish

EXAMPLES = 1_000 if os.environ.get("REQUIRE_ALL") == "1" else 100
NIGHTLY = 20_000
SERVICES = list(BY_NAME)
ANY = Limits(tokens=50_000, depth=50, aliases=500, directives=500, cost=10**9)
ALL_SCOPES = frozenset({"*"})
#: The name of principals who see some of the rows.
NARROW = "narrow"


def furnished() -> Material:
    """Fill the current tenant with rows that refer to each other, and to what is not there."""
    small, large = (
        create_file(name=f"{size}.csv", content_type="text/csv", size_bytes=size)
        for size in (1, 2**40)
    )
    gone = str(uuid.UUID(int=7))
    sources: list[Any] = [small.pk, small.pk, gone, None]
    jobs = [ImportJob.objects.create(name="a", format="csv", source_id=one) for one in sources]
    documents = [
        Document.objects.create(title="a", format="pdf", output_id=one) for one in (large.pk, None)
    ]
    attached = [[], [str(small.pk), gone, str(large.pk)], [str(small.pk), str(small.pk)]]
    notes = [
        Notification.objects.create(
            recipient="a@example.com", channel="email", subject="a", attachment_ids=ids
        )
        for ids in attached
    ]
    with acting_as(replace(somebody(in_the=None), kind="staff")):
        others = furnish(2)
    about = [
        ("File", small.pk),
        ("File", gone),
        ("FeatureFlag", others["FeatureFlag"][0]),
        ("ImportJob", jobs[0].pk),
    ]
    logs = [told_of(kind, str(one), times) for kind, one in about for times in range(3)]
    rows: dict[str, list[Any]] = {
        "File": [small, large],
        "ImportJob": jobs,
        "Document": documents,
        "Notification": notes,
        "AuditLog": logs,
    }
    ids = others | {typename: [str(row.pk) for row in found] for typename, found in rows.items()}
    words = ["invoice", "invoice.approved", "File", "text/csv", "a", "user", "\u00e4\U0001f600"]
    return Material(ids, cursors(), words)


def told_of(typename: str, target: str, times: int) -> Any:
    return record(
        an_entry(
            targets=(Target(type=typename, id=target), Target(type="File", id="elsewhere")),
            changes=(Change(field="size", before=None, after={"a": [1, 2.5, None]}),),
            context=Context(ip_address="10.0.0.1"),
            metadata={"text": "\u00e4\U0001f600", "number": 2**53 - 1},
            idempotency_key=f"{typename}-{target}-{times}",
        )
    )


def cursors() -> list[str]:
    """Return cursors of several lists and orders, all from the middle."""
    text = """{ files { edges { cursor } } importJobs { edges { cursor } }
        newest: auditLogs { edges { cursor } }
        oldest: auditLogs(order: OLDEST_FIRST) { edges { cursor } } }"""
    with acting_as(somebody(in_the=None)):
        data = composed_endpoint().answer(GraphQLRequest(text, {}, None)).body["data"]
    return [found["edges"][1]["cursor"] for found in data.values()]


def somebody(
    *, in_the: uuid.UUID | None, scopes: frozenset[str] = ALL_SCOPES, name: str = "x"
) -> Principal:
    """Return a principal in this tenant, or in the one that the test runs in."""
    tenant_id = in_the or current_tenant_id()
    return Principal(kind="system", id="x", name=name, tenant_id=tenant_id, scopes=scopes)


def ask(endpoint: Endpoint, made: Operation, who: Principal | None) -> tuple[bytes, int]:
    """Return the answer as it is sent, and how many queries it took."""
    # The log of a connection is bounded, and twenty thousand documents fill it.
    connection.queries_log.clear()
    with acting_as(who), CaptureQueriesContext(connection) as queries:
        answer = endpoint.answer(GraphQLRequest(made.text, made.variables, None))
    return orjson.dumps(answer.body, default=str), len(queries)


@pytest.mark.parametrize("name", ["composed", *SERVICES])
def test_documents_of_all_kinds_are_answered_alike(
    name: str, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(name, EXAMPLES // 2 if name == "composed" else max(EXAMPLES // 14, 40), monkeypatch)


@pytest.mark.nightly
def test_very_many_documents_are_answered_alike(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    check("composed", NIGHTLY, monkeypatch)


def check(name: str, examples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    schema = composed_endpoint().schema if name == "composed" else service_endpoint(name).schema
    material = furnished()
    narrow_for_some(monkeypatch)
    compiled, executed = Endpoint(schema, ANY), Endpoint(schema, ANY, compiles=False)
    answered = count_plans(monkeypatch)
    credentials = [
        *[somebody(in_the=None)] * 4,
        somebody(in_the=None, scopes=frozenset({"files:read", "audit:read"})),
        somebody(in_the=None, scopes=expanded(["*:read"])),
        somebody(in_the=None, name=NARROW),
        somebody(in_the=None, name=NARROW, scopes=expanded(["*:read"])),
        somebody(in_the=make_tenant().pk),
        None,
    ]

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=examples < NIGHTLY,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def alike(data: st.DataObject) -> None:
        made = data.draw(operations(schema, material))
        who = data.draw(st.sampled_from(credentials))
        before = len(answered)

        by_plan, queries = ask(compiled, made, who)
        by_executor, queries_then = ask(executed, made, who)

        assert by_plan == by_executor
        if len(answered) > before:
            assert queries <= queries_then

    alike()
    # Neither a generator of refused documents nor a compiler that compiles nothing passes.
    assert len(answered) > examples / 20


def narrow_for_some(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let principals of one name see some of the rows only, and all others every row."""
    firsts = Q(idempotency_key__endswith="-0")
    for model, some in ((File, Q(size_bytes__lt=2)), (AuditLog, firsts)):

        def rule(principal: Principal, some: Q = some) -> Q | None:
            return some if principal.name == NARROW else None

        monkeypatch.setattr(model, "access", replace(model.access, rows=rule))


def count_plans(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """Return a list in which every plan appears that answered to the end."""
    answered: list[Plan] = []
    answer = Plan.answer

    def counted(plan: Plan, variables: dict[str, Any]) -> Any:
        data = answer(plan, variables)
        answered.append(plan)
        return data

    monkeypatch.setattr(Plan, "answer", counted)
    return answered


def test_the_setting_switches_the_plans_off(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = count_plans(monkeypatch)
    made = Operation("{ files { nodes { id } } }", {})
    schema = composed_endpoint().schema

    ask(Endpoint(schema, ANY, compiles=False), made, somebody(in_the=None))
    assert answered == []
    ask(Endpoint(schema, ANY), made, somebody(in_the=None))
    assert len(answered) == 1


def test_a_plan_reads_the_selected_columns_and_no_others(tenant: Tenant) -> None:
    create_file(name="a.csv", content_type="text/csv", size_bytes=1)
    made = Operation("{ files { nodes { name } } }", {})
    endpoint = Endpoint(composed_endpoint().schema, ANY)

    with acting_as(somebody(in_the=None)), CaptureQueriesContext(connection) as queries:
        endpoint.answer(GraphQLRequest(made.text, made.variables, None))

    (query,) = queries
    assert '"name"' in query["sql"]
    assert "content_type" not in query["sql"]


def test_one_of_no_values_is_asked_for_by_no_query(tenant: Tenant) -> None:
    create_flag(key="new-search", description="")
    made = Operation("{ featureFlags(filter: {keys: []}) { nodes { id } } }", {})
    endpoint = Endpoint(composed_endpoint().schema, ANY)

    answer, queries = ask(endpoint, made, somebody(in_the=None))

    assert (orjson.loads(answer)["data"], queries) == ({"featureFlags": {"nodes": []}}, 0)


def test_a_row_rule_of_an_entity_holds_for_plans_too(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, hidden = (
        create_file(name=name, content_type="text/csv", size_bytes=1) for name in ("seen", "hidden")
    )
    by_rule = classmethod(lambda _cls: File.objects.filter(name="seen"))
    monkeypatch.setattr(FileType, "rows", by_rule)
    endpoint = Endpoint(service_endpoint("files").schema, ANY)
    text = f"""{{ files {{ nodes {{ name }} totalCount }} file(id: "{seen.pk}") {{ name }}
        _entities(representations: [{{__typename: "File", id: "{hidden.pk}"}}])
        {{ __typename }} }}"""

    answer, _ = ask(endpoint, Operation(text, {}), somebody(in_the=None))

    assert orjson.loads(answer)["data"] == {
        "files": {"nodes": [{"name": "seen"}], "totalCount": 1},
        "file": {"name": "seen"},
        "_entities": [None],
    }


def test_statements_made_for_one_tenant_never_show_its_rows_to_another(tenant: Tenant) -> None:
    ours = create_file(name="ours", content_type="text/csv", size_bytes=1)
    other = make_tenant()
    endpoint = Endpoint(service_endpoint("files").schema, ANY)
    text = f"""{{ files {{ nodes {{ name }} }}
        _entities(representations: [{{__typename: "File", id: "{ours.pk}"}}]) {{ __typename }} }}"""

    first, _ = ask(endpoint, Operation(text, {}), somebody(in_the=None))
    second, _ = ask(endpoint, Operation(text, {}), somebody(in_the=other.pk))

    assert orjson.loads(first)["data"]["files"]["nodes"] == [{"name": "ours"}]
    assert orjson.loads(second)["data"] == {"files": {"nodes": []}, "_entities": [None]}
