"""Where the file of a document or a batch is fetched from."""

from apps.documents.access import DOCUMENT
from apps.documents.models.making import Made
from apps.documents.services.handing_over import APP
from kernel.errors import NotFoundError
from kernel.mesh.storing import address_of


def download_address(row: Made) -> str:
    """Return where whoever is given it fetches the file; raises what is retryable, NotFoundError.

    Not to be called in a transaction.
    """
    if row.output_id is None:
        raise NotFoundError("there is no file yet")
    return address_of(APP, reader_scope=DOCUMENT.read, file_id=str(row.output_id))
