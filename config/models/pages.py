"""What tells every process that a kept page is out of date; `config.page_stamps` writes it."""

from django.db import models


class PageStamp(models.Model):
    """When something that pages show last changed.

    Written by triggers of the database, in the transaction of the change
    itself. Versions grow in the order in which changes become visible: whoever
    has seen one has seen all smaller ones.
    """

    key = models.CharField(
        max_length=60, primary_key=True, help_text="What changed: “site”, “entries”, “entry:5”."
    )
    version = models.BigIntegerField(
        db_index=True, help_text="Microseconds since 1970, moved on where two would be equal."
    )

    def __str__(self) -> str:
        return self.key


class PageDate(models.Model):
    """A moment at which pages change although no row does; deleting it stamps what changed."""

    kind = models.CharField(max_length=20, help_text="Of the rows of which table.")
    row_id = models.BigIntegerField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "row_id"], name="page_date_is_one_of_a_row"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.row_id} at {self.at:%Y-%m-%d %H:%M} UTC"
