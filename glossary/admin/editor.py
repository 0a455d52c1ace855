"""The field in which an entry's text is written."""

from django.urls import reverse

from config.editor import MarkdownEditor
from glossary.models import Entry


class EntryEditor(MarkdownEditor):
    """Shows the text as the entry's page, and offers entries to link after `[[`."""

    def belong_to(self, entry: Entry) -> None:
        """Tell the script which entry this is, stored or not."""
        self.attrs |= {
            "data-entry": str(entry.pk or ""),
            "data-language": entry.language,
            "data-terms": reverse("terms"),
        }
