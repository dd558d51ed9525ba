"""What was published and cosigned of a log, held to what is kept of it here."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from apps.audit.adapters.away import Published
from apps.audit.domain.cosignatures import WitnessKey, cosignature
from apps.audit.domain.notes import Checkpoint as Signed
from apps.audit.domain.notes import NoteError
from apps.audit.models import Checkpoint, Cosignature
from apps.audit.selectors.integrity import cosignatures
from apps.audit.services.comparing import AlteredError

#: Checkpoints that are in memory together.
AT_ONCE = 500


def held_to_ours(published: Iterable[Published]) -> Iterator[Published]:
    """Yield what was published; raises AlteredError where a byte of it is not as we made it.

    One of a size that no checkpoint here has is for whoever makes the tree anew to judge.
    """
    remaining = iter(published)
    while some := list(islice(remaining, AT_ONCE)):
        sizes = [_size(one) for one in some]
        made = Checkpoint.objects.filter(size__in=sizes)
        ours = dict(made.values_list("size", "note"))
        lines: dict[int, set[str]] = {}
        for row in cosignatures(sizes):
            lines.setdefault(row.size, set()).add(row.line)
        for size, one in zip(sizes, some, strict=True):
            _refuse_other(one, ours.get(size), lines.get(size, set()))
            yield one


def refuse_altered_cosignatures() -> None:
    """Raise AlteredError when what is kept of a witness is not what it has signed."""
    rows = Cosignature.objects.order_by("pk")
    page = list(rows[:AT_ONCE])
    while page:
        _hold(page)
        page = list(rows.filter(pk__gt=page[-1].pk)[:AT_ONCE])


def _size(one: Published) -> int:
    try:
        return Signed.parse(one.note).size
    except NoteError as error:
        raise AlteredError(f"the published checkpoint {one.name}: {error}") from None


def _refuse_other(one: Published, ours: str | None, lines: set[str]) -> None:
    if ours is None or _text(one.note) != _text(ours):
        # Another text is not signed, or signs another tree.
        return
    added = one.note.removeprefix(ours).splitlines(keepends=True)
    if not one.note.startswith(ours) or not lines.issuperset(added):
        raise AlteredError(f"the published checkpoint {one.name} is not as it was published")


def _text(note: str) -> str:
    return note.rpartition("\n\n")[0]


def _hold(page: Sequence[Cosignature]) -> None:
    made = Checkpoint.objects.filter(size__in=[one.size for one in page])
    notes = dict(made.values_list("size", "note"))
    for one in page:
        try:
            same = cosignature(notes[one.size], one.line, WitnessKey.parse(one.witness)) == one.line
        except (KeyError, NoteError):
            same = False
        if not same:
            raise AlteredError(f"the cosignature of checkpoint {one.size} by {one.witness} differs")
