"""Forms that are there as PDF: which fields they have, and the fields with values put in.

pikepdf alone: what it draws itself has no letters beyond Latin, no wrapping and no alignment, and
pypdf's neither, so what a field shows is drawn as the text of documents is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal, TypeAlias

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from apps.documents.adapters.pdf.appearances import draw_fields
from apps.documents.adapters.pdf.opening import LOCKED, opened, saved
from apps.documents.domain.findings import stop, under

Kind: TypeAlias = Literal["text", "checkbox", "radio", "choice", "list", "button", "signature"]
Given: TypeAlias = str | bool | Sequence[str]

_MOST_FIELDS = 5_000
_MOST_DEPTH = 32
_MOST_TEXT = 20_000
_INHERITED = ("/FT", "/V", "/Ff", "/Opt", "/MaxLen", "/DA", "/Q")
_READ_ONLY, _REQUIRED, _MULTILINE, _MANY, _COMB = 1, 1 << 1, 1 << 12, 1 << 21, 1 << 24
_RADIO, _PUSHED, _COMBO, _EDITABLE = 1 << 15, 1 << 16, 1 << 17, 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """A field of a form; `options` are what it may hold, where that is not any text."""

    name: str
    kind: Kind
    value: Given = ""
    options: tuple[str, ...] = ()
    label: str = ""
    required: bool = False
    read_only: bool = False
    multiline: bool = False
    max_length: int | None = None


@dataclass(slots=True)
class _Found:
    """A field with all that it inherits, and where it is drawn."""

    name: str
    held: dict[str, Any]
    own: Any
    widgets: list[Any] = field(default_factory=list)

    @property
    def flags(self) -> int:
        return int(self.held.get("/Ff", 0))


def form_fields(  # nosec B107  empty is none
    content: BinaryIO, place: str = "", password: str = ""
) -> tuple[FormField, ...]:
    """Return the fields of a form in their order; raises DocumentError for what is no PDF."""
    with opened(content, place, password) as pdf:
        return tuple(_told(one) for one in _fields(pdf, place))


def fill_form(
    content: BinaryIO,
    out: BinaryIO,
    values: Mapping[str, Given],
    *,
    flatten: bool = False,
    password: str = "",
    language: str = "en",
) -> None:
    """Write a form with values by the names of fields; flattened it has no fields any more.

    Texts may be of any script that documents are set in. The same values give the same bytes.
    Raises DocumentError with the field's name as place: there is none, or it does not take that.
    """
    with opened(content, password=password) as pdf:
        if not (pdf.owner_password_matched or pdf.allow.modify_form):
            stop("", LOCKED, "nobody may fill the form: give the password of its owner")
        found = _fields(pdf, "")
        named = {one.name: one for one in found}
        if any(_told(one).kind == "signature" and one.held.get("/V") for one in found):
            stop("", "signed", "the form is signed: filling it would break the signature")
        for name in values:
            if name not in named:
                fields = ", ".join(sorted(named)[:20]) or "none"
                stop(under("", name[:60]), "unknown", f"no such field; there are: {fields[:300]}")
        drawn = [one for name, given in values.items() if _put(one := named[name], given)]
        if flatten or _acroform(pdf).get(Name.NeedAppearances, False):
            drawn += [one for one in found if one not in drawn and _is_text(one) and _shown(one)]
        forms = draw_fields(pdf, [_drawing(one) for one in drawn], language)
        needs = [_fonts_of(form) for form in forms]
        _finish(pdf, flatten=flatten)
        # Flattening gives them the form's own fonts too, which nothing is set in.
        for form, fonts in zip(forms, needs, strict=True):
            form.Resources = Dictionary(Font=Dictionary(fonts))
        saved(pdf, out)


def _fonts_of(form: Any) -> dict[str, Any]:
    return dict(form.Resources.get(Name.Font, Dictionary()).items())


def _finish(pdf: pikepdf.Pdf, *, flatten: bool) -> None:
    if flatten:
        pdf.flatten_annotations("all")
    form = _acroform(pdf)
    # A form of XFA would be shown in place of the fields, without the values.
    for key in (Name.XFA, Name.NeedAppearances):
        if key in form:
            del form[key]
    if flatten and Name.AcroForm in pdf.Root:
        del pdf.Root.AcroForm
        # The fonts that fields had, and nothing is set in any more.
        pdf.remove_unreferenced_resources()


def _acroform(pdf: pikepdf.Pdf) -> Any:
    return pdf.Root.get(Name.AcroForm, Dictionary())


def _fields(pdf: pikepdf.Pdf, place: str) -> list[_Found]:
    roots = _acroform(pdf).get(Name.Fields)
    found = list(_walk(roots, "", {}, set(), 0)) if isinstance(roots, Array) else []
    if len(found) > _MOST_FIELDS:
        stop(place, "size", f"a form has at most {_MOST_FIELDS} fields")
    return found


def _walk(
    nodes: Any, name: str, inherited: dict[str, Any], seen: set[tuple[int, int]], depth: int
) -> Iterator[_Found]:
    for node in nodes:
        if not isinstance(node, Dictionary) or node.objgen in seen or depth > _MOST_DEPTH:
            continue
        if node.is_indirect:
            seen.add(node.objgen)
        held = inherited | {key: node[key] for key in _INHERITED if key in node}
        own = str(node.get(Name.T, ""))
        full = ".".join(part for part in (name, own) if part)
        kids = [one for one in node.get(Name.Kids, []) if isinstance(one, Dictionary)]
        if any(Name.T in one for one in kids):
            yield from _walk(kids, full, held, seen, depth + 1)
        elif full and "/FT" in held:
            yield _Found(full, held, node, kids or [node])


def _told(one: _Found) -> FormField:
    kind = _kind(one)
    most = one.held.get("/MaxLen")
    options: tuple[str, ...] = ()
    if kind in ("choice", "list"):
        options = tuple(option for option, _ in _options(one))
    if kind == "radio":
        options = tuple(dict.fromkeys(state for each in one.widgets for state in _states(each)))
    return FormField(
        name=one.name,
        kind=kind,
        value=_value(one, kind),
        options=options,
        label=str(one.own.get(Name.TU, "")),
        required=bool(one.flags & _REQUIRED),
        read_only=bool(one.flags & _READ_ONLY),
        multiline=kind == "text" and bool(one.flags & _MULTILINE),
        max_length=int(most) if kind == "text" and most is not None else None,
    )


def _kind(one: _Found) -> Kind:
    match str(one.held["/FT"]):
        case "/Btn" if one.flags & _PUSHED:
            return "button"
        case "/Btn":
            return "radio" if one.flags & _RADIO else "checkbox"
        case "/Ch":
            return "choice" if one.flags & _COMBO else "list"
        case "/Sig":
            return "signature"
        case _:
            return "text"


def _is_text(one: _Found) -> bool:
    return _kind(one) in ("text", "choice", "list")


def _options(one: _Found) -> tuple[tuple[str, str], ...]:
    """Return what a choice may hold, each with what it shows."""
    found = []
    for option in one.held.get("/Opt", []):
        pair = list(option) if isinstance(option, Array) else [option, option]
        if len(pair) == 2:
            found.append((str(pair[0]), str(pair[1])))
    return tuple(found)


def _states(widget: Any) -> list[str]:
    drawn = widget.get(Name.AP, {}).get(Name.N, {})
    if not isinstance(drawn, Dictionary) or isinstance(drawn, pikepdf.Stream):
        return []
    return [key[1:] for key in dict(drawn.items()) if key != "/Off"]


def _value(one: _Found, kind: Kind) -> Given:
    value = one.held.get("/V")
    if kind == "checkbox":
        return value is not None and str(value) not in ("/Off", "")
    if value is None or kind in ("signature", "button"):
        return ""
    if kind == "radio":
        return "" if str(value) == "/Off" else str(value)[1:]
    if isinstance(value, Array):
        return tuple(str(each) for each in value)
    if isinstance(value, pikepdf.Stream):
        return value.read_bytes()[:_MOST_TEXT].decode("utf-8", "replace")
    return str(value)


def _put(one: _Found, given: Given) -> bool:
    """Set a value; returns whether it is to be drawn."""
    place, kind = under("", one.name), _kind(one)
    if kind in ("checkbox", "radio"):
        _switch(one, kind, given, place)
        return False
    if kind in ("button", "signature"):
        stop(place, "type", f"a {kind} takes no value")
    told = _told(one)
    if isinstance(given, bool):
        stop(place, "type", "a text is needed here")
    texts = [given] if isinstance(given, str) else list(given) if kind == "list" else []
    if not texts or (len(texts) > 1 and not one.flags & _MANY):
        stop(place, "type", "a text is needed here")
    for text in texts:
        _fits(one, told, text, place)
    value: Any = String(texts[0]) if len(texts) == 1 else Array([String(one) for one in texts])
    one.own.V = value
    one.held["/V"] = value
    return True


def _fits(one: _Found, told: FormField, text: str, place: str) -> None:
    if len(text) > _MOST_TEXT:
        stop(place, "size", f"a field has at most {_MOST_TEXT} characters")
    if told.max_length is not None and len(text) > told.max_length:
        stop(place, "size", f"at most {told.max_length} characters, found {len(text)}")
    free = told.kind == "text" or one.flags & _EDITABLE
    if not free and text and text not in told.options:
        options = ", ".join(told.options[:20])
        stop(place, "choice", f"{text[:40]!r} is none of: {options[:300]}")


def _switch(one: _Found, kind: Kind, given: Given, place: str) -> None:
    states = [state for each in one.widgets for state in _states(each)]
    if kind == "checkbox":
        if not isinstance(given, bool):
            stop(place, "type", "true or false is needed here")
        wanted = (states or ["Yes"])[0] if given else "Off"
    else:
        if not isinstance(given, str) or (given and given not in states):
            stop(place, "choice", f"one of {', '.join(dict.fromkeys(states))[:300]} is needed here")
        wanted = given or "Off"
    one.own.V = one.held["/V"] = Name("/" + wanted)
    for widget in one.widgets:
        widget.AS = Name("/" + (wanted if wanted in _states(widget) else "Off"))


def _shown(one: _Found) -> str:
    kind = _kind(one)
    value = _value(one, kind)
    if isinstance(value, bool):
        return ""
    shows = dict(_options(one)) if kind != "text" else {}
    texts = [value] if isinstance(value, str) else list(value)
    return "\n".join(shows.get(text, text) for text in texts)


def _drawing(one: _Found) -> tuple[list[Any], str, dict[str, Any]]:
    many = bool(one.flags & _MULTILINE) or _kind(one) == "list"
    comb = int(one.held.get("/MaxLen", 0)) if one.flags & _COMB and _kind(one) == "text" else 0
    about = {"look": str(one.held.get("/DA", "")), "side": int(one.held.get("/Q", 0))}
    return one.widgets, _shown(one), about | {"multiline": many, "comb": comb}
