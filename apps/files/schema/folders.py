"""What may be changed about folders, and where files are."""

from apps.files.schema.inputs import (
    CopyFileInput,
    CopyFolderInput,
    CreateFolderInput,
    DeleteFolderInput,
    MoveFilesInput,
    MoveFolderInput,
    RestoreFilesInput,
    RestoreFolderInput,
    TrashFilesInput,
    TrashFolderInput,
    UpdateFolderInput,
)
from apps.files.schema.types import FileType, FolderType
from apps.files.services.copying import copy_file, copy_folder
from apps.files.services.folders import (
    create_folder,
    delete_folder,
    move_files,
    move_folder,
    restore_folder,
    trash_folder,
    update_folder,
)
from apps.files.services.trash import restore_files, trash_files
from kernel.federation.mutations import Bulk, Create, Delete, Update


class FolderChanges:
    """Changes of where things are."""

    create_folder = Create(
        FolderType,
        input=CreateFolderInput,
        by=create_folder,
        description="Make a folder; CONFLICT when its name is taken there.",
    )
    update_folder = Update(
        FolderType,
        input=UpdateFolderInput,
        by=update_folder,
        description="Rename a folder, or let what is in it be encrypted at rest.",
    )
    move_folder = Update(
        FolderType,
        input=MoveFolderInput,
        by=move_folder,
        description="Put a folder with all in it into another.",
    )
    copy_folder = Create(
        FolderType,
        input=CopyFolderInput,
        by=copy_folder,
        description="Make a folder with all clean files of another; the copies take no room.",
    )
    trash_folder = Update(
        FolderType,
        input=TrashFolderInput,
        by=trash_folder,
        description="Put a folder with all in it into the trash.",
    )
    restore_folder = Update(
        FolderType,
        input=RestoreFolderInput,
        by=restore_folder,
        description="Take a folder out of the trash with all that came there with it.",
    )
    delete_folder = Delete(
        FolderType,
        input=DeleteFolderInput,
        by=delete_folder,
        description="Remove a folder with all in it, at most 1,000 things, for ever.",
    )
    move_files = Bulk(
        FileType,
        input=MoveFilesInput,
        by=move_files,
        description="Put files into a folder; one that is not there does not keep the others.",
    )
    copy_file = Create(
        FileType,
        input=CopyFileInput,
        by=copy_file,
        description="Make a file of what a clean one has now; it takes no room.",
    )
    trash_files = Bulk(
        FileType,
        input=TrashFilesInput,
        by=trash_files,
        description="Put files into the trash, where they are not given out.",
    )
    restore_files = Bulk(
        FileType,
        input=RestoreFilesInput,
        by=restore_files,
        description="Take files out of the trash.",
    )
