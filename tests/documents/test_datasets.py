"""Templates as rows: brought out with what they say, and in again as drafts."""

import json
from typing import Any

import pytest

from apps.documents.models import Template, TemplateVersion, VersionState
from apps.documents.services.drafts import save_draft
from apps.documents.services.looks import create_partial
from apps.documents.services.publishing import publish_template
from apps.documents.services.templates import archive_template, create_template
from contracts.datasets import Mode
from contracts.templates import TemplateCreated, TemplateDraftSaved
from kernel.datasets.services import undo_batch
from kernel.errors import ForbiddenError
from kernel.identity.models import Tenant
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import exported, importable, imported, somebody, statements
from kernel.testing.events import told
from kernel.testing.tenants import make_tenant

NAME = "documents.templates"
BODY = {
    "septet": 1,
    "title": "Letter",
    "blocks": [
        {"type": "include", "partial": "greeting"},
        {"type": "paragraph", "text": "Dear {{ name }}"},
    ],
}
SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}}


def a_template(name: str, body: Any = BODY, **more: Any) -> Template:
    """Make one with a draft."""
    told = {"title": name.title(), "body": json.dumps(body), "schema": json.dumps(SCHEMA), **more}
    return create_template(name=name, **told)


@pytest.fixture
def templates(tenant: Tenant) -> None:
    """A template that is published, one in Markdown with a partial of all, one set aside."""
    block = {"type": "paragraph", "text": "Hello"}
    create_partial(name="greeting", body=json.dumps({"takes": [], "blocks": [block]}))
    letter = a_template("letter", formats=["pdf", "docx"], sample='{"name": "Ada"}')
    publish_template(id=str(letter.pk), note="the first")
    a_template("memo", {"septet": 1, "title": "Memo"}, markdown="# Memo\n\n{{ name }}", note="so")
    archive_template(id=str(a_template("old").pk))


@pytest.mark.usefixtures("templates")
def test_what_was_exported_is_there_already_and_the_same_elsewhere(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk)):
        rows = exported(NAME)
        assert imported(NAME, rows) == ["unchanged"] * 3

    assert [(row["name"], row["published"], row["archived"]) for row in rows] == [
        ("letter", True, False),
        ("memo", False, False),
        ("old", False, True),
    ]
    assert list(rows[0]["content"]["body"]["partials"]) == ["greeting"]
    assert rows[1]["content"]["markdown"].startswith("# Memo")
    with acting_as(somebody(make_tenant().pk)):
        assert imported(NAME, rows) == ["inserted"] * 3
        again = exported(NAME)
        states = set(TemplateVersion.objects.values_list("state", flat=True))
    assert importable(NAME, again) == importable(NAME, rows)
    assert states == {VersionState.DRAFT}


@pytest.mark.usefixtures("templates")
def test_what_is_imported_is_a_draft_and_can_be_undone(tenant: Tenant) -> None:
    body = {"septet": 1, "title": "Other", "blocks": [{"type": "paragraph", "text": "Bye"}]}
    before = len(told(TemplateDraftSaved))

    with acting_as(somebody(tenant.pk)):
        old = exported(NAME)
        outcomes = imported(
            NAME,
            [
                {"name": "letter", "title": "A letter", "content": {"body": body}},
                {"name": "new", "title": "New", "content": {"body": body}},
                {"name": "Not A Name", "title": "x"},
                {"name": "bad", "title": "x", "content": {"body": "text"}},
                {"name": "old", "archived": False, "content": {"body": body}},
            ],
            batch="b-1",
        )
        letter = exported(NAME)[0]
        assert letter["content"]["body"]["title"] == "Other"
        assert len(told(TemplateDraftSaved)) == before + 3
        assert undo_batch(NAME, batch="b-1").undone == 3
        new = exported(NAME)

    assert outcomes == [
        "updated",
        "inserted",
        "refused INVALID_INPUT",
        "refused DOCUMENTS_TEMPLATE_REFUSED",
        "updated",
    ]
    assert importable(NAME, new) == importable(NAME, old)
    assert [one.name for one in told(TemplateCreated)][3:] == ["new"]
    versions = TemplateVersion.objects.filter(template__name="letter").order_by("number")
    assert list(versions.values_list("state", flat=True)) == ["published", "draft"]


@pytest.mark.usefixtures("templates")
def test_a_draft_that_cannot_be_read_has_no_content_and_keeps_it(tenant: Tenant) -> None:
    memo = Template.objects.get(name="memo")
    save_draft(id=str(memo.pk), body="no json")

    with acting_as(somebody(tenant.pk)):
        row = exported(NAME)[1]
        assert imported(NAME, [{**row, "title": "Memorandum"}]) == ["updated"]

    assert row["content"] is None
    assert TemplateVersion.objects.get(template=memo).body == "no json"


@pytest.mark.usefixtures("templates")
def test_templates_are_removed_and_had_back(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk)):
        before = exported(NAME)
        rows = [{"name": "letter"}, {"name": "memo"}]
        assert imported(NAME, rows, mode=Mode.DELETE, batch="b") == ["deleted"] * 2
        assert undo_batch(NAME, batch="b").undone == 2
        assert importable(NAME, exported(NAME)) == importable(NAME, before)


@pytest.mark.usefixtures("templates")
def test_who_may_not_read_or_write_templates_does_not(tenant: Tenant) -> None:
    with (
        acting_as(somebody(tenant.pk, "documents:read")),
        pytest.raises(ForbiddenError, match="documents:write"),
    ):
        imported(NAME, [{"name": "letter", "title": "x"}])
    with acting_as(somebody(make_tenant().pk)):
        assert exported(NAME) == []


@pytest.mark.usefixtures("templates")
def test_a_page_takes_as_many_statements_for_many(tenant: Tenant) -> None:
    for name in ("a", "b", "c"):
        a_template(name, {"septet": 1, "title": name, "blocks": []})

    with acting_as(somebody(tenant.pk)):
        assert [statements(NAME, size=size) for size in (1, 3)] == [2, 2]
