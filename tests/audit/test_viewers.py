"""Viewer tokens: a page with some logs, for whoever has its path, and for a while."""

import csv
import io
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import urljoin

import pytest
from django.conf import settings

from apps.audit.domain.entries import Actor, Personal
from apps.audit.domain.queries import LogQuery, QueryError
from apps.audit.models import AuditLog, ViewerToken
from apps.audit.selectors import viewers as selector
from apps.audit.services import viewers
from apps.audit.services.recording import record, record_all
from apps.audit.services.sealing import seal_log
from apps.audit.services.viewers import forget_old
from apps.audit.views import viewer as view
from contracts.audit import AuditViewerTokenCreated, AuditViewerTokenRevoked
from kernel import clock
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.events import published
from kernel.testing.graphql import GraphQLClient, http_client
from kernel.testing.tenants import make_key, make_tenant
from tests.audit.archiving import recorded
from tests.audit.factories import MOMENT, an_entry

CREATE = """
mutation Create($input: CreateAuditViewerTokenInput!) {
  createAuditViewerToken(input: $input) {
    auditViewerToken { id path filter expiresAt } error { code message } }
}
"""
REVOKE = """
mutation Revoke($id: ID!) {
  revokeAuditViewerToken(input: {id: $id}) {
    auditViewerToken { path revokedAt } error { code } }
}
"""
LIST = "{ auditViewerTokens { totalCount nodes { id path openedAt personal } } }"


def client_of(tenant: Tenant, *scopes: str) -> GraphQLClient:
    return GraphQLClient(make_key(tenant, *scopes).secret, "/audit/graphql")


def made(client: GraphQLClient, **told: Any) -> dict[str, Any]:
    answer = client(CREATE, input={"name": "Acme"} | told).data["createAuditViewerToken"]
    assert answer["error"] is None
    token: dict[str, Any] = answer["auditViewerToken"]
    return token


def seen(path: str, **asked: str) -> Any:
    return http_client().get(path, asked)


def actions(response: Any) -> list[str]:
    return [row["log"].action for row in response.context["rows"]]


def tracks() -> list[tuple[str, str]]:
    rows = AuditLog.objects.filter(action__startswith="audit.viewer.").order_by("id")
    return list(rows.values_list("action", "actor_type"))


def test_the_page_shows_what_the_filter_finds_and_nothing_else(graphql: GraphQLClient) -> None:
    record_all([an_entry(), an_entry(action="secret.deleted")])
    with in_tenant(make_tenant().pk):
        record(an_entry(action="invoice.theirs"))
    wanted = {"actions": ["invoice.approved", "invoice.theirs"]}
    token = made(graphql, filter=wanted)

    page = seen(token["path"])

    assert page.status_code == 200
    assert actions(page) == ["invoice.approved"]
    assert b"Ada" in page.content
    assert b"secret.deleted" not in page.content
    assert token["filter"] == wanted


def test_a_viewer_narrows_the_filter_and_never_widens_it(graphql: GraphQLClient) -> None:
    record_all(
        [
            an_entry(action=action, occurred_at=MOMENT + timedelta(days=day))
            for day, action in enumerate(("gold.found", "gold.sold", "silver.sold"))
        ]
    )
    path = made(
        graphql, filter={"text": "gold", "occurredBefore": (MOMENT + timedelta(days=2)).isoformat()}
    )["path"]

    asked = [
        actions(seen(path, **one))
        for one in (
            {},
            {"text": "sold"},
            {"text": "silver"},
            {"from": "2024-05-02"},
            {"to": "2024-05-01"},
            {"from": "2020-01-01", "to": "2030-01-01"},
        )
    ]

    assert asked == [
        ["gold.sold", "gold.found"],
        ["gold.sold"],
        [],
        ["gold.sold"],
        ["gold.found"],
        ["gold.sold", "gold.found"],
    ]


@pytest.mark.parametrize(
    "asked", [{"from": "soon"}, {"to": "9999-12-31"}, {"text": "!!"}, {"after": "x"}]
)
def test_what_has_no_sense_is_said_and_shows_nothing(
    graphql: GraphQLClient, asked: dict[str, str]
) -> None:
    record(an_entry())

    page = seen(made(graphql)["path"], **asked)

    assert page.status_code == 400
    assert b'role="alert"' in page.content
    assert b"invoice.approved" not in page.content


