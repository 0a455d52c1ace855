"""The media library: what is kept, what pages say of it, where it is used, what is deleted."""

import re
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import html5lib
import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.urls import reverse
from PIL import Image

from config import pictures
from config.fields import RenderedField
from config.models import OutboxMessage, Picture
from config.pictures import PLACEHOLDER, InUse, Use, keep, mentioned_in
from glossary import publishing
from glossary.models import EntryPicture, Revision
from glossary.pictures import remember
from tests.desk import work
from tests.factories import (
    make_author,
    make_comparison,
    make_draft,
    make_entry,
    make_offer,
    make_path,
    make_picture,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db

TOKEN = "A-b_0123456789abcdefgh"
NEW = f"pictures/{TOKEN}-2000x1500.webp"
OLD = "content/A-b_0123456789ab-800x600.webp"


def stored(settings) -> list[str]:
    root = Path(settings.MEDIA_ROOT)
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


def shown(picture: Picture, words: str = "a") -> str:
    return f"![{words}]({pictures.address(picture)})"


def image_in(html: str):
    return next(html5lib.parse(html, namespaceHTMLElements=False).iter("img"))


# Keeping ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "kept", "widths"),
    [
        ((60, 40), (60, 40), []),
        ((400, 300), (400, 300), []),
        ((401, 300), (401, 300), [400]),
        ((1600, 1200), (1600, 1200), [400, 800]),
        ((3000, 2000), (2400, 1600), [400, 800, 1600]),
        ((500, 3000), (400, 2400), []),
        ((4000, 1), (2400, 1), [400, 800, 1600]),
    ],
)
def test_a_picture_is_kept_once_and_in_smaller_sizes(settings, size, kept, widths):
    picture = keep(make_picture(size=size), by=None)
    assert (picture.width, picture.height) == kept
    stem = picture.path.removesuffix(".webp")
    files = sorted([picture.path, *(f"{stem}-{width}.webp" for width in widths)])
    assert stored(settings) == files

    for file in files:
        with Image.open(default_storage.open(file)) as image:
            height = max(1, round(image.width * kept[1] / kept[0]))
            assert (image.format, image.height) == ("WEBP", height)
            wanted = re.search(r"-(\d+)\.webp$", file.replace("x", "x-"))
            assert image.width == (kept[0] if file == picture.path else int(wanted[1]))


def test_the_library_knows_who_brought_what_and_when():
    writer, now = make_staff("writer"), datetime(2026, 3, 3, 9, tzinfo=UTC)
    picture = keep(make_picture(name="Sales chart.final.png"), by=writer, alt="A chart", now=now)
    picture.refresh_from_db()
    assert re.fullmatch(r"pictures/[\w-]{22}-60x40\.webp", picture.path)
    assert (picture.name, picture.alt) == ("Sales chart.final", "A chart")
    assert (picture.uploaded_by, picture.uploaded_at) == (writer, now)


def test_names_cannot_be_guessed_from_each_other(settings):
    paths = {keep(make_picture(), by=None).path for _ in range(5)}
    assert len({path.split("-60x40")[0] for path in paths}) == 5


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("C:\\photos\\Türkis 1.PNG", "Türkis 1"),
        ("../../etc/passwd.png", "passwd"),
        ("a\0b\n<script>.png", "a b <script>"),
        (".png", ".png"),
        ("\u202egnp.exe.png", "gnp.exe"),
        ("", "Picture"),
        ("é" * 400 + ".png", "é" * 200),
    ],
)
def test_a_name_is_what_can_be_read_of_the_files(filename, name):
    content = ContentFile(make_picture().read(), name=filename)
    assert keep(content, by=None).name == name


def test_files_do_not_stay_behind_when_the_row_cannot_be_written(settings):
    with pytest.raises(IntegrityError):
        keep(make_picture(size=(900, 600)), by=None, alt=None)
    assert stored(settings) == []


def test_a_full_disk_leaves_no_half_picture(settings):
    settings.MEDIA_ROOT.mkdir()
    (settings.MEDIA_ROOT / "pictures").write_text("in the way")
    with pytest.raises(OSError, match="pictures"):
        keep(make_picture(), by=None)
    assert (stored(settings), Picture.objects.count()) == (["pictures"], 0)


# Where --------------------------------------------------------------------------------------


