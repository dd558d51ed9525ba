"""A version of a template as it was written, and what is wrong with it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from apps.documents.domain.assembling import assemble, told
from apps.documents.domain.checking.linting import check
from apps.documents.domain.checking.schemas import MOST_BYTES, check_data, parse_schema
from apps.documents.domain.findings import Finding, InvalidTemplateError, Severity
from apps.documents.domain.limits import DEFAULT
from apps.documents.domain.markdown import template_of_markdown
from apps.documents.domain.model import blocks as b
from apps.documents.domain.model.parsing import load_json, read_template

Json = dict[str, Any]

MOST_SAMPLE_BYTES = 1_000_000
#: What a template shows as its theme's logo.
LOGO = "logo"


class Source(StrEnum):
    """Into which of the texts of a version the place of a finding leads."""

    BODY = "body"
    MARKDOWN = "markdown"
    SCHEMA = "schema"
    SAMPLE = "sample"
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """What was said of a file of Word or Excel when it was given."""

    findings: tuple[Finding, ...] = ()
    #: A draft of the schema of what it reads, as JSON; empty where that is not known.
    inferred: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The texts of a version; JSON, but for Markdown."""

    body: str
    markdown: str = ""
    schema: str = ""
    sample: str = "{}"
    #: The names of its pictures.
    assets: Collection[str] = ()
    #: The file that is filled in the place of blocks.
    upload: Uploaded | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A template as far as it could be read, and what was found."""

    findings: tuple[tuple[Source, Finding], ...]
    template: b.Template | None = None
    #: What documents are made of.
    resolved: Json = field(default_factory=dict)

    @property
    def pictures(self) -> tuple[str, ...]:
        """Return the names of pictures that blocks name outright."""
        return (
            tuple(dict.fromkeys(name for name, _ in _named(self.template))) if self.template else ()
        )

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return what keeps it from being published."""
        return tuple(one for _, one in self.findings if one.severity is Severity.ERROR)


def read_body(written: Written) -> Json:
    """Return the template's JSON, its blocks from Markdown if there is some.

    Raises InvalidTemplateError.
    """
    body = load_json(written.body, DEFAULT.template_bytes, DEFAULT.depth)
    if not isinstance(body, dict):
        raise InvalidTemplateError([Finding("", "type", "a template is an object")])
    return template_of_markdown(written.markdown, body) if written.markdown else body


def judge(
    written: Written, shared: Mapping[str, Any], theme: Mapping[str, Any], *, logo: bool = False
) -> Judged:
    """Tell everything that is wrong, or could be better, without data; nothing is raised.

    `shared` are partials by their names, `theme` what the template says nothing else of, and
    `logo` whether the theme has one.
    """
    source = Source.MARKDOWN if written.markdown else Source.BODY
    schema, findings = _schema_of(written.schema)
    findings.extend((Source.SAMPLE, one) for one in _of_sample(written.sample, schema))
    if written.upload is not None:
        findings.extend((Source.UPLOAD, one) for one in written.upload.findings)
    try:
        body = read_body(written)
    except InvalidTemplateError as error:
        wrong = ((_source_of(one, source), one) for one in error.findings)
        return Judged(findings=(*wrong, *findings))
    try:
        resolved = assemble(body, shared, theme)
        if len(told(resolved)) > DEFAULT.template_bytes:
            message = f"with its partials at most {DEFAULT.template_bytes} bytes"
            raise InvalidTemplateError([Finding("", "size", message)])
        template = read_template(resolved)
    except InvalidTemplateError as error:
        return Judged(findings=(*((Source.BODY, one) for one in error.findings), *findings))
    found = [*check(template, schema), *_missing(template, {*written.assets, *([LOGO] * logo)})]
    if written.upload is not None and template.blocks:
        message = "blocks are not used: what is filled is the uploaded file"
        found.append(Finding("/blocks", "unused", message, severity=Severity.WARNING))
    return Judged(
        findings=(*((Source.BODY, one) for one in found), *findings),
        template=template,
        resolved=resolved,
    )


def _source_of(finding: Finding, usual: Source) -> Source:
    return usual if finding.code == "directive" else Source.BODY


def _schema_of(text: str) -> tuple[Json | None, list[tuple[Source, Finding]]]:
    if not text:
        return None, []
    try:
        schema = load_json(text, MOST_BYTES, DEFAULT.data_depth)
        parse_schema(schema)
    except InvalidTemplateError as error:
        return None, [(Source.SCHEMA, one) for one in error.findings]
    return dict(schema), []


def _of_sample(text: str, schema: Json | None) -> Iterator[Finding]:
    """Yield why a template cannot be tried with its sample: advice, as it makes no documents."""
    try:
        sample = load_json(text, MOST_SAMPLE_BYTES, DEFAULT.data_depth)
        found = check_data(parse_schema(schema), sample) if schema is not None else ()
        if not isinstance(sample, dict):
            found = (Finding("", "type", "data is an object"),)
    except InvalidTemplateError as error:
        found = error.findings
    for one in found:
        yield Finding(one.place, one.code, one.message, severity=Severity.WARNING)


def _named(template: b.Template) -> Iterator[tuple[str, b.Image]]:
    for block in b.every(template):
        if isinstance(block, b.Image) and len(block.asset) == 1:
            parts = block.asset[0].parts
            if len(parts) == 1 and isinstance(parts[0], str):
                yield parts[0], block


def _missing(template: b.Template, known: Collection[str]) -> Iterator[Finding]:
    """Yield pictures that are named outright and are not there."""
    for name, block in _named(template):
        if name not in known:
            message = f"there is no picture {name[:60]!r}; there is {_listed(known)}"
            yield Finding(block.place, "asset", message, "image")


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"
