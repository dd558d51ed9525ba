"""What a service offers to do when somebody, such as a schedule, asks for it by name."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
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

    @property
    def service(self) -> str:
        """Return whose it is."""
        return self.name.partition(".")[0]

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