def test_texts_name_pictures_in_many_ways():
    small = NEW.replace(".webp", "-400.webp")
    text = (
        f"![a](/media/{NEW}) ![b](https://glossary.example/media/{OLD})\n\n"
        f'<img src="/media/{small}">\n\n[r]: /media/{NEW.replace("A-b", "B-c")}\n\n'
        "![c](/media/portraits/abc.webp) pictures/short-1x1.webp"
    )
    assert mentioned_in(text) == {NEW, OLD, NEW.replace("A-b", "B-c")}
    assert mentioned_in("") == set()


def test_settings_authors_offers_and_guides_are_places():
    picture, other = keep(make_picture(), by=None), keep(make_picture(), by=None)
    text = shown(picture)
    site = make_site(name="Northlight", footer=text)
    author = make_author(name="Ines", biography=text)
    offer = make_offer(name="Talk", description=text)
    left, right = make_entry(term="A"), make_entry(term="B")
    comparison = make_comparison(left, right, verdict=text)
    path = make_path(left, introduction=text, title="Begin")
    make_author(biography="Without any.")

    found = pictures.uses([picture.path, other.path])
    assert set(found) == {picture.path}
    assert set(found[picture.path]) == {
        Use("Site settings: Northlight", f"/admin/config/sitesettings/{site.pk}/change/"),
        Use("Author: Ines", f"/admin/authors/author/{author.pk}/change/"),
        Use("Offer: Talk", f"/admin/leads/offer/{offer.pk}/change/"),
        Use("Comparison: A vs B", f"/admin/glossary/comparison/{comparison.pk}/change/"),
        Use("Learning path: Begin", f"/admin/glossary/learningpath/{path.pk}/change/"),
    }
    assert list(pictures.unused(Picture.objects.all())) == [other]


def test_every_rendered_text_has_a_page_on_the_desk():
    models = [
        model
        for model in apps.get_models()
        if any(isinstance(field, RenderedField) for field in model._meta.fields)
    ]
    assert len(models) >= 5
    names = [f"admin:{m._meta.app_label}_{m._meta.model_name}_change" for m in models]
    assert all(reverse(name, args=[1]) for name in names)


def make_version(entry, body: str, *, number: int = 1) -> Revision:
    return entry.revisions.create(number=number + 100, snapshot={"body": body})


def test_entries_say_in_which_version_they_show_a_picture():
    picture = keep(make_picture(), by=None)
    text = shown(picture)
    live, new = make_entry(term="A live", body=text), make_draft(term="B new", body=text)
    changed = make_entry(term="C changed", body="Old words.")
    changed.draft = make_version(changed, text)
    changed.save(update_fields=["draft"])
    both = make_entry(term="D both", body=text)
    both.draft = make_version(both, text)
    both.save(update_fields=["draft"])
    gone = make_entry(term="E gone", body="No picture any more.")
    later = make_entry(term="F later", body=text, at=datetime(2099, 1, 1, tzinfo=UTC))
    withdrawn = make_entry(term="G withdrawn", body=text)
    publishing.withdraw(withdrawn)
    for entry in (live, new, changed, both, gone, later, withdrawn):
        remember(entry, text)

    assert [use.label for use in pictures.uses([picture.path])[picture.path]] == [
        "A live (live)",
        "B new (draft)",
        "C changed (draft)",
        "D both (live and draft)",
        "E gone (an older version)",
        "F later (scheduled)",
        "G withdrawn (withdrawn)",
    ]
    assert pictures.uses([picture.path])[picture.path][0].url == (
        f"/admin/glossary/entry/{live.pk}/change/"
    )
    assert list(pictures.unused(Picture.objects.all())) == []


def test_an_entry_remembers_each_picture_once_and_forgets_none(django_assert_num_queries):
    entry, first, second = (
        make_draft(),
        keep(make_picture(), by=None),
        keep(make_picture(), by=None),
    )
    with django_assert_num_queries(2):
        remember(entry, f"{shown(first)} {shown(first)} ![x](/media/{NEW})")
    remember(entry, f"{shown(second)} {shown(first)}")
    with django_assert_num_queries(0):
        remember(entry, "No picture any more.")
    assert set(entry.pictures.values_list("picture", flat=True)) == {first.pk, second.pk}


@pytest.mark.parametrize("count", [1, 3])
def test_places_of_many_pictures_cost_what_those_of_one_do(django_assert_num_queries, count):
    found = [keep(make_picture(), by=None) for _ in range(count)]
    for picture in found:
        remember(make_entry(body=shown(picture)), shown(picture))
        make_author(biography=shown(picture))
    with django_assert_num_queries(6):
        assert len(pictures.uses([picture.path for picture in found])) == count


