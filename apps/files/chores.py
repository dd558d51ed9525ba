"""What the files app does for others, such as schedules."""

from collections.abc import Mapping
from typing import Any

from apps.files.services.verdicts import rescan_folder
from contracts.chores import Chore, parameters
from kernel.chores.registry import chore


@chore(
    Chore(
        name="files.rescan",
        title="Scan a folder again",
        description="Has the files that lie in a folder scanned again, the first 500 of them by"
        " their names.",
        scope="files:write",
        parameters=parameters(("folder_id",), folder_id={"type": "string", "format": "uuid"}),
    )
)
def rescan(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask for the scans, and return how many there are."""
    return {"files": rescan_folder(id=told["folder_id"])}
