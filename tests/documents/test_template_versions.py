"""What becomes of templates and their versions, and what is refused."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import Error, transaction

from apps.documents.domain.model.parsing import parse_template
from apps.documents.errors import TemplateRefusedError
from apps.documents.models import Template, TemplateVersion
from apps.documents.selectors.templates import between, draft_of, usable_version
from apps.documents.services.documents import create_document
from apps.documents.services.drafts import discard_draft, draft_template, save_draft
from apps.documents.services.exchange import export_template, import_template
from apps.documents.services.looks import (
    create_partial,
    create_theme,
    delete_partial,
    delete_theme,
    update_partial,
    update_theme,
)
from apps.documents.services.publishing import publish_template, withdraw_version
from apps.documents.services.templates import (
    archive_template,
    create_template,
    delete_template,
    delete_templates,
    duplicate_template,
    restore_template,
    update_template,
)
from contracts.templates import (
    PartialChanged,
    PartialCreated,
    PartialDeleted,
    TemplateArchived,
    TemplateChanged,
    TemplateCreated,
    TemplateDeleted,
    TemplateDraftDiscarded,
    TemplateDraftSaved,
    TemplatePublished,
    TemplateRestored,
    TemplateWithdrawn,
    ThemeChanged,
    ThemeCreated,
    ThemeDeleted,
)
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError, NotFoundError
from kernel.ids import new_id
from kernel.testing.events import published, told

pytestmark = pytest.mark.usefixtures("tenant")

A_FILE = "01900000-0000-7000-8000-000000000000"


def a_body(*blocks: dict[str, Any], **more: Any) -> str:
    return json.dumps({"septet": 1, "title": "A", "blocks": list(blocks), **more})


def saying(text: str) -> str:
    return a_body({"type": "paragraph", "text": text})


INCLUDING = a_body({"type": "include", "partial": "address"})
ADDRESS = json.dumps({"blocks": [{"type": "paragraph", "text": "Old Street"}]})


def make(name: str = "letter", **told: Any) -> Template:
    return create_template(**{"name": name, "title": "A letter", "body": saying("Dear"), **told})


def standing(template: Template) -> list[tuple[int, str]]:
    rows = TemplateVersion.objects.filter(template=template).order_by("number")
    return [(row.number, row.state) for row in rows]


def current(template: Template) -> TemplateVersion:
    return usable_version(Template.objects.get(pk=template.pk))


def test_a_template_begins_with_a_draft_of_which_nothing_is_made() -> None:
    template = make()

    assert standing(template) == [(1, "draft")]
    with pytest.raises(ConflictError, match="no version is published"):
        usable_version(template)
    assert published() == [
        TemplateCreated(template_id=str(template.pk), name="letter"),
        TemplateDraftSaved(template_id=str(template.pk), name="letter", number=1),
    ]


def test_what_is_published_is_what_documents_are_made_of_and_the_next_draft_changes_nothing() -> (
    None
):
    template = make()
    first = publish_template(id=str(template.pk), note="the first")
    save_draft(id=str(template.pk), body=saying("Hello"))

    assert standing(template) == [(1, "published"), (2, "draft")]
    assert current(template) == first
    assert json.loads(first.resolved)["blocks"][0]["text"] == "Dear"
    second = publish_template(id=str(template.pk))
    assert current(template) == second
    assert json.loads(second.resolved)["blocks"][0]["text"] == "Hello"
    assert published()[2:] == [
        TemplatePublished(
            template_id=str(template.pk), name="letter", version_id=str(first.pk), number=1
        ),
        TemplateDraftSaved(template_id=str(template.pk), name="letter", number=2),
        TemplatePublished(
            template_id=str(template.pk), name="letter", version_id=str(second.pk), number=2
        ),
    ]


@pytest.mark.parametrize(
    "changed",
    [{"body": "{}"}, {"resolved": "{}"}, {"sample": "[]"}, {"number": 7}, {"state": "draft"}],
)
def test_the_database_keeps_what_was_published(changed: dict[str, Any]) -> None:
    version = publish_template(id=str(make().pk))

    with pytest.raises(Error, match="a published version never changes"), transaction.atomic():
        TemplateVersion.objects.filter(pk=version.pk).update(**changed)


def test_partials_and_theme_are_pinned_when_a_version_is_published() -> None:
    partial = create_partial(name="address", body=ADDRESS)
    theme = create_theme(name="house", accent="#00aa00", logo_id=A_FILE, logo_version=3)
    template = make(body=INCLUDING, theme_id=str(theme.pk))
    first = publish_template(id=str(template.pk))

    update_theme(id=str(theme.pk), accent="#aa0000")
    update_partial(id=str(partial.pk), body=ADDRESS.replace("Old", "New"))
    draft_template(id=str(template.pk))
    second = publish_template(id=str(template.pk))
    update_template(id=str(template.pk), theme_id=None)
    delete_theme(id=str(theme.pk))
    delete_partial(id=str(partial.pk))

    first.refresh_from_db()
    looks = []
    for version in (first, second):
        assert parse_template(version.resolved).partials[0][0] == "address"
        resolved = json.loads(version.resolved)
        text = resolved["partials"]["address"]["blocks"][0]["text"]
        looks.append((text, resolved["theme"]["accent"], version.assets))
    logo = {"logo": {"file": A_FILE, "version": 3}}
    assert looks == [("Old Street", "#00aa00", logo), ("New Street", "#aa0000", logo)]


def test_partials_may_include_others_in_any_order_but_not_in_a_circle() -> None:
    create_partial(name="outer", body='{"blocks": [{"type": "include", "partial": "address"}]}')
    create_partial(name="address", body=ADDRESS)
    template = make(body=a_body({"type": "include", "partial": "outer"}))
    made = publish_template(id=str(template.pk))
    assert list(json.loads(made.resolved)["partials"]) == ["address", "outer"]

    create_partial(name="a", body='{"blocks": [{"type": "include", "partial": "b"}]}')
    create_partial(name="b", body='{"blocks": [{"type": "include", "partial": "a"}]}')
    save_draft(id=str(template.pk), body=a_body({"type": "include", "partial": "a"}))
    with pytest.raises(TemplateRefusedError, match="a circle: 'a' includes 'b' includes 'a'"):
        publish_template(id=str(template.pk))


def test_a_template_says_more_than_its_theme_and_its_own_partial_comes_first() -> None:
    create_partial(name="address", body=ADDRESS)
    theme = create_theme(name="house", accent="#00aa00", size=12)
    own = json.loads(INCLUDING) | {
        "theme": {"accent": "#0000aa"},
        "partials": {"address": {"blocks": []}},
    }
    made = publish_template(id=str(make(body=json.dumps(own), theme_id=str(theme.pk)).pk))

    resolved = json.loads(made.resolved)
    assert (resolved["theme"]["accent"], resolved["theme"]["size"]) == ("#0000aa", 12)
    assert resolved["partials"] == {"address": {"blocks": []}}


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"body": "{"}, "no JSON"),
        ({"body": "[]"}, "a template is an object"),
        ({"body": saying("{{ 1 + }}")}, "/blocks/0/text"),
        ({"body": INCLUDING}, "no partial 'address'"),
        ({"schema": "{"}, "no JSON"),
        ({"schema": '{"type": 7}'}, "no JSON Schema"),
        (
            {
                "body": saying("{{ nmae }}"),
                "schema": '{"type": "object", "properties": {"name": {}}}',
            },
            "the data has no `nmae`",
        ),
        (
            {"body": a_body({"type": "image", "asset": "seal", "alt": "A seal"})},
            "there is no picture 'seal'",
        ),
        ({"body": '{"septet": 1, "title": "A"}', "markdown": "::: repeat"}, "directive"),
    ],
)
def test_what_is_wrong_is_saved_and_not_published(told: dict[str, Any], message: str) -> None:
    template = make(**told)

    with pytest.raises(TemplateRefusedError) as refused:
        publish_template(id=str(template.pk))

    assert message in str(refused.value)
    assert standing(template) == [(1, "draft")]
    assert [type(one) for one in published()] == [TemplateCreated, TemplateDraftSaved]


def test_advice_keeps_nothing_from_being_published() -> None:
    template = make(sample="no JSON", body=a_body({"type": "heading", "level": 3, "text": "A"}))

    assert publish_template(id=str(template.pk)).state == "published"


def test_markdown_is_kept_and_becomes_blocks() -> None:
    head = '{"septet": 1, "title": "A"}'
    made = publish_template(id=str(make(body=head, markdown="# Dear {{ name }}").pk))

    assert (made.body, made.markdown) == (head, "# Dear {{ name }}")
    assert json.loads(made.resolved)["blocks"] == [
        {"type": "heading", "level": 1, "text": ["Dear {{ name }}"]}
    ]


def test_a_draft_that_others_have_saved_is_not_written_over() -> None:
    template = make()
    before = draft_of(template)
    assert before is not None
    after = save_draft(id=str(template.pk), saved_at=before.saved_at, note="mine")

    with pytest.raises(ConflictError, match="saved by others"):
        save_draft(
            id=str(template.pk), saved_at=after.saved_at - timedelta(seconds=1), note="theirs"
        )

    after.refresh_from_db()
    assert after.note == "mine"


def test_a_draft_that_says_the_same_is_not_saved_again() -> None:
    template = make()
    save_draft(id=str(template.pk), body=saying("Dear"), note="")

    assert len(published()) == 2


@pytest.mark.parametrize(
    ("told", "error", "message"),
    [
        ({"body": "x" * 2_000_001}, LimitExceededError, "body has at most 2000000 characters"),
        ({"sample": "x" * 1_000_001}, LimitExceededError, "sample has at most"),
        ({"body": "a\x00"}, InvalidInputError, "body holds U+0000"),
        ({"note": "x" * 1_001}, InvalidInputError, "note: "),
        ({"assets": {"": {"file": A_FILE, "version": 1}}}, InvalidInputError, "a picture is named"),
        ({"assets": {"a": {"file": "b", "version": 1}}}, InvalidInputError, "an id is a UUID"),
        ({"assets": {"a": {"file": A_FILE, "version": 0}}}, InvalidInputError, "begin with 1"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    told: dict[str, Any], error: type[Exception], message: str
) -> None:
    template = make()

    with pytest.raises(error) as refused:
        save_draft(id=str(template.pk), **told)

    assert message in str(refused.value)
    assert len(published()) == 2


def test_a_discarded_draft_is_gone_and_what_was_published_stays() -> None:
    template = make()
    publish_template(id=str(template.pk))
    draft_template(id=str(template.pk))
    with pytest.raises(ConflictError, match="version 2 of 'letter' is a draft already"):
        draft_template(id=str(template.pk))

    discard_draft(id=str(template.pk))

    assert standing(template) == [(1, "published")]
    assert published()[-1] == TemplateDraftDiscarded(
        template_id=str(template.pk), name="letter", number=2
    )
    for refused in (discard_draft, publish_template):
        with pytest.raises(NotFoundError, match="has no draft"):
            refused(id=str(template.pk))


def test_a_draft_begins_with_any_version() -> None:
    template = make()
    publish_template(id=str(template.pk))
    save_draft(id=str(template.pk), body=saying("Hello"))
    publish_template(id=str(template.pk))

    draft = draft_template(id=str(template.pk), number=1)

    assert (draft.number, draft.body) == (3, saying("Dear"))
    with pytest.raises(NotFoundError, match="has no version 9"):
        usable_version(template, 9)


def test_of_a_withdrawn_version_nothing_is_made_and_the_one_before_stands() -> None:
    template = make()
    first = publish_template(id=str(template.pk))
    draft_template(id=str(template.pk))
    second = publish_template(id=str(template.pk))
    for _ in range(2):
        withdraw_version(id=str(second.pk))

    assert current(template) == first
    with pytest.raises(ConflictError, match="version 2 of 'letter' is withdrawn"):
        usable_version(template, 2)
    withdraw_version(id=str(first.pk))
    with pytest.raises(ConflictError, match="no version is published"):
        current(template)
    told = {"template_id": str(template.pk), "name": "letter"}
    assert published()[-2:] == [
        TemplateWithdrawn(**told, version_id=str(second.pk), number=2, current=1),
        TemplateWithdrawn(**told, version_id=str(first.pk), number=1, current=0),
    ]


def test_a_draft_is_not_withdrawn() -> None:
    draft = draft_of(make())
    assert draft is not None

    with pytest.raises(ConflictError, match="discard it"):
        withdraw_version(id=str(draft.pk))


def test_an_archived_template_is_neither_used_nor_written_until_it_is_restored() -> None:
    template = make()
    publish_template(id=str(template.pk))
    for _ in range(2):
        archive_template(id=str(template.pk))

    with pytest.raises(ConflictError, match="archived"):
        current(template)
    with pytest.raises(ConflictError, match="archived"):
        save_draft(id=str(template.pk), note="a")
    for _ in range(2):
        restore_template(id=str(template.pk))
    assert current(template).number == 1
    told = {"template_id": str(template.pk), "name": "letter"}
    assert published()[3:] == [TemplateArchived(**told), TemplateRestored(**told)]


def test_a_template_is_described_anew_and_told_once() -> None:
    template = make()
    update_template(id=str(template.pk), name="note", formats=["pdf", "docx", "pdf"])
    changed = update_template(id=str(template.pk), name="note", formats=["pdf", "docx"])

    assert (changed.name, changed.title, changed.formats) == ("note", "A letter", ["pdf", "docx"])
    assert published()[2:] == [
        TemplateChanged(template_id=str(template.pk), name="note", fields=("formats", "name"))
    ]


@pytest.mark.parametrize("name", ["", "Letter", "a b", "a--b", "-a", "ä", "a" * 61])
def test_names_are_what_addresses_hold(name: str) -> None:
    with pytest.raises(InvalidInputError):
        make(name)

    assert Template.objects.count() == 0
    assert published() == []


def test_a_name_is_taken_once_and_by_one_tenant() -> None:
    template = make()
    other = make("other")
    with pytest.raises(ConflictError, match="there is a template 'letter' already"):
        make()
    with pytest.raises(ConflictError, match="there is a template 'letter' already"):
        update_template(id=str(other.pk), name="letter")
    with pytest.raises(ConflictError, match="there is a template 'other' already"):
        duplicate_template(id=str(template.pk), name="other")

    assert Template.objects.count() == 2


def test_a_template_that_documents_were_made_of_is_not_removed() -> None:
    template, unused = make(), make("unused")
    publish_template(id=str(template.pk))
    create_document(template="letter", format="pdf")

    with pytest.raises(ConflictError, match="documents were made of the template 'letter'"):
        delete_template(id=str(template.pk))
    outcomes = delete_templates(ids=[str(template.pk), str(unused.pk)])

    assert [getattr(one, "code", "") for one in outcomes] == ["CONFLICT", ""]
    assert standing(template) == [(1, "published")]
    assert [one.template_id for one in told(TemplateDeleted)] == [str(unused.pk)]


def test_a_duplicate_begins_with_what_is_newest() -> None:
    template = make(formats=["pdf"])
    publish_template(id=str(template.pk))
    save_draft(id=str(template.pk), body=saying("Hello"))

    made = duplicate_template(id=str(template.pk), name="copy")

    draft = draft_of(made)
    assert draft is not None
    assert (made.title, made.formats, draft.number) == ("A letter", ["pdf"], 1)
    assert draft.body == saying("Hello")


def test_removed_templates_go_with_their_versions() -> None:
    template, other = make(), make("other")
    publish_template(id=str(template.pk))
    missing = str(new_id())

    outcomes = delete_templates(ids=[str(template.pk), missing])
    delete_template(id=str(other.pk))

    assert [type(one) for one in outcomes] == [Template, NotFoundError]
    assert (Template.objects.count(), TemplateVersion.objects.count()) == (0, 0)
    assert published()[-2:] == [
        TemplateDeleted(template_id=str(template.pk), name="letter"),
        TemplateDeleted(template_id=str(other.pk), name="other"),
    ]


def test_a_theme_that_templates_have_is_not_removed() -> None:
    theme = create_theme(name="house")
    make(theme_id=str(theme.pk))

    with pytest.raises(ConflictError, match="templates have the theme 'house': letter"):
        delete_theme(id=str(theme.pk))


@pytest.mark.parametrize(
    ("told", "error", "message"),
    [
        ({"color": "red"}, TemplateRefusedError, "/theme/color: a colour as #rrggbb"),
        ({"size": 100}, TemplateRefusedError, "/theme/size: a number from 5 to 30"),
        ({"name": "The House"}, InvalidInputError, "a name is small letters"),
        ({"logo_id": A_FILE}, InvalidInputError, "a logo is one version of a file"),
    ],
)
def test_a_theme_that_no_template_takes_is_refused(
    told: dict[str, Any], error: type[Exception], message: str
) -> None:
    theme = create_theme(name="house")

    with pytest.raises(error, match=message):
        update_theme(id=str(theme.pk), **told)
    with pytest.raises(error, match=message):
        create_theme(**{"name": "other", **told})

    assert [type(one) for one in published()] == [ThemeCreated]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "no JSON"),
        ("[]", "an object with `blocks`"),
        ('{"blocks": [{"type": "none"}]}', "/blocks/0/type: a block has a `type`"),
    ],
)
def test_a_partial_that_no_template_takes_is_refused(body: str, message: str) -> None:
    with pytest.raises(TemplateRefusedError) as refused:
        create_partial(name="address", body=body)

    assert message in str(refused.value)
    assert published() == []


def test_each_change_of_a_theme_and_a_partial_is_told() -> None:
    theme = create_theme(name="house")
    partial = create_partial(name="address", body=ADDRESS)
    for _ in range(2):
        update_theme(id=str(theme.pk), accent="#0000aa", size=10)
        update_partial(id=str(partial.pk), name="street")
    delete_theme(id=str(theme.pk))
    delete_partial(id=str(partial.pk))

    here, there = str(theme.pk), str(partial.pk)
    assert published() == [
        ThemeCreated(theme_id=here, name="house"),
        PartialCreated(partial_id=there, name="address"),
        ThemeChanged(theme_id=here, name="house", fields=("accent",)),
        PartialChanged(partial_id=there, name="street", fields=("name",)),
        ThemeDeleted(theme_id=here, name="house"),
        PartialDeleted(partial_id=there, name="street"),
    ]


def test_a_draft_is_compared_as_it_would_be_published() -> None:
    create_partial(name="address", body=ADDRESS)
    template = make(body=INCLUDING)
    first = publish_template(id=str(template.pk))
    body = json.loads(INCLUDING)
    body["blocks"].insert(0, {"type": "rule"})
    draft = save_draft(id=str(template.pk), body=json.dumps(body), sample='{"a": 1}')

    assert [(one.place, one.after) for one in between(first, draft)] == [
        ("/body/blocks/0", {"type": "rule"}),
        ("/sample/a", 1),
    ]
    broken = save_draft(id=str(template.pk), body="{", sample="{}")
    assert [one.place for one in between(first, broken)] == ["/body"]


def test_an_export_is_imported_where_nothing_of_it_is_shared() -> None:
    partial = create_partial(name="address", body=ADDRESS)
    theme = create_theme(name="house", accent="#00aa00")
    template = make(body=INCLUDING, theme_id=str(theme.pk), sample='{"b": 1, "a": 2}', schema="{}")
    made = publish_template(id=str(template.pk), note="the first")
    document = export_template(template)
    delete_partial(id=str(partial.pk))

    copy = import_template(document=document, name="copy")
    again = publish_template(id=str(copy.pk))

    assert json.loads(again.resolved) == json.loads(made.resolved)
    assert (copy.title, again.note, again.schema) == ("A letter", "the first", "{}")
    assert list(json.loads(again.sample)) == ["b", "a"]


def test_an_export_of_markdown_is_markdown() -> None:
    template = make(body='{"septet": 1, "title": "A"}', markdown="# Dear")
    copy = import_template(document=export_template(template, 1), name="copy")

    draft = draft_of(copy)
    assert draft is not None
    assert draft.markdown == "# Dear"
    assert "blocks" not in json.loads(draft.body)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "no JSON"),
        ("[]", "a template file says"),
        ('{"septetTemplate": 2}', "a template file says"),
        ('{"septetTemplate": 1, "title": "A", "body": {}}', "/name: a text is needed here"),
        ('{"septetTemplate": 1, "name": "a", "title": "A", "body": 1}', "/body: an object"),
        (
            '{"septetTemplate": 1, "name": "a", "title": "A", "body": {}, "formats": 1}',
            "/formats: a list",
        ),
    ],
)
def test_what_is_no_export_is_refused(document: str, message: str) -> None:
    with pytest.raises(TemplateRefusedError) as refused:
        import_template(document=document)

    assert message in str(refused.value)
    assert Template.objects.count() == 0
