"""A service of some processes in simulated time: no socket, no thread, the same each time."""

import random
from contextlib import suppress
from dataclasses import dataclass, field

from kernel.discovery.addresses import Address
from kernel.errors import UnavailableError
from kernel.mesh.destination import Destination, NoAnswerError, Policy, Time, Verdict


@dataclass
class Process:
    """One process: how long it takes, and whether it gives an answer at all."""

    seconds: float = 0.01
    dead: bool = False
    #: What it answers.
    status: int = 200
    asked: int = 0


@dataclass
class World:
    """Processes by their URLs, and the clock of whoever calls them."""

    processes: dict[str, Process]
    policy: Policy = field(default_factory=Policy)
    zones: dict[str, str] = field(default_factory=dict)
    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        draw = random.Random(7)
        self.destination: Destination[int] = Destination(
            "files",
            lambda: tuple(Address(url, self.zones.get(url, "")) for url in self.processes),
            judge=_judge,
            policy=self.policy,
            of_time=Time(now=lambda: self.now, sleep=self.sleep, draw=draw),
        )

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def send(self, url: str, seconds: float) -> int:
        process = self.processes[url]
        process.asked += 1
        if process.dead:
            raise NoAnswerError("refused", begun=False)
        if process.seconds > seconds:
            self.now += seconds
            raise NoAnswerError("too late", begun=True)
        self.now += process.seconds
        return process.status

    def call(self, *, seconds: float = 5.0, idempotent: bool = True) -> int:
        return self.destination.call(self.send, seconds=seconds, idempotent=idempotent)

    def called(self, times: int, *, every: float = 0.02, idempotent: bool = True) -> int:
        """Call so often, at a rate, and return how often it went well."""
        well = 0
        for _ in range(times):
            began = self.now
            with suppress(UnavailableError):
                well += self.call(idempotent=idempotent) == 200
            self.now = max(self.now, began + every)
        return well

    @property
    def asked(self) -> int:
        return sum(one.asked for one in self.processes.values())

    def forget(self) -> None:
        """Count anew."""
        for one in self.processes.values():
            one.asked = 0


def _judge(status: int) -> Verdict:
    return {503: "failed", 529: "busy"}.get(status, "well")  # type: ignore[return-value]  # Verdicts


def three(**more: Process) -> dict[str, Process]:
    """Return three processes that are well, but for those told."""
    return {name: more.get(name, Process()) for name in ("a", "b", "c")}
