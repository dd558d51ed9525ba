"""How a client sends a file straight to the store: by one request, or in parts of one length."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MIB = 1024 * 1024
#: What S3 takes by one request, and in how many parts more.
MOST_AT_ONCE = 5 * 1024 * MIB
MOST_PARTS = 10_000
#: Above it, a request that breaks off costs more than the requests that parts take.
GOOD_AT_ONCE = 100 * MIB
SMALLEST_PART = 8 * MIB


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of a file: all but the last have the same length."""

    length: int
    part_bytes: int

    @property
    def count(self) -> int:
        """Return how many there are: one of an empty file."""
        return max(-(-self.length // self.part_bytes), 1)

    def size(self, number: int) -> int:
        """Return how long the part of a number is, from 1 on; raises ValueError."""
        if not 1 <= number <= self.count:
            raise ValueError(f"there are parts 1 to {self.count}, found {number}")
        return min(self.part_bytes, self.length - (number - 1) * self.part_bytes)

    def missing(self, there: Mapping[int, int]) -> Iterator[tuple[int, int]]:
        """Give number and length of those that are not there with the length they have."""
        for number in range(1, self.count + 1):
            size = self.size(number)
            if there.get(number) != size:
                yield number, size


def parts_of(length: int) -> Parts:
    """Divide a file of this length."""
    least = -(-length // MOST_PARTS)
    return Parts(length, max(SMALLEST_PART, -(-least // MIB) * MIB))
