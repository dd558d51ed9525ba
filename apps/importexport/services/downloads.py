"""Where the file of an export is fetched from."""

from apps.importexport.access import EXPORT_JOB
from apps.importexport.models import ExportJob
from kernel.errors import NotFoundError
from kernel.mesh.storing import address_of

APP = "importexport"


def download_address(export: ExportJob) -> str:
    """Return where whoever is given it fetches the file; raises what is retryable, NotFoundError.

    Not to be called in a transaction.
    """
    if export.result_id is None:
        raise NotFoundError("there is no file")
    return address_of(APP, reader_scope=EXPORT_JOB.read, file_id=str(export.result_id))
