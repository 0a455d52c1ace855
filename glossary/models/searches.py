"""What searches look into, and what was searched for."""

from django.db import models

from glossary.models.entries import Entry


class SearchDocument(models.Model):
    """The words of a published entry; each database keeps its own index over these rows."""

    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, primary_key=True)
    term = models.TextField()
    aliases = models.TextField(blank=True)
    definition = models.TextField(blank=True)
    body = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.term
