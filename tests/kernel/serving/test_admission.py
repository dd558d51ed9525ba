"""How many requests are taken on: fewer while all wait for long, and the least urgent first."""

from kernel import hops
from kernel.serving.admission import TARGET_SECONDS, WINDOW_SECONDS, Admission


class Clock:
    """Moves when told to."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def windows(admission: Admission, clock: Clock, times: int, *, waited: float, load: int) -> None:
    """Let so many windows pass in which so many requests are there, each having waited."""
    for _ in range(times):
        taken = [admission.take() for _ in range(load)]
        clock.at += WINDOW_SECONDS
        for _ in filter(None, taken):
            admission.ended(waited)
        clock.at += WINDOW_SECONDS
        assert admission.take()
        admission.ended(waited)


def test_while_everybody_waits_too_long_fewer_are_taken_but_never_too_few() -> None:
    clock = Clock()
    admission = Admission(least=16, most=136, now=clock)
    windows(admission, clock, 5, waited=2 * TARGET_SECONDS, load=200)
    fewer = admission.limit
    windows(admission, clock, 100, waited=2 * TARGET_SECONDS, load=200)

    assert 16 < fewer < 136
    assert admission.limit == 16
    assert [admission.take() for _ in range(20)].count(True) == 16


def test_when_it_is_over_all_are_taken_again() -> None:
    clock = Clock()
    admission = Admission(least=16, most=136, now=clock)
    windows(admission, clock, 100, waited=1.0, load=200)

    windows(admission, clock, 200, waited=0.001, load=2)

    assert admission.limit == 136


def test_what_was_never_begun_does_not_tell_that_nobody_waits() -> None:
    clock = Clock()
    admission = Admission(least=16, most=136, now=clock)
    for _ in range(5):
        for _ in range(20):
            assert admission.take()
        for number in range(19):
            admission.ended(2 * TARGET_SECONDS if number else None)
        clock.at += WINDOW_SECONDS
        admission.ended(2 * TARGET_SECONDS)

    assert admission.running == 0
    assert admission.limit < 136


def test_what_is_less_urgent_is_refused_first() -> None:
    admission = Admission(least=8, most=8, now=Clock())
    taken = dict.fromkeys((7, 5, 3), 0)
    for urgency in taken:
        while admission.take(urgency):
            taken[urgency] += 1

    assert taken == {7: 4, 5: 2, 3: 2}


def test_urgency_is_read_as_rfc_9218_has_it_and_nobody_comes_before_the_usual() -> None:
    texts = ("", "u=5", "i, u=7", "u=0", "u=9", "u=x", "nonsense")

    assert [hops.urgency_in(text) for text in texts] == [3, 5, 7, 3, 7, 3, 3]


def test_time_left_is_read_and_nonsense_is_not() -> None:
    texts = ("1500", "0", "", "-1", "1.5", "9" * 9, "²")

    assert [hops.time_left_in(text) for text in texts] == [1.5, 0.0, *[None] * 5]
