"""Out and in again: nothing differs, nothing is lost, nothing is doubled."""

import csv
import tracemalloc
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from authors.models import Author
from config import site
from glossary import publishing, revisions
from glossary.exchange import coming, going, pages, tables
from glossary.importing import Report, import_markdown
from glossary.models import Entry, RelatedEntry, Topic
from tests.factories import make_author, make_draft, make_entry, make_offer, make_site

pytestmark = pytest.mark.django_db

AWKWARD = [
    "---\nheadword: 1\n---\n\nA text that looks like a file.",
    "  leading spaces\r\nand Windows line ends\r\n",
    "trailing lines\n\n\n",
    "",
    "{{< macro >}}\n[link](other.md) and [ours](/glossary/term/?a=b#c)",
    "\ufeffmark, \u2028 separator, \x85 next line, \x7f delete, 😀",
]


def everything() -> None:
    """Entries in every state, with every field and every awkward sign."""
    make_site()
    offer = make_offer(slug="audit")
    site.forget()
    ines, bea = make_author(name="Inês: “a, b”"), make_author(name="Bea")
    for number, body in enumerate(AWKWARD):
        make_draft(term=f"Draft {number}", body=body)
    full = make_entry(
        term="What is Life? #1: yes",
        slug="Life",
        body="About [draft](/glossary/draft-1/).\n\n## More\n\nWords.",
        short_definition="Two lines:\n- one 'and' \"two\"",
        topics=["C++", "Ökonomie, praktisch", "yes"],
        aliases=["null", "  2026-01-01", "it's: {x}"],
        author=ines,
        reviewer=bea,
        reviewed_on=date(2026, 3, 4),
        title_override="# Heading",
        seo_title="=SUM(A1)",
        seo_description="@x",
        links_terms=False,
        is_linked_to=False,
        case_rule="exact",
        offer=offer.pk,
        at=datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=UTC),
    )
    full.aliases.filter(name="null").update(case_rule="any")
    german = make_entry(term="Leben", slug="life", language="de", import_ref="markdown:x/life.md")
    first = Entry.objects.get(term="Draft 0")
    for place, other in ((3, german), (7, first)):
        RelatedEntry.objects.create(entry=full, other=other, position=place)
    publishing.withdraw(make_entry(term="Gone", at=datetime(2020, 1, 1, tzinfo=UTC)))
    make_entry(term="To come", at=datetime(2090, 1, 1, tzinfo=UTC))
    make_entry(term="長" * 100, slug="長" * 100)
    beside = make_entry(term="Beside", body="What readers see.")
    draft = revisions.newest(beside) | {"body": "What they will see.", "topics": ["Fresh"]}
    publishing.save_draft(beside, draft)


def exported(folder: Path) -> dict[str, bytes]:
    going.write_folder(folder, going.all_entries())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.md")}


def imported(folder: Path, **options: bool) -> Report:
    return import_markdown(folder, **{"publish": True, "drafts": True, **options})


def emptied() -> None:
    Entry.objects.all().delete()
    Topic.objects.all().delete()
    Author.objects.all().delete()


def stored() -> list:
    names = [f.name for f in Entry._meta.fields if f.name not in ("created_at", "import_digest")]
    return list(Entry.objects.order_by("pk").values_list(*names))


# There and back ---------------------------------------------------------------------------


def test_export_import_into_an_empty_site_and_export_gives_the_same_files(tmp_path):
    everything()
    before = exported(tmp_path / "a")
    emptied()
    report = imported(tmp_path / "a")
    assert (report.skipped, len(report.created)) == ([], len(before) - 1)
    assert exported(tmp_path / "b") == before


def test_import_into_the_same_site_changes_nothing(tmp_path):
    everything()
    before, rows = exported(tmp_path / "a"), stored()
    report = imported(tmp_path / "a")
    assert len(report.unchanged) == len(before)
    assert (report.created, report.updated, report.skipped) == ([], [], [])
    assert stored() == rows


def test_a_second_import_into_the_new_site_changes_nothing_either(tmp_path):
    everything()
    before = exported(tmp_path / "a")
    emptied()
    imported(tmp_path / "a")
    rows = stored()
    report = imported(tmp_path / "a")
    assert (len(report.unchanged), report.skipped) == (len(before), [])
    assert stored() == rows


def test_pages_are_public_again_with_their_dates_and_links(client, tmp_path):
    everything()
    life = client.get("/glossary/Life/").content
    exported(tmp_path / "a")
    emptied()
    imported(tmp_path / "a")
    Author.objects.update(is_visible=True)
    entry = Entry.objects.get(slug="Life")
    assert entry.published_at == datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=UTC)
    assert entry.updated_at == entry.published_at
    page = client.get("/glossary/Life/").content
    assert page.count(b"<h2") == life.count(b"<h2")
    assert client.get("/glossary/gone/").status_code == 410
    assert client.get("/glossary/to-come/").status_code == 404


