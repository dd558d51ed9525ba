"""The values of dynamic settings in a process: from memory, and kept when their source is away."""

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.conf import settings

from kernel.dynamic.following import STALE, Loaded, Values
from kernel.hints.carriers import CHANNEL
from kernel.hints.hearing import Hints
from kernel.observability.health import DegradedError


def _read(value: Any) -> int:
    if not isinstance(value, int) or value > 100:
        raise ValueError("expected at most 100")
    return value


def size(values: Values) -> int:
    return values.of("audit.size", 5, _read)


class Config:
    """A config app that says what it is told to, or is away."""

    def __init__(self) -> None:
        self.loaded = Loaded(0)
        self.away = False
        self.asked = 0
        self.told = Event()

    def says(self, value: Any) -> None:
        self.loaded = Loaded(self.loaded.revision + 1, {"audit.size": value})

    def load(self, known: int) -> Loaded | None:
        self.asked += 1
        if self.away:
            raise ConnectionError
        return None if known == self.loaded.revision else self.loaded


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    return tmp_path / "dynamic_settings" / f"{settings.SERVICES[0]}.json"


@pytest.fixture
def config() -> Config:
    return Config()


@pytest.fixture
def values(config: Config) -> Values:
    made = Values()
    made.come_from(config)
    made.followed = True
    return made


def eventually(holds: Callable[[], bool], seconds: float = 5.0) -> float:
    """Wait until it holds; return how long that took."""
    begun = time.monotonic()
    while not holds():
        if time.monotonic() - begun > seconds:
            raise AssertionError("it never did")
        time.sleep(0.002)
    return time.monotonic() - begun


def test_a_value_is_read_from_memory(values: Values, config: Config) -> None:
    config.says(7)
    values.look()

    assert [size(values) for _ in range(100)] == [7] * 100
    assert config.asked == 1


def test_what_does_not_fit_here_is_the_default(values: Values, config: Config) -> None:
    assert size(values) == 5
    config.says(101)
    values.look()
    assert size(values) == 5
    config.says(6)
    values.look()
    assert size(values) == 6


def test_the_last_good_values_hold_while_config_is_away(values: Values, config: Config) -> None:
    config.says(7)
    values.look()
    config.away = True
    values.look()

    assert size(values) == 7
    assert values.stale_since is not None
    with pytest.raises(DegradedError, match="stale since"):
        values.check()
    assert STALE._value.get() == 1
    config.away = False
    values.look()
    assert values.check() == "revision 1"
    assert STALE._value.get() == 0


def test_a_process_that_starts_while_config_is_away_has_what_was_written_down(
    values: Values, config: Config
) -> None:
    config.says(7)
    values.look()
    later = Values()
    later.come_from(config)
    config.away = True
    later.followed = True
    later.look()

    assert size(later) == 7
    assert later.stale_since is not None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"revision": "x", "values": {}}', "\0"])
def test_what_was_written_down_badly_is_nothing(
    values: Values, config: Config, data: Path, text: str
) -> None:
    data.parent.mkdir()
    data.write_text(text)
    config.away = True
    values.look()

    assert size(values) == 5


def test_without_a_disk_they_are_in_memory(values: Values, config: Config, data: Path) -> None:
    data.parent.write_text("no folder")
    config.says(7)
    values.look()

    assert size(values) == 7


def test_what_is_written_down_is_replaced_whole(values: Values, config: Config, data: Path) -> None:
    config.says(7)
    values.look()
    config.says(8)
    values.look()

    assert json.loads(data.read_text()) == {"revision": 2, "values": {"audit.size": 8}}
    assert list(data.parent.iterdir()) == [data]


def test_readers_look_for_themselves_where_no_thread_does(values: Values, config: Config) -> None:
    values.followed = False
    config.says(7)

    assert size(values) == 7
    size(values)
    assert config.asked == 1


def test_a_change_elsewhere_is_seen_within_a_second(values: Values, config: Config) -> None:
    with values.following():
        eventually(lambda: values.revision == 0)
        config.says(7)
        took = eventually(lambda: size(values) == 7)

    assert took < 1.2


def test_a_hint_makes_it_be_seen_at_once(
    values: Values, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    hints = Hints()
    monkeypatch.setattr("kernel.dynamic.following.hints", hints)
    with values.following():
        eventually(lambda: values.revision == 0)
        config.says(7)
        hints.tell("dynamic-settings")
        took = eventually(lambda: size(values) == 7)

    assert took < 0.2


@pytest.fixture
def redis_url(servers: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    url = servers.up("redis")["REDIS_URL"]
    monkeypatch.setattr(settings, "REDIS_URL", url)
    return str(url)


@pytest.mark.live
def test_another_process_hears_a_hint_by_redis(
    values: Values, config: Config, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, elsewhere = Hints(), Hints()
    monkeypatch.setattr("kernel.dynamic.following.hints", elsewhere)
    waits = []
    with values.following():
        eventually(lambda: values.revision == 0)
        eventually(lambda: bool(_listeners(redis_url)))
        for number in range(1, 6):
            config.says(number)
            here.tell("dynamic-settings")
            waits.append(eventually(partial(_holds, values, number)))

    assert max(waits) < 0.2


def _holds(values: Values, wanted: int) -> bool:
    return size(values) == wanted


def _listeners(url: str) -> int:
    from redis import Redis  # noqa: PLC0415  for this test only

    with Redis.from_url(url) as client:
        [(_, count)] = client.pubsub_numsub(CHANNEL)
    return int(count)
