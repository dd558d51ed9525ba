"""What one thread reads for a group by itself, a batch at a time."""

from collections.abc import Sequence

from kernel.events.kafka.backlog import Partition, partition_of
from kernel.events.kafka.membership import Membership
from kernel.events.kafka.receiving import arrivals_of
from kernel.events.registry import Group
from kernel.events.transport import Arrival
from kernel.faults import fault_point


class KafkaSubscription:
    """A member of the group whose thread handles what it has fetched before it fetches more."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._fetched: dict[Partition, int] = {}
        self._member = Membership(group, self._leave)

    def fetch(self, limit: int) -> list[Arrival]:
        """Return the next events that the group handles; others are passed over."""
        messages = self._member.read(limit, 0)
        for message in messages:
            self._fetched[partition_of(message)] = message.offset() + 1
        return arrivals_of(self._group, messages)

    def commit(self) -> None:
        """Tell the brokers how far the group has come, if it has moved."""
        if self._fetched:
            fault_point("consumer.before_offset")
            self._member.commit(self._fetched)
            fault_point("consumer.after_offset")
            self._fetched.clear()

    def close(self) -> None:
        """Leave the group; what was not committed comes again."""
        self._member.close()

    def _leave(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        # What was fetched of them is not in good hands yet.
        for one in partitions:
            self._fetched.pop(one, None)
        return {}
