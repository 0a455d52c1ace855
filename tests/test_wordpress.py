"""Exports of WordPress: who may see what, and that no inbound link breaks."""

import zipfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from authors.models import Author
from config.models import Picture
from glossary import publishing
from glossary.importing import Options, Report, import_from
from glossary.importing.opening import Wishes, reader_of
from glossary.models import Entry, OldPath, Topic
from tests.factories import make_author, make_entry, make_picture
from tests.wxr import COMMENT, export, item, tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def taken(tmp_path):
    """Import an export that holds these items; return the report."""

    def take(*items: str, whole: str = "", **options) -> Report:
        path = tmp_path / "export.xml"
        path.write_text(whole or export(*items), encoding="utf-8")
        wishes = Wishes(
            types=options.pop("types", ()),
            media=options.pop("media", None),
            downloads=options.pop("downloads", False),
        )
        options.setdefault("publishes", True)
        return import_from(reader_of(path, "wordpress", wishes), Options(**options))

    return take


def entry(term: str) -> Entry:
    return Entry.objects.get(term=term)


def everything() -> str:
    """All that is stored, as text."""
    return "".join(repr(row) for model in apps.get_models() for row in model.objects.values_list())


# Who may see what ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"status": "publish"}, "published"),
        ({"status": "draft", "gmt": "0000-00-00 00:00:00"}, "draft"),
        ({"status": "pending"}, "draft"),
        ({"status": "private"}, "draft"),
        ({"status": "publish", "password": "sesame"}, "draft"),
        ({"status": "acf-disabled"}, "draft"),
    ],
)
def test_only_what_was_public_becomes_public(taken, client, said, state):
    taken(item(1, "Warp", **said))
    assert entry("Warp").state == state
    assert client.get("/glossary/warp/").status_code == (200 if state == "published" else 404)


@pytest.mark.parametrize("status", ["trash", "auto-draft", "inherit"])
def test_what_was_thrown_away_is_left_out_with_a_reason(taken, status):
    report = taken(item(1, "Warp", status=status), item(2, "Loom"))
    assert [e.term for e in Entry.objects.all()] == ["Loom"]
    assert len(report.skipped) == 1


