"""Rules of what is personal: added and ended, each put on record, in force for all that is told."""

from collections.abc import Sequence

from django.db import transaction

from apps.audit.domain.entries import Actor, Entry, EntryError, Target
from apps.audit.domain.personal_rules import PersonalRule
from apps.audit.models import PersonalFieldRule
from apps.audit.services.drafting import known_rules
from apps.audit.services.recording import record_event
from contracts.audit_rules import AuditPersonalRuleAdded, AuditPersonalRuleEnded
from kernel import clock
from kernel.errors import InvalidInputError, LimitExceededError
from kernel.events.actors import current_actor
from kernel.events.publishing import publish
from kernel.rows import change, check, locked
from kernel.tenancy.context import current_tenant_id

#: Rules in force of one tenant, and all that it has had.
MOST_RULES = 100
MOST_EVER = 1_000


@transaction.atomic
def add_rule(*, actions: str, subject: str, fields: Sequence[str]) -> PersonalFieldRule:
    """Let fields of some actions be personal in all that is told from now on.

    Raises InvalidInputError or LimitExceededError.
    """
    try:
        PersonalRule(actions, subject, tuple(fields)).check()
    except EntryError as error:
        raise InvalidInputError(str(error)) from None
    rules = PersonalFieldRule.objects.all()
    if rules.filter(ended_at=None).count() >= MOST_RULES or rules.count() >= MOST_EVER:
        raise LimitExceededError(f"at most {MOST_RULES} rules, and {MOST_EVER} with ended ones")
    made = PersonalFieldRule(actions=actions, subject=subject, fields=list(fields))
    check(made)
    made.save(force_insert=True)
    _put_on_record(made, "added")
    publish(
        AuditPersonalRuleAdded(
            rule_id=str(made.pk), actions=actions, subject=subject, fields=tuple(fields)
        )
    )
    return made


@transaction.atomic
def end_rule(*, id: str) -> PersonalFieldRule:
    """Let a rule say nothing of what is told from now on. Twice changes nothing."""
    rule = locked(PersonalFieldRule, id)
    if rule.ended_at is None:
        change(rule, ended_at=clock.now())
        _put_on_record(rule, "ended")
        publish(AuditPersonalRuleEnded(rule_id=str(rule.pk), actions=rule.actions))
    return rule


def _put_on_record(rule: PersonalFieldRule, verb: str) -> None:
    actor, tenant_id = current_actor(), current_tenant_id()
    record_event(
        Entry(
            action=f"audit.personal_rule.{verb}",
            occurred_at=clock.now(),
            actor=Actor(type=actor.type, id=actor.id, name=actor.name),
            targets=(Target(type="AuditPersonalRule", id=str(rule.pk), name=rule.actions),),
            metadata={"actions": rule.actions, "subject": rule.subject, "fields": rule.fields},
        )
    )
    transaction.on_commit(lambda: known_rules.forget(tenant_id))
