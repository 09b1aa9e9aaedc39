"""The properties of 0.16's objects, with what they are by default (jmap.md 4)."""

from __future__ import annotations

import re
from typing import Final

from stalwart_client.simulator import ids, permissions
from stalwart_client.simulator.addresses import clean_domain, clean_email, clean_local_part
from stalwart_client.simulator.jmap.known import kind_of, words
from stalwart_client.simulator.jmap.pointer import Kind
from stalwart_client.simulator.jmap.schema import EMPTY, ListOf, MapOf, SetOf, Structure, Variants
from stalwart_client.simulator.jmap.values import (
    Count,
    Flag,
    Moment,
    OneOf,
    Reference,
    ServerSet,
    Text,
    network,
)

_QUOTAS: Final = frozenset(
    [
        "maxDiskQuota",
        "maxEmails",
        "maxMailboxes",
        "maxEmailSubmissions",
        "maxEmailIdentities",
        "maxParticipantIdentities",
        "maxSieveScripts",
        "maxPushSubscriptions",
        "maxCalendars",
        "maxCalendarEvents",
        "maxCalendarEventNotifications",
        "maxAddressBooks",
        "maxContactCards",
        "maxFiles",
        "maxFolders",
        "maxMaskedAddresses",
        "maxAppPasswords",
        "maxApiKeys",
        "maxPublicKeys",
    ]
)
_SERVICES: Final = ("caldav", "carddav", "imap", "jmap", "managesieve", "pop3", "smtp", "webdav")
_CANONICAL: Final = re.compile("(relaxed|simple)/(relaxed|simple)")
_STAGES: Final = frozenset({"active", "pending", "retiring", "retired"})
_ALGORITHMS: Final = ("Dkim1Ed25519Sha256", "Dkim1RsaSha256")

_ID = Reference()
_MAYBE_ID = Reference(nullable=True)
_WORD = Text()
_MAYBE_WORD = Text(nullable=True)
_LOCAL_PART = Text(clean_local_part, "Invalid email local part")
_DOMAIN_NAME = Text(clean_domain, "Invalid domain name")
_TRIMMED = Text(str.strip)
_PERMISSIONS = SetOf(permissions.catalogue("0.16").__contains__)
_IPS = SetOf(network)
_IDS = SetOf(ids.cleaned)
_ANY = SetOf(bool)


def _variants(start: str, **fields: Structure) -> Variants:
    return Variants(fields, start)


def _optional(**fields: Kind) -> Structure:
    return Structure(fields)


_PERMISSION_LISTS = _optional(enabledPermissions=_PERMISSIONS, disabledPermissions=_PERMISSIONS)
_ONE_LIST = _optional(permissions=_PERMISSIONS)
SECONDARY: Final = _optional(
    credentialId=ServerSet(""),
    description=_WORD,
    secret=ServerSet(""),
    createdAt=ServerSet(),
    expiresAt=Moment(),
    permissions=_variants("Inherit", Inherit=EMPTY, Disable=_ONE_LIST, Replace=_ONE_LIST),
    allowedIps=_IPS,
)
PASSWORD: Final = _optional(
    credentialId=ServerSet(""), secret=_WORD, otpAuth=_MAYBE_WORD, expiresAt=Moment(), allowedIps=_IPS
)
_CREDENTIAL = _variants("Password", Password=PASSWORD, AppPassword=SECONDARY, ApiKey=SECONDARY)
_ALIAS = _optional(enabled=Flag(start=True), name=_LOCAL_PART, domainId=_ID, description=_MAYBE_WORD)
_ENCRYPTION = _optional(publicKey=_ID, encryptOnAppend=Flag(), allowSpamTraining=Flag())
_CUSTOM_ROLES = _optional(roleIds=_IDS)
_LOCALES = OneOf(lambda text: text in words("Locale"), "EnUS", "en_US")
_TIME_ZONES = OneOf(lambda text: text in words("TimeZone"), "AfricaAbidjan")
_ENCRYPTIONS = _variants(
    "Disabled",
    Disabled=EMPTY,
    Aes128=_ENCRYPTION,
    Aes256=_ENCRYPTION,
    Aes256Gcm=_ENCRYPTION,
    ChaCha20Poly1305=_ENCRYPTION,
)

