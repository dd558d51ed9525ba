"""What tests of schemas share."""

import pytest

from tests.kernel.federation import asking


@pytest.fixture(params=[True, False], ids=["by plan", "by executor"])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the test twice: with plans for what can be compiled, and without."""
    monkeypatch.setattr(asking, "COMPILES", request.param)
