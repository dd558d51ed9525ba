"""A typed client of Septet: GraphQL, uploads that resume, streams, proofs of the audit log."""

from septet_client.attempts import Policy
from septet_client.client import AsyncSeptet, Septet
from septet_client.errors import ProofError, SeptetError, Unreachable
from septet_client.proofs import Checkpoint, LogKey, check_consistency, check_receipt
from septet_client.uploads import Upload

__all__ = [
    "AsyncSeptet",
    "Checkpoint",
    "LogKey",
    "Policy",
    "ProofError",
    "Septet",
    "SeptetError",
    "Unreachable",
    "Upload",
    "check_consistency",
    "check_receipt",
]
