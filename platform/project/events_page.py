"""The page about events: how they work, then every one of them and who handles it."""

import inspect

from contracts.codec import field_types
from contracts.event import Event, app_of, topic_of
from kernel.events.registry import Group
from project.reference import table

INTRODUCTION = """\
# Events

What happens in one app is told to the others by events. This page is made by
`manage.py events_reference` of the code, with the [AsyncAPI document](reference/asyncapi.json) and
a JSON Schema for each type in `platform/contracts/schemas`.

## What is promised

- **With the change or not at all.** `publish(event)` writes a row into the outbox, in the
  transaction of the change. Outside of a transaction it refuses.
- **At least once, and its effect once.** A handler's work and the mark that it was done are one
  transaction. What arrives twice is passed over.
- **In order for each key.** The key is the tenant and the id of what it happened to. Events of one
  key are handed over in the order of the transactions that wrote them, as long as these lock the
  row that they change. An event that is committed late is handed over late, and never left out.
- **A failure holds up nobody else.** It is tried again after 10 s, 1 min and 10 min, then it is a
  dead letter. Where a group is *ordered*, later events of the same key wait, and it is tried every
  10 min until it succeeds. What no repetition can heal (an error of our table that is not
  retryable, data that cannot be read) is a dead letter at once.
- **Nothing is lost when a process dies**, at whatever moment; tests kill one between any two steps.
- **An event is a [CloudEvent 1.0](https://cloudevents.io)**: `id`, `source`, `type`, `subject`,
  `time`, `dataschema`, and the extensions `tenant`, `partitionkey`, `traceparent` (what an event
  causes has the trace of what caused it), `authtype`, `authid` and `authname` (who did it).

## How they travel

In process: the outbox is the log. One relay at a time gives each event its offset; each consumer
group keeps the offset up to which it has read. On PostgreSQL an advisory lock tells who is the one
and a notification wakes who waits; on SQLite a lease does, of 10 s. `manage.py dev` and
`manage.py worker` relay and consume on threads of their own (`CONSUMER_THREADS`);
`manage.py relay` and `manage.py consume` do only that. Advisory locks and notifications need a
connection to PostgreSQL itself, not one that a pooler lends for a transaction.

A process with some of the services has nobody to bring events to the others: its readiness says
`events: isolated`, its own handlers get theirs, and no event is marked as sent. All are kept until
a process with all services, or a broker, hands them over.

Sent events are kept for `EVENT_RETENTION`, to be replayed; the inbox remembers a week longer.

## When something could not be handled

*Dead letters and redeliveries* in the back office show each with its reason, what came and where
from. There, or by command, they are replayed or given up; who did so is put on record.

```sh
manage.py events show
manage.py events replay --group audit.trail --dead --dry-run
manage.py events replay --group audit.trail --since 2026-05-01T12:00:00Z --per-second 100
```

A replay gives events to one group and to no other. What the group has handled is left out, but for
`--again`.

## Writing one

A class in `platform/contracts/<app>.py`, published by a service and handled in
`apps/<name>/consumers.py`:

```python
@consumes(FileDeleted, group="documents.orphans", ordered=True)
def forget_output(event: FileDeleted) -> None:
    services.forget_output(file_id=event.file_id)
```

Ids and facts, never a secret. Fields are added, with a default; `manage.py events_reference`
refuses any other change of a type. A handler writes to the database only: what leaves it (a mail,
a call) is for a job that the handler enqueues.
"""
EVENT_HEAD = ("type", "what it tells", "fields", "handled by")
GROUP_HEAD = ("group", "order", "why", "events")


def page(types: dict[str, type[Event]], groups: dict[str, Group]) -> str:
    """Return the page."""
    apps = sorted({app_of(type_) for type_ in types})
    return "\n".join(
        [
            INTRODUCTION,
            "## Groups\n",
            table(GROUP_HEAD, [_group_row(groups[name], types) for name in sorted(groups)]),
            "## Types\n",
            "The topic of a type is its first two parts; its key, tenant and the field in bold.\n",
            *(
                f"### {app}\n\n"
                + table(
                    EVENT_HEAD,
                    [
                        _event_row(cls, groups)
                        for type_, cls in types.items()
                        if app_of(type_) == app
                    ],
                )
                for app in apps
            ),
        ]
    )


def _event_row(cls: type[Event], groups: dict[str, Group]) -> tuple[str, ...]:
    names = [field.name for field, _ in field_types(cls)]
    fields = [f"**{name}**" if name == cls.SUBJECT else name for name in names]
    handled = [f"`{name}`" for name in sorted(groups) if cls.TYPE in groups[name].handlers]
    return (
        f"`{cls.TYPE}`",
        " ".join(inspect.cleandoc(cls.__doc__ or "").split()),
        ", ".join(fields),
        ", ".join(handled) or "nobody yet",
    )


def _group_row(group: Group, types: dict[str, type[Event]]) -> tuple[str, ...]:
    whys = {
        " ".join(inspect.cleandoc(handler.__doc__ or "").split()): None
        for handler in group.handlers.values()
    }
    topics = sorted({topic_of(type_) for type_ in group.handlers})
    everything = len(group.handlers) >= len(types) - 1
    return (
        f"`{group.name}`",
        "ordered" if group.ordered else "not ordered",
        " ".join(whys),
        "all but its own" if everything else ", ".join(f"`{topic}`" for topic in topics),
    )
