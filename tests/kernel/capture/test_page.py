"""The page about capturing: its model is made, its changes are made, and what it says is told."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import isolate_apps

from contracts.capture import RowsChanged
from kernel.testing.events import published

PAGE = (Path(settings.BASE_DIR) / "docs" / "capture.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("tenant")
def test_the_example_tells_what_the_page_says() -> None:
    model, changes = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    [shown] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {"__name__": __name__}
    with isolate_apps("kernel"):
        exec(model, names)
    with connection.cursor() as cursor:
        cursor.execute(table_of(names["Invoice"]))

    exec(changes, names)

    events = [event for event in published() if isinstance(event, RowsChanged)]
    rows = [(event.action, json.loads(row)) for event in events for row in event.rows]
    assert [action for action, _ in rows] == ["created"] * 2 + ["changed"] + ["deleted"] * 2
    assert rows[2][1]["changes"] == json.loads(shown)


def table_of(model: Any) -> str:
    # Not entered: SQLite lets nobody do that inside a transaction.
    editor: Any = connection.schema_editor(collect_sql=True)
    editor.deferred_sql = []
    return str(editor.table_sql(model)[0])
