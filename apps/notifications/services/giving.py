"""Messages are given to what carries them: the channel itself, a provider, or devices."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from apps.notifications.adapters.channels import channel
from apps.notifications.adapters.channels.port import OutMessage
from apps.notifications.adapters.channels.smtp import lines_for
from apps.notifications.adapters.providers import provider as adapter
from apps.notifications.conf import SANDBOX
from apps.notifications.domain.devices import Target
from apps.notifications.errors import (
    AddressGoneError,
    DeliveryFailedError,
    DeliveryRefusedError,
    NoChannelError,
    ProviderBusyError,
)
from apps.notifications.models import (
    Notification,
    NotificationChannel,
    NotificationDevice,
    NotificationProvider,
    ProviderKind,
)
from apps.notifications.selectors.links import callback_url
from apps.notifications.selectors.providers import devices_of, providers_of
from apps.notifications.services.attaching import attachments_of
from apps.notifications.services.devices import forget_gone
from apps.notifications.services.health import admit, note_failed, note_taken
from apps.notifications.services.lines import over_lines, tried
from kernel import clock
from kernel.errors import DomainError
from kernel.faults import fault_point
from kernel.observability.figures import release
from kernel.observability.tracing import span
from kernel.secrets.reading import read_secret

logger = logging.getLogger(__name__)

#: Those that go by the first provider that takes them; mails by the platform's server without.
TO_ADDRESSES = frozenset((NotificationChannel.EMAIL, NotificationChannel.SMS))
#: Channels whose messages go to each of somebody's devices.
TO_DEVICES = frozenset((NotificationChannel.PUSH, NotificationChannel.CHAT))
#: So many messages are on their way to a provider at the same time.
AT_ONCE = 5
_PURPOSE = "notification provider"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """That a message was taken: by whom, and by which id they know it."""

    provider_id: UUID | None = None
    receipt: str = ""
    sandboxed: bool = False
    #: Of devices, how many have taken it, and of how many.
    why: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that is to go out now."""

    notification: Notification
    message: OutMessage

    @property
    def round(self) -> tuple[UUID, int]:
        """The notification, and the round that it is taken in."""
        return self.notification.pk, self.notification.round


#: None where nothing has come of any for a moment.
Outcomes = Iterator[tuple[Taken, Given | Exception] | None]


def give_all(taken: Sequence[Taken]) -> Outcomes:
    """Give messages away, and yield of each as soon as it is known what came of it.

    That is what took it, or an error as a channel raises it; NoChannelError where nobody carries
    it, ProviderBusyError where it has to wait its turn.
    """
    by_channel: dict[str, list[Taken]] = {}
    for one in taken:
        by_channel.setdefault(one.notification.channel, []).append(one)
    for name, some in by_channel.items():
        yield from _given(name, some)


def _given(name: str, some: Sequence[Taken]) -> Outcomes:
    if SANDBOX.value():
        kept = Given(sandboxed=True, why="this platform is a sandbox: nothing leaves it")
        yield from ((one, kept) for one in some)
        return
    by_provider = name in TO_ADDRESSES | TO_DEVICES
    providers = providers_of(name) if by_provider else []
    if name in TO_DEVICES:
        yield from over_lines(some, partial(_to_devices, providers), 1)
    elif providers:
        yield from _by_providers(providers, some)
    elif name == NotificationChannel.SMS:
        nobody = NoChannelError(f"no provider carries {name} here")
        yield from ((one, nobody) for one in some)
    else:
        yield from _by_channel(name, some)


def _by_channel(name: str, some: Sequence[Taken]) -> Outcomes:
    """Give messages to the channel itself: mails over lines, those with files one by one."""
    carrier = channel(name)

    def send(one: Taken) -> Given:
        with span(f"send {name}", "client"):
            receipt = carrier.send(_with_files(one))
        fault_point("notifications-given")
        return Given(receipt=receipt)

    plain: list[Taken] = []
    filed: list[Taken] = []
    for one in some:
        # A picture is read as a file is: the database is asked who may see it.
        has_files = one.notification.attachment_ids or one.notification.pictures
        (filed if has_files else plain).append(one)
    lines = lines_for(len(plain)) if name == NotificationChannel.EMAIL else 1
    yield from over_lines(plain, send, lines)
    # Of their files one is in memory at a time.
    yield from over_lines(filed, send, 1)


def _by_providers(providers: Sequence[NotificationProvider], some: Sequence[Taken]) -> Outcomes:
    """Give messages to the first provider that takes them, a few at a time.

    One that fails is left alone, and rests, after as few as that takes.
    """
    for number in range(0, len(some), AT_ONCE):
        yield from _by_first(providers, some[number : number + AT_ONCE])


