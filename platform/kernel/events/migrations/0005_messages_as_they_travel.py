"""Keep each event as the message that it travels as, instead of in columns of its own."""

from typing import Any

import orjson
from django.db import migrations, models

from contracts.envelope import Actor
from kernel.events.message import write

#: Rows that one transaction changes, so that it stays short.
AT_ONCE = 1_000


def write_messages(apps: Any, schema_editor: Any) -> None:
    """Make the messages of what is there, in batches."""
    rows = apps.get_model("events", "OutboxEvent").objects.using(schema_editor.connection.alias)
    while some := list(rows.filter(message="")[:AT_ONCE]):
        for row in some:
            row.message = write(
                row.type,
                row.subject,
                id_=str(row.event_id),
                time=row.time,
                tenant=str(row.tenant_id or ""),
                partition_key=row.partition_key,
                traceparent=row.traceparent,
                actor=Actor(type=row.actor_type, id=row.actor_id, name=row.actor_name),
                data=orjson.dumps(row.data),
            )
        rows.bulk_update(some, ["message"])


class Migration(migrations.Migration):
    # Each batch is a transaction of its own.
    atomic = False

    dependencies = [
        ("events", "0004_order_of_redeliveries"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboxevent",
            name="message",
            field=models.TextField(default=""),
        ),
        migrations.RunPython(write_messages, elidable=True),
        *(
            migrations.RemoveField(model_name="outboxevent", name=name)
            for name in ("traceparent", "actor_type", "actor_id", "actor_name", "data")
        ),
        migrations.AlterField(
            model_name="outboxevent",
            name="message",
            field=models.TextField(),
        ),
    ]
