"""The signing key of an installation that was given none."""

import os
import secrets
import tempfile
from pathlib import Path


def secret_key_in(folder: Path) -> str:
    """Return the key kept in this folder, made at the first call; two processes get the same."""
    path = folder / "secret_key"
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            # A link appears whole or not at all, and fails when another process was first.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            Path(draft).unlink()
    return path.read_text().strip()
