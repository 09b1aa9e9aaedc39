"""The log can only grow: the database itself refuses to change or delete what was written.

A later migration that rebuilds one of these tables on SQLite drops its triggers silently and must make them
again; `manage.py check --database default` counts them (accounts/checks.py).
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_VALUES = ("actor", "subject", "client", "reason", "before", "after")
_EMPTIED_ONLY = " OR ".join(
    f"(NEW.{name} IS NOT NULL AND NEW.{name} IS NOT OLD.{name}) "
    f"OR (json_extract(NEW.keys, '$.{name}') IS NOT NULL "
    f"AND json_extract(NEW.keys, '$.{name}') IS NOT json_extract(OLD.keys, '$.{name}'))"
    for name in _VALUES
)

SQLITE = {
    "auditevent_no_update": "BEFORE UPDATE ON accounts_auditevent",
    "auditevent_no_delete": "BEFORE DELETE ON accounts_auditevent",
    # INSERT OR REPLACE would delete first, and only recursive_triggers lets the trigger above see it.
    "auditevent_no_replace": (
        "BEFORE INSERT ON accounts_auditevent WHEN EXISTS (SELECT 1 FROM accounts_auditevent WHERE id = NEW.id)"
    ),
    "auditdetail_no_delete": "BEFORE DELETE ON accounts_auditdetail",
    "auditdetail_no_replace": (
        "BEFORE INSERT ON accounts_auditdetail "
        "WHEN EXISTS (SELECT 1 FROM accounts_auditdetail WHERE event_id = NEW.event_id)"
    ),
    "auditdetail_only_emptied": (
        f"BEFORE UPDATE ON accounts_auditdetail WHEN {_EMPTIED_ONLY} OR NEW.event_id IS NOT OLD.event_id"
    ),
}

_EMPTIED_ONLY_POSTGRES = " OR ".join(
    f"(NEW.{name} IS NOT NULL AND NEW.{name}::text IS DISTINCT FROM OLD.{name}::text) "
    f"OR (NEW.keys ->> '{name}' IS NOT NULL AND NEW.keys ->> '{name}' IS DISTINCT FROM OLD.keys ->> '{name}')"
    for name in _VALUES
)
POSTGRES = f"""
CREATE FUNCTION accounts_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION accounts_audit_only_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {_EMPTIED_ONLY_POSTGRES} OR NEW.event_id IS DISTINCT FROM OLD.event_id THEN
        RAISE EXCEPTION 'values of the audit log can only be emptied' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER auditevent_append_only BEFORE UPDATE OR DELETE ON accounts_auditevent
    FOR EACH ROW EXECUTE FUNCTION accounts_audit_refuse();
CREATE TRIGGER auditevent_no_truncate BEFORE TRUNCATE ON accounts_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_audit_refuse();
CREATE TRIGGER auditdetail_no_delete BEFORE DELETE ON accounts_auditdetail
    FOR EACH ROW EXECUTE FUNCTION accounts_audit_refuse();
CREATE TRIGGER auditdetail_no_truncate BEFORE TRUNCATE ON accounts_auditdetail
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_audit_refuse();
CREATE TRIGGER auditdetail_only_emptied BEFORE UPDATE ON accounts_auditdetail
    FOR EACH ROW EXECUTE FUNCTION accounts_audit_only_emptied();
"""

POSTGRES_BACK = """
DROP TRIGGER auditevent_append_only ON accounts_auditevent;
DROP TRIGGER auditevent_no_truncate ON accounts_auditevent;
DROP TRIGGER auditdetail_no_delete ON accounts_auditdetail;
DROP TRIGGER auditdetail_no_truncate ON accounts_auditdetail;
DROP TRIGGER auditdetail_only_emptied ON accounts_auditdetail;
DROP FUNCTION accounts_audit_refuse();
DROP FUNCTION accounts_audit_only_emptied();
"""


def forbid_changes(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(POSTGRES, params=None)
        return
    for name, event in SQLITE.items():
        editor.execute(f"CREATE TRIGGER {name} {event} BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END")


def allow_changes(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(POSTGRES_BACK, params=None)
        return
    for name in SQLITE:
        editor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(forbid_changes, allow_changes)]
