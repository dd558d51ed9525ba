"""The catalogue of events in the portal."""

import html
import json

import pytest
from django.test import Client

from contracts.catalogue import event_types


def test_every_event_is_on_the_list_with_what_it_tells(client: Client) -> None:
    page = client.get("/events/").content.decode()

    assert page.count("<dt>") == len(event_types())
    for type_ in event_types():
        assert f'<a href="/events/{type_}"><code>{type_}</code></a>' in page
    assert "A scanner has read a version of a file" in page
    assert len(page) < 100_000


def test_an_event_shows_its_fields_and_how_it_looks_on_each_way(client: Client) -> None:
    page = client.get("/events/files.file.scanned.v1").content.decode()

    blocks = page.split('<pre tabindex="0"><code>')[1:]
    told, posted, schema = (json.loads(html.unescape(b.partition("</code>")[0])) for b in blocks)
    assert (told["type"], told["source"]) == ("files.file.scanned.v1", "/files")
    assert posted["data"] == told["data"]
    assert schema["required"] == ["file_id", "name", "outcome", "scanner", "finding"]
    assert "<td><code>file_id</code>, the subject</td><td>string</td><td>always</td>" in page
    assert "<td><code>version</code></td><td>integer</td><td>may be missing</td>" in page
    assert "<code>notifications.webhooks</code>" in page


def test_what_no_endpoint_hears_says_so(client: Client) -> None:
    page = client.get("/events/identity.tenant.suspended.v1").content.decode()

    assert "It is not posted to endpoints." in page


def test_the_asyncapi_document_is_served_as_it_is_checked_in(client: Client) -> None:
    from project.management.commands.events_reference import DOCS  # noqa: PLC0415  of a command

    served = client.get("/asyncapi.json")

    checked_in = (DOCS / "reference" / "asyncapi.json").read_text(encoding="utf-8")
    assert served.json() == json.loads(checked_in)


@pytest.mark.parametrize("path", ["/events/nothing.at.all.v1", "/events/x"])
def test_an_event_that_is_none_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