def test_future_post_is_scheduled(taken):
    taken(item(1, "Warp", status="future", gmt="2199-01-01 10:00:00"))
    assert [e.term for e in Entry.objects.scheduled()] == ["Warp"]
    assert entry("Warp").published_at == datetime(2199, 1, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("said", [{"password": "x"}, {"status": "private"}, {"status": "draft"}])
def test_news_that_are_hidden_there_do_not_reach_a_public_entry(taken, said):
    taken(item(1, "Warp", "Old."))
    report = taken(item(1, "Warp", "Secret.", **said))
    (said,) = report.skipped
    assert said.startswith(
        "export.xml:18 (post 1, Warp): not public where it comes from, but public"
    )
    assert "Secret" not in everything()


def test_what_became_private_there_is_told(taken):
    taken(item(1, "Warp"))
    report = taken(item(1, "Warp", status="private"))
    assert "left as it is: withdraw it here" in report.warnings[-1]


def test_commenters_and_addresses_appear_nowhere(taken):
    taken(item(1, "Warp", comments=COMMENT), item(2, "Loom", comments=COMMENT * 3))
    stored = everything()
    assert Entry.objects.count() == 2
    for secret in ("carl", "Commenter", "203.0.113.77", "ines@secret", "ines_login", "Sneaky"):
        assert secret not in stored


def test_unasked_nothing_is_published(taken):
    taken(item(1, "Warp"), publishes=False)
    assert entry("Warp").state == "draft"


# What is taken ------------------------------------------------------------------------------


def test_glossary_entries_are_preferred_to_posts(taken):
    items = item(1, "Warp", type="glossary"), item(2, "News"), item(3, "About", type="page")
    report = taken(*items)
    assert [e.term for e in Entry.objects.all()] == ["Warp"]
    assert len(report.skipped) == 2
    taken(*items, types=("glossary", "page"))
    assert [e.term for e in Entry.objects.all()] == ["About", "Warp"]


def test_every_item_is_created_or_skipped_with_a_reason(taken):
    report = taken(
        item(1, "Warp"),
        item(2, ""),
        item(3, "Empty", ""),
        item(4, "Menu", type="nav_menu_item"),
        item(5, "File", type="attachment", url="https://old.example/f.pdf"),
        item(1, "Warp again"),
        item(6, "Warp", slug="other"),
        item(7, "x" * 151),
    )
    assert (len(report.created), len(report.skipped)) == (1, 7)
    assert all(": " in said for said in report.skipped)


def test_entry_has_what_the_post_said(taken):
    ines = make_author(name="Ines Carvalho")
    taken(
        item(
            9,
            "What is a <em>Warp</em> &amp; Weft?",
            "Some <strong>words</strong>.",
            slug="warp",
            excerpt="<p>Threads, lengthwise.</p>",
            date="2020-07-02 05:04:05",
            gmt="2020-07-02 03:04:05",
            terms=tag("Weaving") + tag("GPU", domain="category") + tag("Hobby", "uncategorized"),
            meta_yoast_wpseo_title="%%title%% %%page%% %%sep%% %%sitename%%",
            meta_yoast_wpseo_metadesc="All about %%title%%, %%cf_price%% included.",
            meta_cmtt_synonyms="Thread, Yarn",
        )
    )
    found = Entry.objects.get()
    assert (found.term, found.slug, found.body) == ("Warp & Weft", "warp", "Some **words**.\n")
    assert found.short_definition == "Threads, lengthwise."
    assert found.published_at == datetime(2020, 7, 2, 3, 4, 5, tzinfo=UTC)
    assert found.author == ines
    assert sorted(topic.name for topic in found.topics.all()) == ["GPU", "Weaving"]
    assert found.seo_title == "Warp & Weft – The old site"
    assert found.seo_description == "All about Warp & Weft, included."
    assert [alias.name for alias in found.aliases.all()] == ["Thread", "Yarn"]


def test_variable_that_nobody_knows_is_told(taken):
    report = taken(item(1, "Warp", meta_yoast_wpseo_title="%%cf_price%% Warp"))
    assert entry("Warp").seo_title == "Warp"
    assert "title for search engines: %%cf_price%% was left out" in report.warnings[0]


def test_rank_math_is_understood(taken):
    taken(item(1, "Warp", metarank_math_title="%title% %sep% %sitename%"))
    assert entry("Warp").seo_title == "Warp – The old site"


def test_unknown_author_is_made_but_not_shown(taken, client):
    report = taken(item(1, "Warp", creator="ines_login"))
    made = Author.objects.get()
    assert (made.name, made.is_visible) == ("Ines Carvalho", False)
    assert entry("Warp").author == made
    assert "not visible until you say so" in report.warnings[0]
    assert "Ines" not in client.get("/glossary/warp/").content.decode()


def test_long_excerpt_ends_with_a_sentence(taken):
    taken(item(1, "Warp", excerpt="One sentence of a few words. " * 20))
    said = entry("Warp").short_definition
    assert said.endswith("words.")
    assert 250 < len(said) <= 320


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ({}, datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (
            {"gmt": "0000-00-00 00:00:00", "pub": "Fri, 03 Jan 2020 10:00:00 +0200"},
            datetime(2020, 1, 3, 8, tzinfo=UTC),
        ),
        (
            {"gmt": "", "pub": "soon", "date": "2020-01-04 00:00:00"},
            datetime(2020, 1, 4, tzinfo=UTC),
        ),
    ],
)
def test_dates_are_found_where_they_are(taken, said, moment):
    taken(item(1, "Warp", **said))
    assert entry("Warp").published_at == moment


def test_date_that_is_none_is_told(taken):
    bad = {"gmt": "0000-00-00 00:00:00", "pub": "", "date": "0000-00-00 00:00:00"}
    report = taken(item(1, "Warp", **bad))
    assert any("date not understood" in said for said in report.warnings)
    assert entry("Warp").is_public()


# Addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["/2020/01/warp/", "/2020/01/warp", "/?p=1", "/?page_id=1", "/2020/01/wrap/", "/2019/?p=1"],
)
def test_former_addresses_lead_to_the_entry_in_one_step(taken, client, address):
    taken(item(1, "Warp", meta_wp_old_slug="wrap"))
    OldPath.objects.create(path="/2019/?p=1", entry=entry("Warp"))
    answer = client.get(address)
    assert (answer.status_code, answer.headers["Location"]) == (301, "/glossary/warp/")


