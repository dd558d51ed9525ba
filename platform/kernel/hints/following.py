"""What an app looks at whenever there may be news, in processes that run for long.

One thread of a process looks for each topic, whoever asks there: many hints that come together are
one look, and those who answer requests go on with what is in memory.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread

from kernel.hints.hearing import Hints, hints
from kernel.observability.figures import release

logger = logging.getLogger(__name__)

Look = Callable[[], None]


class Followers:
    """Looks by topic."""

    def __init__(self, source: Hints = hints) -> None:
        self._source = source
        self._looks: dict[str, Look] = {}

    def add(self, topic: str, look: Look) -> None:
        """Look at each hint of a topic; said in an app's `ready`."""
        self._looks[topic] = look

    @contextmanager
    def following(self) -> Iterator[None]:
        """Look during a block."""
        with ExitStack() as stack:
            for topic, look in self._looks.items():
                stack.enter_context(self._followed(topic, look))
            yield

    @contextmanager
    def _followed(self, topic: str, look: Look) -> Iterator[None]:
        news, stopping = Event(), Event()
        thread = Thread(target=_follow, args=(topic, look, news, stopping), name=topic, daemon=True)
        with self._source.listening(topic, news.set):
            thread.start()
            try:
                yield
            finally:
                stopping.set()
                news.set()


def _follow(topic: str, look: Look, news: Event, stopping: Event) -> None:
    while True:
        news.wait()
        news.clear()
        if stopping.is_set():
            break
        try:
            look()
        except Exception:
            # Most likely the database. Who asks looks by themselves after a while.
            logger.exception("a hint of %s could not be followed", topic)
            release()
    release()


followers = Followers()
