"""What subscribers want as rows for import and export, without who they are."""

from collections.abc import Sequence

from apps.notifications.models import Subscriber
from apps.notifications.selectors.timelines import topics_of
from apps.notifications.services.subscribers import update_subscriber
from contracts.datasets import Dataset, Field, Kind, Mode, Row
from kernel.datasets.pages import Rows
from kernel.datasets.registry import Change, register
from kernel.datasets.writing import together

_WANTED = ("preferences", "quiet_hours", "topics")

PREFERENCES = Dataset(
    name="notifications.preferences",
    title="Preferences",
    description=(
        "What each subscriber wants: by category and channel, the quiet hours, the topics. Of"
        " subscribers that are there; others are made by `notifications.subscribers`."
    ),
    key=("key",),
    modes=frozenset({Mode.UPDATE}),
    read_scope="notifications:read",
    write_scope="notifications:write",
    fields=(
        Field(name="key", title="Subscriber", required=True, max_length=200),
        Field(name="preferences", title="Preferences", kind=Kind.JSON),
        Field(name="quiet_hours", title="Quiet hours", kind=Kind.JSON),
        Field(name="topics", title="Topics", kind=Kind.JSON),
    ),
)


def _tell(subscribers: Sequence[Subscriber]) -> list[Row]:
    topics = topics_of([str(one.pk) for one in subscribers])
    return [
        {
            "id": str(one.pk),
            "key": one.key,
            "preferences": one.preferences,
            "quiet_hours": one.quiet_hours,
            "topics": topics[str(one.pk)],
        }
        for one in subscribers
    ]


def _write(changes: Sequence[Change]) -> None:
    for change in changes:
        told = {name: change.changed[name] for name in _WANTED if name in change.changed}
        if told and change.before is not None:
            update_subscriber(id=change.before["id"], **told)


rows = Rows(of=Subscriber.visible, tell=_tell, order=("key",), key="key")
register(PREFERENCES, read=rows.read, find=rows.find, write=together(_write))
