"""That a worker is to stop, and by when: told to its main process, known to all it has forked."""

import mmap
import struct
import time

_FORMAT = struct.Struct("d")


class Stop:
    """A moment in memory that forked processes share. The monotonic clock is the machine's."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, _FORMAT.size)
        #: Whether this process alone stops, and then begins again.
        self.anew = False

    def tell(self, seconds: float, *, anew: bool = False) -> None:
        """Let all stop, and end what they have begun within this time."""
        self.anew = anew
        self._shared[:] = _FORMAT.pack(time.monotonic() + seconds)

    @property
    def told(self) -> bool:
        """Whether nothing new may begin."""
        return self._moment() > 0

    @property
    def over(self) -> bool:
        """Whether what has begun had its time."""
        return self.told and time.monotonic() >= self._moment()

    def _moment(self) -> float:
        moment: float = _FORMAT.unpack(self._shared[:])[0]
        return moment


stop = Stop()
