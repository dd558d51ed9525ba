"""What a batch does to rows, and what its undo does: the same for every dataset."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from contracts.datasets import Done, Kept, Mode, Row, RowResult, Undone
from kernel.datasets.checking import RowRefusedError, Sent, missing, sent
from kernel.datasets.registry import Change, Key, Refusal, Registered
from kernel.errors import ConflictError, NotFoundError
from kernel.tenancy.context import current_principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A row that a batch changed, by its key: how it read before and how after, or not at all."""

    key: Row
    before: Row | None
    after: Row | None

    def told(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    @classmethod
    def of(cls, told: dict[str, Any]) -> Self:
        """Return what `told` made of one."""
        return cls(**told)


def applied(
    found: Registered, mode: Mode, rows: Sequence[Row]
) -> tuple[list[RowResult], list[Image]]:
    """Do to the rows of a dataset what a batch says, in the caller's transaction.

    Returns what became of each row, in their order, and the images of those that were changed.
    """
    results: dict[int, RowResult] = {}
    wanted = _wanted(found, mode, rows, results)
    before = _by_key(found, [one.key for one in wanted.values()])
    planned: dict[int, Row | Change] = {}
    for at, one in wanted.items():
        plan = _plan(found, mode, one, before.get(one.key, []))
        if isinstance(plan, RowResult):
            results[at] = plan
        else:
            planned[at] = plan
    done: dict[int, Key] = {}
    for at, refusal in _done(found, planned):
        if refusal:
            results[at] = _refused(refusal)
        else:
            done[at] = wanted[at].key
    after = _by_key(found, done.values())
    images = []
    for at, key in sorted(done.items()):
        image = Image(
            key=dict(zip(found.dataset.key, key, strict=True)),
            before=_image(found, before.get(key, [])),
            after=_image(found, after.get(key, [])),
        )
        results[at] = RowResult(done=_what_became(image))
        if image.before != image.after:
            images.append(image)
    return [results[at] for at in range(len(rows))], images


def undone(found: Registered, images: Sequence[Image]) -> Undone:
    """Let rows read as before a batch, in the caller's transaction, but those changed since."""
    now = _by_key(found, [_key(found, one) for one in images])
    kept: list[Kept] = []
    planned: dict[int, Row | Change] = {}
    # What was done last is taken back first.
    for at, one in reversed(list(enumerate(images))):
        there = now.get(_key(found, one), [])
        if _image(found, there) != one.after:
            kept.append(_kept(one, ConflictError("it was changed since")))
        elif one.before is None:
            planned[at] = there[0]
        else:
            planned[at] = Change(row=one.before, before=there[0] if there else None)
    refused = [(at, refusal) for at, refusal in _done(found, planned) if refusal]
    kept.extend(_kept(images[at], refusal) for at, refusal in refused)
    return Undone(undone=len(planned) - len(refused), kept=tuple(kept))


def standing(found: Registered, images: Sequence[Image]) -> list[Row]:
    """Return the rows that still read as after a batch, in the caller's transaction."""
    brought = [one for one in images if one.after is not None]
    now = _by_key(found, [_key(found, one) for one in brought])
    there = [(one, now.get(_key(found, one), [])) for one in brought]
    return [rows[0] for one, rows in there if _image(found, rows) == one.after]


def _wanted(
    found: Registered, mode: Mode, rows: Sequence[Row], results: dict[int, RowResult]
) -> dict[int, Sent]:
    """Return the rows that can mean something; what is wrong with others goes to the results."""
    principal = current_principal()
    known: dict[Key, int] = {}
    wanted: dict[int, Sent] = {}
    for at, row in enumerate(rows):
        try:
            one = sent(found.dataset, mode, row, principal)
        except RowRefusedError as error:
            results[at] = error.result
            continue
        first = known.setdefault(one.key, at)
        if first == at:
            wanted[at] = one
        else:
            message = f"row {first + 1} of this batch has the same key"
            results[at] = _refused(ConflictError(message))
    return wanted


def _plan(found: Registered, mode: Mode, one: Sent, there: list[Row]) -> Row | Change | RowResult:
    """Return what is to be done with a row, or what is known of it already."""
    if len(there) > 1:
        return _refused(ConflictError(f"{len(there)} rows have this key: it tells none of them"))
    before = there[0] if there else None
    if mode is Mode.DELETE:
        return before or RowResult(done=Done.UNCHANGED)
    if before is not None:
        change = Change(row=one.row, before=before)
        if mode is Mode.INSERT:
            return _refused(ConflictError("there is a row with this key already"))
        return change if change.changed else RowResult(done=Done.UNCHANGED)
    if mode is Mode.UPDATE:
        return _refused(NotFoundError("there is no row with this key"))
    lacking = missing(found.dataset, one.row)
    return lacking.result if lacking else Change(row=one.row)


def _done(found: Registered, planned: dict[int, Row | Change]) -> Iterable[tuple[int, Refusal]]:
    """Write rows, then take away those that are to go; yield of each whether it was refused."""
    changes = {at: plan for at, plan in planned.items() if isinstance(plan, Change)}
    rows = {at: plan for at, plan in planned.items() if not isinstance(plan, Change)}
    if changes:
        yield from zip(changes, found.write(list(changes.values())), strict=True)
    if rows:
        yield from zip(rows, found.remove(list(rows.values())), strict=True)


def _by_key(found: Registered, keys: Iterable[Key]) -> dict[Key, list[Row]]:
    """Return the rows of these keys as they read now: mostly one for each."""
    wanted = list(keys)
    rows: dict[Key, list[Row]] = defaultdict(list)
    for row in found.find(wanted) if wanted else ():
        rows[found.key_of(row)].append(row)
    return rows


def _image(found: Registered, there: list[Row]) -> Row | None:
    """Return what of a row can be written: all that an undo restores, and looks at."""
    names = [one.name for one in found.dataset.fields if not one.read_only]
    return {name: there[0][name] for name in names} if there else None


def _what_became(image: Image) -> Done:
    if image.before == image.after:
        return Done.UNCHANGED
    if image.before is None:
        return Done.INSERTED
    return Done.UPDATED if image.after is not None else Done.DELETED


def _key(found: Registered, image: Image) -> Key:
    return found.key_of(image.key)


def _kept(image: Image, error: Exception) -> Kept:
    return Kept(key=image.key, code=getattr(error, "code", ""), message=str(error))


def _refused(refusal: Exception) -> RowResult:
    code = getattr(refusal, "code", "")
    return RowResult(done=Done.REFUSED, code=code, message=str(refusal))
