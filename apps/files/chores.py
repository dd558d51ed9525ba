"""What the files app does for others, such as schedules."""

from collections.abc import Mapping
from typing import Any

from apps.files.services.verdicts import rescan_folder, waiting_in_folder
from contracts.chores import Chore, Work, WorkState, parameters
from kernel.chores.registry import chore


def _look(began: Mapping[str, Any]) -> Work:
    """It is done when no file that lies in the folder waits for a scanner."""
    waiting = waiting_in_folder(id=began["folderId"])
    if waiting:
        asked = began["files"]
        return Work(
            state=WorkState.GOING_ON,
            message=f"{waiting} files wait for a scanner",
            done=max(0, asked - waiting),
            total=asked,
        )
    return Work(state=WorkState.DONE)


@chore(
    Chore(
        name="files.rescan",
        title="Scan a folder again",
        description="Has the files that lie in a folder scanned again, the first 500 of them by"
        " their names.",
        scope="files:write",
        parameters=parameters(("folder_id",), folder_id={"type": "string", "format": "uuid"}),
    ),
    follow=_look,
)
def rescan(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask for the scans, and return how many there are."""
    return {"folderId": told["folder_id"], "files": rescan_folder(id=told["folder_id"])}
