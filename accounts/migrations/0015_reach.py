"""An operator may be limited to mail domains or campaigns, and so are their sheets and jobs."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0014_api_tokens")]

    operations = [
        migrations.AddField("staff", "limits", models.JSONField(blank=True, default=dict)),
        migrations.AddField("batch", "reach", models.JSONField(blank=True, default=dict)),
        migrations.AddField("importfile", "reach", models.JSONField(blank=True, default=dict)),
    ]
