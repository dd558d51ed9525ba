"""What a service offers to do when somebody, such as a schedule, asks for it by name."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

#: Of the parameters of one.
MOST_PARAMETER_BYTES = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something that can be done, and what it has to be told."""

    #: `<service>.<verb>`, such as `importexport.run_export`.
    name: str
    title: str
    description: str
    #: What whoever asks has to hold.
    scope: str
    #: A JSON Schema of an object.
    parameters: Mapping[str, Any] = field(default_factory=lambda: {"type": "object"})
    #: It begins work that goes on when it is done: whoever asked looks after that.
    followed: bool = False

    @property
    def service(self) -> str:
        """Return whose it is."""
        return self.name.partition(".")[0]

    def told(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


class WorkState(StrEnum):
    """Where work stands that a chore began."""

    GOING_ON = "going_on"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How work stands that a chore began."""

    state: WorkState
    #: How far it is, in words, and in a number of whatever it counts.
    message: str = ""
    done: int = 0
    #: None where nobody knows.
    total: int | None = None
    #: What came of it, beside what the chore itself told.
    result: Mapping[str, Any] = field(default_factory=dict)
    #: Why it came to nothing.
    error_code: str = ""
    error_message: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Work":
        """Read it as JSON has it; raises KeyError, TypeError, ValueError.

        What a service of a later version says besides is passed over.
        """
        known = {one.name: told[one.name] for one in fields(cls) if one.name in told}
        return cls(**{**known, "state": WorkState(told["state"])})

    def told(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


def parameters(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    """Return the JSON Schema of an object with these members and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
