import zipfile
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from textwrap import dedent

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from config.models import Picture
from glossary import publishing
from glossary.importing import Report, import_markdown
from glossary.models import Entry, Topic
from tests.factories import make_author, make_entry, make_picture, make_site

pytestmark = pytest.mark.django_db

TWICE = (
    "Another entry in this language has this address.; There is already an entry about this term."
)


@pytest.fixture
def folder(tmp_path) -> Path:
    path = tmp_path / "content"
    path.mkdir()
    return path


def write(folder: Path, **files: str | bytes) -> None:
    """Write files by name; one without a dot is a Markdown file."""
    for name, content in files.items():
        path = folder / (name if "." in name else f"{name}.md")
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = content if isinstance(content, bytes) else dedent(content).lstrip("\n").encode()
        path.write_bytes(raw)


def page(title: str, body: str = "A text.", **meta: str) -> str:
    lines = [f"title: {title}", *(f"{key}: {value}" for key, value in meta.items())]
    return "\n".join(["---", *lines, "---", "", body, ""])


def imported(folder: Path, **options: bool) -> Report:
    return import_markdown(folder, **options)


def state_of(term: str) -> str:
    return Entry.objects.get(term=term).state


def rows() -> dict[str, list]:
    return {
        model._meta.label: sorted(map(repr, model.objects.values_list()))
        for model in apps.get_models()
    }


# Shapes -------------------------------------------------------------------------------------


def test_hugo_page_with_capital_keys_nulls_and_blanks(folder):
    write(
        folder,
        warp="""
        ---
        Title: Warp
        Category: Technology
        Tags: ["platform", "", "  ", null]
        Description:
        Draft: false
        Aliases: [Wavefront, ""]
        ---
        Text.
        """,
    )
    assert imported(folder).warnings == []
    entry = Entry.objects.get()
    assert (entry.term, entry.slug, entry.short_definition) == ("Warp", "warp", "")
    assert sorted(topic.name for topic in entry.topics.all()) == ["Technology", "platform"]
    assert [alias.name for alias in entry.aliases.all()] == ["Wavefront"]


def test_jekyll_page_with_indented_keys_and_abbreviation(folder):
    write(
        folder,
        wasm="""
        ---
          title: WebAssembly
          slug: web-assembly
          abbreviation: WASM
          description: "A portable
            format."
          dateAdded: 2026-01-20
        ---
        Text.
        """,
    )
    imported(folder, publish=True)
    entry = Entry.objects.get()
    assert (entry.slug, entry.short_definition) == ("web-assembly", "A portable format.")
    assert [alias.name for alias in entry.aliases.all()] == ["WASM"]
    assert entry.published_at == datetime(2026, 1, 20, tzinfo=UTC)


def test_page_of_ours_with_every_key(folder):
    ines, rui = make_author(name="Ines Carvalho"), make_author(name="Rui Costa", slug="rui")
    write(
        folder,
        warp="""
        ---
        term: Warp
        language: pt
        definition: Trinta e duas linhas.
        heading: O que são warps
        aliases: [Frente de onda]
        topics: [GPU]
        author: Ines Carvalho
        reviewer: rui
        seo_title: Warp explicado
        seo_description: Tudo sobre warps.
        date: 2026-01-02T03:04:05+01:00
        ---
        ## Tamanho
        """,
    )
    imported(folder, publish=True)
    entry = Entry.objects.get()
    assert (entry.author, entry.reviewer, entry.language) == (ines, rui, "pt")
    assert (entry.seo_title, entry.seo_description) == ("Warp explicado", "Tudo sobre warps.")
    assert entry.title == "O que são warps"
    assert entry.published_at == datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("title", "term", "heading"),
    [
        ("Warp", "Warp", ""),
        ("What is a Warp?", "Warp", ""),
        ("What is the Warp Scheduler?", "Warp Scheduler", ""),
        ("What is nvidia.ko?", "Nvidia.ko", ""),
        ("what's an SM", "SM", ""),
        ("What are registers?", "Registers", "What are registers?"),
        ('"What is: Warp"', "Warp", ""),
        ("404", "404", ""),
    ],
)
def test_question_titles_name_their_term(folder, title, term, heading):
    write(folder, page=page(title))
    imported(folder)
    assert list(Entry.objects.values_list("term", "title_override")) == [(term, heading)]


