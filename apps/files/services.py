"""What may be done to files."""

from apps.files.models import File


def create_file(*, name: str, content_type: str, size_bytes: int) -> File:
    """Make one in the current tenant."""
    return File.objects.create(name=name, content_type=content_type, size_bytes=size_bytes)
