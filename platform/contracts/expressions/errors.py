"""An expression that cannot be read, or a value it cannot work with."""


class ExpressionError(Exception):
    """`at` is the character, from 0, at which the trouble begins."""

    def __init__(self, at: int, code: str, message: str) -> None:
        self.at = at
        self.code = code
        self.message = message
        super().__init__(f"at character {at + 1}: {message}")