# What stays hidden --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("meta", "state"),
    [
        ({}, "published"),
        ({"draft": "false"}, "published"),
        ({"draft": "true"}, "draft"),
        ({"Draft": "True"}, "draft"),
        ({"draft": '"true"'}, "draft"),
        ({"published": "false"}, "draft"),
    ],
)
def test_drafts_stay_hidden(folder, meta, state):
    write(folder, warp=page("Warp", **meta))
    imported(folder, publish=True)
    assert state_of("Warp") == state


def test_nothing_is_published_unasked(folder):
    write(folder, warp=page("Warp"))
    assert imported(folder).published == []
    assert state_of("Warp") == "draft"
    assert imported(folder, publish=True).published == ["warp.md"]
    assert state_of("Warp") == "published"


@pytest.mark.parametrize("key", ["date", "published", "publishDate"])
def test_future_date_stays_hidden_and_so_do_links_to_it(folder, key):
    write(
        folder,
        loom=page("Loom", "See [warp](warp.md), [yarn](yarn.md)."),
        warp=page("Warp", **{key: "2199-01-01"}),
        yarn=page("Yarn", **{key: "2020-01-01"}),
    )
    imported(folder, publish=True)
    assert sorted(e.term for e in Entry.objects.published()) == ["Loom", "Yarn"]
    assert [e.term for e in Entry.objects.scheduled()] == ["Warp"]
    shown = Entry.objects.get(term="Loom").body_html.strip()
    assert shown == '<p>See warp, <a href="/glossary/yarn/" class="term">yarn</a>.</p>'


def test_zero_date_of_hugo_is_no_obstacle_to_readers(folder, client):
    client.raise_request_exception = False
    write(folder, warp=page("Warp", date='"0001-01-01T00:00:00Z"'))
    imported(folder, publish=True)
    assert client.get("/glossary/warp/").status_code == 200


# What is left out ---------------------------------------------------------------------------

UNDERSCORE = ": a page of the generator, by its name with an underscore"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("_index.md", page("Warp"), ": a page of the generator, by its name with an underscore"),
        (
            "_TEMPLATE.md",
            page("Warp"),
            ": a page of the generator, by its name with an underscore",
        ),
        ("warp.md", page("Warp", ""), ": no text below the front matter"),
        ("warp.md", "# Warp\n\nText.\n", ":1: no front matter"),
        ("warp.md", "", ":1: no front matter"),
        ("warp.md", "---\nlayout: page\n---\nText.\n", ":1: no title in the front matter"),
        ("warp.md", "---\ntitle:\n---\nText.\n", ":1: no title in the front matter"),
        ("warp.md", "---\ntitle: [a, b]\n---\nText.\n", ":1: no title in the front matter"),
        ("warp.md", b"\x89PNG\r\n\x1a\n", ":1: not a text file in UTF-8"),
        ("warp.md", b"---\ntitle: Warp\n---\n\0", ":4: a binary file"),
        ("warp.md", b"---\ntitle: Na\xefve\n---\nText\n", ":2: not a text file in UTF-8"),
        ("warp.md", page("Warp", "x" * 200_001), ": longer than 200,000 characters"),
    ],
)
def test_file_that_is_no_entry_is_reported_and_the_rest_imported(folder, name, content, said):
    write(folder, **{name: content, "loom.md": page("Loom"), "notes.txt": "No Markdown."})
    report = imported(folder)
    assert report.skipped == [name + said]
    assert report.created == ["loom.md"]