_EVERY_ACCOUNT: Final[dict[str, Kind]] = {
    "name": _LOCAL_PART,
    "domainId": _ID,
    "createdAt": ServerSet(),
    "memberTenantId": _MAYBE_ID,
    "permissions": _variants("Inherit", Inherit=EMPTY, Merge=_PERMISSION_LISTS, Replace=_PERMISSION_LISTS),
    "quotas": MapOf(_QUOTAS.__contains__, Count()),
    "aliases": ListOf(_ALIAS),
    "description": _MAYBE_WORD,
    "locale": _LOCALES,
    "timeZone": _TIME_ZONES,
    "usedDiskQuota": ServerSet(0),
    "emailAddress": ServerSet(""),
}
_USER = Structure(
    {
        **_EVERY_ACCOUNT,
        "credentials": ListOf(_CREDENTIAL),
        "memberGroupIds": _IDS,
        "roles": _variants("User", User=EMPTY, Admin=EMPTY, Custom=_CUSTOM_ROLES),
        "encryptionAtRest": _ENCRYPTIONS,
    }
)
_GROUP = Structure({**_EVERY_ACCOUNT, "roles": _variants("Default", Default=EMPTY, Custom=_CUSTOM_ROLES)})

_DKIM_AUTOMATIC = _optional(
    algorithms=SetOf(_ALGORITHMS.__contains__, _ALGORITHMS),
    selectorTemplate=Text(start="v{version}-{algorithm}-{date-%Y%m%d}"),
    rotateAfter=Count(7776000000),
    retireAfter=Count(604800000),
    deleteAfter=Count(2592000000),
)
DOMAIN: Final = _optional(
    name=_DOMAIN_NAME,
    aliases=_ANY,
    isEnabled=Flag(start=True),
    createdAt=ServerSet(),
    description=_MAYBE_WORD,
    logo=_MAYBE_WORD,
    certificateManagement=kind_of("CertificateManagement"),
    dkimManagement=_variants("Automatic", Automatic=_DKIM_AUTOMATIC, Manual=EMPTY),
    dnsManagement=kind_of("DnsManagement"),
    memberTenantId=_MAYBE_ID,
    directoryId=_MAYBE_ID,
    catchAllAddress=Text(clean_email, "Invalid email address", nullable=True),
    subAddressing=kind_of("SubAddressing"),
    allowRelaying=Flag(),
    reportAddressUri=Text(str.strip, nullable=True, start="mailto:postmaster"),
    dnsZoneFile=ServerSet(""),
)
LIST: Final = _optional(
    name=_LOCAL_PART,
    domainId=_ID,
    emailAddress=ServerSet(""),
    description=_MAYBE_WORD,
    aliases=ListOf(_ALIAS),
    memberTenantId=_MAYBE_ID,
    recipients=_ANY,
)
ROLE: Final = _optional(
    description=_WORD,
    memberTenantId=_MAYBE_ID,
    roleIds=_IDS,
    enabledPermissions=_PERMISSIONS,
    disabledPermissions=_PERMISSIONS,
)
ACCOUNT: Final = Variants({"User": _USER, "Group": _GROUP})
SIGNATURE: Final = kind_of("DkimSignature")
ACCOUNT_SETTINGS: Final = _optional(
    encryptionAtRest=_ENCRYPTIONS, locale=_LOCALES, description=_MAYBE_WORD, timeZone=_TIME_ZONES
)
ACCOUNT_PASSWORD: Final = _optional(
    secret=_MAYBE_WORD, currentSecret=_MAYBE_WORD, otpAuth=_optional(otpCode=_MAYBE_WORD, otpUrl=_MAYBE_WORD)
)
