from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0018_open_operations_by_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="leased_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="importfile",
            name="refusal",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AlterField(
            model_name="batch",
            name="state",
            field=models.CharField(
                choices=[
                    ("planned", "planned"),
                    ("starting", "starting"),
                    ("running", "running"),
                    ("done", "done"),
                    ("stopped", "stopped"),
                ],
                default="planned",
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(condition=models.Q(("state", "starting")), fields=["id"], name="batch_starting"),
        ),
    ]
