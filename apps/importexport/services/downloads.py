"""Where the file of an export is fetched from."""

from apps.importexport.access import EXPORT_JOB
from apps.importexport.models import ExportJob
from kernel.errors import NotFoundError
from kernel.mesh.client import RemoteError
from kernel.mesh.storing import address_of

APP = "importexport"
#: Whoever is sent on begins to fetch it at once.
ADDRESS_SECONDS = 300


def download_address(export: ExportJob) -> str:
    """Return where whoever is given it fetches the file; raises what is retryable, NotFoundError.

    Not to be called in a transaction.
    """
    if export.result_id is None:
        raise NotFoundError("there is no file")
    try:
        return address_of(
            APP,
            reader_scope=EXPORT_JOB.read,
            file_id=str(export.result_id),
            seconds=ADDRESS_SECONDS,
        )
    except RemoteError as error:
        if error.remote_code != "NOT_FOUND":
            raise
        raise NotFoundError("somebody has removed the file") from None
