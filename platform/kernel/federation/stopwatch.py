"""How long the parts of a request took, for its `Server-Timing` header."""

from time import perf_counter


class Stopwatch:
    """Starts when it is made."""

    __slots__ = ("_laps", "_last", "_start")

    def __init__(self) -> None:
        self._start = self._last = perf_counter()
        self._laps: list[tuple[str, float]] = []

    def lap(self, name: str) -> None:
        """Give a name to what happened since the last one."""
        now = perf_counter()
        self._laps.append((name, now - self._last))
        self._last = now

    def server_timing(self) -> str:
        """Return the header's value (W3C Server Timing): every lap and the total, in ms."""
        laps = [*self._laps, ("total", perf_counter() - self._start)]
        return ", ".join(f"{name};dur={seconds * 1000:.2f}" for name, seconds in laps)
