"""Somebody writes while an import is under way: what they wrote stays the newest version."""

from datetime import UTC
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from glossary import publishing, revisions
from glossary.importing import import_markdown
from glossary.importing.folders import FilesFolder
from glossary.importing.markdown_files import MarkdownFiles
from glossary.importing.storing import Options, import_from
from glossary.models import Entry
from tests.factories import make_picture, make_site

pytestmark = pytest.mark.django_db


class WithAnEditor(MarkdownFiles):
    """Files between whose reading and storing an editor saves a draft."""

    def picture(self, source, href) -> ContentFile | None:
        entry = Entry.objects.get()
        publishing.save_draft(entry, revisions.newest(entry) | {"body": "Mine."})
        return super().picture(source, href)


def write(folder: Path, body: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "warp.md").write_text(f"---\ntitle: Warp\n---\n\n{body}\n")
    (folder / "loom.png").write_bytes(make_picture().read())


@pytest.mark.parametrize("publish", [False, True])
def test_a_draft_that_is_saved_meanwhile_is_kept(tmp_path, publish):
    make_site()
    folder = tmp_path / "content"
    write(folder, "A text.")
    import_markdown(folder, publish=publish)
    write(folder, "News. ![A loom](loom.png)")
    report = import_from(WithAnEditor(FilesFolder(folder), zone=UTC), Options(publishes=publish))
    assert report.skipped == [
        "warp.md: Somebody changed it here at the same moment; import it again."
    ]
    entry = Entry.objects.get()
    assert revisions.newest(entry)["body"] == "Mine."