@pytest.mark.parametrize(
    ("front_matter", "line"),
    [
        ('title: "Warp', 3),
        ("title: Warp\ntags: [a, b", 4),
        ("title: Warp\n\tdraft: true", 3),
        ("title: Warp: the thread", 2),
        ("title: Warp\ndate: 2026-13-45", 1),
        ("title: !!python/object:os.system {}", 2),
    ],
)
def test_broken_yaml_is_reported_with_its_line(folder, front_matter, line):
    write(folder, warp=f"---\n{front_matter}\n---\nText.\n", loom=page("Loom"))
    report = imported(folder)
    assert report.created == ["loom.md"]
    (said,) = report.skipped
    assert said.startswith(f"warp.md:{line}: broken front matter: ")


@pytest.mark.parametrize(
    "meta",
    [
        {"description": "x" * 321},
        {"seo_title": "x" * 71},
        {"abbreviation": "x" * 151},
        {"tags": "x" * 101},
        {"date": '"2026-02-30"'},
        {"description": r'"A \0 in it"'},
        {"description": r'"Half a \ud83d pair"'},
        {"aliases": "[Naïve Bayes, Naive Bayes]"},
    ],
    ids=lambda meta: "-".join(meta),
)
def test_value_that_does_not_fit_stops_nothing_else(folder, meta):
    write(folder, loom=page("Loom"), warp=page("Warp", **meta), yarn=page("Yarn"))
    report = imported(folder, publish=True)
    assert {"loom.md", "yarn.md"} <= set(report.published)
    assert len(report.skipped) + len(report.created) == 3
    assert not any("another entry has this" in said for said in report.skipped)


def test_second_file_about_a_term_is_reported(folder):
    write(folder, **{"a.md": page("Warp"), "b.md": page("WARP"), "c.md": page("Loom")})
    report = imported(folder)
    assert report.skipped == ["b.md: There is already an entry about this term."]
    assert report.created == ["a.md", "c.md"]


@pytest.mark.parametrize(
    "left_out",
    [
        page("LOOM", tags="[New]"),
        page("Warp", tags="[New]", aliases="[Naïve, Naive]"),
        page("Warp", tags=f"[New, {'x' * 101}]"),
    ],
    ids=["term", "aliases", "topic"],
)
def test_topic_of_a_file_left_out_is_there_for_the_next(folder, left_out):
    write(folder, **{"a.md": page("Loom"), "b.md": left_out, "c.md": page("Yarn", tags="[New]")})
    imported(folder)
    connection.check_constraints()
    assert [topic.name for topic in Entry.objects.get(term="Yarn").topics.all()] == ["New"]


def test_term_that_staff_wrote_is_not_overwritten(folder):
    make_entry(term="Warp", body="By hand.")
    write(folder, warp=page("Warp", "By file."))
    assert imported(folder).skipped == [f"warp.md: {TWICE}"]
    assert Entry.objects.get().body == "By hand."


# Addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "slugs"),
    [
        (["warp.md", "loom.md"], ["loom", "warp"]),
        (["a/warp.md", "b/warp.md", "loom.md"], ["a-warp", "b-warp", "loom"]),
        (["warp.md", "warp/size.md"], ["size", "warp"]),
        (["warp/index.md", "loom.md"], ["loom", "warp"]),
        (["warp/index.md", "loom/index.md"], ["loom", "warp"]),
        (["My Term (old).md"], ["my-term-old"]),
        (["機械学習.md"], ["機械学習"]),
    ],
)
def test_file_names_become_addresses(folder, files, slugs):
    write(folder, **{name: page(f"Term {number}") for number, name in enumerate(files)})
    assert imported(folder).skipped == []
    assert sorted(Entry.objects.values_list("slug", flat=True)) == slugs


