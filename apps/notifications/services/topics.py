"""Everybody in some topics is told by the inbox: some thousand people by one statement.

The database makes their rows of the people it holds; none of them passes through this process but
those who have said what they want.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, Func, OuterRef, QuerySet, UUIDField, Value

from apps.notifications.domain import workflows
from apps.notifications.domain.preferences import wanted
from apps.notifications.domain.rendering import Words, chosen_locale
from apps.notifications.errors import RenderingError
from apps.notifications.models import (
    FanOut,
    Notification,
    NotificationChannel,
    NotificationState,
    NotificationTemplate,
    Run,
    Subscriber,
    TopicMember,
    Trigger,
    TriggerState,
)
from apps.notifications.services.telling import hint_inboxes
from apps.notifications.services.templates import words_of
from contracts.notifications import TriggerFannedOut
from kernel import clock
from kernel.errors import DomainError, NotFoundError
from kernel.events.publishing import publish
from kernel.faults import fault_point
from kernel.ids import new_id
from kernel.jobs.services import enqueue

TELL = "notifications.tell_topics"
#: A statement of so many takes a tenth of a second.
AT_ONCE = 5_000
_CHANNEL = NotificationChannel.IN_APP


def begin_fan_out(run: Run, step: workflows.FanOut, data: Mapping[str, Any]) -> None:
    """Have everybody in the topics of a step told, in the caller's transaction."""
    made = FanOut.objects.create(
        run=run,
        step=run.position,
        topics=list(step.topics),
        template=step.template,
        data=dict(data),
    )
    enqueue(TELL, str(made.pk), priority=run.trigger.priority)


def tell_topics(fan_out_id: UUID) -> None:
    """Tell everybody in the topics; killed on its way, it goes on behind those who are told."""
    while _tell_some(fan_out_id):
        fault_point("notifications-topics-told")


@transaction.atomic
def _tell_some(fan_out_id: UUID) -> bool:
    """Tell the next people, and say whether there may be more."""
    rows = FanOut.objects.select_for_update(of=("self",))
    found = rows.select_related("run__trigger", "run__version__workflow")
    fan_out = found.filter(pk=fan_out_id, done_at=None).first()
    if fan_out is None:
        return False
    trigger: Trigger = fan_out.run.trigger
    over = trigger.expires_at is not None and trigger.expires_at <= clock.now()
    if over or trigger.state == TriggerState.CANCELLED:
        _end(fan_out)
        return False
    people = _left(fan_out)
    last = people.order_by("pk").values_list("pk", flat=True)[AT_ONCE - 1 : AT_ONCE].first()
    if last is not None:
        people = people.filter(pk__lte=last)
    fan_out.told += _insert(fan_out, people)
    hint_inboxes()
    fan_out.after = last
    fan_out.save(update_fields=["told", "after"])
    if last is None:
        _end(fan_out)
    return last is not None


def _left(fan_out: FanOut) -> QuerySet[Subscriber]:
    members = TopicMember.objects.filter(subscriber=OuterRef("pk"), topic__in=fan_out.topics)
    people = Subscriber.objects.filter(Exists(members))
    return people if fan_out.after is None else people.filter(pk__gt=fan_out.after)


def _insert(fan_out: FanOut, people: QuerySet[Subscriber]) -> int:
    """Write the messages of these people, by one statement for each language; return how many.

    A text that cannot be filled keeps nobody from theirs in another language.
    """
    workflow = fan_out.run.version.workflow
    unwanting = [
        pk
        for pk, said in people.exclude(preferences={}).values_list("pk", "preferences")
        if not wanted(said, workflow.category, _CHANNEL, critical=workflow.critical)
    ]
    wanting = people.exclude(pk__in=unwanting) if unwanting else people
    told = 0
    for words, locales in _words(fan_out, people):
        told += _insert_words(fan_out, words, wanting.filter(locale__in=locales))
    return told


