"""Why a database is not moved."""


class MoveError(Exception):
    """What is in the way; nothing of the old database has changed. The message says what to do."""


class MisuseError(MoveError):
    """It was asked for in a way that cannot be."""