def _by_first(providers: Sequence[NotificationProvider], some: Sequence[Taken]) -> Outcomes:
    """Give messages to the first that takes them; what one says of a message itself is final."""
    left: list[Taken] = []
    problems: dict[UUID, list[DomainError]] = {}
    for one in some:
        whole = tried(_with_files, one)
        if isinstance(whole, Exception):
            yield one, whole
        else:
            left.append(replace(one, message=whole))
            problems[one.notification.pk] = []
    for provider in providers:
        failed: list[Taken] = []
        for known in _over_provider(provider, left) if left else ():
            if known is None:
                yield None
                continue
            one, outcome = known
            if isinstance(outcome, DeliveryFailedError | ProviderBusyError):
                problems[one.notification.pk].append(outcome)
                failed.append(one)
            else:
                yield one, outcome
        left = failed
    yield from ((one, _worst(problems[one.notification.pk])) for one in left)


def _over_provider(provider: NotificationProvider, some: Sequence[Taken]) -> Outcomes:
    """Give messages to one provider at the same time, and write down how that stands by it."""
    admitted = []
    for one in some:
        problem = tried(admit, provider)
        if problem is None:
            admitted.append(one)
        else:
            yield one, problem
    # Read here, where the database is; what is wrong with it is told of each message.
    secret = tried(_secret_of, provider)
    carrier = adapter(provider.kind, provider.settings, partial(_told, secret))

    def send(one: Taken) -> Given:
        signed = replace(one.message, callback_url=callback_url(provider, one.notification))
        return Given(provider_id=provider.pk, receipt=carrier.send(signed)[:200])

    for known in over_lines(admitted, send, AT_ONCE):
        if known is not None:
            _note(provider, known[1])
        yield known


def _with_files(one: Taken) -> OutMessage:
    return attachments_of(one.notification, one.message)


def _secret_of(provider: NotificationProvider) -> str:
    return read_secret(provider, "secret", purpose=_PURPOSE, shown=False)


def _told(secret: str | Exception) -> str:
    if isinstance(secret, Exception):
        raise secret
    return secret


def _note(provider: NotificationProvider, outcome: object) -> None:
    """Write down how a provider stands by what came of a message.

    What the other side has taken is not sent again because this could not be written.
    """
    problem: Exception | None = None
    if isinstance(outcome, DeliveryFailedError):
        problem = tried(partial(note_failed, provider), outcome)
    elif isinstance(outcome, Given | DeliveryRefusedError):
        problem = tried(note_taken, provider)
    if problem is not None:
        logger.error("how provider %s stands was not written down", provider.pk, exc_info=problem)
        release()


def _to_devices(providers: Sequence[NotificationProvider], one: Taken) -> Given:
    """Give it to each device; one that fails does not keep the others, and one will do."""
    notification, message = one.notification, one.message
    assert notification.subscriber_id is not None  # noqa: S101  it was asked # nosec B101
    devices = devices_of(notification.subscriber_id, notification.channel)
    by_kind: dict[str, NotificationProvider] = {}
    for known in reversed(providers):
        by_kind[known.kind] = known
    taken: list[tuple[UUID, str]] = []
    problems: list[DomainError] = []
    for device in devices:
        provider = by_kind.get(device.kind)
        try:
            if provider is None:
                raise NoChannelError(f"no provider carries {device.kind} here")
            receipt = _carried(provider, _for(device, message), device)
        except AddressGoneError as error:
            forget_gone(device, str(error))
            problems.append(error)
        except DomainError as error:
            problems.append(error)
        else:
            taken.append((provider.pk, receipt))
            NotificationDevice.objects.filter(pk=device.pk).update(reached_at=clock.now())
    if not taken:
        raise _worst(problems)
    first, receipt = taken[0]
    why = f"{len(taken)} of {len(devices)} devices" if problems else ""
    return Given(provider_id=first, receipt=receipt[:200], why=why)


def _carried(
    provider: NotificationProvider, message: OutMessage, device: NotificationDevice
) -> str:
    """Give a message for a device to its provider, and write down how that stands by it."""
    admit(provider)
    column = "secret"
    if provider.kind == ProviderKind.WEB_PUSH:
        present = device.public_key == provider.settings["public_key"]
        column = "secret" if present else "former_secret"
    secret = partial(read_secret, provider, column, purpose=_PURPOSE, shown=False)
    try:
        receipt = adapter(provider.kind, provider.settings, secret).send(message)
    except (DeliveryFailedError, DeliveryRefusedError) as error:
        _note(provider, error)
        raise
    _note(provider, Given())
    return receipt


def _for(device: NotificationDevice, message: OutMessage) -> OutMessage:
    text = read_secret(device, "target", purpose=_PURPOSE, shown=False)
    target = Target.of_text(text)
    return replace(message, address=target.address, target=target)


def _worst(problems: Sequence[DomainError]) -> DomainError:
    """Return what is told of a message that nobody took: what passes by itself before the rest."""
    if not problems:
        return DeliveryRefusedError("there is no device")
    busy = [one for one in problems if isinstance(one, ProviderBusyError)]
    if busy:
        return min(busy, key=lambda one: one.wait_seconds)
    later = [one for one in problems if isinstance(one, DeliveryFailedError)]
    return later[-1] if later else problems[-1]
