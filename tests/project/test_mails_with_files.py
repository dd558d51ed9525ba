"""Files and pictures go with mails; one that cannot keeps its own mail back, and no other."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import mail

from apps.files.models import File
from apps.notifications.models import Notification
from kernel.identity.models import Tenant
from kernel.ids import new_id
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key
from tests.files.archives import EICAR
from tests.files.library import clean, uploaded

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415478da63f8"
    "cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
SEND = """mutation($to: String!, $files: [ID!]!) { createNotification(input: {
  recipient: $to, channel: EMAIL, subject: "Hello", attachmentIds: $files
}) { notification { id } error { code } } }"""
SAY = """mutation($body: String!) {
  createNotificationTemplate(input: {name: "t", texts: {email: {en: {subject: "s", body: $body}}}})
    { notificationTemplate { id } error { message } } }"""
TRY = """mutation($id: ID!) {
  testNotificationTemplate(input: {id: $id, recipient: "eve@example.com"}) {
    error { message } } }"""


@pytest.fixture
def platform(settings: LazySettings, tmp_path: Path, tenant: Tenant) -> GraphQLClient:
    """A client of all services in one process, and a folder for the bytes of files."""
    settings.MEDIA_ROOT = tmp_path
    return GraphQLClient(make_key(tenant).secret)


def a_picture() -> File:
    """Upload a picture, as somebody who says that it is one."""
    picture = clean(PNG, name="logo.png")
    File.objects.filter(pk=picture.pk).update(content_type="image/png")
    return picture


def became(client: GraphQLClient, *files: File) -> list[tuple[str, str]]:
    """Send each file to somebody, and nothing to somebody else; return how the mails stand."""
    for number, file in enumerate(files):
        client(SEND, to=f"{number}@example.com", files=[str(file.pk)])
    client(SEND, to="other@example.com", files=[])
    drain()
    rows = Notification.objects.order_by("pk")
    return list(rows.values_list("state", "reason_code"))


def test_a_file_goes_with_its_mail_and_one_too_large_is_told(platform: GraphQLClient) -> None:
    good = clean(b"All is well.\n", name="notes.txt")
    large = clean(bytes(25_000_001), name="large.bin")

    found = became(platform, good, large)

    assert found == [("sent", ""), ("failed", "PAYLOAD_TOO_LARGE"), ("sent", "")]
    assert [one.to for one in mail.outbox] == [["other@example.com"], ["0@example.com"]]
    assert mail.outbox[1].attachments[0][:2] == ("notes.txt", b"All is well.\n")
    reason = Notification.objects.get(state="failed").reason
    assert "'large.bin' has 25000001 bytes, and 25000000 are read at most" in reason


def test_a_file_that_is_infected_or_gone_is_never_sent(platform: GraphQLClient) -> None:
    infected = uploaded(EICAR, name="bad.com")
    drain()
    gone = File(pk=new_id())

    found = became(platform, infected, gone)

    not_fetched = ("failed", "FILE_NOT_FETCHED")
    assert found == [not_fetched, not_fetched, ("sent", "")]
    assert [one.to for one in mail.outbox] == [["other@example.com"]]
    reason = Notification.objects.get(recipient="0@example.com").reason
    assert reason == f"file {infected.pk} is infected, and not given out"


def test_a_picture_of_a_template_goes_with_the_mail_and_is_shown_in_it(
    platform: GraphQLClient,
) -> None:
    picture = a_picture()
    note = clean(b"no picture", name="notes.txt")

    for name, file in (("a", picture), ("b", note)):
        say = SAY.replace('"t"', f'"{name}"')
        made = platform(say, body=f"![Logo](cid:{file.pk})").data
        told = made["createNotificationTemplate"]
        assert told["error"] is None
        platform(TRY, id=told["notificationTemplate"]["id"])
    drain()

    [message] = mail.outbox
    parts: dict[str, Any] = {one.get_content_type(): one for one in message.message().walk()}
    assert parts["image/png"]["Content-ID"] == f"<{picture.pk}>"
    assert parts["image/png"].get_content_disposition() == "inline"
    assert parts["image/png"].get_payload(decode=True) == PNG
    assert f'src="cid:{picture.pk}"' in parts["text/html"].get_payload()
    rows = Notification.objects.order_by("pk").values_list("state", "reason_code")
    assert list(rows) == [("sent", ""), ("failed", "NOTIFICATIONS_RENDERING_FAILED")]


def test_a_picture_is_read_as_who_has_written_the_template(
    platform: GraphQLClient, tenant: Tenant
) -> None:
    picture = a_picture()
    key = make_key(tenant, "notifications:write").secret
    writer = GraphQLClient(key)
    made = writer(SAY, body=f"![Logo](cid:{picture.pk})").data["createNotificationTemplate"]

    # Who tries it may see the file; who has written it may not, and nobody shows it through them.
    platform(TRY, id=made["notificationTemplate"]["id"])
    drain()

    assert mail.outbox == []
    assert Notification.objects.get().reason_code == "FILE_NOT_FETCHED"