def _words(fan_out: FanOut, people: QuerySet[Subscriber]) -> Iterator[tuple[Words, Sequence[str]]]:
    """Yield what is said, and in which locales of these people."""
    template = NotificationTemplate.objects.filter(name=fan_out.template).first()
    texts = template.texts.get(_CHANNEL) if template is not None else None
    if template is None or not texts:
        _note(fan_out, NotFoundError(f"there is no text {fan_out.template!r} for {_CHANNEL}"))
        return
    by_text: dict[str, list[str]] = {}
    for locale in people.order_by().values_list("locale", flat=True).distinct():
        chosen = chosen_locale(texts, locale, template.default_locale)
        by_text.setdefault(chosen, []).append(locale)
    for chosen, locales in by_text.items():
        try:
            words = words_of(template, _CHANNEL, locale=chosen, data=fan_out.data)
            if not words.subject:
                raise RenderingError(f"{template.name}, {chosen}: the subject is empty")
        except RenderingError as error:
            _note(fan_out, error)
        else:
            yield words, locales


def _note(fan_out: FanOut, error: DomainError) -> None:
    Run.objects.filter(pk=fan_out.run_id).update(reason_code=error.code, reason=str(error)[:500])


def _insert_words(fan_out: FanOut, words: Words, people: QuerySet[Subscriber]) -> int:
    workflow, now = fan_out.run.version.workflow, clock.now()
    same = Notification(
        channel=_CHANNEL,
        subject=words.subject,
        body=words.text,
        locale=words.locale,
        category=workflow.category,
        critical=workflow.critical,
        priority=fan_out.run.trigger.priority,
        run=fan_out.run,
        state=NotificationState.SENT,
        created_at=now,
        not_before=now,
        expires_at=fan_out.run.trigger.expires_at,
        sent_at=now,
        round=1,
    )
    of_person = {
        "id": _NewId(),
        "tenant_id": F("tenant_id"),
        "recipient": F("key"),
        "subscriber_id": F("pk"),
    }
    return _insert_select(same, of_person, people)


def _insert_select(
    same: Notification, of_person: Mapping[str, Any], people: QuerySet[Subscriber]
) -> int:
    """Write a message of each of these people: what is the same, and what is of the person."""
    columns: dict[str, Any] = {}
    told = Notification._meta  # noqa: SLF001  Django's own name for it
    for field in told.concrete_fields:
        value = of_person.get(field.attname, getattr(same, field.attname))
        if value is not None:
            shown = value if field.attname in of_person else Value(value, output_field=field)
            columns[str(field.column)] = shown
    named = {f"c{number}": shown for number, shown in enumerate(columns.values())}
    sql, given = people.order_by().annotate(**named).values(*named).query.sql_with_params()
    quote = connection.ops.quote_name
    into = ", ".join(map(quote, columns))
    taken = ", ".join(map(quote, named))
    table = quote(told.db_table)
    with connection.cursor() as cursor:
        # Names are ours, and every value is a parameter.
        cursor.execute(
            f"INSERT INTO {table} ({into}) SELECT {taken} FROM ({sql}) people",  # noqa: S608 # nosec B608
            given,
        )
        return int(cursor.rowcount)


class _NewId(Func):
    """A UUIDv7 (RFC 9562, section 5.7) of its own for each row, all of one millisecond."""

    output_field = UUIDField()
    arity = 0

    def __init__(self) -> None:
        super().__init__()
        moment = new_id().hex[:12]
        self.extra = {"head": f"{moment[:8]}-{moment[8:]}-7", "hex": f"{moment}7"}

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        made = "overlay(gen_random_uuid()::text placing '%(head)s' from 1 for 15)::uuid"
        return self.as_sql(compiler, connection, template=made, **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        made = (
            "('%(hex)s' || substr(lower(hex(randomblob(2))), 1, 3) || '8'"
            " || substr(lower(hex(randomblob(8))), 1, 15))"
        )
        return self.as_sql(compiler, connection, template=made, **context)


def _end(fan_out: FanOut) -> None:
    fan_out.done_at = clock.now()
    fan_out.save(update_fields=["done_at"])
    publish(
        TriggerFannedOut(
            trigger_id=str(fan_out.run.trigger_id),
            workflow_id=str(fan_out.run.version.workflow_id),
            count=fan_out.told,
        )
    )
