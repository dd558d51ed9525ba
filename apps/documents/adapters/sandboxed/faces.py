"""Fonts that somebody brought, looked through and kept as one text of bytes."""

import json
from typing import cast

from apps.documents.adapters.sandboxed.answers import Answer, refused
from apps.documents.adapters.sandboxed.packing import head, unpacked
from apps.documents.adapters.typefaces import read_typeface
from apps.documents.domain.faces import STYLES, Faces, Style, family_name
from apps.documents.domain.findings import Finding, InvalidTemplateError

_ABOUT = "about"


def inspect_fonts(data: bytes) -> Answer:
    """Return the files of a family, each by its style, as `faces_of` reads them."""
    findings: list[Finding] = []
    made = {}
    for style, content in unpacked(data).items():
        try:
            made[style] = read_typeface(bytes(content), cast(Style, style))
        except InvalidTemplateError as error:
            findings.extend(error.findings)
    if findings:
        return refused("template", findings), []
    family = made["regular"].family
    about = {"family": family, "editable": all(one.editable for one in made.values())}
    parts = {_ABOUT: json.dumps(about).encode()}
    parts |= {style: one.content for style, one in made.items()}
    first = head({name: len(part) for name, part in parts.items()})
    return {"family": family}, [first + b"".join(parts.values())]


def faces_of(kept: bytes) -> Faces:
    """Return the fonts that were kept."""
    parts = unpacked(kept)
    about = json.loads(bytes(parts[_ABOUT]))
    return Faces(
        family=family_name(about["family"]),
        files={style: bytes(parts[style]) for style in STYLES if style in parts},
        editable=bool(about["editable"]),
    )