LINKED = {
    "warp.md": "Warp",
    "hard/core.md": "Core",
    "hard.md": "Hard",
    "loom/index.md": "Loom",
    "hard/yarn.md": "Yarn",
}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[x](../warp.md)", "[x](/glossary/warp/)"),
        ("[x](../warp)", "[x](/glossary/warp/)"),
        ("[x](core.md)", "[x](/glossary/core/)"),
        ("[x](./core.md#size)", "[x](/glossary/core/#size)"),
        ("[x](core.html)", "[x](/glossary/core/)"),
        ('[x](core.md "A title")', '[x](/glossary/core/ "A title")'),
        ("[x](<core.md>)", "[x](</glossary/core/>)"),
        ("[x](../hard.md)", "[x](/glossary/hard/)"),
        ("[x](/warp/)", "[x](/glossary/warp/)"),
        ("[x](/warp/#size)", "[x](/glossary/warp/#size)"),
        ("[x](/gpu-glossary/hard/core)", "[x](/glossary/core/)"),
        ("[x](/en/docs/hard/core/)", "[x](/glossary/core/)"),
        ("[x](../../../../warp.md)", "[x](/glossary/warp/)"),
        ("[x][ref]\n\n[ref]: core.md#size", "[x][ref]\n\n[ref]: /glossary/core/#size"),
        ("[x][ref]\n\n[ref]: <../warp.md> 'W'", "[x][ref]\n\n[ref]: </glossary/warp/> 'W'"),
        ("`[x](core.md)` [x](core.md)", "`[x](core.md)` [x](/glossary/core/)"),
        ("`` ` [x](core.md) ``", "`` ` [x](core.md) ``"),
        ("```md\n[x](core.md)\n```", "```md\n[x](core.md)\n```"),
        ("~~~\n[x](core.md)\n~~~", "~~~\n[x](core.md)\n~~~"),
        ("- a\n\n  ```\n  [x](core.md)\n  ```", "- a\n\n  ```\n  [x](core.md)\n  ```"),
        ("A\n\n    [x](core.md)", "A\n\n    [x](core.md)"),
        ("The ` key. [x](core.md)\n\nThe ` key.", "The ` key. [x](/glossary/core/)\n\nThe ` key."),
        ("[x](#here)", "[x](#here)"),
        ("[x](https://other.example/warp.md)", "[x](https://other.example/warp.md)"),
        ("[x](mailto:a@b.example)", "[x](mailto:a@b.example)"),
    ],
)
def test_links_between_files_become_links_between_entries(folder, written, shown):
    pages = {name: page(term) for name, term in LINKED.items()}
    write(folder, **pages, **{"hard/source.md": page("Source", written)})
    report = imported(folder)
    assert Entry.objects.get(term="Source").body == shown + "\n"
    assert report.warnings == []


def test_link_to_a_landing_page_finds_its_folder(folder):
    target, text = "[x](loom/index.md) [x](loom/) [x](/loom/)", page("Loom")
    write(folder, **{"loom/index.md": text, "warp.md": page("Warp", target)})
    assert imported(folder).warnings == []
    address = f"/glossary/{Entry.objects.get(term='Loom').slug}/"
    assert Entry.objects.get(term="Warp").body == f"[x]({address}) [x]({address}) [x]({address})\n"


def test_page_wins_links_over_a_folder_of_its_name(folder):
    write(
        folder,
        **{"hard.md": page("Hard"), "hard/core.md": page("Core")},
        source=page("Source", "[x](hard.md) [x](/hard/) [x](/hard/core/)"),
    )
    imported(folder)
    body = "[x](/glossary/hard/) [x](/glossary/hard/) [x](/glossary/core/)\n"
    assert Entry.objects.get(term="Source").body == body


@pytest.mark.parametrize(
    ("body", "warning"),
    [
        ("[x](gone.md)", "leads to no imported page: gone.md"),
        ("[x](/gone/)", "leads to no imported page: /gone/"),
        ("![x](picture.png)", "leads to no imported page: picture.png"),
        ("[x](obsidian://open)", "cannot be shown: obsidian://open"),
        ("{{< figure >}}\n\nText.", "macro of the generator left out: {{< figure >}}"),
        ("Text.\n{{% note %}}", "macro of the generator left out: {{% note %}}"),
    ],
)
def test_what_cannot_be_taken_over_warns(folder, body, warning):
    write(folder, warp=page("Warp", body), loom=page("Loom"))
    assert imported(folder).warnings == [f"warp.md: {warning}"]
    assert Entry.objects.count() == 2
    assert "{{" not in Entry.objects.get(term="Warp").body


