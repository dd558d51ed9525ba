"""Second factors stay good when the keys that encrypt them are rotated."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.auth.models import User
from django.core.management import call_command

from kernel.secrets.errors import SecretKeyMissingError
from kernel.secrets.ring import ring


@pytest.fixture
def _ring_file(settings: Any, tmp_path: Path) -> None:
    settings.ENCRYPTION_KEYS = ""
    settings.DATA_DIR = tmp_path
    settings.ENCRYPTION_KEYS_FILE = tmp_path / "encryption_keys.json"


@pytest.mark.django_db
@pytest.mark.usefixtures("_ring_file")
def test_one_time_passwords_and_recovery_codes_outlive_a_rotation() -> None:
    user = User.objects.create_user("ada")
    seed = generate_totp_secret()
    TOTP.activate(user, seed)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    old = ring().active
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert seed not in stored
    assert stored.count(f"s1.{old}.") == 2

    out = io.StringIO()
    call_command("rotate_keys", "--json", stdout=out)

    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert told[-2] == {"column": "mfa.authenticator.data", "total": 2, "done": 2, "failed": {}}
    assert told[-1] == {"active": ring().active, "unused": [old], "failed": 0}
    call_command("rotate_keys", "--remove", old, stdout=out)
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert old not in stored
    totp, recovery = (
        Authenticator.objects.get(type=kind).wrap() for kind in ("totp", "recovery_codes")
    )
    assert totp.validate_code(_code_of(seed))
    assert recovery.get_unused_codes() == codes


@pytest.mark.django_db
@pytest.mark.usefixtures("_ring_file")
def test_a_second_factor_of_a_lost_key_says_which(settings: Any) -> None:
    factor = TOTP.activate(User.objects.create_user("ada"), generate_totp_secret())
    lost = ring().active
    ring_file = Path(settings.ENCRYPTION_KEYS_FILE)
    ring_file.unlink()

    with pytest.raises(SecretKeyMissingError, match=lost):
        factor.validate_code("000000")


def _code_of(seed: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return f"{hotp_value(seed, counter):06d}"
