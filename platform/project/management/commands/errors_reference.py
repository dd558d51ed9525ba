"""`manage.py errors_reference`: the page of all error codes, made of their classes."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings

from kernel.errors import DomainError
from project.reference import ReferenceCommand, table

INTRODUCTION = """\
A code never changes its meaning; the message beside it is for people, and may. This page is made
by `manage.py errors_reference`. The form depends on where an error is met:

- **In GraphQL** it is an entry of `errors` with `message`, `path` and `extensions.code`; `INTERNAL`
  adds `extensions.id`, under which the log has the rest. A request that could not be read, or came
  with a credential that is not good, has the status below. A document that was not run has 400 for
  a client that accepts `application/graphql-response+json`, else 200; one that was run has 200,
  also when it came without any credential.
- **Over HTTP** the body is `{"errors": [{"message": "…", "extensions": {"code": "…", "id": "…"}}]}`
  with the status below, and `Retry-After` where trying again makes sense.
- **A mutation** puts what one may expect, such as `CONFLICT`, into `error { code message }` of its
  answer and has changed nothing; `UNAUTHENTICATED`, `FORBIDDEN` and `INTERNAL` stay in `errors`.
"""
HEAD = ("code", "status", "try again", "meaning")


@dataclass(frozen=True, slots=True)
class Code:
    """One code as the page shows it."""

    name: str
    status: int
    retryable: bool
    meaning: str


#: What every error is that has no code of its own.
INTERNAL = Code(
    DomainError.code,
    DomainError.status,
    DomainError.retryable,
    "Nothing that the caller did or can mend; the id leads whoever runs this to the reason.",
)


class Command(ReferenceCommand):
    """Write the page, or with --check tell that it is out of date."""

    help = "Write docs/reference/errors.md from the classes of errors; --check only compares."
    name = "errors"

    def text(self) -> str:
        return page([INTERNAL, *found_in(sources())])


def sources() -> list[str]:
    """Return the modules of kernel and all seven apps, whichever this process serves.

    They are read, not imported: an app that is not installed cannot be imported.
    """
    root = Path(settings.BASE_DIR)
    files = [*(root / "platform/kernel").rglob("*.py"), *(root / "apps").rglob("*.py")]
    return [file.read_text(encoding="utf-8") for file in sorted(files)]


def found_in(texts: list[str]) -> list[Code]:
    """Return the code of every class under DomainError that has one of its own."""
    known = {DomainError.__name__: INTERNAL}
    waiting = [one for text in texts if "Error)" in text for one in _classes(ast.parse(text))]
    found = []
    while ready := [one for one in waiting if _parent(one) in known]:
        for one in ready:
            waiting.remove(one)
            inherited = known[_parent(one)]
            code = known[one.name] = _code(one, inherited)
            if code.name != inherited.name:
                found.append(code)
    return found


def _classes(module: ast.Module) -> Iterator[ast.ClassDef]:
    return (one for one in module.body if isinstance(one, ast.ClassDef))


def _parent(one: ast.ClassDef) -> str:
    return ast.unparse(one.bases[0]) if one.bases else ""


def _code(one: ast.ClassDef, inherited: Code) -> Code:
    own = {
        ast.unparse(line.targets[0] if isinstance(line, ast.Assign) else line.target): line.value
        for line in one.body
        if isinstance(line, ast.Assign | ast.AnnAssign) and line.value
    }
    given = {
        field: ast.literal_eval(own[attribute])
        for field, attribute in (("name", "code"), ("status", "status"), ("retryable", "retryable"))
        if attribute in own
    }
    meaning = (ast.get_docstring(one) or "").partition("\n")[0]
    return replace(inherited, **given, meaning=meaning)


def page(codes: list[Code]) -> str:
    """Return the reference page."""
    rows = [
        (
            f"`{one.name}`",
            str(one.status),
            "yes" if one.retryable else "no",
            one.meaning,
        )
        for one in sorted(codes, key=lambda code: code.name)
    ]
    return f"# Errors\n\n{INTRODUCTION}\n{table(HEAD, rows)}"