def test_address_in_other_scripts_leads_on(taken, client):
    link = "https://old.example/%d0%be%d1%81%d0%bd%d0%be%d0%b2%d0%b0/"
    taken(item(1, "Warp", link=link))
    assert client.get("/основа/").headers["Location"] == "/glossary/warp/"


def test_live_page_wins_over_a_former_address(taken, client):
    make_entry(term="Loom")
    taken(item(1, "Warp", link="https://old.example/glossary/loom/"))
    assert client.get("/glossary/loom/").status_code == 200
    assert client.get("/?page=2").status_code == 200


def test_former_address_of_a_draft_says_nothing(taken, client):
    taken(item(1, "Warp", status="draft"))
    assert client.get("/2020/01/warp/").status_code == 404
    assert client.get("/?p=1").status_code == 200


def test_former_address_of_a_withdrawn_entry_is_gone(taken, client):
    taken(item(1, "Warp"))
    publishing.withdraw(entry("Warp"))
    assert client.get("/2020/01/warp/").status_code == 410


def test_former_addresses_of_topics_lead_to_them(taken, client):
    taken(item(1, "Warp", terms=tag("GPU", domain="category") + tag("Loom")))
    gpu = Topic.objects.get(name="GPU").get_absolute_url()
    assert client.get("/category/hardware/gpu/").headers["Location"] == gpu
    assert client.get("/tag/loom/").headers["Location"] == "/topics/loom/"


@pytest.mark.parametrize("address", ["/%00", "/?p=%00", "/?p=x", "/nowhere/?page_id=9"])
def test_addresses_of_nobody_are_harmless(taken, client, address):
    taken(item(1, "Warp"))
    assert client.get(address).status_code in (200, 404)


@pytest.mark.parametrize(
    "href",
    [
        "https://old.example/2020/01/warp/",
        "http://www.old.example/2020/01/warp",
        "//old.example/2020/01/warp/",
        "/2020/01/warp/",
        "https://old.example/?p=1",
        "/?page_id=1",
    ],
)
def test_links_between_posts_lead_to_entries(taken, href):
    taken(item(2, "Loom", f'See <a href="{href}#size">it</a>.'), item(1, "Warp"))
    wanted = "/glossary/warp/" if "?" in href else "/glossary/warp/#size"
    assert f"[it]({wanted}" in entry("Loom").body
    assert 'href="/glossary/warp/' in entry("Loom").body_html


def test_link_to_a_page_left_behind_is_told(taken):
    report = taken(item(1, "Warp", '<a href="https://old.example/shop/">Shop</a>'))
    said = "export.xml:18 (post 1, Warp): leads to no imported page: https://old.example/shop/"
    assert said in report.warnings


# Pictures -----------------------------------------------------------------------------------


def uploads(tmp_path: Path) -> Path:
    folder = tmp_path / "uploads" / "2020" / "01"
    folder.mkdir(parents=True)
    (folder / "loom.png").write_bytes(make_picture().read())
    return tmp_path / "uploads"


SHOWN = "https://old.example/wp-content/uploads/2020/01/loom-300x200.png"


def test_picture_of_the_folder_is_kept_once(taken, tmp_path):
    text = f'<img src="{SHOWN}" alt="A loom"><p>Again: <img src="{SHOWN}" alt="Loom"></p>'
    items = item(1, "Warp", text), item(2, "Loom", text)
    taken(*items, media=uploads(tmp_path))
    picture = Picture.objects.get()
    assert entry("Warp").body.count(f"![A loom](/media/{picture.path})") == 1
    assert default_storage.exists(picture.path)
    before = everything()
    report = taken(*items, media=tmp_path / "uploads")
    assert (len(report.unchanged), everything()) == (2, before)


def test_featured_picture_stands_first(taken, tmp_path):
    file = item(
        5,
        "loom.png",
        type="attachment",
        url=SHOWN.replace("-300x200", ""),
        meta_wp_attachment_image_alt="A loom",
    )
    taken(item(1, "Warp", meta_thumbnail_id="5"), file, media=uploads(tmp_path))
    assert entry("Warp").body.startswith("![A loom](/media/pictures/")


def test_picture_left_behind_stays_an_address(taken):
    taken(item(1, "Warp", f'<img src="{SHOWN}" alt="A loom">'))
    assert entry("Warp").body == f"![A loom]({SHOWN})\n"
    assert f'<a href="{SHOWN}">A loom</a>' in entry("Warp").body_html


