"""What those who carried a message tell of it later: that it arrived, came back, or annoyed."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest

from apps.notifications.adapters.channels.mails import REPORT_HEADER
from apps.notifications.adapters.providers import provider as adapter
from apps.notifications.adapters.providers import twilio, vonage
from apps.notifications.adapters.providers.esp import MailEvent
from apps.notifications.domain.reports import ReportError, Told, read_report
from apps.notifications.errors import CallbackRefusedError
from apps.notifications.models import (
    Notification,
    NotificationProvider,
    ProviderKind,
    Report,
    Suppression,
)
from apps.notifications.selectors.links import Opened, opened_report
from apps.notifications.services.suppressions import suppress
from apps.notifications.services.timeline import note
from contracts.notification_providers import NotificationReported
from kernel.errors import InvalidInputError, NotFoundError
from kernel.events.publishing import publish
from kernel.ids import parse_id
from kernel.secrets.reading import read_secret
from kernel.tenancy.context import in_tenant

_PURPOSE = "notification callback"
#: A later word counts more; the same again, or an earlier one that comes late, changes nothing.
_ORDER = ("", Report.DELIVERED, Report.UNDELIVERED, Report.BOUNCED, Report.COMPLAINED)
#: Twilio's codes and Vonage's of numbers that reach nobody: unknown, not allocated, barred.
_NUMBERS = frozenset(("30005", "30006", "5", "6"))


def take_mail_report(content: bytes) -> bool:
    """Take what a mail server reports of a mail of ours; False when it was known already.

    Whoever posts it is not believed: the mail that came back carries our signature. Raises
    InvalidInputError for what is no report, CallbackRefusedError for a mail that is none of ours.
    """
    try:
        told = read_report(content, REPORT_HEADER)
    except ReportError as error:
        raise InvalidInputError(str(error)) from None
    try:
        opened = opened_report(told.token)
    except NotFoundError:
        raise CallbackRefusedError("the mail that came back was not sent from here") from None
    with in_tenant(opened.tenant_id):
        return _record_mail(opened.row_id, told)


def take_callback(opened: Opened, form: Mapping[str, str], signature: str, url: str) -> bool:
    """Take what a provider tells of a message, in its tenant; False when it was known already.

    The address that is called was given to that provider alone; Twilio signs on top of that.
    Raises CallbackRefusedError.
    """
    provider = NotificationProvider.objects.filter(pk=UUID(opened.more)).first()
    if provider is None:
        raise CallbackRefusedError("the provider is gone")
    if provider.kind == ProviderKind.TWILIO:
        secret = read_secret(provider, "secret", purpose=_PURPOSE, shown=False)
        if not twilio.is_signed(secret, url, form, signature):
            raise CallbackRefusedError("X-Twilio-Signature does not sign this")
        receipt, status, code = form.get("MessageSid"), form.get("MessageStatus"), "ErrorCode"
        what = twilio.REPORTS.get(status or "")
    elif provider.kind == ProviderKind.VONAGE:
        receipt, status, code = form.get("messageId"), form.get("status"), "err-code"
        what = vonage.REPORTS.get(status or "")
    else:
        raise CallbackRefusedError(f"{provider.kind} tells nothing later")
    if what is None:
        # On its way: there is nothing to write down yet.
        return False
    number = form.get(code, "")
    if what == "undelivered" and number in _NUMBERS:
        what = "bounced"
    return _record(opened.row_id, provider, receipt or "", Report(what), f"{status} {number}")


def take_events(provider_id: UUID, request: HttpRequest) -> int:
    """Take what a service of mail tells of mails, in its tenant; return how many were news.

    The address that is called was given to that service alone; Mailgun signs on top of that.
    Raises CallbackRefusedError, InvalidInputError.
    """
    provider = NotificationProvider.objects.filter(pk=provider_id, channel="email").first()
    if provider is None:
        raise CallbackRefusedError("the provider is gone")
    secret = partial(read_secret, provider, "secret", purpose=_PURPOSE, shown=False)
    found: Any = adapter(provider.kind, provider.settings, secret)
    return sum(_record_event(provider, one) for one in found.events(request))


def _record_event(provider: NotificationProvider, event: MailEvent) -> bool:
    if not event.what or not event.id:
        # Opened, clicked, on its way; or a mail that somebody else has sent by the account.
        return False
    with transaction.atomic():
        notification = _of(parse_id(event.id))
        of_another = event.recipient not in ("", notification.recipient.lower())
        if notification.provider_id != provider.pk or of_another:
            raise CallbackRefusedError("the event is of a mail that this provider did not carry")
        return _note(notification, Report(event.what), event.why)


@transaction.atomic
def _record_mail(notification_id: UUID, told: Told) -> bool:
    notification = _of(notification_id)
    if told.recipient and told.recipient != notification.recipient.lower():
        # Forwarded, or somebody else's report with our mail in it: it tells of another address.
        raise CallbackRefusedError("the report is about another address than the mail's")
    return _note(notification, Report(told.what), told.why)


@transaction.atomic
def _record(
    notification_id: UUID, provider: NotificationProvider, receipt: str, what: Report, why: str
) -> bool:
    notification = _of(notification_id)
    known = notification.receipt, notification.provider_id
    # It may tell of it before our own row says that it was sent.
    if notification.receipt and known != (receipt[:200], provider.pk):
        raise CallbackRefusedError("the message was carried by another, or by another id")
    return _note(notification, what, why.strip())


def _of(notification_id: UUID) -> Notification:
    rows = Notification.objects.select_for_update(of=("self",))
    notification = rows.filter(pk=notification_id).first()
    if notification is None:
        raise CallbackRefusedError("the message is gone")
    return notification


def _note(notification: Notification, what: Report, why: str) -> bool:
    if _ORDER.index(what) <= _ORDER.index(notification.reported):
        return False
    notification.reported = what
    notification.save(update_fields=["reported"])
    note(notification, str(what), why=why)
    publish(
        NotificationReported(
            notification_id=str(notification.pk),
            channel=str(notification.channel),
            what=str(what),
        )
    )
    if what == Report.BOUNCED:
        suppress(notification.recipient, "", str(Suppression.Reason.BOUNCED))
    elif what == Report.COMPLAINED:
        # Of that alone somebody has complained, if it was of anything by name.
        suppress(notification.recipient, notification.category, str(Suppression.Reason.COMPLAINED))
    return True
