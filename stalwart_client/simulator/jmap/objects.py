"""The properties of 0.16's objects, with what they are by default (jmap.md 4)."""

from __future__ import annotations

import re
from typing import Final
from zoneinfo import available_timezones

from stalwart_client.simulator import permissions
from stalwart_client.simulator.addresses import clean_domain, clean_email, clean_local_part
from stalwart_client.simulator.jmap.pointer import Kind
from stalwart_client.simulator.jmap.schema import EMPTY, ListOf, MapOf, SetOf, Structure, Variants, is_id
from stalwart_client.simulator.jmap.values import (
    Address,
    Count,
    Flag,
    Immutable,
    Moment,
    OneOf,
    Reference,
    ServerSet,
    Text,
    is_network,
)

_LOCALE: Final = re.compile(r"POSIX|[a-z]{2,3}_[A-Z]{2}(@[a-z]+)?")
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
_STRENGTHS: Final = frozenset({"zero", "one", "two", "three", "four"})
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
_IPS = SetOf(is_network)
_IDS = SetOf(is_id)
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
_LOCALES = OneOf(lambda text: _LOCALE.fullmatch(text) is not None, "EnUS", "en_US")
_TIME_ZONES = OneOf(lambda text: text in available_timezones(), "AfricaAbidjan")
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
    certificateManagement=_variants(
        "Manual", Manual=EMPTY, Automatic=_optional(acmeProviderId=_ID, subjectAlternativeNames=_ANY)
    ),
    dkimManagement=_variants("Automatic", Automatic=_DKIM_AUTOMATIC, Manual=EMPTY),
    dnsManagement=_variants(
        "Manual", Manual=EMPTY, Automatic=_optional(dnsServerId=_ID, origin=_MAYBE_WORD, publishRecords=_ANY)
    ),
    memberTenantId=_MAYBE_ID,
    directoryId=_MAYBE_ID,
    catchAllAddress=Text(clean_email, "Invalid email address", nullable=True),
    subAddressing=_variants("Enabled", Enabled=EMPTY, Disabled=EMPTY, Custom=_optional(customRule=_WORD)),
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
_SIGNATURE_1 = _optional(
    auid=Text(str.strip, nullable=True),
    canonicalization=OneOf(lambda text: _CANONICAL.fullmatch(text) is not None, "RelaxedRelaxed", "relaxed/relaxed"),
    expire=Count(None, nullable=True),
    headers=SetOf(bool, ("From", "To", "Date", "Subject", "Message-ID")),
    privateKey=Variants(
        {
            "Text": _optional(secret=_WORD),
            "EnvironmentVariable": _optional(variableName=_WORD),
            "File": _optional(filePath=_WORD),
        }
    ),
    report=Flag(start=True),
    thirdParty=Text(str.strip, nullable=True),
    thirdPartyHash=_MAYBE_WORD,
    domainId=_ID,
    memberTenantId=_MAYBE_ID,
    selector=_TRIMMED,
    createdAt=ServerSet(),
    nextTransitionAt=Moment(),
    stage=OneOf(_STAGES.__contains__, "Active", "active"),
    publicKey=ServerSet(""),
)
BLOCKED: Final = _optional(
    address=Immutable(Address()),
    reason=Text(start="manual"),
    createdAt=ServerSet(),
    expiresAt=Moment(),
)
ALLOWED: Final = _optional(address=Immutable(Address()), reason=_MAYBE_WORD, createdAt=ServerSet(), expiresAt=Moment())
AUTHENTICATION: Final = _optional(
    directoryId=_MAYBE_ID,
    defaultUserRoleIds=SetOf(is_id, ("b",)),
    defaultGroupRoleIds=SetOf(is_id, ("c",)),
    defaultTenantRoleIds=SetOf(is_id, ("d", "b")),
    defaultAdminRoleIds=SetOf(is_id, ("e", "b")),
    passwordHashAlgorithm=Text(start="argon2id"),
    passwordMinLength=Count(8),
    passwordMaxLength=Count(128),
    passwordMinStrength=OneOf(_STRENGTHS.__contains__, "Three", "three"),
    passwordDefaultExpiry=Count(None, nullable=True),
    maxAppPasswords=Count(5, nullable=True),
    maxApiKeys=Count(5, nullable=True),
)
_SERVICE = _optional(hostname=_MAYBE_WORD, cleartext=Flag())
_EXCHANGER = _optional(hostname=_MAYBE_WORD, priority=Count(10))
SYSTEM: Final = _optional(
    defaultHostname=_WORD,
    defaultDomainId=_ID,
    defaultCertificateId=_MAYBE_ID,
    threadPoolSize=Count(None, nullable=True),
    maxConnections=Count(8192),
    proxyTrustedNetworks=_IPS,
    mailExchangers=ListOf(_EXCHANGER, ({"hostname": None, "priority": 10},)),
    services=MapOf(
        _SERVICES.__contains__, _SERVICE, {name: {"hostname": None, "cleartext": False} for name in _SERVICES}
    ),
    providerInfo=MapOf(bool, _WORD),
)
ACCOUNT: Final = Variants({"User": _USER, "Group": _GROUP})
SIGNATURE: Final = Variants({"Dkim1Ed25519Sha256": _SIGNATURE_1, "Dkim1RsaSha256": _SIGNATURE_1})
ACCOUNT_SETTINGS: Final = _optional(
    encryptionAtRest=_ENCRYPTIONS, locale=_LOCALES, description=_MAYBE_WORD, timeZone=_TIME_ZONES
)
ACCOUNT_PASSWORD: Final = _optional(
    secret=_MAYBE_WORD, currentSecret=_MAYBE_WORD, otpAuth=_optional(otpCode=_MAYBE_WORD, otpUrl=_MAYBE_WORD)
)
