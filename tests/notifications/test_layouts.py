"""Layouts stand around what is said; data in them is text, and nothing in them runs or loads."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail

from apps.notifications.errors import TemplateRefusedError
from apps.notifications.models import Notification, NotificationTemplate, TemplateVersion
from apps.notifications.services.previewing import preview
from apps.notifications.services.templates import (
    create_template,
    delete_template,
    update_template,
)
from apps.notifications.services.triggering import trigger
from apps.notifications.services.workflows import create_workflow
from kernel.errors import ConflictError
from kernel.identity.models import Tenant
from kernel.tenancy.context import ALL_SCOPES, Principal, acting_as
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.notifications.people import person

pytestmark = pytest.mark.usefixtures("tenant")
FRAME = """
<style>
  :root { --brand: #0b6e4f }
  h1 { color: var(--brand) } p { margin: 0 }
  @media (max-width: 480px) { h1 { font-size: 18px } }
</style>
<div class="head"><h1>{{ data.company }}</h1></div>{{ content }}
<p><a href="{{ unsubscribe_url }}">Leave</a> {{ subscriber.key }}</p>"""
AROUND = {
    "email": {
        "en": {"body": FRAME, "text": "{{ content }}\n-- \n{{ unsubscribe_url }}"},
        "de": {"body": "<p>Guten Tag</p>{{ content }}"},
    },
    "in_app": {"en": {"body": "{{ data.company }}: {{ content }}"}},
}
SAID = {
    "email": {
        "en": {"subject": "Hi {{ data.name }}", "body": "Dear **{{ data.name }}**"},
        "de-AT": {"subject": "Servus", "body": "Servus"},
    },
    "in_app": {"en": {"subject": "Hi", "body": "Hello"}},
    "webhook": {"en": {"subject": "Hi", "body": "Hello"}},
}
DATA = {"name": "<i>Ada</i>", "company": "A & B"}


def elements(html: str) -> list[tuple[str, list[tuple[str, str | None]]]]:
    """Return the elements of a page with their attributes, as a parser has them."""
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append((tag, attrs))  # type: ignore[method-assign]
    parser.feed(html)
    return found


def around(body: str = FRAME, **told: Any) -> NotificationTemplate:
    texts = AROUND | {"email": {"en": {"body": body}}} if body != FRAME else AROUND
    return create_template(name="frame", texts=texts, is_layout=True, **told)


def said(**told: Any) -> NotificationTemplate:
    return create_template(name="t", texts=SAID, layout="frame", sample=DATA, **told)


def test_words_of_a_mail_stand_in_their_layout_with_its_styles_on_the_elements() -> None:
    around()
    words = preview(said(), channel="email")

    assert '<h1 style="color: #0b6e4f;">A &amp; B</h1>' in words.html
    assert '<p style="margin: 0;">Dear <strong>&lt;i&gt;Ada&lt;/i&gt;</strong></p>' in words.html
    assert words.html.startswith('<!DOCTYPE html><html lang="en">')
    # What depends on the device can stand nowhere else.
    assert "@media (max-width: 480px)" in words.html
    assert words.text == "Dear **<i>Ada</i>**\n-- \n"


def test_the_layout_of_the_nearest_language_is_taken_and_a_channel_without_one_stays() -> None:
    around()
    template = said()

    german = preview(template, channel="email", locale="de-AT")
    inbox = preview(template, channel="in_app")
    webhook = preview(template, channel="webhook")

    assert "<p>Guten Tag</p><p>Servus</p>" in german.html
    assert (inbox.text, inbox.html) == ("A & B: Hello", "")
    assert webhook.text == "Hello"


def test_a_mail_goes_out_in_its_layout_with_a_way_to_leave() -> None:
    around()
    said()
    person()
    create_workflow(name="w", steps=[{"do": "send", "channel": "email", "template": "t"}])
    trigger(workflow="w", subscribers=["ada"], data=DATA)
    drain()

    [message] = mail.outbox
    ((html, _),) = message.alternatives  # type: ignore[union-attr]  # it is a multipart one
    url = message.extra_headers["List-Unsubscribe"].strip("<>")
    assert f'<a href="{url}">Leave</a> ada' in str(html)
    assert message.body.endswith(url)


def test_a_layout_that_is_changed_holds_from_then_on() -> None:
    layout, template = around(), said()

    update_template(id=str(layout.pk), texts={"in_app": {"en": {"body": "New: {{ content }}"}}})

    assert preview(template, channel="in_app").text == "New: Hello"
    versions = TemplateVersion.objects.order_by("pk").values_list("template", "number", "layout")
    assert list(versions) == [(layout.pk, 1, ""), (template.pk, 1, "frame"), (layout.pk, 2, "")]


HOSTILE = [
    ("<script>x</script>{{ content }}", "`<script>` is none of the elements"),
    ("<p onclick='x'>{{ content }}</p>", "`onclick` is none of the attributes"),
    ("<link href='https://x.org/a.css'>{{ content }}", "`<link>` is none"),
    ("<style>@import url(https://x.org)</style>{{ content }}", "no @import"),
    ("<style>p { color: {{ data.x }} }</style>{{ content }}", "a style has no values"),
    ("<p style='color: {{ data.x }}'>{{ content }}</p>", "a style has no values"),
    ("<a href={{ data.x }}>{{ content }}</a>", "a value stands in quotes"),
    ("<a {{ data.x }}='y'>{{ content }}</a>", "a value stands in quotes"),
    ("<{{ data.x }}>{{ content }}", "none of the elements"),
    ("<p title='{{ content }}'></p>", "stands between elements"),
    ("<!-- {{ content }} -->", "stands between elements"),
    ("<title>{{ content }}</title>", "stands between elements"),
    ("<p>nothing</p>", "stands in it once, found 0"),
    ("{{ content }}{{ content }}", "stands in it once, found 2"),
    ("{{ content }}{{#if}}", "at character"),
]


@pytest.mark.parametrize(("body", "problem"), HOSTILE)
def test_what_would_run_load_or_let_data_out_is_refused(body: str, problem: str) -> None:
    with pytest.raises(Exception, match=re.escape("texts.email.en.body")) as raised:
        around(body)

    assert problem in str(raised.value)
    assert not NotificationTemplate.objects.exists()


@pytest.mark.parametrize(
    "value",
    ['"><script>alert(1)</script>', "javascript:alert(1)", "\" onclick='x'", "{{ content }}"],
)
def test_data_in_a_layout_is_text_and_leads_nowhere(value: str) -> None:
    around(
        '<a href="{{ data.x }}" title="{{ data.x }}">{{ data.x }}</a>'
        '<img src="cid:{{ data.x }}">{{ content }}'
    )
    texts = {"email": {"en": {"subject": "s", "body": "Hello"}}}
    template = create_template(name="t", texts=texts, layout="frame", sample={"x": value})

    html = preview(template, channel="email").html

    assert ("a", [("href", "#"), ("title", value)]) in elements(html)
    assert ("img", [("src", "#")]) in elements(html)
    assert {tag for tag, _ in elements(html)} == {
        "html",
        "head",
        "meta",
        "title",
        "body",
        "a",
        "img",
        "p",
    }
    assert html.count("Hello") == 1


def test_pictures_are_those_that_the_text_names_and_not_the_data() -> None:
    one, other = "0" * 8 + "-0000-0000-0000-" + "0" * 12, "1" * 8 + "-0000-0000-0000-" + "0" * 12
    around(f'<img src="cid:{one}" alt=""><img src="{{{{ data.x }}}}" alt="">{{{{ content }}}}')
    body = f"![Ours](cid:{one}) ![Theirs]({{{{ data.x }}}})"
    texts = {"email": {"en": {"subject": "s", "body": body}}}
    template = create_template(name="t", texts=texts, layout="frame", sample={"x": f"cid:{other}"})

    words = preview(template, channel="email")

    assert list(words.pictures) == [one]
    assert (words.html.count(f'src="cid:{one}"'), words.html.count('src="#"')) == (2, 2)


def test_pictures_are_read_as_who_has_shown_them_and_staff_who_are_no_member_show_none(
    tenant: Tenant,
) -> None:
    one, other = (f"{n * 8}-0000-0000-0000-{n * 12}" for n in "01")
    staff = Principal(
        kind="staff",
        id=str(User.objects.create_user("staff").pk),
        name="staff",
        tenant_id=tenant.pk,
        scopes=frozenset((ALL_SCOPES,)),
    )
    key = make_key(tenant)
    writer = Principal(
        kind="key", id=str(key.key.pk), name="key", tenant_id=tenant.pk, scopes=staff.scopes
    )

    def shows(*ids: str) -> dict[str, Any]:
        body = " ".join(f"![A](cid:{id_})" for id_ in ids)
        return {"email": {"en": {"subject": "s", "body": f"Hello {body}"}}}

    with acting_as(writer):
        template = create_template(name="t", texts=shows(one))
    with acting_as(staff):
        update_template(id=str(template.pk), texts=shows(one, one))
        with pytest.raises(TemplateRefusedError, match="pictures are read as who shows them"):
            update_template(id=str(template.pk), texts=shows(one, other))
        with pytest.raises(TemplateRefusedError, match="pictures are read as who shows them"):
            create_template(name="u", texts=shows(one))

    template.refresh_from_db()
    assert (template.number, template.written_by["id"]) == (2, writer.id)

    with acting_as(staff):
        update_template(id=str(template.pk), texts=shows())
    template.refresh_from_db()
    assert template.written_by == {}


def test_a_layout_that_templates_are_in_stays_and_one_that_is_not_there_is_told() -> None:
    layout, template = around(), said()

    with pytest.raises(ConflictError, match="templates are in this layout: t"):
        delete_template(id=str(layout.pk))
    with pytest.raises(Exception, match="there is no layout 'x'"):
        update_template(id=str(template.pk), layout="x")
    with pytest.raises(Exception, match="a layout stands in no other"):
        update_template(id=str(layout.pk), layout="frame")
    # A template is no layout, either.
    with pytest.raises(Exception, match="there is no layout 't'"):
        update_template(id=str(template.pk), layout="t")

    update_template(id=str(template.pk), layout="")
    delete_template(id=str(layout.pk))
    template.refresh_from_db()
    assert preview(template, channel="in_app").text == "Hello"


def test_what_a_layout_misses_fails_that_message_and_no_other() -> None:
    around("{{ data.missing }}{{ content }}")
    said()
    person()
    both = ["email", "in_app"]
    create_workflow(
        name="w", steps=[{"do": "send", "channel": one, "template": "t"} for one in both]
    )
    trigger(workflow="w", subscribers=["ada"], data=DATA)
    drain()

    rows = Notification.objects.order_by("step").values_list("channel", "state", "reason_code")
    assert list(rows) == [
        ("email", "failed", "NOTIFICATIONS_RENDERING_FAILED"),
        ("in_app", "sent", ""),
    ]


def test_layouts_are_made_found_and_shown_by_callers(
    graphql: GraphQLClient, tenant: Tenant
) -> None:
    make = """mutation($texts: JSON!, $said: JSON!) {
      frame: createNotificationTemplate(input: {name: "frame", texts: $texts, isLayout: true,
        sample: {company: "X"}}) { notificationTemplate { id isLayout } error { message } }
      t: createNotificationTemplate(input: {name: "t", texts: $said, layout: "frame"}) {
        notificationTemplate { id layout isLayout } error { message } }
      bad: createNotificationTemplate(input: {name: "b", texts: $said, layout: "no"}) {
        error { code } } }"""
    find = """{ notificationTemplates(filter: {isLayout: true}) { nodes { name } }
      inside: notificationTemplates(filter: {layout: "frame"}) { nodes { name } } }"""
    show = """query($id: ID!) { notificationTemplatePreview(id: $id, channel: IN_APP) {
      text } }"""

    told = graphql(make, texts=AROUND, said=SAID).data
    frame = told["frame"]["notificationTemplate"]
    found = graphql(find).data
    shown = graphql(show, id=frame["id"]).data
    elsewhere = GraphQLClient(make_key(make_tenant()).secret, "/notifications/graphql")(find).data

    assert frame["isLayout"] is True
    assert told["t"]["notificationTemplate"]["layout"] == "frame"
    assert told["bad"]["error"]["code"] == "NOTIFICATIONS_TEMPLATE_REFUSED"
    assert [one["nodes"] for one in found.values()] == [[{"name": "frame"}], [{"name": "t"}]]
    assert shown["notificationTemplatePreview"]["text"] == "X: Here stands what is said."
    assert [one["nodes"] for one in elsewhere.values()] == [[], []]


def test_a_language_that_cannot_be_filled_fails_its_own_people_and_no_others() -> None:
    texts = {
        "email": {
            "en": {"subject": "Hi {{ data.name }}", "body": "Hello"},
            "de": {"subject": "Servus {{ data.titel }}", "body": "Servus"},
        }
    }
    create_template(name="t", texts=texts)
    create_workflow(name="w", steps=[{"do": "send", "channel": "email", "template": "t"}])
    for key, locale in (("ada", "de-AT"), ("eve", "en")):
        person(key, locale=locale)

    # What stands in the data makes no second header, either.
    hostile = {"name": "Eve\r\nBcc: all@example.com"}
    trigger(workflow="w", subscribers=["ada", "eve"], data=hostile)
    drain()

    rows = Notification.objects.order_by("recipient").values_list("recipient", "state", "reason")
    (_, failed, why), eve = rows
    assert (failed, "`titel`" in why) == ("failed", True)
    assert eve[:2] == ("eve@example.com", "sent")
    [message] = mail.outbox
    assert message.message()["Subject"] == "Hi Eve Bcc: all@example.com"
    assert message.recipients() == ["eve@example.com"]
