from typing import Optional

from pydantic import Field

from .base_model import BaseModel


class AuditConsistencyProof(BaseModel):
    audit_consistency_proof: Optional["AuditConsistencyProofAuditConsistencyProof"] = (
        Field(alias="auditConsistencyProof")
    )


class AuditConsistencyProofAuditConsistencyProof(BaseModel):
    older: int
    newer: int
    path: list[str]


AuditConsistencyProof.model_rebuild()