@pytest.mark.parametrize(
    ("meta", "warning"),
    [
        ({"author": "Nobody"}, "no author called Nobody"),
        ({"relatedTerms": "[wasi]"}, "front matter not used: relatedterms"),
        ({"date": "soon"}, "date not understood: soon"),
    ],
)
def test_front_matter_that_means_nothing_here_warns(folder, meta, warning):
    write(folder, warp=page("Warp", **meta))
    assert imported(folder).warnings == [f"warp.md: {warning}"]


# Again --------------------------------------------------------------------------------------


@pytest.mark.parametrize("publish", [False, True])
def test_second_run_changes_nothing(folder, publish):
    write(
        folder,
        warp=page("Warp", "[x](loom.md)", tags="[GPU, gpu]", aliases="[Wavefront, warp]"),
        loom=page("Loom", tags="[gpu]", date="2026-01-01"),
    )
    imported(folder, publish=publish)
    before = rows()
    report = imported(folder, publish=publish)
    assert report.unchanged == ["loom.md", "warp.md"]
    assert (
        report.summary == "0 created, 0 updated, 2 unchanged, 0 skipped, 0 published, 0 warnings"
    )
    assert rows() == before


@pytest.mark.parametrize(
    "meta",
    [{}, {"tags": "[gpu]"}, {"abbreviation": "warp"}, {"aliases": "[Wavefront, Subgroup]"}],
    ids=str,
)
def test_changed_file_updates_its_entry(folder, meta):
    write(folder, loom=page("Loom", tags="[GPU]"), warp=page("Warp", "Old.", **meta))
    imported(folder, publish=True)
    write(folder, warp=page("Warp", "New.", **meta))
    report = imported(folder)
    assert (report.updated, report.unchanged, report.skipped) == (["warp.md"], ["loom.md"], [])
    assert Entry.objects.get(term="Warp").body_html.strip() == "<p>New.</p>"


def test_changed_author_updates_its_entry(folder):
    make_author(name="Ines")
    write(folder, warp=page("Warp"))
    imported(folder)
    write(folder, warp=page("Warp", author="Ines"))
    assert imported(folder).updated == ["warp.md"]
    assert str(Entry.objects.get().author) == "Ines"


def test_old_address_of_a_file_that_got_another_leads_on(folder, client):
    write(folder, warp=page("Warp"))
    imported(folder, publish=True)
    assert client.get("/glossary/warp/").status_code == 200
    write(folder, warp=page("Warp", slug="wavefront"))
    imported(folder)
    assert client.get("/glossary/wavefront/").status_code == 200
    assert client.get("/glossary/warp/").headers.get("Location") == "/glossary/wavefront/"


def test_entry_that_an_editor_changed_is_left_alone(folder):
    write(folder, warp=page("Warp", "Old."), loom=page("Loom", "Old."))
    imported(folder)
    Entry.objects.filter(term="Warp").update(body="By hand.")
    write(folder, warp=page("Warp", "New."), loom=page("Loom", "New."))
    report = imported(folder)
    assert report.skipped == ["warp.md: changed here since it was imported; left as it is"]
    assert report.updated == ["loom.md"]
    assert [e.body.strip() for e in Entry.objects.all()] == ["New.", "By hand."]


# The command --------------------------------------------------------------------------------


def run(folder: Path, *options: str) -> str:
    out = StringIO()
    call_command("import_entries", str(folder), "--format", "markdown", *options, stdout=out)
    return out.getvalue()


def test_dry_run_reports_and_changes_nothing(folder):
    write(folder, warp=page("Warp", tags="[GPU]", aliases="[Wavefront]"), loom="Nothing")
    before = rows()
    assert run(folder, "--publish", "--dry-run") == (
        "skipped  loom.md:1: no front matter\n"
        "Would be: 1 created, 0 updated, 0 unchanged, 1 skipped, 1 published, 0 warnings\n"
    )
    assert rows() == before
    run(folder, "--publish")
    assert rows() != before


def test_command_sums_up(folder):
    write(folder, warp=page("Warp", "[x](gone.md)"), loom=page("Loom", draft="true"))
    assert run(folder, "--publish") == (
        "warning  warp.md: leads to no imported page: gone.md\n"
        "2 created, 0 updated, 0 unchanged, 0 skipped, 1 published, 1 warnings\n"
    )


