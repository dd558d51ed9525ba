"""Cases of tests that `make nightly` has beside those of each change."""

from typing import Any

import pytest


def at_night(*points: object) -> list[Any]:
    """Return cases that are for the night; a tuple stands for several arguments."""
    return [
        pytest.param(*(one if isinstance(one, tuple) else (one,)), marks=pytest.mark.nightly)
        for one in points
    ]
