"""Every path that this project serves, by who may reach it. A new one needs a row here."""

from typing import Literal

#: Who comes: nobody in particular; a person in no tenant; a viewer and an owner of one; staff
#: without any permission; staff with all of them.
Visitor = Literal["nobody", "outsider", "viewer", "owner", "staff", "superuser"]
VISITORS: tuple[Visitor, ...] = ("nobody", "outsider", "viewer", "owner", "staff", "superuser")

#: Who is let in, by the name of the rule. What a page then shows of a tenant is that tenant's.
RULES: dict[str, frozenset[Visitor]] = {
    # Nothing of any tenant, or a door that has its own lock: a password, or a token in its address.
    "anybody": frozenset(VISITORS),
    "signed in": frozenset(VISITORS) - {"nobody"},
    # Whoever is in no tenant is told so, and nothing else.
    "member": frozenset({"viewer", "owner"}),
    # A viewer sees what the services hold, not who else is in the tenant.
    "tenant:read": frozenset({"owner"}),
    "tenant:admin": frozenset({"owner"}),
    "staff": frozenset({"staff", "superuser"}),
    "permission": frozenset({"superuser"}),
    # The path is there because Django's back office has it for every model.
    "closed": frozenset(),
}

#: The models of the back office, and what may be done there beside looking and changing.
MODELS = {
    "audit/auditlog": "",
    "auth/user": "add delete",
    "config/featureflag": "",
    "documents/document": "",
    "events/consumergroup": "",
    "events/outboxevent": "",
    "events/redelivery": "",
    "files/file": "",
    "identity/apikey": "add",
    "identity/invitation": "",
    "identity/lockout": "",
    "identity/membership": "add delete",
    "identity/refusal": "",
    "identity/serviceaccount": "add",
    "identity/session": "",
    "identity/tenant": "add",
    "identity/tenantdeletion": "",
    "identity/tenantexport": "",
    "importexport/importjob": "",
    "jobs/job": "",
    "notifications/notification": "",
    "scheduler/jobschedule": "",
}


def _of_model(model: str, allowed: str) -> dict[str, str]:
    row = f"admin/{model}/<path:object_id>/"
    return {
        f"admin/{model}/": "permission",
        f"admin/{model}/add/": "permission" if "add" in allowed else "closed",
        f"{row}change/": "permission",
        f"{row}delete/": "permission" if "delete" in allowed else "closed",
        # Of a row that there is not; of one that there is: see the test of histories.
        f"{row}history/": "staff",
        # Leads to `change/`.
        row: "staff",
    }


_BACK_OFFICE = {
    "admin/": "staff",
    "admin/search/": "staff",
    # Leads to the one page of sign-in, and tells members that they are no staff.
    "admin/login/": "staff",
    "admin/logout/": "anybody",
    "admin/password_change/": "staff",
    "admin/password_change/done/": "staff",
    # No form of ours has such a field.
    "admin/autocomplete/": "closed",
    "admin/jsi18n/": "staff",
    "admin/r/<path:content_type_id>/<path:object_id>/": "staff",
    "admin/auth/user/<id>/password/": "permission",
    "admin/identity/tenantexport/<uuid:export_id>/file/": "permission",
    # Says that there is nothing, to whom it has nothing to show.
    "admin/^(?P<app_label>…)/$": "staff",
    "admin/(?P<url>.*)$": "staff",
}

_PEOPLE = {
    "sign-in/": "anybody",
    # The second step: without the first it leads there.
    "sign-in/code/": "signed in",
    "sign-in/passkey/": "signed in",
    "sign-in/inactive/": "anybody",
    "sign-in/no-account/": "anybody",
    "sign-out/": "anybody",
    "account/confirm/": "signed in",
    "account/confirm/code/": "signed in",
    "account/confirm/passkey/": "signed in",
    "account/password/": "signed in",
    "account/password/none/": "anybody",
    "account/password/reset/": "anybody",
    "account/password/reset/sent/": "anybody",
    "^account/password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "anybody",
    "account/password/reset/done/": "anybody",
    "account/second-factor/": "signed in",
    "account/second-factor/app/": "signed in",
    "account/second-factor/app/remove/": "signed in",
    "account/second-factor/passkeys/": "signed in",
    "account/second-factor/passkeys/add/": "signed in",
    "account/second-factor/passkeys/<int:pk>/": "signed in",
    "account/second-factor/passkeys/<int:pk>/remove/": "signed in",
    "account/second-factor/codes/": "signed in",
    "account/second-factor/codes/new/": "signed in",
    "account/sessions/": "signed in",
    "invitations/<str:token>/": "anybody",
    "tenant/": "member",
    "tenant/switch/": "signed in",
    "tenant/members/": "tenant:read",
    "tenant/members/invite/": "tenant:admin",
    "tenant/members/<uuid:member_id>/role/": "tenant:admin",
    # Anybody may leave; whose membership it is, the service judges.
    "tenant/members/<uuid:member_id>/remove/": "member",
    "tenant/invitations/<uuid:invitation_id>/revoke/": "tenant:admin",
    # One's own; whose key it is, the service judges.
    "tenant/keys/": "member",
    "tenant/keys/new/": "member",
    "tenant/keys/<slug:key_id>/rotate/": "member",
    "tenant/keys/<slug:key_id>/revoke/": "member",
    "tenant/accounts/new/": "tenant:admin",
    "tenant/accounts/<uuid:account_id>/": "tenant:admin",
    "tenant/sessions/": "tenant:admin",
}

#: Their operations have a matrix of their own.
GRAPHQL = {
    "audit/graphql": "{ auditLogs { totalCount } }",
    "notifications/graphql": "{ notifications { totalCount } }",
    "files/graphql": "{ files { totalCount } }",
    "documents/graphql": "{ documents { totalCount } }",
    "scheduler/graphql": "{ jobSchedules { totalCount } }",
    "config/graphql": "{ featureFlags { totalCount } }",
    "importexport/graphql": "{ importJobs { totalCount } }",
    "graphql": "{ files { totalCount } }",
}

ROUTES = {
    **{path: rule for model in MODELS for path, rule in _of_model(model, MODELS[model]).items()},
    **_BACK_OFFICE,
    **_PEOPLE,
    **dict.fromkeys(GRAPHQL, "member"),
    "": "anybody",
    ".well-known/jwks.json": "anybody",
    ".well-known/services": "anybody",
    "docs/": "anybody",
    "docs/<path:slug>": "anybody",
    "favicon.ico": "anybody",
    "graphiql": "anybody",
    "graphiql/<slug:service>": "anybody",
    # For the network of those who run it.
    "health/live": "anybody",
    "health/ready": "anybody",
    "health/startup": "anybody",
    "metrics": "anybody",
    # Where GRAPHQL_INTROSPECTION is on, as in tests.
    "<slug:service>/schema.graphql": "anybody",
}
