"""How many short jobs are claimed ahead."""

#: As many as threads do in this time, and no more than so many.
AHEAD_SECONDS = 0.05
MOST_AHEAD = 64


class Ahead:
    """Claims and ends of short jobs share transactions; long ones are claimed one by one."""

    def __init__(self) -> None:
        self._seconds = 1.0

    def note(self, seconds: float) -> None:
        """Tell how long a job took."""
        # A long job ends all claiming ahead, until many short ones have followed it.
        self._seconds = max(seconds, self._seconds * 0.9)

    def room(self, threads: int) -> int:
        """Return how many jobs to hold: one for each thread, and more where they are short."""
        ahead = int(threads * AHEAD_SECONDS / max(self._seconds, 1e-4))
        return threads + min(ahead, MOST_AHEAD)
