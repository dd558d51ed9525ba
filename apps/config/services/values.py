"""What holds in a place is changed here, and nowhere else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import orjson
from django.db import transaction

from apps.config.access import APPROVE, SECRET
from apps.config.domain.configuration.layering import Said, resolve
from apps.config.domain.configuration.references import parse_reference
from apps.config.domain.configuration.schemas import check_schema, parse_schema
from apps.config.domain.configuration.values import Kind, parse_value
from apps.config.domain.findings import Finding, InvalidDefinitionError, under
from apps.config.errors import ApprovalRequiredError, DefinitionRefusedError
from apps.config.models import (
    Configuration,
    ConfigurationDeployment,
    ConfigurationRevision,
    ConfigurationValue,
    ConfigurationVersion,
    Environment,
    ValueOrigin,
)
from apps.config.selectors.configurations import configurations_of, parsed, values_in, versions
from apps.config.selectors.deployments import live_at
from apps.config.selectors.places import Place, check_environment
from apps.config.services.watching import tell
from contracts.configurations import ConfigurationValuePublished
from kernel.errors import (
    ConflictError,
    DomainError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
)
from kernel.events.actors import current_actor
from kernel.events.publishing import publish_all
from kernel.tenancy.context import (
    PLATFORM,
    acting_principal,
    current_tenant_id,
    in_tenant,
    require,
)

MOST_AT_ONCE = 1_000
MOST_REASON = 1_000
#: All values of an environment together: a process has them in memory.
MOST_BYTES = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What becomes of a key in a place: its value in JSON, or None to say nothing any more."""

    key: str
    value: str | None
    #: The number of the version that was seen, 0 where there was none; None does not compare.
    base: int | None = None
    #: The number of the version that a rollback goes back to.
    of_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What became of sayings: a version for each, None where nothing is another."""

    revision: int
    versions: list[ConfigurationVersion | None]


@dataclass(frozen=True, slots=True)
class _Judged:
    """A saying that is good, beside what it is said of."""

    saying: Saying
    configuration: Configuration
    current: ConfigurationValue | None

    @property
    def number(self) -> int:
        """The number of the version that is current, 0 for none."""
        return self.current.number if self.current else 0

    @property
    def plain(self) -> str:
        """What is stored to be read; nothing of a secret that is no reference."""
        return "" if self.saying.value is None or self.seals else self.saying.value

    @property
    def seals(self) -> bool:
        """Whether it is a secret that is to be encrypted."""
        return seals(self.configuration, self.saying.value)

    @property
    def changes_nothing(self) -> bool:
        """Whether it says what is said already. Of an encrypted secret nobody can tell."""
        if self.current is None:
            return self.saying.value is None
        return not self.seals and self.current.sealed is None and self.current.value == self.plain


def seals(configuration: Configuration, text: str | None) -> bool:
    """Say whether a value, the JSON of a string if it is good, is a secret to be encrypted."""
    return (
        configuration.secret
        and text is not None
        and parse_reference(str(orjson.loads(text))) is None
    )


@transaction.atomic
def say(
    place: Place,
    sayings: Sequence[Saying],
    *,
    reason: str = "",
    origin: ValueOrigin = ValueOrigin.EDIT,
    approved: bool = False,
) -> Published:
    """Say all of these in a place, or none of them; `approved` by those whom it takes.

    Raises ConflictError where one was made from a version that is not the current one,
    DefinitionRefusedError with the places of what does not fit, NotFoundError for a key that is
    nothing to be said of, LimitExceededError, ApprovalRequiredError.
    """
    _check(sayings, reason)
    with in_tenant(place.tenant_id):
        held = _hold(place)
        if not approved:
            refuse_unapproved(place)
        judged = judge(place, sayings, approved=approved)
        for moving in live_at(place, [one.key for one in sayings])[:1]:
            raise ConflictError(f"a value of {moving.key!r} is being deployed: roll it back first")
        moved = [one for one in judged if not one.changes_nothing]
        if moved:
            # What an app declares has no row before something is said of it.
            Configuration.objects.bulk_create(
                [one.configuration for one in moved if one.configuration._state.adding]  # noqa: SLF001  as Django tells it
            )
            held.size_bytes = max(held.size_bytes + sum(map(_growth, moved)), 0)
            if held.size_bytes > MOST_BYTES:
                raise LimitExceededError(f"an environment holds at most {MOST_BYTES} bytes")
            _advance(held, place)
        written = _write(place, held, moved, reason, origin)
        publish_all([_event(place, one, written[one.saying.key]) for one in moved])
    return Published(
        revision=held.revision, versions=[written.get(one.saying.key) for one in judged]
    )


def refuse_unapproved(place: Place) -> None:
    """Raise ApprovalRequiredError in an environment whose changes others have to approve of."""
    if place.tenant_id == PLATFORM:
        return
    rows = Environment.objects.filter(key=place.environment, approvals_required__gt=0)
    for number in rows.values_list("approvals_required", flat=True):
        raise ApprovalRequiredError(place.environment, number)


def judge(place: Place, sayings: Sequence[Saying], *, approved: bool = False) -> list[_Judged]:
    """Hold sayings to versions, types and schemas, and change nothing; raises as `say` does."""
    check_environment(place)
    keys = [one.key for one in sayings]
    configurations, current = configurations_of(place, keys), values_in(place, keys)
    for saying in sayings:
        if saying.key not in configurations:
            raise NotFoundError(f"no configuration {saying.key[:200]!r}")
    judged = [_Judged(one, configurations[one.key], current.get(one.key)) for one in sayings]
    for one in judged:
        _compare(one)
        if not approved:
            require_secret(one.configuration)
    findings = [finding for one in judged for finding in _findings(place, one)]
    if findings:
        raise DefinitionRefusedError(findings)
    return judged


def require_secret(configuration: Configuration) -> None:
    """Raise ForbiddenError for who may not say what a secret is."""
    if configuration.secret and acting_principal() is not None:
        require(SECRET)


def json_text(value: Any, name: str) -> str:
    """Return a value that was sent as its JSON; raises InvalidInputError for what has none."""
    try:
        return orjson.dumps(value).decode()
    except TypeError as error:
        raise InvalidInputError(f"{name[:200]!r} is no JSON of ours: {error}") from None


def check_only(place: Place, sayings: Sequence[Saying]) -> DomainError | None:
    """Return why these could not be said, or None; nothing is changed."""
    try:
        _check(sayings, "")
        with in_tenant(place.tenant_id):
            judge(place, sayings)
    except DomainError as error:
        return error
    return None


def roll_back(
    place: Place,
    key: str,
    *,
    number: int,
    base: int | None = None,
    reason: str = "",
    emergency: bool = False,
) -> Published:
    """Say again what an earlier version said; it becomes a version of its own.

    In an emergency one who may approve changes goes back alone, and says why. Raises NotFoundError
    without such a version, ConflictError for a secret that was encrypted: of those only the current
    one is kept.
    """
    if emergency:
        if acting_principal() is not None:
            require(APPROVE)
        if not reason:
            raise InvalidInputError("an emergency has a reason")
        for one in configurations_of(place, [key]).values():
            require_secret(one)
    with in_tenant(place.tenant_id):
        found = versions(place, key).filter(number=number).first()
    if found is None:
        raise NotFoundError(f"no version {number} of {key[:200]!r} in this place")
    if found.sealed:
        raise ConflictError(f"the secret of version {number} was not kept: say it anew")
    saying = Saying(key=key, value=found.value or None, base=base, of_version=number)
    return say(place, [saying], reason=reason, origin=ValueOrigin.ROLLBACK, approved=emergency)


def forget_environment(environment: str) -> None:
    """Remove all that was said in an environment of the current tenant, and its history.

    The revision goes on: who watches an environment that is made anew has missed nothing.
    """
    place = Place(current_tenant_id(), environment)
    for model in (ConfigurationValue, ConfigurationVersion, ConfigurationDeployment):
        model.objects.filter(environment=environment).delete()
    held = _hold(place)
    held.size_bytes = 0
    _advance(held, place)


def advance(place: Place) -> None:
    """Raise the revision of a place, for what changed there is no value."""
    with in_tenant(place.tenant_id):
        _advance(_hold(place), place)


def _check(sayings: Sequence[Saying], reason: str) -> None:
    if len(sayings) > MOST_AT_ONCE:
        raise LimitExceededError(f"at most {MOST_AT_ONCE} at once, found {len(sayings)}")
    if len({one.key for one in sayings}) < len(sayings):
        raise InvalidInputError("a key comes twice")
    if len(reason) > MOST_REASON:
        raise InvalidInputError(f"a reason has at most {MOST_REASON} characters")


def _hold(place: Place) -> ConfigurationRevision:
    """Return the revision of a place, locked: who changes values of one environment waits here."""
    rows = ConfigurationRevision.objects.select_for_update()
    found, _ = rows.get_or_create(environment=place.environment)
    return found


def _advance(held: ConfigurationRevision, place: Place) -> None:
    held.revision += 1
    held.save(update_fields=["revision", "size_bytes"])
    transaction.on_commit(partial(tell, place), robust=True)


def _compare(one: _Judged) -> None:
    if one.saying.base is not None and one.saying.base != one.number:
        raise ConflictError(
            f"{one.saying.key!r} is at version {one.number} here, the change was made from"
            f" {one.saying.base}"
        )


def _findings(place: Place, one: _Judged) -> Iterable[Finding]:
    if one.saying.value is None:
        return ()
    configuration = one.configuration
    try:
        value = parse_value(one.saying.value, Kind(configuration.type))
        if configuration.schema and not (configuration.secret and parse_reference(value)):
            validator = parse_schema(configuration.schema)
            for whole in _wholes(place, configuration, value) if configuration.merge else (value,):
                check_schema(validator, whole, secret=configuration.secret)
    except InvalidDefinitionError as error:
        where = under("", one.saying.key)
        return [replace(finding, place=where + finding.place) for finding in error.findings]
    return ()


def _wholes(place: Place, configuration: Configuration, value: object) -> Iterable[object]:
    """Yield what is put together of a value here, and with what services say above it."""
    key = configuration.key
    below = [
        Said(one.layer, parsed(rows[key].value), 0)
        for one in place.below()
        if (one.tenant_id == configuration.tenant_id or configuration.shared)
        and (rows := values_in(one, [key]))
        and rows[key].value
    ]
    said = [*below, Said(place.layer, value, 0)]
    above = ConfigurationValue.objects.filter(key=key, environment=place.environment)
    texts = [] if place.service else above.exclude(service="").exclude(value="")
    for tops in ([], *([Said(place.layer, parsed(row.value), 0)] for row in texts)):
        found = resolve([*said, *tops], merge=True)
        yield found.value if found else value


def _growth(one: _Judged) -> int:
    return len(one.saying.value or "") - len(one.current.value if one.current else "")


def _write(
    place: Place,
    held: ConfigurationRevision,
    moved: Sequence[_Judged],
    reason: str,
    origin: ValueOrigin,
) -> dict[str, ConfigurationVersion]:
    actor = current_actor()
    made: dict[str, ConfigurationVersion] = {}
    rows: list[ConfigurationValue] = []
    for one in moved:
        where = {
            "key": one.saying.key,
            "environment": place.environment,
            "service": place.service,
            "number": one.number + 1,
            "value": one.plain,
        }
        made[one.saying.key] = ConfigurationVersion(
            **where,
            sealed=one.seals,
            revision=held.revision,
            origin=origin,
            of_version=one.saying.of_version,
            reason=reason,
            author_type=actor.type,
            author_id=actor.id,
            author_name=actor.name,
        )
        row = ConfigurationValue(**where)
        if one.current:
            row.pk = one.current.pk
        if one.seals:
            row.sealed = orjson.loads(one.saying.value or "")
        rows.append(row)
    ConfigurationValue.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=("id",),
        update_fields=("number", "value", "sealed"),
    )
    ConfigurationVersion.objects.bulk_create(made.values())
    return made


def _event(
    place: Place, one: _Judged, version: ConfigurationVersion
) -> ConfigurationValuePublished:
    return ConfigurationValuePublished(
        configuration_id=str(one.configuration.pk),
        key=one.saying.key,
        layer=str(place.layer),
        environment=place.environment,
        service=place.service,
        version=version.number,
        revision=version.revision,
        origin=str(version.origin),
        removed=one.saying.value is None,
    )
