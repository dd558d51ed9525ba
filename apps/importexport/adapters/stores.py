"""Where the files of exports are until the files service has them."""

from kernel.storage import Storage, storage


def export_store() -> Storage:
    """Return the platform's own store."""
    return storage()
