"""Root fields for the platform's staff: what concerns all tenants, and none of them may touch."""

from collections.abc import Callable, Sequence
from typing import Any

import graphene
from django.contrib.auth import get_user_model
from graphql import GraphQLResolveInfo

from kernel.errors import DomainError, ForbiddenError, UnauthenticatedError
from kernel.federation.mutations import Change, ChangeInput
from kernel.federation.outcomes import MutationError
from kernel.idempotency.services import once
from kernel.tenancy.context import current_principal


def require_staff(permission: str) -> None:
    """Raise unless somebody of the staff is signed in who has a permission of the back office.

    No scope opens this: scopes are a tenant's to give, up to all there are.
    """
    principal = current_principal()
    if principal.kind == "staff":
        user = get_user_model().objects.filter(pk=principal.id, is_staff=True).first()
        if user is not None and user.has_perm(permission):
            return
    raise ForbiddenError(f"this is for staff with the permission {permission}")


class StaffList(graphene.Field):
    """A short list that only staff sees."""

    def __init__(
        self,
        type_: type[graphene.ObjectType],
        *,
        permission: str,
        of: Callable[[], Sequence[Any]],
        description: str,
    ) -> None:
        listed = graphene.List(graphene.NonNull(type_))
        super().__init__(listed, required=True, description=description)
        self._permission = permission
        self._of = of

    def wrap_resolve(self, _parent_resolver: Any) -> Callable[..., Any]:
        def resolve(_root: Any, _info: GraphQLResolveInfo) -> Sequence[Any]:
            require_staff(self._permission)
            return self._of()

        return resolve


class StaffChange(Change):
    """A change that only staff makes; `by` returns the fields of the answer as plain values."""

    def __init__(
        self,
        payload: type[graphene.ObjectType],
        *,
        takes: type[ChangeInput],
        permission: str,
        by: Callable[..., dict[str, Any]],
    ) -> None:
        graphene.Field.__init__(
            self,
            payload,
            required=True,
            input=takes(required=True),
            description=takes._meta.description,
        )
        self._permission = permission
        self._by = by

    def answer(self, sent: dict[str, Any], info: GraphQLResolveInfo) -> dict[str, Any]:
        require_staff(self._permission)
        try:
            key, wanted = self.keyed(sent, info.context.idempotency_key)
            if key is None:
                return self._by(**wanted)
            done = once(key, info.field_name, wanted, lambda: self._by(**wanted))
            if done.replayed:
                info.context.replayed.append(str(info.path.key))
            answer: dict[str, Any] = done.result()
        except (UnauthenticatedError, ForbiddenError):
            raise
        except DomainError as error:
            return {"error": MutationError.of(error)}
        return answer
