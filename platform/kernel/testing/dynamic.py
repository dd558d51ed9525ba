"""Dynamic settings in tests: another value while a block runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kernel.dynamic.declaring import Setting
from kernel.dynamic.following import Loaded, values


@contextmanager
def said(setting: Setting[Any], value: Any) -> Iterator[None]:
    """Let an operator have said this, as JSON holds it."""
    before = values.loaded
    values.take(Loaded(before.revision + 1, {**before.values, setting.key: value}))
    try:
        yield
    finally:
        values.take(before)