def test_command_refuses_a_folder_that_is_not_there(folder):
    write(folder, warp=page("Warp"))
    with pytest.raises(CommandError, match="There is no folder"):
        run(folder / "nowhere")
    with pytest.raises(CommandError, match="There is no folder"):
        run(folder / "warp.md")


def test_import_killed_before_publishing_is_completed_by_the_next(folder, monkeypatch):
    write(folder, warp=page("Warp", "Old."))
    imported(folder, publish=True)
    write(folder, warp=page("Warp", "New."))
    with monkeypatch.context() as killed:
        killed.setattr("glossary.publishing.publish", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            imported(folder, publish=True)
    assert Entry.objects.get().body_html == "<p>Old.</p>\n"
    assert imported(folder, publish=True).updated == ["warp.md"]
    assert Entry.objects.get().body_html == "<p>New.</p>\n"
    assert imported(folder, publish=True).unchanged == ["warp.md"]


def _interrupted(*args: object, **kwargs: object) -> None:
    raise KeyboardInterrupt


def test_days_are_those_of_the_site(folder):
    make_site(time_zone="America/Los_Angeles")
    write(folder, warp=page("Warp", date="2026-03-02"))
    imported(folder, publish=True)
    assert Entry.objects.get().published_at == datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "taken", "warnings"),
    [("pt", "pt", 0), ("en-us", "en", 0), ("PT-BR", "pt", 0), ("fr", "en", 1)],
)
def test_languages_of_files_are_those_of_the_site(folder, language, taken, warnings):
    write(folder, warp=page("Warp", lang=language), loom=page("Loom", "A [warp](warp.md)."))
    report = imported(folder, publish=True)
    assert (Entry.objects.get(term="Warp").language, len(report.warnings)) == (taken, warnings)
    prefix = "" if taken == "en" else f"/{taken}"
    assert f'href="{prefix}/glossary/warp/"' in Entry.objects.get(term="Loom").body_html


# Editors, interruptions, archives -----------------------------------------------------------


def test_overwriting_takes_back_what_an_editor_changed(folder):
    write(folder, warp=page("Warp", "Theirs."))
    imported(folder, publish=True)
    Entry.objects.update(body="By hand.")
    assert imported(folder).unchanged == ["warp.md"]
    assert Entry.objects.get().body == "By hand."
    assert imported(folder, overwrite=True).updated == ["warp.md"]
    assert Entry.objects.get().body_html == "<p>Theirs.</p>\n"


def test_newer_version_of_an_editor_counts_as_changed_here(folder):
    write(folder, warp=page("Warp", "Old."))
    imported(folder, publish=True)
    entry = Entry.objects.get()
    entry.draft = entry.revisions.create(number=99, snapshot={"body": "Mine."})
    entry.save()
    write(folder, warp=page("Warp", "New."))
    assert imported(folder).skipped == [
        "warp.md: changed here since it was imported; left as it is"
    ]
    assert imported(folder, overwrite=True).updated == ["warp.md"]
    entry.refresh_from_db()
    assert (entry.body_html, entry.revisions.filter(number=99).exists()) == ("<p>New.</p>\n", True)


def test_draft_of_an_editor_is_not_published_by_a_later_run(folder):
    write(folder, warp=page("Warp"))
    imported(folder)
    entry = Entry.objects.get()
    entry.draft = entry.revisions.create(number=99, snapshot={})
    entry.save()
    imported(folder, publish=True)
    assert state_of("Warp") == "draft"


