"""The second factor of staff: an app that shows codes, and recovery codes for when the phone is gone."""

from __future__ import annotations

from base64 import b32encode
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import models
from django.utils import timezone
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP
from django_otp.util import random_hex

from accounts.domain import recovery
from accounts.models.fields import EncryptedTextField

_STEP = 30
_DIGITS = 6
_TOLERANCE = 1


def new_key() -> str:
    key: str = random_hex(20)
    return key


class Authenticator(ThrottlingMixin, Device):  # type: ignore[misc] # django_otp has no types
    """A phone that shows six digits. Like django-otp's own, but its key is encrypted at rest (FIELD_KEYS)."""

    key = EncryptedTextField(default=new_key)
    drift = models.SmallIntegerField(default=0)
    last_t = models.BigIntegerField(default=-1)
    """The step of the last code that was taken: none is taken twice."""

    objects = models.Manager["Authenticator"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user"], name="one_authenticator_per_person")]

    @property
    def secret(self) -> str:
        """Return what a person types into the app where it cannot scan."""
        return b32encode(bytes.fromhex(self.key)).decode()

    @property
    def config_url(self) -> str:
        """Return what the app scans."""
        issuer = f"{settings.COMPANY_NAME} Mail Admin".replace(":", "")
        label = quote(f"{issuer}:{self.user.get_username()}")
        values = urlencode(
            {"secret": self.secret, "issuer": issuer, "digits": _DIGITS, "period": _STEP}, quote_via=quote
        )
        return f"otpauth://totp/{label}?{values}"

    def verify_token(self, token: str) -> bool:
        """Take a code once; a wrong one makes the next try wait, ever longer."""
        # Nothing may be saved of one whose key cannot be read: the right FIELD_KEYS bring it back.
        if not self.key or not self.verify_is_allowed()[0]:
            return False
        totp = TOTP(bytes.fromhex(self.key), _STEP, 0, _DIGITS, self.drift)
        totp.time = timezone.now().timestamp()
        # int() would also read digits of other scripts and signs.
        is_code = len(token) == _DIGITS and token.isascii() and token.isdigit()
        if not is_code or not totp.verify(int(token), _TOLERANCE, self.last_t + 1):
            self.throttle_increment()
            return False
        self.last_t, self.drift = totp.t(), totp.drift
        self.throttle_reset(commit=False)
        self.save()
        return True

    def get_throttle_factor(self) -> int:
        return 1


class RecoverySheet(ThrottlingMixin, Device):  # type: ignore[misc] # django_otp has no types
    """The ten codes of a person; a new sheet replaces the old one."""

    objects = models.Manager["RecoverySheet"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user"], name="one_recovery_sheet_per_person")]

    def verify_token(self, token: str) -> bool:
        if not self.verify_is_allowed()[0]:
            return False
        unused = self.codes.filter(digest=recovery.digest(token), used_at=None)
        if not unused.update(used_at=timezone.now()):
            self.throttle_increment()
            return False
        self.throttle_reset()
        return True

    @property
    def left(self) -> int:
        number: int = self.codes.filter(used_at=None).count()
        return number

    def get_throttle_factor(self) -> int:
        return 1


class RecoveryCode(models.Model):
    sheet = models.ForeignKey(RecoverySheet, on_delete=models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sheet", "digest"], name="one_recovery_code_each")]

    def __str__(self) -> str:
        return f"code of {self.sheet_id}"
