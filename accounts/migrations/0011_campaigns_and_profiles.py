import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import accounts.models.campaign


def copy_from_profiles(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Accounts that exist keep what they have: their profile's settings, as their own."""
    accounts, profiles = (apps.get_model("accounts", name).objects for name in ("Account", "Profile"))
    for profile in profiles.all():
        profile.denials = ["directory"] if profile.hide_directory else []
        profile.save(update_fields=["denials"])
        accounts.filter(profile=profile).update(
            denials=profile.denials,
            mail_before_start=profile.mail_before_start,
            server_deadline=profile.server_deadline,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_sign_in_and_second_factor"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="denials",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="account",
            name="employee_number",
            field=models.CharField(blank=True, db_index=True, max_length=40),
        ),
        migrations.AddField(
            model_name="account",
            name="follows_campaign",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="account",
            name="groups",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="account",
            name="groups_to_leave",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="account",
            name="mail_before_start",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="account",
            name="server_deadline",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="ends_at",
            field=models.DateTimeField(blank=True, db_index=True, null=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="note",
            field=models.TextField(blank=True, max_length=2000),
        ),
        migrations.AddField(
            model_name="campaign",
            name="owner",
            field=models.CharField(blank=True, max_length=254),
        ),
        migrations.AddField(
            model_name="campaign",
            name="profile",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="campaigns",
                to="accounts.profile",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="starts_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="version",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="profile",
            name="address_pattern",
            field=models.CharField(default="{first}.{last}", max_length=120),
        ),
        migrations.AddField(
            model_name="profile",
            name="aliases",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="profile",
            name="denials",
            field=models.JSONField(blank=True, default=accounts.models.campaign.directory_hidden),
        ),
        migrations.AddField(
            model_name="profile",
            name="domain",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="profiles",
                to="accounts.maildomain",
            ),
        ),
        migrations.AddField(
            model_name="profile",
            name="groups",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="profile",
            name="term_days",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="profile",
            name="updated_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="profile",
            name="version",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["campaign", "ends_at", "id"], name="account_campaign_end"),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_at", None), ("ends_at", None), ("ends_at__gt", models.F("starts_at")), _connector="OR"
                ),
                name="campaign_ends_after_start",
            ),
        ),
        migrations.RunPython(copy_from_profiles, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name="profile",
            name="hide_directory",
        ),
    ]
