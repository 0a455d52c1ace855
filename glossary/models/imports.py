"""Material that comes and pictures that texts use."""

from django.conf import settings
from django.core.files.storage import storages
from django.core.files.storage.base import Storage
from django.db import models
from django.utils import timezone

from config.models import Picture
from glossary.models.entries import Entry


def private_storage() -> Storage:
    """Where uploads wait that the web must not serve."""
    return storages["private"]


class EntryPicture(models.Model):
    """A picture that some version of an entry shows: it may be restored, so it is kept."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="pictures")
    picture = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="entry_uses")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "picture"], name="entry_picture_is_kept_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.picture_id} in {self.entry_id}"


class ImportRun(models.Model):
    """An import that was started in the admin; the worker does it and reports here."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    file = models.FileField(upload_to="imports", storage=private_storage)
    name = models.CharField(max_length=200)
    format = models.CharField(
        max_length=10,
        choices=[
            ("markdown", "Markdown files (ZIP)"),
            ("wordpress", "WordPress export (XML)"),
            ("csv", "Table (CSV or XLSX)"),
        ],
    )
    publishes = models.BooleanField("publish", default=False)
    overwrites = models.BooleanField("overwrite what editors changed", default=False)
    types = models.CharField("kinds of WordPress posts", max_length=200, blank=True)
    downloads = models.BooleanField("fetch pictures from the former site", default=False)
    is_trial = models.BooleanField("only show what would happen", default=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    step = models.PositiveIntegerField(
        default=0, help_text="Raised with each slice of work; only its own message continues it."
    )
    report = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField("started", default=timezone.now)
    finished_at = models.DateTimeField("finished", null=True, blank=True)

    class Meta:
        verbose_name = "import"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "running", "done", "failed"]),
                name="import_state_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name
