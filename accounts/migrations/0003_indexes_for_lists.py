from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_audit_is_append_only"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["domain", "state", "ends_at", "id"], name="account_domain_state"),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["purges_at", "state"], name="account_purge"),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["starts_at", "state"], name="account_start"),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["mailbox_exists", "mailbox_locked", "state"], name="account_lock_proof"),
        ),
    ]
