"""What a file may be called, so that its name means the same wherever it is saved."""


class FileNameError(ValueError):
    """A name that no file can have; the message says what is wrong with it."""


def check_name(name: str) -> None:
    """Raise FileNameError when a name is a path, or holds what nobody can see."""
    # Saved by a program that trusts it, a name with a separator leaves its folder.
    if "/" in name or "\\" in name or name.strip() in {".", ".."}:
        raise FileNameError(f"a file's name is not a path, found {name[:40]!r}")
    if not name.isprintable():
        raise FileNameError(f"a file's name has only printable characters, found {name[:40]!r}")