def test_a_dry_run_changes_nothing(tmp_path):
    everything()
    exported(tmp_path / "a")
    emptied()
    report = imported(tmp_path / "a", dry_run=True)
    assert (len(report.created) > 10, Entry.objects.count(), Author.objects.count()) == (
        True,
        0,
        0,
    )


# What an import may change ----------------------------------------------------------------


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / "en" / name
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new).encode())


def test_an_edited_file_changes_the_entry_that_is_as_it_was(tmp_path):
    make_entry(term="Webhook", slug="webhook", body="Old words.")
    exported(tmp_path / "a")
    edit(tmp_path / "a", "webhook.md", "Old words.", "New words.")
    assert imported(tmp_path / "a").updated == ["en/webhook.md"]
    edit(tmp_path / "a", "webhook.md", "New words.", "Newest words.")
    assert imported(tmp_path / "a").updated == ["en/webhook.md"]
    assert "Newest words." in Entry.objects.get().body_html


def test_an_entry_that_was_changed_here_is_left(tmp_path):
    entry = make_entry(term="Webhook", slug="webhook", body="Old words.")
    exported(tmp_path / "a")
    edit(tmp_path / "a", "webhook.md", "Old words.", "New words.")
    Entry.objects.update(body="Words of an editor.")
    assert imported(tmp_path / "a").skipped == [f"en/webhook.md: {coming.CHANGED_HERE}"]
    entry.refresh_from_db()
    assert entry.body == "Words of an editor."


