"""The Merkle log through the graph: checkpoints, proofs, tiles, and the keys to check them."""

from typing import Any

import graphene

from apps.audit.domain.merkle import WIDTH, TileId
from apps.audit.domain.receipts import encoded
from apps.audit.selectors import integrity
from kernel.errors import InvalidInputError
from kernel.federation.access import scope
from kernel.federation.directives import list_size
from kernel.ids import parse_id

#: A tree of 2**63 leaves has paths no longer than this, one hash a level and one more.
LONGEST_PATH = 64
#: No log has more, and no database counts further.
MOST_LEAVES = 2**63
#: Keys that have signed a log.
MOST_KEYS = 100


class AuditCheckpoint(graphene.ObjectType):
    """What was signed of the log when it had so many leaves."""

    number = graphene.BigInt(required=True, description="The first is 1.")
    size = graphene.BigInt(required=True, description="How many leaves there were.")
    root = graphene.String(required=True, description="The hash over all of them, in base64.")
    note = graphene.String(
        required=True,
        description="The signed note (C2SP tlog-checkpoint), with cosignatures of witnesses.",
    )
    made_at = graphene.DateTime(required=True)

    @staticmethod
    def resolve_root(checkpoint: Any, _info: Any) -> str:
        return encoded(integrity.raw(checkpoint.root))

    @staticmethod
    def resolve_note(checkpoint: Any, _info: Any) -> str:
        return integrity.cosigned(checkpoint)


class AuditLogProof(graphene.ObjectType):
    """That a log is in the tree that a checkpoint signs (RFC 6962, section 2.1.1)."""

    record = graphene.String(
        required=True,
        description="What was sealed: the SHA-256 of a zero byte and this is the leaf.",
    )
    leaf_hash = graphene.String(required=True, description="In base64.")
    position = graphene.BigInt(required=True, description="The first is 0.")
    path = list_size(assumed_size=LONGEST_PATH)(
        graphene.List(
            graphene.NonNull(graphene.String),
            required=True,
            description="The hashes beside the way up, in base64.",
        )
    )
    checkpoint = graphene.Field(AuditCheckpoint, required=True)

    @staticmethod
    def resolve_record(proof: integrity.Proof, _info: Any) -> str:
        return integrity.raw(proof.log.record).decode("utf-8", "replace")

    @staticmethod
    def resolve_leaf_hash(proof: integrity.Proof, _info: Any) -> str:
        return encoded(proof.leaf)

    @staticmethod
    def resolve_path(proof: integrity.Proof, _info: Any) -> list[str]:
        return [encoded(one) for one in proof.path]


class AuditConsistencyProof(graphene.ObjectType):
    """That the log at one size continues the log at another (RFC 6962, section 2.1.2)."""

    older = graphene.BigInt(required=True)
    newer = graphene.BigInt(required=True)
    path = list_size(assumed_size=LONGEST_PATH)(
        graphene.List(
            graphene.NonNull(graphene.String), required=True, description="Hashes in base64."
        )
    )


class AuditVerifierKey(graphene.ObjectType):
    """A public key that has signed the log, or signs it."""

    key = graphene.String(required=True, description="As Go's sumdb/note reads it.")
    made_at = graphene.DateTime(required=True)
    signs_until = graphene.DateTime(description="Null while it is the newest.")


class Proofs:
    """Root fields about the log of the caller's tenant."""

    audit_checkpoint = graphene.Field(
        AuditCheckpoint,
        size=graphene.BigInt(description="That of a checkpoint; without it the last one is given."),
    )
    audit_log_proof = graphene.Field(
        AuditLogProof,
        id=graphene.ID(required=True),
        size=graphene.BigInt(description="Under the checkpoint of this size, else under the last."),
    )
    audit_consistency_proof = graphene.Field(
        AuditConsistencyProof,
        older=graphene.BigInt(required=True),
        newer=graphene.BigInt(required=True),
    )
    audit_tile = graphene.String(
        description="The first hashes of a tile in base64 (C2SP tlog-tiles).",
        level=graphene.Int(required=True),
        number=graphene.BigInt(required=True),
        width=graphene.Int(default_value=WIDTH, description="1 to 256."),
    )
    audit_verifier_keys = list_size(assumed_size=MOST_KEYS)(
        graphene.List(
            graphene.NonNull(AuditVerifierKey), required=True, description="The newest first."
        )
    )

    @staticmethod
    @scope("audit:read")
    def resolve_audit_checkpoint(_root: Any, _info: Any, size: int | None = None) -> Any:
        return integrity.checkpoint_at(size)

    @staticmethod
    @scope("audit:read")
    def resolve_audit_log_proof(
        _root: Any, _info: Any, id: str, size: int | None = None
    ) -> integrity.Proof:
        return integrity.proof_of(parse_id(id), size)

    @staticmethod
    @scope("audit:read")
    def resolve_audit_consistency_proof(
        _root: Any, _info: Any, older: int, newer: int
    ) -> dict[str, Any]:
        proof = integrity.consistency_between(older, newer)
        return {"older": older, "newer": newer, "path": [encoded(one) for one in proof]}

    @staticmethod
    @scope("audit:read")
    def resolve_audit_tile(
        _root: Any, _info: Any, level: int, number: int, width: int = WIDTH
    ) -> str:
        placed = 0 <= level <= integrity.HIGHEST_LEVEL and 0 <= number < MOST_LEAVES
        if not placed or not 0 < width <= WIDTH:
            raise InvalidInputError(
                f"levels are 0 to {integrity.HIGHEST_LEVEL}, numbers are below 2**63,"
                f" widths 1 to {WIDTH}"
            )
        return encoded(integrity.tile(TileId(level, number), width))

    @staticmethod
    @scope("audit:read")
    def resolve_audit_verifier_keys(_root: Any, _info: Any) -> list[dict[str, Any]]:
        return [
            {"key": str(key), "made_at": row.made_at, "signs_until": row.signs_until}
            for key, row in integrity.keys_of_log()[:MOST_KEYS]
        ]
