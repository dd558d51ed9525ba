"""What an environment says, written for others to serve: flagd's file, signed, or another's."""

from enum import StrEnum

from jwt.api_jws import PyJWS

from apps.config.domain.exporting.flagsmith import export_flagsmith
from apps.config.domain.exporting.growthbook import export_growthbook
from apps.config.domain.exporting.unleash import export_unleash
from apps.config.domain.hashing import GENERATIONS, NEWEST
from apps.config.domain.importing.flagd import export_flagd
from apps.config.domain.importing.reports import Import
from apps.config.domain.ofrep import encode
from apps.config.services.snapshots import Snapshot
from kernel.errors import InvalidInputError
from kernel.identity.service_keys import ALGORITHM, keyring


class Target(StrEnum):
    """For whom flags are written."""

    FLAGD = "flagd"
    UNLEASH = "unleash"
    GROWTHBOOK = "growthbook"
    FLAGSMITH = "flagsmith"


def export(snapshot: Snapshot, target: Target, *, bucketing: str = NEWEST) -> Import:
    """Return an environment as another system reads it, with a report of what that cannot say.

    Raises InvalidInputError.
    """
    if bucketing not in GENERATIONS:
        raise InvalidInputError(f"bucketing is one of {', '.join(GENERATIONS)}")
    definition = snapshot.definition.told()
    if target is Target.UNLEASH:
        found = export_unleash(definition)
        found.definition = {"version": 2, **found.definition}
        return found
    if target is Target.GROWTHBOOK:
        return export_growthbook(definition)
    if target is Target.FLAGSMITH:
        return export_flagsmith(definition, environment=snapshot.environment)
    about = {"environment": snapshot.environment, "revision": snapshot.revision}
    return export_flagd({**definition, "metadata": about}, bucketing=bucketing)


def written(exported: Import) -> bytes:
    """Return it as a file holds it; `1.0` stays `1.0`."""
    return encode(exported.definition)


def signature_of(content: bytes) -> str:
    """Sign a file: a JWS with its content detached (RFC 7515, appendix F; RFC 7797).

    The public keys are at `/.well-known/jwks.json`.
    """
    key = keyring().signing()
    return PyJWS().encode(
        content, key.private, ALGORITHM, headers={"kid": key.kid}, is_payload_detached=True
    )
