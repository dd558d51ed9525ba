"""What happens to rows whose models are captured (`kernel.capture`)."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsChanged(Event):
    """Rows of one model were created, changed or deleted in one transaction: up to 100 of them."""

    TYPE: ClassVar[str] = "capture.rows.changed.v1"
    ENTITY: ClassVar[str] = "Row"
    SUBJECT: ClassVar[str] = "first_id"

    app: str
    #: The class of the rows, such as `Order`.
    model: str
    #: `created`, `changed` or `deleted`.
    action: str
    first_id: str
    #: Each a JSON object: `id`, `name` and `changes`, a list of `field`, `before` and `after`.
    rows: tuple[str, ...]

    @property
    def entity(self) -> str:
        """The kind of row that was changed."""
        return self.model