@pytest.mark.parametrize("act", ["save", "publish"])
def test_import_killed_half_way_is_completed_and_nothing_doubled(folder, monkeypatch, act):
    files = {f"e{number}": page(f"Entry {number}", tags="[GPU]") for number in range(120)}
    write(folder, **files)
    whole = Entry.save if act == "save" else publishing.publish
    calls = iter(range(70))

    def dying(*args: object, **options: object) -> None:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        whole(*args, **options)

    place = Entry if act == "save" else publishing
    with monkeypatch.context() as killed:
        killed.setattr(place, act, dying)
        with pytest.raises(KeyboardInterrupt):
            imported(folder, publish=True)
    assert 0 < Entry.objects.count() <= 120
    imported(folder, publish=True)
    assert Entry.objects.published().count() == Entry.objects.count() == 120
    assert Topic.objects.get().memberships.count() == 120
    before = rows()
    assert len(imported(folder, publish=True).unchanged) == 120
    assert rows() == before


def test_run_without_publishing_leaves_a_killed_one_s_drafts_drafts(folder, monkeypatch):
    write(folder, warp=page("Warp"))
    with monkeypatch.context() as killed:
        killed.setattr("glossary.publishing.publish", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            imported(folder, publish=True)
    imported(folder)
    assert state_of("Warp") == "draft"
    assert imported(folder).unchanged == ["warp.md"]


def test_zip_of_a_folder_is_the_folder(folder, tmp_path):
    write(folder, warp=page("Warp", "[x](loom.md)"), loom=page("Loom"))
    imported(folder)
    with zipfile.ZipFile(tmp_path / "any.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"content/{path.name}")
    out = StringIO()
    call_command("import_entries", str(tmp_path / "any.zip"), "--format", "markdown", stdout=out)
    assert out.getvalue().startswith("0 created, 0 updated, 2 unchanged")


def test_picture_of_a_folder_comes_along(folder):
    (folder / "img").mkdir()
    (folder / "img" / "loom.png").write_bytes(make_picture().read())
    write(folder, warp=page("Warp", "![A loom](img/loom.png) ![B](/img/gone.png)"))
    report = imported(folder, publish=True)
    assert report.warnings == ["warp.md: leads to no imported page: /img/gone.png"]
    assert Picture.objects.get().path in Entry.objects.get().body_html
    before = rows()
    assert imported(folder, publish=True).unchanged == ["warp.md"]
    assert rows() == before


@pytest.mark.parametrize(
    ("body", "shown", "said"),
    [
        ("A {{< ref x >}} b", "A {{< ref x >}} b", "kept as text: {{< ref x >}}"),
        ("A {% include x %}", "A {% include x %}", "kept as text: {% include x %}"),
        ("`{{ x }}`\n\n```\n{{< y >}}\n```", "`{{ x }}`\n\n```\n{{< y >}}\n```", None),
        ("{{GlossarySidebar}}\n\nText.", "Text.", "left out: {{GlossarySidebar}}"),
        ('A {{domxref("Node")}}.', "A `Node`.", 'plain words: {{domxref("Node")}}'),
        ('A {{Glossary("Loom", "loom")}}.', "A [loom](/glossary/loom/).", None),
        ('!!! note "Mind"\n    A\n    b\n\nC', "> **Mind**\n>\n> A\n> b\n\nC", "quotation: note"),
    ],
)
def test_macros_of_generators_are_turned_or_told(folder, body, shown, said):
    write(folder, warp=page("Warp", body), loom=page("Loom"))
    report = imported(folder)
    assert Entry.objects.get(term="Warp").body.strip() == shown
    assert [said in warning for warning in report.warnings] == ([True] if said else [])


def test_page_of_mdn(folder):
    write(
        folder,
        **{
            "api/index.md": """
            ---
            title: API
            slug: Glossary/Api_of_web
            page-type: glossary-definition
            sidebar: glossarysidebar
            ---
            Text.
            """
        },
    )
    assert imported(folder).warnings == []
    assert Entry.objects.get().slug == "api-of-web"


def test_former_addresses_of_hugo_and_jekyll_lead_on(folder, client):
    write(folder, warp=page("Warp", aliases="[/old/warp/, Wavefront]", redirect_from="/older"))
    imported(folder, publish=True)
    assert client.get("/old/warp/").headers["Location"] == "/glossary/warp/"
    assert client.get("/older").headers["Location"] == "/glossary/warp/"
    assert [alias.name for alias in Entry.objects.get().aliases.all()] == ["Wavefront"]
