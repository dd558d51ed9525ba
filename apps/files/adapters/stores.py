"""Where the bytes of files are kept."""

from apps.files import conf
from kernel.storage import Storage, storage, storage_at
from kernel.storage.clients import ClientStorage
from kernel.storage.moving import MovingStorage
from kernel.storage.port import StorageUnavailableError

#: The platform's own store, as FILES_STORAGE_BEFORE names it.
LOCAL = "local"


def file_store() -> Storage:
    """Return the store that the settings choose, and while bytes move, the one before it, too."""
    url, before = conf.storage_url(), conf.storage_url_before()
    new = storage_at(url) if url else storage()
    if not before:
        return new
    return MovingStorage(new, storage() if before == LOCAL else storage_at(before))


def store_of(key: str) -> Storage:
    """Return the store that has the bytes of a key."""
    store = file_store()
    return store.holding(key) if isinstance(store, MovingStorage) else store


def clients() -> ClientStorage | None:
    """Return the store that clients send new files to; None where they do not reach it."""
    return file_store().for_clients(address=conf.s3_address())


def clients_before() -> ClientStorage:
    """Return the store that clients were told to send files to, also if it is no longer the one."""
    store = file_store()
    found = clients()
    if found is None and isinstance(store, MovingStorage):
        found = store.old.for_clients(address=conf.s3_address())
    if found is None:
        raise StorageUnavailableError("the store that the upload went to is not among the settings")
    return found
