"""Data in which what is missing is a mistake, and not empty."""

from collections.abc import Mapping
from typing import Any

from contracts.expressions.errors import ExpressionError


class Strict(dict[str, Any]):
    """An object of the data; a field that it does not have is a mistake, null is not."""

    def get(self, key: str, default: Any = None) -> Any:
        """Return a field; raises ExpressionError."""
        if key not in self:
            raise ExpressionError(0, "missing", f"there is no `{key[:60]}`")
        return self[key]


def strict(value: Any) -> Any:
    """Return data of JSON in which what is missing is a mistake."""
    if isinstance(value, Mapping):
        return Strict({name: strict(one) for name, one in value.items()})
    if isinstance(value, list | tuple):
        return [strict(one) for one in value]
    return value
