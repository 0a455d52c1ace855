"""Tables of entries, CSV and XLSX: what the columns mean, and what is wrong in which row."""

from io import BytesIO

import openpyxl
import pytest

from glossary.importing import Options, Report, import_from
from glossary.importing.opening import kind_of, reader_of_file
from glossary.importing.sources import BrokenSource
from glossary.models import Entry
from tests.factories import make_author, make_entry

pytestmark = pytest.mark.django_db

PLUG_IN = """"Id","Title","Excerpt","Description","Synonyms","Variations","Categories","Image"
7,"Warp","Threads","<p>They run <strong>together</strong>.</p>","Wavefront,Sub","warps","GPU",
,"Loom","A machine","<p>It weaves, see
<a href=""https://a.example/"">this</a>.</p>",,,,
"""


def taken(content: str | bytes, name: str = "terms.csv", **options: bool) -> Report:
    raw = content.encode() if isinstance(content, str) else content
    return import_from(reader_of_file(BytesIO(raw), name=name), Options(**options))


def sheet(*rows: list, **changes: object) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    packed = BytesIO()
    book.save(packed)
    return packed.getvalue()


def terms() -> list[str]:
    return [entry.term for entry in Entry.objects.order_by("pk")]


def test_format_of_a_glossary_plug_in():
    report = taken(PLUG_IN)
    warp, loom = Entry.objects.order_by("pk")
    assert (warp.term, warp.slug, warp.short_definition) == ("Warp", "warp", "Threads")
    assert warp.body == "They run **together**.\n"
    assert [a.name for a in warp.aliases.all()] == ["Wavefront", "Sub", "warps"]
    assert [t.name for t in warp.topics.all()] == ["GPU"]
    assert loom.body == "It weaves, see\n[this](https://a.example/).\n"
    assert report.warnings == ["terms.csv:2: columns not used: Image"]
    assert taken(PLUG_IN).unchanged == ["terms.csv:2", "terms.csv:3"]


def test_columns_of_our_own_with_every_field():
    ines = make_author(name="Ines")
    head = (
        "term,slug,language,title_override,short_definition,body,aliases,topics,author,"
        "seo_title,seo_description,state,published_at,case_rule,links_terms"
    )
    row = (
        'What is Go,go,pt,Go,"Uma, linguagem.","## A\n\n<b>x</b> | y",Golang; G,'
        '"Código\nLínguas",ines,T,D,published,2026-01-02T03:04:05+00:00,exact,false'
    )
    taken(f"{head}\n{row}\n", publishes=True)
    found = Entry.objects.get()
    assert (found.term, found.slug, found.language) == ("What is Go", "go", "pt")
    assert (found.body, found.author) == ("## A\n\n<b>x</b> | y\n", ines)
    assert [a.name for a in found.aliases.all()] == ["Golang", "G"]
    assert sorted(t.name for t in found.topics.all()) == ["Código", "Línguas"]
    assert (found.case_rule, found.links_terms) == ("exact", False)
    assert (found.seo_title, found.seo_description) == ("T", "D")
    assert found.published_at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert taken(f"{head}\n{row}\n", publishes=True).unchanged == ["terms.csv:2"]


@pytest.mark.parametrize(
    "raw",
    [
        "term,body\nNaïve,Ünïcode\n".encode(),
        "term,body\nNaïve,Ünïcode\n".encode("utf-8-sig"),
        "term,body\nNaïve,Ünïcode\n".encode("utf-16"),
        "term,body\nNaïve,Ünïcode\n".encode("utf-16-le"),
        "term,body\nNaïve,Ünïcode\n".encode("cp1252"),
        "term;body\r\nNaïve;Ünïcode\r\n".encode(),
        "term\tbody\nNaïve\tÜnïcode\n".encode(),
        "Term|Body\n\n\nNaïve|Ünïcode\n".encode(),
        'term,body\n"Naïve","Ünïcode"'.encode(),
    ],
)
def test_encodings_and_separators_are_found_out(raw):
    taken(raw)
    assert list(Entry.objects.values_list("term", "body")) == [("Naïve", "Ünïcode\n")]


@pytest.mark.parametrize("state", ["draft", "withdrawn", "Draft", "private"])
def test_hidden_rows_stay_hidden(state):
    taken(f"term,body,state\nWarp,x,{state}\nLoom,x,published\n", publishes=True)
    assert [e.term for e in Entry.objects.published()] == ["Loom"]


def test_each_wrong_row_is_told_with_its_line():
    report = taken(
        'term,body,seo_title\nWarp,x,\n,x,\n\n"Two\nlines","a\nb",\nWARP,y,\nLoom,,\n'
        f"???,x,\nYarn,x,{'x' * 71}\nFelt\n"
    )
    assert terms() == ["Warp", "Two lines"]
    assert report.skipped == [
        "terms.csv:3: no term in this row",
        "terms.csv:8: says the same term as row 2",
        "terms.csv:9: neither a text nor a definition in this row",
        "terms.csv:10: no address can be made from this term: ???",
        "terms.csv:11: Ensure this value has at most 70 characters (it has 71).",
        "terms.csv:12: neither a text nor a definition in this row",
    ]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "this file is empty"),
        (b"\n\n", "this file is empty"),
        (b"name of it,text\nWarp,x\n", "no column is called term or title; the first row says"),
        (b"%PDF-1.7", "neither a table, nor an export, nor a ZIP"),
        (b"---\ntitle: x\n---\n", "a single Markdown file"),
        (b"PK\x03\x04rubbish", "this ZIP cannot be read"),
        (b"term,body\nWarp,\0\n", "neither text nor a spreadsheet"),
    ],
)
def test_what_is_no_table_is_refused_in_words(raw, said):
    with pytest.raises(BrokenSource, match=said):
        taken(raw)
    assert terms() == []


def test_spreadsheet_is_read_by_its_values():
    packed = sheet(
        ["term", "body", "published_at"],
        ["Warp", "A text", None],
        [404, '=HYPERLINK("http://evil.example")', None],
        ["Loom", 3.0, None],
    )
    report = taken(packed, name="terms.xlsx")
    assert list(Entry.objects.order_by("pk").values_list("term", "body")) == [
        ("Warp", "A text\n"),
        ("Loom", "3\n"),
    ]
    assert report.skipped == ["terms.xlsx:3: neither a text nor a definition in this row"]


def test_kind_is_told_by_content_not_by_name():
    assert kind_of(BytesIO(sheet(["term"]))) == "csv"
    assert kind_of(BytesIO(b"\xef\xbb\xbf<?xml version='1.0'?><rss/>")) == "wordpress"
    assert kind_of(BytesIO(b"term,body\n")) == "csv"


def test_row_about_an_entry_of_ours_is_left_alone_unless_told():
    make_entry(term="Warp", slug="warp", body="Ours.\n", short_definition="")
    same, other = "term,body\nWarp,Ours.\n", "term,body\nWarp,Theirs.\n"
    assert taken(same).unchanged == ["terms.csv:2"]
    assert len(taken(other).skipped) == 1
    assert Entry.objects.get().body == "Ours.\n"
    assert taken(other, overwrites=True).updated == ["terms.csv:2"]
    assert Entry.objects.get().body_html == "<p>Theirs.</p>\n"
    assert taken(other).unchanged == ["terms.csv:2"]


def test_cell_that_an_export_defused_is_whole_again():
    taken("term,body\nWarp,'=1+1\n")
    assert Entry.objects.get().body == "=1+1\n"
