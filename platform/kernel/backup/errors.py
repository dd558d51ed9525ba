"""What may be wrong with a backup."""


class BackupError(Exception):
    """It cannot be done so; the message says what to do."""


class DamagedError(BackupError):
    """What is kept is not what was backed up, or it is of another key."""
