"""How a browser is given a file: shown only if nothing in it can run."""

#: What is shown in the browser's window, if the file's own bytes say that it is that. All else is
#: saved.
_SHOWN = frozenset(
    {
        "application/pdf",
        "audio/flac",
        "audio/mpeg",
        "audio/wav",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/plain",
        "video/mp4",
    }
)


def shown_inline(told: str, found: str) -> bool:
    """Say whether a file may be shown, by what its sender told and what its bytes are."""
    return told == found and told in _SHOWN


def played_inline(told: str, found: str) -> bool:
    """Say whether it may be shown even where nothing tells a browser to run nothing in it."""
    return shown_inline(told, found) and told.startswith(("audio/", "image/", "video/"))


def type_served(told: str) -> str:
    """Return a media type as it is sent."""
    return f"{told}; charset=utf-8" if told.startswith("text/") else told
