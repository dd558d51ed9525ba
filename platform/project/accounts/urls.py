"""Paths of sign-in and one's own account: those of allauth's that we use, and no other."""

from django.conf import settings
from django.urls import URLPattern, path, re_path
from django.views.decorators.cache import never_cache

from project.accounts.pages import View, asked_for_here, by_token, forgetting, later

HERE = "project.accounts"
TENANT = f"{HERE}.tenant_views"


def private(route: str, view: View, name: str) -> URLPattern:
    """Return a path whose page no cache keeps."""
    return path(route, never_cache(view), name=name)


def _provider() -> list[URLPattern]:
    """Return the way to an identity provider and back, if one is set."""
    if not settings.OIDC_ISSUER:
        return []
    there = "allauth.socialaccount.providers.openid_connect.views"
    here = "allauth.socialaccount.views"
    return [
        private(
            "sign-in/at/<slug:provider_id>/",
            asked_for_here(later(f"{there}.login")),
            "openid_connect_login",
        ),
        private(
            "sign-in/at/<slug:provider_id>/back/",
            later(f"{there}.callback"),
            "openid_connect_callback",
        ),
        private(
            "sign-in/cancelled/", later(f"{here}.login_cancelled"), "socialaccount_login_cancelled"
        ),
        private("sign-in/failed/", later(f"{here}.login_error"), "socialaccount_login_error"),
        private("sign-in/stranger/", later(f"{HERE}.views.by_invitation"), "socialaccount_signup"),
    ]


urlpatterns = [
    private("sign-in/", later("allauth.account.views.login"), "account_login"),
    private("sign-in/code/", later("allauth.mfa.base.views.authenticate"), "mfa_authenticate"),
    private(
        "sign-in/passkey/", later("allauth.mfa.webauthn.views.login_webauthn"), "mfa_login_webauthn"
    ),
    private(
        "sign-in/inactive/", later("allauth.account.views.account_inactive"), "account_inactive"
    ),
    private("sign-in/no-account/", later(f"{HERE}.views.by_invitation"), "account_signup"),
    private("sign-out/", forgetting(later("allauth.account.views.logout")), "account_logout"),
    private(
        "account/confirm/", later("allauth.account.views.reauthenticate"), "account_reauthenticate"
    ),
    private(
        "account/confirm/code/",
        later("allauth.mfa.base.views.reauthenticate"),
        "mfa_reauthenticate",
    ),
    private(
        "account/confirm/passkey/",
        later("allauth.mfa.webauthn.views.reauthenticate_webauthn"),
        "mfa_reauthenticate_webauthn",
    ),
    private(
        "account/password/",
        later("allauth.account.views.password_change"),
        "account_change_password",
    ),
    private("account/password/none/", later(f"{HERE}.views.no_password"), "account_set_password"),
    private(
        "account/password/reset/",
        later("allauth.account.views.password_reset"),
        "account_reset_password",
    ),
    private(
        "account/password/reset/sent/",
        later("allauth.account.views.password_reset_done"),
        "account_reset_password_done",
    ),
    re_path(
        r"^account/password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        never_cache(by_token(later("allauth.account.views.password_reset_from_key"))),
        name="account_reset_password_from_key",
    ),
    private(
        "account/password/reset/done/",
        later("allauth.account.views.password_reset_from_key_done"),
        "account_reset_password_from_key_done",
    ),
    private("account/second-factor/", later("allauth.mfa.base.views.index"), "mfa_index"),
    private(
        "account/second-factor/app/",
        later("allauth.mfa.totp.views.activate_totp"),
        "mfa_activate_totp",
    ),
    private(
        "account/second-factor/app/remove/",
        later("allauth.mfa.totp.views.deactivate_totp"),
        "mfa_deactivate_totp",
    ),
    private(
        "account/second-factor/passkeys/",
        later("allauth.mfa.webauthn.views.list_webauthn"),
        "mfa_list_webauthn",
    ),
    private(
        "account/second-factor/passkeys/add/",
        later("allauth.mfa.webauthn.views.add_webauthn"),
        "mfa_add_webauthn",
    ),
    private(
        "account/second-factor/passkeys/<int:pk>/",
        later("allauth.mfa.webauthn.views.edit_webauthn"),
        "mfa_edit_webauthn",
    ),
    private(
        "account/second-factor/passkeys/<int:pk>/remove/",
        later("allauth.mfa.webauthn.views.remove_webauthn"),
        "mfa_remove_webauthn",
    ),
    private(
        "account/second-factor/codes/",
        later("allauth.mfa.recovery_codes.views.view_recovery_codes"),
        "mfa_view_recovery_codes",
    ),
    private(
        "account/second-factor/codes/new/",
        later("allauth.mfa.recovery_codes.views.generate_recovery_codes"),
        "mfa_generate_recovery_codes",
    ),
    *_provider(),
    private("invitations/<str:token>/", by_token(later(f"{HERE}.views.invitation")), "invitation"),
    private("tenant/", later(f"{TENANT}.overview"), "tenant"),
    private("tenant/switch/", later(f"{TENANT}.switch"), "switch-tenant"),
    private("tenant/members/", later(f"{TENANT}.members"), "members"),
    private("tenant/members/invite/", later(f"{TENANT}.invite_member"), "invite"),
    private("tenant/members/<uuid:member_id>/role/", later(f"{TENANT}.change_role"), "role"),
    private(
        "tenant/members/<uuid:member_id>/remove/",
        later(f"{TENANT}.end_membership"),
        "remove-member",
    ),
    private(
        "tenant/invitations/<uuid:invitation_id>/revoke/",
        later(f"{TENANT}.withdraw_invitation"),
        "revoke-invitation",
    ),
    private("tenant/keys/", later(f"{TENANT}.keys"), "keys"),
    private("tenant/keys/new/", later(f"{TENANT}.new_key"), "new-key"),
    private("tenant/keys/<slug:key_id>/rotate/", later(f"{TENANT}.renew_key"), "rotate-key"),
    private("tenant/keys/<slug:key_id>/revoke/", later(f"{TENANT}.close_key"), "revoke-key"),
    private("tenant/accounts/new/", later(f"{TENANT}.new_account"), "new-account"),
    private(
        "tenant/accounts/<uuid:account_id>/", later(f"{TENANT}.switch_account"), "switch-account"
    ),
    private("tenant/sessions/", later(f"{TENANT}.sessions"), "tenant-sessions"),
    private("account/sessions/", later(f"{HERE}.views.own_sessions"), "own-sessions"),
]
