"""Where documents are until the files service has them."""

from kernel.storage import Storage, storage


def document_store() -> Storage:
    """Return the platform's own store."""
    return storage()
