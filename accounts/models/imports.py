"""A sheet that somebody brought: its rows with what each would do. Deleted after a week, but for its name."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.domain.errors import RuleBroken
from accounts.domain.reach import Reach
from accounts.domain.sheets.rows import Verdict
from accounts.models.account import Account
from accounts.models.batch import Batch
from accounts.models.reach import ReachManager, ReachQuerySet


class ImportFileQuerySet(ReachQuerySet["ImportFile"]):
    pass


class ImportFile(models.Model):
    name = models.CharField(max_length=200)
    """The file's own name; empty for pasted cells."""
    form = models.CharField(max_length=60)
    """How it was read: "comma-separated UTF-8"."""
    headings = models.JSONField()
    columns = models.JSONField()
    """What each column holds, as `Field` names it; "" is not used."""
    campaign = models.CharField(max_length=120, blank=True)
    """For rows that name none."""
    roster = models.BooleanField(default=False)
    """The sheet is the whole truth: who it does not name is to end."""
    roster_owner = models.CharField(max_length=254, blank=True)
    """Whose people the roster is about, if it is about an owner's."""
    roster_department = models.CharField(max_length=200, blank=True)
    """Which purpose the roster is about, if it is about one."""
    answers = models.JSONField(default=list)
    """What somebody said to a question for all rows at once."""
    counts = models.JSONField(default=dict)
    """Rows by verdict."""
    new_campaigns = models.JSONField(default=dict)
    """The campaigns that would be made: their number, and the names of the first."""
    uploaded_by = models.CharField(max_length=150)
    reach = models.JSONField(default=dict, blank=True)
    """How far whoever last worked on it reaches, as `Reach` gives it: rows that lead further are problems."""
    uploaded_at = models.DateTimeField()
    batch = models.OneToOneField(Batch, null=True, blank=True, on_delete=models.SET_NULL, related_name="sheet")
    refusal = models.JSONField(default=dict, blank=True)
    """Why its last start was refused after somebody had asked for it: the rule's code and values."""
    emptied_at = models.DateTimeField(null=True, blank=True)
    """When its rows were deleted."""

    objects = ReachManager.from_queryset(ImportFileQuerySet)()
    everywhere = ImportFileQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["-uploaded_at"], name="import_newest")]

    def __str__(self) -> str:
        return self.name or "pasted cells"

    @staticmethod
    def in_reach(reach: Reach) -> Q:
        """A sheet of one's own, as long as it found nobody beyond."""
        rows = ImportRow.objects.filter(file=OuterRef("pk"), account__isnull=False)
        beyond = rows.exclude(account__in=Account.everywhere.within(reach))
        return Q(~Exists(beyond), uploaded_by=reach.holder)

    @property
    def refused_by(self) -> RuleBroken | None:
        """The rule that its last start was refused by, once it was judged again."""
        return RuleBroken(self.refusal["code"], **self.refusal["values"]) if self.refusal else None

    @property
    def is_started(self) -> bool:
        return self.batch_id is not None


class ImportRow(models.Model):
    # All its indexes begin with the file.
    file = models.ForeignKey(ImportFile, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField()
    """Counted from the headings on; who a roster misses stands after the last."""
    cells = models.JSONField(default=list)
    formulas = models.JSONField(default=list)
    """The columns that hold a formula."""
    answers = models.JSONField(default=list)
    verdict = models.CharField(max_length=10, choices=[(verdict.value, verdict.value) for verdict in Verdict])
    judged = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    """What was found: who it is, the problems, the changes."""
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="import_row_has_its_place")]
        indexes = [
            models.Index(fields=["file", "verdict", "number"], name="import_row_verdict"),
            # A page far into a long list walks over this one alone.
            models.Index(fields=["file", "number", "verdict"], name="import_row_in_order"),
        ]

    def __str__(self) -> str:
        return f"row {self.number} {self.verdict}"


class ColumnMemory(models.Model):
    """What somebody's headings meant the last time."""

    uploaded_by = models.CharField(max_length=150)
    heading = models.CharField(max_length=200)
    """As `columns.folded` gives it."""
    field = models.CharField(max_length=30, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["uploaded_by", "heading"], name="one_meaning_per_heading")]

    def __str__(self) -> str:
        return f"{self.heading}: {self.field}"
