"""Tell people by mail. A notice may go out twice after a kill -9; its Message-ID then says that it is the same."""

from __future__ import annotations

from datetime import datetime
from smtplib import SMTPException
from typing import ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage

from accounts.domain.people import Role
from accounts.models import Notice, Staff


class NotSent(Exception):
    """The mail could not be handed over; the text names no address and quotes no server."""

    code: ClassVar[str] = "not_sent"


def send(notice: Notice | None, now: datetime) -> None:
    """Hand a notice over to the mail system, unless that was done before or nobody has an address.

    :raises NotSent: if it was not taken
    """
    if notice is None or notice.sent_at:
        return
    to = notice.to or _administrators()
    if not to:
        return
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    message = EmailMessage(
        subject=f"{settings.COMPANY_NAME}: {notice.title}",
        body=_body(notice),
        # Nobody has to learn who else is told.
        bcc=to,
        headers={"Message-ID": f"<notice-{notice.pk}-{notice.created_at:%Y%m%d%H%M%S}@{host}>"},
    )
    try:
        message.send()
    except (SMTPException, OSError) as error:
        raise NotSent(f"The mail system did not take it ({type(error).__name__}).") from None
    Notice.objects.filter(pk=notice.pk).update(sent_at=now)


def _administrators() -> list[str]:
    admins = Staff.objects.filter(role=Role.ADMIN, is_active=True, no_role_since=None).exclude(email="")
    return sorted(admins.values_list("email", flat=True))


def _body(notice: Notice) -> str:
    return f"{notice.text}\n\n{settings.PUBLIC_URL}{notice.path}\n" if notice.path else f"{notice.text}\n"
