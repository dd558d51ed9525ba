"""Templates are looked at and tried before anybody is sent them; what is shown runs nothing."""

import html
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.test import Client

from apps.notifications.models import Notification, NotificationTemplate, TemplateVersion
from apps.notifications.services.templates import create_template, update_template
from kernel.errors import InvalidInputError
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant

pytestmark = pytest.mark.usefixtures("tenant")
TEXTS = {
    "email": {
        "en": {"subject": "For {{ data.name }}", "body": "**Hello** {{ data.name }}"},
        "de": {"subject": "Für {{ data.name }}", "body": "Hallo {{ data.title }}"},
    },
    "in_app": {"en": {"subject": "{{ data.name }}", "body": "{{ data.name }}"}},
}
SHOW = """query($id: ID!, $channel: NotificationChannel!, $locale: String, $data: JSON) {
    notificationTemplatePreview(id: $id, channel: $channel, locale: $locale, data: $data) {
        locale subject text html } }"""
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def template() -> NotificationTemplate:
    return create_template(name="t", texts=TEXTS, sample={"name": SCRIPT})


def shown(client: GraphQLClient, template: NotificationTemplate, **told: Any) -> Any:
    return client(SHOW, id=str(template.pk), **({"channel": "EMAIL"} | told)).body


def test_a_template_is_filled_with_its_sample_or_with_what_is_sent(
    graphql: GraphQLClient, template: NotificationTemplate
) -> None:
    by_sample = shown(graphql, template)["data"]["notificationTemplatePreview"]
    nearest = shown(graphql, template, locale="fr", data={"name": "Ada"})["data"]
    missing = shown(graphql, template, locale="de")

    assert by_sample["html"] == (
        "<p><strong>Hello</strong> &lt;script&gt;alert(1)&lt;/script&gt;</p>\n"
    )
    assert nearest["notificationTemplatePreview"]["subject"] == "For Ada"
    [error] = missing["errors"]
    assert error["extensions"]["code"] == "NOTIFICATIONS_RENDERING_FAILED"
    assert "`title`" in error["message"]


def test_others_and_who_may_not_read_are_shown_nothing(
    tenant: Tenant, template: NotificationTemplate
) -> None:
    path = "/notifications/graphql"
    stranger = GraphQLClient(make_key(make_tenant()).secret, path)
    writer = GraphQLClient(make_key(tenant, "notifications:write").secret, path)

    assert shown(stranger, template)["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert shown(writer, template)["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def test_a_sample_is_no_other_version_and_is_data(template: NotificationTemplate) -> None:
    update_template(id=str(template.pk), sample={"name": "Eva"})
    with pytest.raises(InvalidInputError, match="data is an object"):
        update_template(id=str(template.pk), sample=[1])
    update_template(id=str(template.pk), texts=TEXTS)

    assert list(TemplateVersion.objects.values_list("number", flat=True)) == [1, 2]
    template.refresh_from_db()
    assert (template.number, template.sample) == (2, {"name": "Eva"})


def test_a_test_goes_to_whom_it_is_sent_and_says_so(
    graphql: GraphQLClient, template: NotificationTemplate
) -> None:
    text = """mutation($id: ID!, $to: String!) { testNotificationTemplate(input: {
        id: $id, recipient: $to, data: {name: "Ada"}}) { notification { subject }
        error { code } } }"""

    sent = graphql(text, id=str(template.pk), to="ops@example.com").data
    refused = graphql(text, id=str(template.pk), to="nobody").data
    drain()

    assert sent["testNotificationTemplate"]["notification"] == {"subject": "Test: For Ada"}
    assert refused["testNotificationTemplate"]["error"] == {"code": "INVALID_INPUT"}
    assert [(one.subject, one.to) for one in mail.outbox] == [
        ("Test: For Ada", ["ops@example.com"])
    ]


def test_staff_see_it_in_frames_where_nothing_runs(template: NotificationTemplate) -> None:
    User.objects.create_superuser("staff", email="staff@example.com")
    browser = Client()
    browser.force_login(User.objects.get())
    place = f"/admin/notifications/notificationtemplate/{template.pk}"

    page = browser.get(f"{place}/look/", {"text": "email.en"})
    frame = browser.get(f"{place}/look/frame/", {"text": "email.en", "theme": "dark"})
    missing = browser.get(f"{place}/look/", {"text": "email.de"})
    gone = browser.get(f"{place}/look/frame/", {"text": "email.de"})
    browser.post(f"{place}/test/", {"text": "email.en", "confirmed": "yes"})

    assert page.text.count("<iframe") == 4
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert frame["Content-Security-Policy"].endswith("frame-ancestors 'self'; sandbox")
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert "color-scheme: dark" in frame.text
    assert SCRIPT not in frame.text
    assert "NOTIFICATIONS_RENDERING_FAILED" in missing.text
    assert "<iframe" not in missing.text
    assert "there is no `title`" in html.unescape(gone.text)
    assert Notification.objects.get().recipient == "staff@example.com"


def editor(template: NotificationTemplate) -> tuple[Client, str]:
    User.objects.create_superuser("staff", email="staff@example.com")
    browser = Client()
    browser.force_login(User.objects.get())
    return browser, f"/admin/notifications/notificationtemplate/{template.pk}/write/"


WRITTEN = {"channel": "email", "locale": "fr", "subject": "Pour {{ data.name }}", "body": "Salut"}


def test_staff_write_a_text_and_see_it_before_it_is_saved(template: NotificationTemplate) -> None:
    browser, place = editor(template)

    page = browser.get(place, {"text": "email.de"})
    draft = browser.post(f"{place}draft/?theme=dark", WRITTEN | {"body": "**Salut**\r\n"})
    asked = browser.post(place, WRITTEN)
    assert "Hallo {{ data.title }}" in page.text
    assert "<p><strong>Salut</strong></p>" in draft.text
    assert draft["Content-Security-Policy"].endswith("frame-ancestors 'self'; sandbox")
    assert "version 2" in asked.text
    template.refresh_from_db()
    assert (template.number, template.texts) == (1, TEXTS)

    browser.post(place, WRITTEN | {"confirmed": "yes"})
    template.refresh_from_db()
    assert template.number == 2
    french = {"fr": {"subject": "Pour {{ data.name }}", "body": "Salut"}}
    assert template.texts == TEXTS | {"email": TEXTS["email"] | french}


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({"body": "{{#if}}"}, "texts.email.fr.body: at character 1"),
        ({"locale": "french"}, "a locale is"),
        ({"subject": ""}, "subject: This field is required."),
        ({"layout": "none"}, "layout: Select a valid choice"),
    ],
)
def test_what_is_written_wrong_is_told_and_not_saved(
    template: NotificationTemplate, told: dict[str, str], problem: str
) -> None:
    browser, place = editor(template)

    draft = browser.post(f"{place}draft/", WRITTEN | told)
    browser.post(place, WRITTEN | told | {"confirmed": "yes"})

    assert problem in html.unescape(draft.text)
    template.refresh_from_db()
    assert template.number == 1


def test_who_may_only_view_templates_writes_none(template: NotificationTemplate) -> None:
    _, place = editor(template)
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_notificationtemplate"))
    browser = Client()
    browser.force_login(reader)

    found = [browser.get(place), browser.post(f"{place}draft/", WRITTEN)]

    assert {one.status_code for one in found} == {403}