def test_an_entry_with_a_draft_is_left(tmp_path):
    entry = make_entry(term="Webhook", slug="webhook", body="Old words.")
    exported(tmp_path / "a")
    edit(tmp_path / "a", "webhook.md", "Old words.", "New words.")
    publishing.save_draft(entry, revisions.newest(entry) | {"body": "Mine."})
    assert imported(tmp_path / "a").skipped == [f"en/webhook.md: {coming.CHANGED_HERE}"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_comes_is_the_newest_version_of_a_draft_and_not_approved(tmp_path, overwrite):
    entry = make_draft(term="Webhook", slug="webhook", body="Old.")
    publishing.save_draft(entry, revisions.newest(entry) | {"body": "Old words."})
    publishing.submit(entry)
    publishing.approve(entry)
    exported(tmp_path / "a")
    edit(tmp_path / "a", "webhook.md", "Old words.", "New words.")
    report = imported(tmp_path / "a", publish=False, overwrite=overwrite)
    assert report.updated == ["en/webhook.md"]
    entry.refresh_from_db()
    assert (revisions.newest(entry)["body"], entry.body) == ("New words.", "New words.")
    assert (entry.review, entry.revisions.count()) == ("", 1)


def test_a_new_address_in_the_file_leads_from_the_old_one(client, tmp_path):
    make_entry(term="Webhook", slug="webhook", import_ref="headword:en/webhook")
    exported(tmp_path / "a")
    edit(tmp_path / "a", "webhook.md", 'slug: "webhook"', 'slug: "web-hook"')
    imported(tmp_path / "a")
    assert client.get("/glossary/webhook/")["Location"] == "/glossary/web-hook/"


def test_drafts_are_taken_only_when_asked_for(tmp_path):
    entry = make_entry(term="Beside", slug="beside", body="What readers see.")
    publishing.save_draft(entry, revisions.newest(entry) | {"body": "What they will see."})
    assert sorted(exported(tmp_path / "a")) == ["en/beside.draft.md", "en/beside.md"]
    emptied()
    report = imported(tmp_path / "a", drafts=False)
    assert report.skipped == [f"en/beside.draft.md: {coming.IS_A_DRAFT}"]
    assert Entry.objects.get().draft is None
    imported(tmp_path / "a")
    assert Entry.objects.get().draft.snapshot["body"] == "What they will see."


def test_without_publish_everything_comes_as_a_draft(tmp_path):
    make_entry(term="Webhook")
    exported(tmp_path / "a")
    emptied()
    imported(tmp_path / "a", publish=False)
    assert Entry.objects.get().state == "draft"
    assert imported(tmp_path / "a").published == ["en/webhook.md"]


def test_an_author_that_is_not_there_is_made_but_not_shown(tmp_path):
    make_entry(term="Webhook", author=make_author(name="Ines"))
    exported(tmp_path / "a")
    emptied()
    (said,) = imported(tmp_path / "a").warnings
    assert said == "en/webhook.md: author made, not visible until you say so: Ines"
    assert (Author.objects.get().slug, Author.objects.get().is_visible) == ("ines", False)


def test_an_offer_that_is_not_there_is_told(tmp_path):
    make_site()
    offer = make_offer(slug="audit")
    site.forget()
    make_entry(term="Webhook", offer=offer.pk)
    exported(tmp_path / "a")
    emptied()
    offer.delete()
    site.forget()
    assert imported(tmp_path / "a").warnings == ["en/webhook.md: no offer called audit"]


FILE = '---\nheadword: 1\nterm: "Webhook"\nslug: "webhook"\nlanguage: "en"\n{}---\n\nText.\n'


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("state: [x\n", "en/x.md:7: broken front matter"),
        ("colour: red\n", "en/x.md:6: colour: there is no such field"),
        ("links_terms: maybe\n", "en/x.md:6: links_terms: cannot be understood"),
        ("published_at: yesterday\n", "en/x.md:6: published_at: cannot be understood"),
        ("reviewed_on: 31.12.2026\n", "en/x.md:6: reviewed_on: cannot be understood"),
        ("aliases: x\n", "en/x.md:6: aliases: cannot be understood"),
        ("author: {x: y}\n", "en/x.md:6: author: cannot be understood"),
        ('slug: "a b"\n', "en/x.md: Use letters, digits"),
        (f'seo_title: "{"x" * 71}"\n', "en/x.md: Ensure this value has at most 70"),
        (f'topics: ["{"x" * 101}"]\n', "en/x.md: Ensure this value has at most 100"),
        ('language: "xx"\n', "en/x.md: Value 'xx' is not a valid choice."),
        ('case_rule: "loud"\n', "en/x.md: Value 'loud' is not a valid choice."),
        ('author: "a b"\n', "en/x.md: Use letters, digits"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_leaves_the_others(tmp_path, line, said):
    folder = tmp_path / "a" / "en"
    folder.mkdir(parents=True)
    (folder / "x.md").write_text(FILE.format(line))
    other = FILE.format("").replace("ebhook", "arp")
    (folder / "y.md").write_text(other)
    report = imported(tmp_path / "a")
    assert [each.startswith(said) for each in report.skipped] == [True], report.skipped
    assert list(Entry.objects.values_list("term", flat=True)) == ["Warp"]


def test_a_file_that_is_no_text_or_has_no_end_is_told(tmp_path):
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "x.md").write_bytes(b"---\nheadword: 1\n\xff")
    (folder / "y.md").write_bytes(b"---\nheadword: 1\nterm: x\n")
    assert imported(folder).skipped == [
        "x.md:3: not a text file in UTF-8",
        "y.md:1: the front matter has no end: a line with ---",
    ]


def test_dates_and_names_may_be_written_by_hand(tmp_path):
    make_author(name="Ines")
    lines = "published_at: 2024-05-06\nreviewed_on: 2024-05-07\nauthor: ines\naliases: [Hook]\n"
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "x.md").write_text(FILE.format(lines + "state: published\ntopics: Automation\n"))
    imported(folder)
    entry = Entry.objects.get()
    assert entry.published_at == datetime(2024, 5, 6, tzinfo=UTC)
    assert (entry.reviewed_on, entry.author.name) == (date(2024, 5, 7), "Ines")
    assert entry.public_topics == [{"name": "Automation", "slug": "automation"}]


SIGNS = st.characters(exclude_characters="\0", codec="utf-8")
LINE = st.text(SIGNS, min_size=1)


@given(
    st.fixed_dictionaries(
        {
            **dict.fromkeys(["term", "slug", "language", "seo_title"], LINE),
            "body": st.text(SIGNS),
            "topics": st.lists(st.text(SIGNS), min_size=1),
            "links_terms": st.booleans(),
        }
    )
)
def test_any_text_comes_back_as_it_was(page):
    assert pages.parse(pages.dump(page)) == page


# Command ----------------------------------------------------------------------------------


def run(*args: str) -> str:
    out = StringIO()
    call_command(*args, stdout=out)
    return out.getvalue().strip()


def test_command_writes_a_folder_and_the_importer_takes_it(tmp_path):
    make_entry(term="Webhook")
    folder = str(tmp_path / "new" / "folder")
    assert run("export_entries", folder) == f"Exported 1 files to {folder}."
    said = run("import_entries", folder, "--format", "markdown", "--publish")
    assert said.startswith("0 created, 0 updated, 1 unchanged")