# Deleting -----------------------------------------------------------------------------------


def test_an_unused_picture_goes_with_all_its_files(settings):
    picture, other = (keep(make_picture(size=(900, 600)), by=None) for _ in range(2))
    assert pictures.delete([picture]) == 1
    # Until the worker has done it, the deletion can still be rolled back.
    assert len(stored(settings)) == 6
    work()
    stem = other.path.removesuffix(".webp")
    assert stored(settings) == sorted([f"{stem}.webp", f"{stem}-400.webp", f"{stem}-800.webp"])
    assert list(Picture.objects.all()) == [other]


def test_files_of_a_picture_that_is_there_are_never_removed(settings):
    picture = keep(make_picture(), by=None)
    pictures.remove_files(OutboxMessage(payload={"path": picture.path}))
    assert stored(settings) == [picture.path]
    picture.delete()
    for _ in range(2):
        pictures.remove_files(OutboxMessage(payload={"path": picture.path}))
    assert stored(settings) == []


def test_a_picture_in_use_stays_and_so_do_those_beside_it(settings):
    used, unused = keep(make_picture(name="Chart.png"), by=None), keep(make_picture(), by=None)
    remember(make_entry(term="Webhook", body="Without."), shown(used))
    with pytest.raises(InUse) as refusal:
        pictures.delete([unused, used])
    assert str(refusal.value) == (
        "This picture is still used, so nothing was deleted: "
        "“Chart” in Webhook (an older version)."
    )
    work()
    assert (Picture.objects.count(), len(stored(settings))) == (2, 2)


def test_the_sentence_stays_short():
    used = [keep(make_picture(name=name), by=None) for name in ("A.png", "B.png")]
    for number in range(7):
        remember(make_draft(term=f"Term {number}"), shown(used[0]))
    make_author(name="Ines", biography=shown(used[1]))
    with pytest.raises(InUse) as refusal:
        pictures.delete(used)
    places = ", ".join(f"Term {number} (an older version)" for number in range(5))
    assert str(refusal.value) == (
        "These pictures are still used, so nothing was deleted: "
        f"“A” in {places} and 2 more; “B” in Author: Ines."
    )


def test_the_database_itself_keeps_a_picture_that_an_entry_shows():
    picture = keep(make_picture(), by=None)
    entry = make_draft()
    remember(entry, shown(picture))
    with pytest.raises(ProtectedError):
        picture.delete()
    entry.delete()
    assert (EntryPicture.objects.count(), pictures.delete([picture])) == (0, 1)


# From before --------------------------------------------------------------------------------


def test_pictures_of_the_first_version_are_adopted_with_their_places(settings):
    kept = keep(make_picture(size=(900, 600)), by=None, alt="Known")
    other = OLD.replace("800x600", "60x40")
    for path in (OLD, other, "content/notes.txt", "content/evil-1x1.webp", "portraits/a-1x1.webp"):
        default_storage.save(path, ContentFile(b"x"))
    entry = make_entry(body=f"![Sales \\[in €\\]](/media/{OLD}) ![](/media/{other})")
    make_version(entry, f"![{PLACEHOLDER}](/media/{other}) ![Older words](/media/{OLD})")
    migration = import_module("glossary.migrations.0010_pictures")
    migration.ask(apps, None)
    for _ in range(2):
        work()
        OutboxMessage.objects.filter(kind="glossary.adopt_pictures").update(done_at=None)

    found = Picture.objects.exclude(pk=kept.pk).values_list(
        "path", "width", "height", "name", "alt"
    )
    assert {path: rest for path, *rest in found} == {
        OLD: [800, 600, OLD.removeprefix("content/").removesuffix(".webp"), "Sales [in €]"],
        other: [60, 40, other.removeprefix("content/").removesuffix(".webp"), ""],
    }
    assert {row.picture.path for row in entry.pictures.all()} == {OLD, other}
    assert Picture.objects.get(pk=kept.pk).alt == "Known"


def test_a_new_site_has_nothing_to_adopt():
    migration = import_module("glossary.migrations.0010_pictures")
    migration.ask(apps, None)
    assert OutboxMessage.objects.count() == 0
    assert pictures.adopt() == 0
