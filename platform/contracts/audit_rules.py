"""What happens to rules of what is personal in audit logs."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPersonalRuleAdded(Event):
    """Fields of some actions are personal from now on, whoever tells them."""

    TYPE: ClassVar[str] = "audit.personalrule.added.v1"
    ENTITY: ClassVar[str] = "AuditPersonalRule"
    SUBJECT: ClassVar[str] = "rule_id"
    LABEL: ClassVar[str] = "actions"

    rule_id: str
    actions: str
    #: Where an entry names of whom they tell, and the fields, as JSON pointers.
    subject: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPersonalRuleEnded(Event):
    """A rule makes nothing personal any more; what it sealed stays sealed."""

    TYPE: ClassVar[str] = "audit.personalrule.ended.v1"
    ENTITY: ClassVar[str] = "AuditPersonalRule"
    SUBJECT: ClassVar[str] = "rule_id"
    LABEL: ClassVar[str] = "actions"

    rule_id: str
    actions: str
