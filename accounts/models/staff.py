from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from accounts.domain.people import LIMITABLE, MAY, UNLIMITED_ONLY, Deed, Role
from accounts.domain.reach import EVERYTHING, Reach


class StaffManager(BaseUserManager["Staff"]):
    def get_by_natural_key(self, username: str | None) -> Staff:
        """Find a person as typed at the sign-in: capitals do not matter."""
        return self.get(username=(username or "").strip().lower())


class Staff(AbstractBaseUser):  # type: ignore[django-manager-missing] # of devices: django_otp has no types
    """Somebody who may sign in to the panel."""

    username = models.CharField(max_length=150, unique=True)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=10, choices=[(role.value, role.value) for role in Role])
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    display_name = models.CharField(max_length=150, blank=True)
    is_local = models.BooleanField(default=False)
    """May use the emergency key: a password of this panel, also where the company's sign-in is set up."""
    no_role_since = models.DateTimeField(null=True, blank=True)
    """The company's sign-in stopped giving this person a role: they may nothing, whatever stands in `role`."""
    limits = models.JSONField(default=dict, blank=True)
    """What this person is limited to while an operator, as `Reach` gives it. Numbers and no keys on purpose: of a mail
    domain that is deleted the limit stays, where an empty one would open everything."""
    created_at = models.DateTimeField()

    objects = StaffManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    def __str__(self) -> str:
        return self.username

    @property
    def shown_name(self) -> str:
        """Return what others call this person; the log keeps the sign-in name."""
        return self.display_name or self.username

    def may(self, deed: Deed) -> bool:
        if not self.reach.is_everything and deed in UNLIMITED_ONLY:
            return False
        return self.is_active and self.no_role_since is None and deed in MAY[Role(self.role)]

    @property
    def reach(self) -> Reach:
        """Return which accounts this person may see and change; limits of another time count for operators only."""
        reach = Reach.read(self.limits) if self.role == LIMITABLE else EVERYTHING
        return reach.held_by(self.username)