def test_a_text_without_a_letter_does_not_find_all_that_it_is_to_narrow() -> None:
    with pytest.raises(QueryError):
        LogQuery(text="gold").narrowed(text="!!")


def test_pages_go_there_and_back(graphql: GraphQLClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "PAGE", 4)
    recorded(10)
    path = made(graphql, filter={"text": "step"})["path"]

    def follow(page: Any, which: str) -> Any:
        (link,) = [
            part.split('href="')[1].split('"')[0].replace("&amp;", "&")
            for part in page.content.decode().split("<a ")[1:]
            if f'rel="{which}"' in part.split(">")[0]
        ]
        return http_client().get(urljoin(path, link))

    first = seen(path, text="word")
    second = follow(first, "next")
    third = follow(second, "next")

    def numbers(page: Any) -> list[int]:
        return [row["log"].metadata["number"] for row in page.context["rows"]]

    assert [numbers(page) for page in (first, second, third)] == [
        [9, 8, 7, 6],
        [5, 4, 3, 2],
        [1, 0],
    ]
    assert numbers(follow(third, "prev")) == [5, 4, 3, 2]
    assert b'rel="prev"' not in first.content
    assert b'rel="next"' not in third.content


def test_a_page_asks_as_much_of_many_logs_as_of_one(
    graphql: GraphQLClient, django_assert_max_num_queries: Any
) -> None:
    personal = (Personal(subject="ada", fields=("/actor/name",)),)
    record_all([an_entry(action=f"a.{number}", personal=personal) for number in range(30)])
    path = made(graphql)["path"]
    seen(path)

    with django_assert_max_num_queries(6):
        page = seen(path)

    assert len(page.context["rows"]) == 32


def test_personal_fields_are_shown_only_if_the_token_says_so(
    tenant: Tenant, graphql: GraphQLClient
) -> None:
    personal = (Personal(subject="ada", fields=("/actor/name",)),)
    record(an_entry(actor=Actor(type="user", id="u-1", name="Lovelace"), personal=personal))
    reader = client_of(tenant, "audit:read", "audit:export")

    hidden, shown = made(reader), made(graphql, personal=True)
    refused = reader(CREATE, input={"name": "x", "personal": True})

    assert refused.codes == ["FORBIDDEN"]
    assert b"Lovelace" not in seen(hidden["path"]).content
    assert b"Lovelace" in seen(shown["path"]).content
    assert [one["id"] for one in reader(LIST).data["auditViewerTokens"]["nodes"]] == [hidden["id"]]


def test_html_in_a_log_is_text(graphql: GraphQLClient) -> None:
    record(an_entry(action="<script>x</script>", metadata={"<b>": "<i>"}))

    page = seen(made(graphql, name="<u>")["path"])

    assert not [tag for tag in (b"<script", b"<b>", b"<i>", b"<u>") if tag in page.content]


