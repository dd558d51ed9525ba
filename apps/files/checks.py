"""What has to be right in the files app's settings before a process starts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004
from django.core.exceptions import ImproperlyConfigured

from apps.files.conf import clamd_address, scanner_required, yara_folder


@register
def scanner_can_be_asked(**_options: Any) -> list[CheckMessage]:
    """Tell of an address that is none, of rules that are not there, and of files nobody gets."""
    found: list[CheckMessage] = []
    try:
        address = clamd_address()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="see CLAMD_ADDRESS", id="septet.E072")]
    if scanner_required() and address is None:
        found.append(
            Warning(
                "SCANNER=required, and there is no scanner: files are not given out",
                hint="see CLAMD_ADDRESS",
                id="septet.W072",
            )
        )
    if (folder := yara_folder()) and not folder.is_dir():
        found.append(
            Error(
                f"FILES_YARA_RULES={settings.FILES_YARA_RULES}: there is no such folder",
                hint="files wait in quarantine until there is",
                id="septet.E073",
            )
        )
    return found
