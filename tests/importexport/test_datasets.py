"""Datasets through the graph of import & export, wherever their services are."""

import pytest
from django.conf import settings

from contracts.datasets import Dataset, Field, Kind, Mode
from kernel.datasets import client
from kernel.errors import UnavailableError
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key

ASKED = "{ datasets { name title key modes filters readable writable fields { name kind title } } }"
NOTES = Dataset(
    name="notes.notes",
    title="Notes",
    key=("key",),
    modes=frozenset({Mode.UPDATE, Mode.INSERT}),
    read_scope="importexport:read",
    write_scope="importexport:write",
    filters=("starred",),
    fields=(Field(name="key", title="Key"), Field(name="starred", kind=Kind.BOOLEAN)),
)


def test_a_dataset_is_shown_with_what_may_be_done_with_it(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.importexport.schema.datasets.all_datasets", lambda: [NOTES])
    secret = make_key(tenant, "importexport:read").secret

    [found] = GraphQLClient(secret, "/importexport/graphql")(ASKED).data["datasets"]

    assert found == {
        "name": "notes.notes",
        "title": "Notes",
        "key": ["key"],
        "modes": ["INSERT", "UPDATE"],
        "filters": ["starred"],
        "readable": True,
        "writable": False,
        "fields": [
            {"name": "key", "kind": "TEXT", "title": "Key"},
            {"name": "starred", "kind": "BOOLEAN", "title": "starred"},
        ],
    }


def test_nothing_is_left_out_of_the_list_without_a_word(
    graphql: GraphQLClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise UnavailableError("files gives no answer")

    monkeypatch.setattr(client, "call", away)
    monkeypatch.setattr(settings, "SERVICES", ("importexport",))

    assert graphql(ASKED).codes == ["UNAVAILABLE"]


def test_who_may_not_look_is_told_nothing(tenant: Tenant) -> None:
    secret = make_key(tenant, "config:read").secret

    assert GraphQLClient(secret, "/importexport/graphql")(ASKED).codes == ["FORBIDDEN"]
