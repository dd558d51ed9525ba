"""Who may open a document, and what they may do with it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """`user` opens the document, `owner` may change it. Keys are random: bytes differ each time."""

    user: str = field(repr=False)
    owner: str = field(repr=False)
    printing: bool = True
    copying: bool = False
