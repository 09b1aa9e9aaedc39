import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_reach"),
    ]

    operations = [
        migrations.AddField(
            model_name="importfile",
            name="new_campaigns",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="importfile",
            name="roster_department",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AlterField(
            model_name="importrow",
            name="file",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="rows",
                to="accounts.importfile",
            ),
        ),
        migrations.AddIndex(
            model_name="importrow",
            index=models.Index(fields=["file", "number", "verdict"], name="import_row_in_order"),
        ),
    ]
