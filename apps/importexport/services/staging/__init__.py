"""Rows on their way into a table: staged in a temporary one, judged and moved as a set."""

from apps.importexport.services.staging.moving import RacedError, Written, write
from apps.importexport.services.staging.seen import forget_some
from apps.importexport.services.staging.target import Linked, Target
from apps.importexport.services.staging.undoing import (
    Brought,
    Undone,
    delete_some,
    remove_some,
    restore_some,
)

__all__ = [
    "Brought",
    "Linked",
    "RacedError",
    "Target",
    "Undone",
    "Written",
    "delete_some",
    "forget_some",
    "remove_some",
    "restore_some",
    "write",
]