def test_command_never_writes_over_what_is_there(tmp_path):
    (tmp_path / "mine.txt").write_text("Mine.")
    with pytest.raises(CommandError, match="is not empty"):
        run("export_entries", str(tmp_path))
    with pytest.raises(CommandError, match="cannot be written"):
        run("export_entries", str(tmp_path / "mine.txt" / "x"))


# Table ------------------------------------------------------------------------------------


def table() -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO("".join(tables.lines(going.all_entries())), newline="")))


def test_table_has_a_row_for_each_entry():
    make_entry(
        term="Webhook",
        topics=["B", "A, b"],
        aliases=["Web hook", "Hook"],
        author=make_author(name="Ines"),
        at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    make_draft(term="Zapier", topics=["A, b"])
    first, second = table()
    assert list(first) == list(tables.COLUMNS)
    assert (first["term"], first["topics"], first["aliases"]) == (
        "Webhook",
        "A, b\nB",
        "Web hook\nHook",
    )
    assert (first["author"], first["state"]) == ("ines", "published")
    assert first["published_at"] == "2026-01-02T00:00:00+00:00"
    assert (second["state"], second["topics"], second["published_at"]) == ("draft", "A, b\n", "")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula_to_a_spreadsheet(sign):
    words = f"{sign}cmd' /C calc'!A0"
    make_draft(term=words, slug="x", body=words, short_definition=words, aliases=[words])
    (row,) = table()
    for name in ("term", "body", "short_definition", "aliases"):
        assert row[name] == f"'{words}"


@given(st.text(st.sampled_from("'=+-@\t\rx")))
def test_every_cell_comes_back_as_it_was(cell):
    defused = tables.defuse(cell)
    assert tables.undefuse(defused) == cell
    assert defused[:1] not in {"=", "+", "-", "@", "\t", "\r"}


def test_command_writes_the_table(tmp_path):
    make_entry(term="Webhook")
    folder = tmp_path / "new"
    said = run("export_entries", str(folder), "--format", "csv")
    assert said == f"Exported 1 rows to {folder}."
    assert (folder / "entries.csv").read_bytes().startswith(b"term,slug,language,aliases,")


def from_table(folder: Path, **options: bool) -> Report:
    report = Report()
    wanted = coming.Options(publishes=True, **options)
    with (folder / tables.FILE).open(encoding="utf-8-sig", newline="") as file:
        for _ in coming.take_in(tables.read(file), report, wanted):
            pass
    return report


def test_table_comes_back_without_a_difference(tmp_path):
    everything()
    rows = tables.write_folder(tmp_path / "a", going.all_entries())
    before = stored()
    report = from_table(tmp_path / "a")
    assert (len(report.unchanged), report.updated, report.skipped) == (rows, [], [])
    assert stored() == before
    emptied()
    report = from_table(tmp_path / "a")
    assert (len(report.created), report.skipped) == (rows, [])
    tables.write_folder(tmp_path / "b", going.all_entries())
    first, second = (tmp_path / n / tables.FILE for n in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_an_edited_row_changes_the_entry_and_a_broken_one_is_told(tmp_path):
    for term in ("Alpha", "Beta"):
        make_entry(term=term, body="Old words.")
    tables.write_folder(tmp_path / "a", going.all_entries())
    path = tmp_path / "a" / tables.FILE
    text = path.read_text().replace("Old words.", "New words.", 1)
    path.write_text(text.replace("Beta,beta,en", "Beta,,en"))
    report = from_table(tmp_path / "a")
    assert report.updated == ["entries.csv:2"]
    assert report.skipped == ["entries.csv:3: slug: is missing"]
    assert "New words." in Entry.objects.get(term="Alpha").body_html


def test_tables_of_others_are_not_taken_for_ours():
    assert tables.is_ours(tables.COLUMNS)
    assert not tables.is_ours(["term", "slug", "body"])


# Costs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_export_asks_as_often_for_three(count, django_assert_num_queries):
    for _ in range(count):
        make_entry(topics=["A"], aliases=[f"Other {Entry.objects.count()}"], author=make_author())
    site.current()
    with django_assert_num_queries(6):
        assert len(list(going.files(going.all_entries()))) == count


def test_memory_of_an_export_does_not_grow_with_the_glossary(monkeypatch):
    body = "words " * 2000
    monkeypatch.setattr("glossary.exchange.contents.BATCH", 20)

    def peak() -> int:
        tracemalloc.start()
        for _ in going.files(going.all_entries()):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    Entry.objects.bulk_create(Entry(term=f"T{n}", slug=f"t{n}", body=body) for n in range(40))
    few = peak()
    Entry.objects.bulk_create(Entry(term=f"U{n}", slug=f"u{n}", body=body) for n in range(400))
    assert peak() < 2 * few
