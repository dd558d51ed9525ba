"""What staff do in the back office."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffChanged(Event):
    """Somebody of the staff added, changed or deleted a row by hand, or did something to it."""

    TYPE: ClassVar[str] = "staff.row.changed.v1"
    ENTITY: ClassVar[str] = "Row"
    SUBJECT: ClassVar[str] = "object_id"
    LABEL: ClassVar[str] = "name"

    app: str
    #: The class of the row, such as `File`.
    model: str
    object_id: str
    name: str
    #: `added`, `changed`, `deleted`, or the name of the action that was taken.
    action: str
    #: Names of the fields that were changed; never their values.
    fields: tuple[str, ...] = ()

    @property
    def entity(self) -> str:
        """The kind of row that was changed."""
        return self.model


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffActed(Event):
    """Somebody of the staff took an action on chosen rows, and said yes when asked."""

    TYPE: ClassVar[str] = "staff.action.taken.v1"
    ENTITY: ClassVar[str] = "Action"
    SUBJECT: ClassVar[str] = "action"

    app: str
    #: The class of the rows, such as `Job`.
    model: str
    #: Its name, such as `retry`.
    action: str
    count: int
    #: Of at most 100 of them.
    object_ids: tuple[str, ...] = ()
