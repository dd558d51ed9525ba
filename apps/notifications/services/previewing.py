"""Templates are looked at and tried, before anybody is sent what they say."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from apps.notifications.domain.rendering import Words
from apps.notifications.errors import RenderingError
from apps.notifications.models import Notification, NotificationChannel, NotificationTemplate
from apps.notifications.services.attaching import read_file
from apps.notifications.services.notifications import check_address, created
from apps.notifications.services.queueing import queue
from apps.notifications.services.templates import checked_data, example_of, words_of
from kernel import clock
from kernel.errors import DomainError, NotFoundError
from kernel.events.publishing import publish
from kernel.ids import parse_id
from kernel.rows import check

TEST = "Test: "
_MOST_PICTURE = 2_000_000


def preview(
    template: NotificationTemplate,
    *,
    channel: str,
    locale: str = "",
    data: Mapping[str, Any] | None = None,
) -> Words:
    """Return what a template says with this data, or with its sample; raises RenderingError.

    Of a layout, what it looks like.
    """
    given = template.sample if data is None else checked_data(data)
    chosen = locale or template.default_locale
    seen = {
        "data": given,
        "events": [given],
        "count": 1,
        "subscriber": {"key": "ada", "name": "Ada", "locale": chosen, "time_zone": "UTC"},
        "seen": False,
        "read": False,
    }
    of = example_of if template.is_layout else words_of
    return of(template, channel, locale=chosen, data=seen)


def with_pictures(words: Words) -> str:
    """Return the HTML with its pictures in it, for who looks; one that cannot be had is not."""
    html = words.html
    for file_id, rights in words.pictures.items():
        try:
            one = read_file(file_id, rights, _MOST_PICTURE, picture=True)
        except DomainError:
            source = "data:,"
        else:
            source = f"data:{one.content_type};base64,{b64encode(one.content).decode()}"
        html = html.replace(f'src="cid:{file_id}"', f'src="{source}"')
    return html


def preview_of(*, id: str, **told: Any) -> Words:
    """Return what the template of this id says; raises NotFoundError as well."""
    template = NotificationTemplate.visible().filter(pk=parse_id(id)).first()
    if template is None:
        raise NotFoundError(f"no notification template {id}")
    return preview(template, **told)


@transaction.atomic
def send_test(
    *,
    id: str,
    recipient: str,
    channel: NotificationChannel = NotificationChannel.EMAIL,
    locale: str = "",
    data: Mapping[str, Any] | None = None,
) -> Notification:
    """Send somebody what a template says, called a test; suppressed addresses get nothing.

    Raises NotFoundError, RenderingError, InvalidInputError.
    """
    words = preview_of(id=id, channel=channel, locale=locale, data=data)
    if not words.subject:
        raise RenderingError("the subject is empty")
    notification = Notification(
        recipient=recipient,
        channel=channel,
        subject=f"{TEST}{words.subject}"[:500],
        body=words.text,
        html=words.html,
        pictures=words.pictures,
        locale=words.locale,
        not_before=clock.now(),
        round=1,
    )
    check(notification)
    check_address(notification)
    notification.save()
    queue(notification)
    publish(created(notification))
    return notification