def test_file_that_is_no_picture_is_told(taken, tmp_path):
    folder = uploads(tmp_path)
    (folder / "2020/01/loom.png").write_bytes(b"<svg onload=alert(1)>")
    report = taken(item(1, "Warp", f'<img src="{SHOWN}">'), media=folder)
    assert "Only PNG, JPEG, WebP and GIF" in report.warnings[-1]
    assert Picture.objects.count() == 0


def test_zip_brings_its_uploads(tmp_path):
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("site/export.xml", export(item(1, "Warp", f'<img src="{SHOWN}">')))
        archive.writestr("site/uploads/2020/01/loom.png", make_picture().read())
    (tmp_path / "site.zip").write_bytes(packed.getvalue())
    import_from(reader_of(tmp_path / "site.zip", "wordpress", Wishes()), Options())
    assert Picture.objects.get().path in entry("Warp").body


def test_fetching_asks_only_for_what_may_be_asked(taken):
    shown = "http://127.0.0.1/wp-content/loom.png"
    whole = export(item(1, "Warp", f'<img src="{shown}">')).replace(
        "https://old.example<", "http://127.0.0.1<"
    )
    report = taken(whole=whole, downloads=True)
    assert "which is not on the public internet" in report.warnings[-1]
    assert entry("Warp").body == f"![]({shown})\n"


# Broken files -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("whole", "said"),
    [
        (export(item(1, "Warp"))[:-40], "the XML is broken here"),
        (export(item(1, "Warp"), "<item><title>&nbsp;</title></item>"), "the XML is broken"),
        ("<rss><item></rss>", "export.xml:1: the XML is broken here"),
        ("<feed></feed>", "no export of WordPress"),
        ("<!DOCTYPE html><html></html>", "a web page, not an export"),
        ("", "this file is empty"),
        (
            '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><rss>&b;</rss>',
            "defines entities of its own",
        ),
        (
            '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>',
            "defines entities of its own",
        ),
    ],
)
def test_broken_export_is_refused_as_a_whole(tmp_path, whole, said):
    path = tmp_path / "export.xml"
    path.write_text(whole)
    with pytest.raises(CommandError, match=said):
        call_command("import_entries", str(path), "--format", "wordpress", "--publish")
    assert Entry.objects.count() == 0


def test_control_characters_of_old_exports_do_no_harm(taken):
    taken(item(1, "Warp", "A \x0b text \x1f here."))
    assert entry("Warp").body == "A text here.\n"


def test_end_of_cdata_within_a_text(taken):
    taken(item(1, "Warp", "<pre><code>if (a[b[0]]&gt;1) {}</code></pre> ]]> end"))
    assert "if (a[b[0]]>1) {}" in entry("Warp").body
    assert "\\]\\]> end" in entry("Warp").body


def test_elements_nested_without_end_are_left_out(taken):
    report = taken(item(1, "Warp", "<div>" * 5000 + "deep"), item(2, "Loom"))
    assert [e.term for e in Entry.objects.all()] == ["Loom"]
    assert "too deeply" in report.skipped[0]


# Again --------------------------------------------------------------------------------------


def test_second_run_changes_nothing_under_another_name(taken, tmp_path):
    items = (
        item(1, "Warp", "See [gallery] <a href='/?p=2'>x</a>", terms=tag("GPU")),
        item(2, "Loom", "<ul><li>One</li></ul>", meta_wp_old_slug="old"),
    )
    taken(*items)
    before = everything()
    (tmp_path / "other.xml").write_text(export(*items))
    reader = reader_of(tmp_path / "other.xml", "wordpress", Wishes())
    report = import_from(reader, Options(publishes=True))
    assert (len(report.unchanged), everything()) == (2, before)


def test_changed_post_updates_its_entry(taken):
    taken(item(1, "Warp", "Old."))
    report = taken(item(1, "Warp", "New."))
    assert len(report.updated) == 1
    assert entry("Warp").body_html == "<p>New.</p>\n"


def test_trial_changes_nothing(taken, tmp_path):
    before = everything()
    report = taken(
        item(1, "Warp", f'<img src="{SHOWN}">', terms=tag("GPU")),
        item(2, "WARP", slug="b"),
        is_trial=True,
        media=uploads(tmp_path),
    )
    assert (len(report.created), len(report.skipped), len(report.published)) == (1, 1, 1)
    assert everything() == before
