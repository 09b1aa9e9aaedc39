import django.core.serializers.json
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_campaigns_and_profiles"),
    ]

    operations = [
        migrations.CreateModel(
            name="ColumnMemory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uploaded_by", models.CharField(max_length=150)),
                ("heading", models.CharField(max_length=200)),
                ("field", models.CharField(blank=True, max_length=30)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("uploaded_by", "heading"), name="one_meaning_per_heading")
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("form", models.CharField(max_length=60)),
                ("headings", models.JSONField()),
                ("columns", models.JSONField()),
                ("campaign", models.CharField(blank=True, max_length=120)),
                ("roster", models.BooleanField(default=False)),
                ("roster_owner", models.CharField(blank=True, max_length=254)),
                ("answers", models.JSONField(default=list)),
                ("counts", models.JSONField(default=dict)),
                ("uploaded_by", models.CharField(max_length=150)),
                ("uploaded_at", models.DateTimeField()),
                ("emptied_at", models.DateTimeField(blank=True, null=True)),
                (
                    "batch",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="sheet",
                        to="accounts.batch",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("cells", models.JSONField(default=list)),
                ("formulas", models.JSONField(default=list)),
                ("answers", models.JSONField(default=list)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("create", "create"),
                            ("update", "update"),
                            ("same", "same"),
                            ("problem", "problem"),
                            ("left_out", "left_out"),
                            ("end", "end"),
                        ],
                        max_length=10,
                    ),
                ),
                ("judged", models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rows", to="accounts.importfile"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="importfile",
            index=models.Index(fields=["-uploaded_at"], name="import_newest"),
        ),
        migrations.AddIndex(
            model_name="importrow",
            index=models.Index(fields=["file", "verdict", "number"], name="import_row_verdict"),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.UniqueConstraint(fields=("file", "number"), name="import_row_has_its_place"),
        ),
    ]
