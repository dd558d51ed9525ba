"""The page about events: how they work, then every one of them and who handles it."""

import inspect
from functools import partial
from typing import Any

from contracts.asyncapi import asyncapi_document
from contracts.catalogue import event_types
from contracts.codec import field_types
from contracts.event import Event, app_of, topic_of
from kernel.events.registry import GROUPS, Group, Handler
from project.reference import table
from project.version import VERSION

#: The group that posts events to the endpoints of tenants.
WEBHOOKS = "notifications.webhooks"

INTRODUCTION = """\
# Events

What happens in one app is told to the others by events. This page is made by
`manage.py events_reference` of the code, with the [AsyncAPI document](reference/asyncapi.json) and
a JSON Schema for each type in `platform/contracts/schemas`. The portal shows each with an
example, at `/events/`, and gives the document at `/asyncapi.json`.

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

**In process**, by default: the outbox is the log. One relay at a time gives each event its offset;
each consumer group keeps the offset up to which it has read. On PostgreSQL an advisory lock tells
who is the one and a notification wakes who waits; on SQLite a lease does, of 10 s. `manage.py dev`
and `manage.py worker` relay and consume on threads of their own (`CONSUMER_THREADS`);
`manage.py relay` and `manage.py consume` do only that. Advisory locks and notifications need a
connection to PostgreSQL itself, not one that a pooler lends for a transaction; `manage.py doctor`
tries it.

A process with some of the services has nobody to bring events to the others: its readiness says
`events: isolated`, its own handlers get theirs, and no event is marked as sent. All are kept until
a process with all services, or a broker, hands them over.

**Over Kafka**, with [`KAFKA_BOOTSTRAP_SERVERS`](reference/settings.md#events-over-kafka): the same
relay sends what waits in the outbox, several batches at a time, and deletes a batch when brokers
have acknowledged all of it. While they are away, writes go on and events wait; nothing times out,
and what was first is sent first. A relay that has lost its lock stops, and what it has sent may be
sent again by the next: handlers never see that, for the inbox passes it over, and each key stays
in order ([how](adr/0007-relay-to-kafka.md)). When events begin to travel over Kafka, the relay
sends what some group here has not read yet, and what was kept for services that were absent.

```sh
manage.py topics            # makes the topics that are missing, and shows all
manage.py topics --check    # changes nothing; exit code 1 if one is not as the settings say
```

A topic is made by the first relay that needs it, unless it is there: with `KAFKA_PARTITIONS`,
`KAFKA_REPLICATION` and `EVENT_RETENTION`. Nothing is ever made smaller. More partitions move keys,
whose events are then for a while not in order, so they are added by `--grow` only. Messages are
CloudEvents in structured mode; the key is `partitionkey`, the partition the one that Java's clients
choose. An event that a broker refuses holds up all that follow; the log says which topic and why.

Each group is a consumer group of the same name (with `KAFKA_PREFIX`), of as many processes as
there are; nothing of ours has to agree on who reads. One thread for each group reads, and never
waits for a handler; `CONSUMER_THREADS` handle, keys side by side and each key in order
([how](adr/0009-reading-from-kafka.md)). An offset is committed after the effect, so what a process
that dies had in hand comes again, and the inbox passes over what was done. New groups begin with
the oldest event that is kept, unless `KAFKA_OFFSET_RESET` says otherwise.

- What is no event of ours (no CloudEvent, wrong JSON, larger than 1 MB) is a dead letter at once,
  with its first 64 KB and its place; so is an event of a type that this release does not know,
  for a later one may handle it. Others go on. A message without a value is passed over.
- Dead letters are also told on the topic `<group>.dlq`, with the headers of Kafka Connect
  (`__connect.errors.topic`, …`.partition`, …`.offset`, …`.exception.class.name`,
  …`.exception.message`) and ours (`septet.errors.key`, `.group`, `.code`, `.attempt`,
  `.timestamp`, `.first.failure`, `.last.failure`), `traceparent` too. They are replayed from the
  rows, never from there.
- Lag counts messages of whatever type that the group has not read. A group begins elsewhere only
  while it is paused and no process reads for it; a time means when events were handed over.
- What a process read that was killed rests until its session ends. The brokers decide when, and by
  default it takes them 45 s; `manage.py doctor` and `manage.py topics` say so beyond 10 s. Nor does
  half of a topic have a reader for up to 5 s after one joins. Set this for each broker, in
  `server.properties`, and restart them in turn; the least values are as much needed as the others:

  ```properties
  group.consumer.session.timeout.ms=10000
  group.consumer.min.session.timeout.ms=10000
  group.consumer.heartbeat.interval.ms=1000
  group.consumer.min.heartbeat.interval.ms=1000
  ```

  Where the brokers are not yours to set, `KAFKA_GROUP_PROTOCOL=classic` lets us decide: 10 s.

Sent events are kept for `EVENT_RETENTION`, in the outbox or in Kafka, to be replayed; the inbox
remembers a week longer.

## When something could not be handled

*Dead letters and redeliveries* in the back office show each with its reason, what came and where
from, and how many there are of each reason. *Consumer groups* show how each group is doing. There,
or by command, a group is paused, resumed or moved, and events are replayed or given up; who did so
is put on record. A replay is done by a worker, shows how far it is, and can be cancelled.

```sh
manage.py events show
manage.py events dead
manage.py events replay --group audit.trail --dead --reason CONFLICT --dry-run
manage.py events replay --group audit.trail --since 2026-05-01T12:00:00Z --per-second 100
manage.py events pause --group audit.trail
manage.py events reset --group audit.trail --to beginning --dry-run
manage.py events resume --group audit.trail
```

A replay gives events to one group and to no other. What the group has handled is left out, but for
`--again`. What to do when, step by step: [the runbook](runbooks/events.md).

In the graph of each service a tenant sees its own dead letters (`filesDeadLetters`), and replays or
discards them with the scope that writes there. Groups are of all tenants: `filesConsumerGroups`,
`filesPauseConsumerGroup`, `filesResumeConsumerGroup` and `filesReplayEvents` are for staff who may
change consumer groups in the back office; no scope opens them.

## Watching it

With `OPERATIONS_PORT` each process answers `/health/live`, `/health/ready`, `/health/startup` and
`/metrics` there, and on SIGTERM is not ready until all that it has begun has ended, or
`STOP_TIMEOUT` has.

| metric | what |
| --- | --- |
| `events_outbox_waiting`, `events_outbox_age_seconds` | what waits for the relay |
| `events_relay_active` | 1 in the one process that relays |
| `events_relayed_total` | handed over by this process |
| `events_handled_total`, `events_failed_total`, `events_dead_total` | by group, in this process |
| `events_handler_seconds` | how long handlers take, by group |
| `events_group_lag_events`, `events_group_lag_seconds` | what a group waits for, and how long |
| `events_group_waiting_again`, `events_group_dead_letters`, `events_group_paused` | by group |

What is counted in the database is counted every 15 s at most, and up to 100,000. Alert on the age.

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


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI document of all events, with the groups that this process has."""
    hearing = GROUPS.get(WEBHOOKS)
    return asyncapi_document(
        event_types(),
        version=VERSION,
        groups={name: sorted(group.handlers) for name, group in sorted(GROUPS.items())},
        posted=sorted(hearing.handlers) if hearing else [],
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


def purpose(group: Group) -> str:
    """Return what the handlers of a group say that they do."""
    whys = {
        " ".join(inspect.cleandoc(_unwrapped(handler).__doc__ or "").split()): None
        for handler in group.handlers.values()
    }
    return " ".join(whys)


def _group_row(group: Group, types: dict[str, type[Event]]) -> tuple[str, ...]:
    topics = sorted({topic_of(type_) for type_ in group.handlers})
    everything = len(group.handlers) >= len(types) - 1
    return (
        f"`{group.name}`",
        "ordered" if group.ordered else "not ordered",
        purpose(group),
        "all but its own" if everything else ", ".join(f"`{topic}`" for topic in topics),
    )


def _unwrapped(handler: Handler) -> Handler:
    # A partial has the docstring of its class.
    return handler.func if isinstance(handler, partial) else handler
