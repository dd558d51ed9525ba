"""What may be done to files and uploads."""

from apps.files.services.files import create_file, delete_file, delete_files, update_file

__all__ = ["create_file", "delete_file", "delete_files", "update_file"]