def test_only_pages_that_are_named_have_it_in_a_frame_and_nobody_is_told_its_path(
    graphql: GraphQLClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(graphql)["path"]

    plain = seen(path)
    monkeypatch.setattr(settings, "AUDIT_VIEW_ANCESTORS", ("https://app.example",))
    named = seen(path)

    policy = plain["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'self'")
    assert named["Content-Security-Policy"] == f"{policy} https://app.example"
    assert "unsafe" not in policy
    for answer in (plain, named, seen(f"{path}logs.csv")):
        assert "X-Frame-Options" not in answer
        assert "Set-Cookie" not in answer
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "no-store"
    assert b"http" not in plain.content


def test_it_opens_nothing_when_it_was_changed_revoked_or_is_over(graphql: GraphQLClient) -> None:
    record(an_entry())
    token = made(graphql, minutes=5)
    path = token["path"]
    later = clock.now() + timedelta(minutes=5, seconds=1)

    changed = seen(path[:-2] + ("A" if path[-2] != "A" else "B") + "/")
    with patch.object(clock, "now", lambda: later):
        over = seen(path)
        listed = graphql(LIST).data["auditViewerTokens"]["nodes"]
    again = [graphql(REVOKE, id=token["id"]).data["revokeAuditViewerToken"] for _ in range(2)]
    revoked = [seen(path), seen(f"{path}logs.csv")]

    assert [one.status_code for one in (changed, over, *revoked)] == [404] * 4
    assert b"invoice" not in changed.content + over.content + revoked[0].content
    assert listed[0]["path"] is None
    assert again[0] == again[1]
    assert again[0]["auditViewerToken"]["path"] is None
    assert tracks() == [("audit.viewer.created", "api_key"), ("audit.viewer.revoked", "api_key")]
    told = [type(one) for one in published() if one.TYPE.startswith("audit.viewer.")]
    assert told == [AuditViewerTokenCreated, AuditViewerTokenRevoked]


def test_its_making_its_first_use_and_files_are_on_record(graphql: GraphQLClient) -> None:
    path = made(graphql)["path"]

    for _ in range(2):
        seen(path)
    b"".join(seen(f"{path}logs.csv").streaming_content)

    assert tracks() == [
        ("audit.viewer.created", "api_key"),
        ("audit.viewer.opened", "viewer"),
        ("audit.viewer.downloaded", "viewer"),
    ]
    opened = AuditLog.objects.get(action="audit.viewer.opened")
    assert opened.actor_name == ViewerToken.objects.get().name != ""
    assert graphql(LIST).data["auditViewerTokens"]["nodes"][0]["openedAt"]


def test_the_file_has_the_logs_of_all_pages_and_its_end(
    graphql: GraphQLClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selector, "FILE_PAGE", 4)
    recorded(10)
    path = made(graphql, filter={"actions": ["step.0", "step.1", "step.2"]})["path"]

    def ids(**asked: str) -> list[str]:
        answer = seen(f"{path}logs.csv", **asked)
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        return [row["actorId"] for row in csv.DictReader(io.StringIO(text, newline=""))]

    assert ids() == ["u-1", "u-0"] * 5
    assert ids(text="Word3") == ["u-1"]
    monkeypatch.setattr(selector, "MOST_IN_FILE", 6)
    assert ids() == ["u-1", "u-0"] * 3


def test_another_tenant_sees_no_token_and_revokes_none(
    tenant: Tenant, graphql: GraphQLClient
) -> None:
    token = made(graphql)
    stranger, reader = client_of(make_tenant()), client_of(tenant, "audit:read", "audit:export")
    writer = client_of(tenant, "audit:write", "audit:retain")

    hidden = stranger(REVOKE, id=token["id"]).data["revokeAuditViewerToken"]

    assert hidden["error"]["code"] == "NOT_FOUND"
    assert stranger(LIST).data["auditViewerTokens"]["totalCount"] == 0
    assert reader(REVOKE, id=token["id"]).codes == ["FORBIDDEN"]
    assert writer(CREATE, input={"name": "x"}).codes == writer(LIST).codes == ["FORBIDDEN"]
    assert seen(token["path"]).status_code == 200


@pytest.mark.parametrize("told", [{"minutes": 0}, {"minutes": 1441}, {"name": " "}])
def test_what_no_token_can_be_is_refused(graphql: GraphQLClient, told: dict[str, Any]) -> None:
    answer = graphql(CREATE, input={"name": "Acme"} | told).data["createAuditViewerToken"]

    assert answer["error"]["code"] == "INVALID_INPUT"
    assert not ViewerToken.objects.exists()


def test_so_many_are_good_and_no_more(
    graphql: GraphQLClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "MOST_GOOD", 1)
    first = made(graphql)

    refused = graphql(CREATE, input={"name": "x"}).data["createAuditViewerToken"]
    graphql(REVOKE, id=first["id"])

    assert refused["error"]["code"] == "LIMIT_EXCEEDED"
    assert made(graphql)["path"]


def test_old_ones_are_forgotten(graphql: GraphQLClient) -> None:
    made(graphql)
    month = clock.now() + timedelta(days=31)

    forget_old()
    assert ViewerToken.objects.count() == 1
    with patch.object(clock, "now", lambda: month):
        forget_old()

    assert not ViewerToken.objects.exists()


def test_an_empty_page_says_what_it_waits_for(graphql: GraphQLClient) -> None:
    seal_log()
    path = made(graphql, filter={"actorId": "nobody"})["path"]

    assert b"Nothing yet" in seen(path).content
    assert b"Nothing fits" in seen(path, text="gold").content
