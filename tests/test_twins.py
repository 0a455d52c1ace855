from datetime import UTC, datetime, timedelta

import frontmatter
import pytest
from django.test import RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from config import markdown, site
from config.html_to_markdown import escaped, to_markdown
from glossary import publishing, twins
from glossary.models import Entry, Topic
from glossary.twins import wants_markdown
from tests.factories import (
    make_author,
    make_comparison,
    make_draft,
    make_entry,
    make_path,
    make_site,
)

HOST = "https://glossary.example"
BASE = f"{HOST}/glossary/warp/"
MARCH = datetime(2026, 3, 2, 12, tzinfo=UTC)


def twin_of(client, path: str) -> frontmatter.Post:
    response = client.get(path)
    assert (response.status_code, response.headers["Content-Type"]) == (
        200,
        "text/markdown; charset=utf-8",
    )
    return frontmatter.loads(response.content.decode())


def rewritten(source: str) -> str:
    return to_markdown(markdown.render(source).html, base=BASE)


# The twin of an entry -----------------------------------------------------------------------


@pytest.mark.django_db
def test_twin_says_what_the_page_says(client):
    ines, rui = make_author(name="Ines"), make_author(name="Rui")
    entry = make_entry(
        term="Warp",
        aliases=["Wave"],
        author=ines,
        reviewer=rui,
        topics=["GPU"],
        short_definition="1. A group: of *threads*.",
        body="Some **text**.\n\n## Size\n\nMore.",
        at=MARCH,
    )
    twin = twin_of(client, "/glossary/warp.md")
    assert twin.metadata == {
        "title": "What is: Warp",
        "term": "Warp",
        "aliases": ["Wave"],
        "definition": "1. A group: of *threads*.",
        "author": "Ines",
        "reviewer": "Rui",
        "published": MARCH.isoformat(),
        "updated": MARCH.isoformat(),
        "url": BASE,
        "topics": ["GPU"],
        "language": "en",
    }
    assert twin.content.split("\n\n") == [
        "# What is: Warp",
        "1\\. A group: of \\*threads\\*.",
        "Some **text**.",
        "## Size",
        "More.",
    ]
    headers = client.get(twins.path_of(entry)).headers
    assert headers["Link"] == f'<{BASE}>; rel="canonical"'
    assert headers["X-Robots-Tag"] == "noindex"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "term",
    [
        "a: b # c",
        "'\"\\",
        "- [x] {y}",
        "--- ",
        "null",
        "2026-03-02",
        "é 学\ufeff",
        "🚀 &amp; <b>",
    ],
)
def test_any_words_come_back_from_the_front_matter(client, term):
    make_site(title_pattern="{term}")
    site.forget()
    make_entry(
        term=term, slug="odd", aliases=[f"{term} 2"], short_definition=f"{term}\n---\n{term}"
    )
    twin = twin_of(client, "/glossary/odd.md")
    assert (twin["term"], twin["title"], twin["aliases"]) == (term, term, [f"{term} 2"])
    assert twin["definition"] == f"{term}\n---\n{term}"
    shown = markdown.render(twin.content).text.split("\n")
    assert shown[0] == " ".join(term.split())


@pytest.mark.django_db
def test_twin_leads_only_where_readers_may_go(client):
    make_entry(term="Open")
    make_draft(term="Hidden")
    body = """
[open](/glossary/open/#more) [hidden](/glossary/hidden/) [far](https://far.example/a_(b))
[here](#size) ![](/media/content/x-1x1.webp)

[ref] and <!-- a note to editors --> more

<script>alert("gone")</script>

[ref]: /glossary/hidden/
[unused]: https://internal.example/plan
"""
    make_entry(term="Warp", body=body)
    text = twin_of(client, "/glossary/warp.md").content
    assert (
        f"[open]({HOST}/glossary/open/#more) hidden [far](https://far.example/a_%28b%29)" in text
    )
    assert f"[here]({BASE}#size) ![]({HOST}/media/content/x-1x1.webp)" in text
    assert "ref and more" in text
    for secret in ("hidden/", "note to editors", "internal.example", "alert"):
        assert secret not in text


@pytest.mark.django_db
def test_only_what_readers_may_see_has_a_twin(client):
    make_draft(term="Draft")
    make_entry(term="Scheduled", at=timezone.now() + timedelta(1))
    publishing.withdraw(make_entry(term="Withdrawn"))
    make_entry(term="Onda", language="pt")
    paths = ["draft", "scheduled", "onda", "nothing", "%00", "a" * 3000]
    answers = [client.get(f"/glossary/{slug}.md").status_code for slug in paths]
    assert answers == [404] * len(paths)
    assert client.get("/glossary/withdrawn.md").status_code == 410
    assert twin_of(client, "/pt/glossary/onda.md")["language"] == "pt"


@pytest.mark.django_db
def test_twin_of_a_renamed_entry_moves_with_it(client):
    entry = make_entry(term="Warp")
    Entry.objects.filter(pk=entry.pk).update(slug="wavefront")
    entry.refresh_from_db()
    publishing.rename(entry, old_address=("en", "warp"))
    moved = client.get("/glossary/warp.md")
    assert (moved.status_code, moved.headers["Location"]) == (301, "/glossary/wavefront.md")


def test_line_ends_that_only_some_readers_of_yaml_know_become_spaces():
    assert twins._in_yaml("a\x85b\u2028c\u2029d") == "a b c d"


# HTML into Markdown -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "One *em*, **strong**, ~~gone~~, `code` and `` a`b ``.",
        "## Heading\n\n### C #1\n\nText.",
        "- one\n- two\n  - three\n\n  still two\n- four",
        "3. three\n4. four\n   - inner",
        "> Quoted\n>\n> - a\n> - b",
        "```python\ndef a():\n\n    return '```'\n```",
        "| a | b |\n| --- | --- |\n| x \\| y | `z` |",
        "Word[^1] and[^2].\n\n[^1]: A *note*.\n[^2]: Another.",
        "Term\n: What it means.\n\nOther\n: One.\n: Two.",
        "Line  \nbreak\n\n***\n\nEnd.",
        "[a *link*](https://x.example/?a=1&b=2) ![alt \\[x\\]](/media/a.webp)",
        "\\* not \\[a\\](link) 1\\. &lt;b&gt; \\# &amp;amp; snake_case \\_x\\_",
    ],
)
def test_markdown_comes_back_as_the_same_page(source):
    first = markdown.render(source).html
    again = markdown.render(to_markdown(first, base=BASE)).html
    assert again == first.replace('src="/', f'src="{HOST}/')


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<details><summary>More</summary>Inside</details>", "**More**\n\nInside"),
        ("H<sub>2</sub>O <kbd>Ctrl</kbd> <q>x</q> <b> y </b>z", "H2O `Ctrl` “x” **y** z"),
        (
            "<table><caption>C</caption><tr><td>1<br>2<td>3</table>",
            "C\n\n| 1 2 | 3 |\n| --- | --- |",
        ),
        ('<ol start="99999999999"><li>x</ol>', "1. x"),
        ("<div>a<p>b</p>c</div>", "a\n\nb\n\nc"),
        ("<blockquote>" * 300 + "deep", "> " * 99 + "deep"),
    ],
)
def test_html_of_authors_becomes_plain_markdown(source, text):
    assert rewritten(source) == text


@given(st.text(max_size=60))
def test_words_that_are_escaped_are_read_as_they_stand(text):
    wanted = " ".join(text.replace("\0", "").encode("utf-8", "replace").decode().split())
    assert markdown.render(escaped(wanted)).text == wanted
    assert markdown.render(f"[{escaped(wanted)}](/x)").text.strip("[]()/x") == wanted.strip(
        "[]()/x"
    )


@given(st.text("ab *_~`[]()<>!#-+=:|\\\n\t1.&;{}^", max_size=80))
def test_no_text_makes_the_writer_fail_or_lose_words(source):
    rendered = markdown.render(source)
    words = markdown.render(to_markdown(rendered.html, base=BASE)).text
    assert sorted(filter(str.isalnum, words)) == sorted(filter(str.isalnum, rendered.text))


# Who wants them -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "wants"),
    [
        ("text/markdown", True),
        ("TEXT/Markdown ; charset=utf-8", True),
        ("text/markdown, text/html, */*", True),
        ("text/html;q=0.9, text/markdown", True),
        ("text/markdown;q=0.5, */*;q=0.1", True),
        ("text/html, text/markdown", False),
        ("text/markdown;q=0.5, text/html", False),
        ("text/markdown;q=0.2, */*", False),
        ("text/markdown;q=0", False),
        ("text/markdown;q=nan", False),
        ("text/markdown;q=2", False),
        ("text/*", False),
        ("*/*", False),
        ("", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        (",;;q=,q=1;=" * 900, False),
    ],
)
def test_markdown_is_for_who_prefers_it_by_name(accept, wants):
    assert wants_markdown(RequestFactory().get("/", headers={"accept": accept})) is wants


# llms.txt -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_llms_txt_leads_to_every_twin_by_topic(client):
    make_site(name="Head_word", tagline="Terms [for] all")
    make_draft(term="Hidden", topics=["Secret"])
    make_entry(term="Warp", topics=["GPU", "Zoo"], short_definition="A group\nof *threads*.")
    make_entry(term="Block", topics=["GPU"], short_definition="")
    make_entry(term="Lone", short_definition="Alone.")
    make_entry(term="Onda", language="pt")
    response = client.get("/llms.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    text = response.content.decode()
    assert text.startswith("# Head_word\n\n> Terms \\[for\\] all\n\n")
    assert text[text.index("## Topics") : text.index("## Optional")].split("\n") == [
        "## Topics",
        "",
        f"- [GPU]({HOST}/topics/gpu/)",
        f"- [Zoo]({HOST}/topics/zoo/)",
        "",
        "## GPU",
        "",
        f"- [Block]({HOST}/glossary/block.md)",
        f"- [Warp]({HOST}/glossary/warp.md): A group of \\*threads\\*.",
        "",
        "## More terms",
        "",
        f"- [Lone]({HOST}/glossary/lone.md): Alone.",
        "",
        "",
    ]
    assert "sitemap" not in text
    assert f"- [Onda]({HOST}/pt/glossary/onda.md)" in client.get("/pt/llms.txt").content.decode()


@pytest.mark.django_db
def test_llms_txt_of_a_large_glossary_leads_on_to_the_sitemap(client, monkeypatch):
    monkeypatch.setattr(twins, "MOST_LISTED", 2)
    for _ in range(3):
        make_entry()
    text = client.get("/llms.txt").content.decode()
    assert text.count(".md)") == 2
    assert f"({HOST}/sitemap.xml)" in text


# Twins of other pages -----------------------------------------------------------------------


@pytest.mark.django_db
def test_topics_comparisons_and_paths_have_twins(client):
    make_site()
    rpa = make_entry(term="RPA", topics=["Robots"], short_definition="A *robot* that types.")
    plan = make_entry(term="Plan | act", slug="plan", topics=["Robots"])
    make_draft(term="Hidden", topics=["Robots"])
    Topic.objects.update(description="About robots.")
    comparison = make_comparison(rpa, plan, verdict="Take **both**.")
    comparison.differences.create(aspect="Price", left="low | high", right="high")
    make_path(rpa, plan, introduction="For *you*.")
    topic = client.get("/topics/robots.md").content.decode()
    assert topic.startswith("---\ntitle: Robots\ndefinition: About robots.\nurl: https://")
    assert "# Robots\n\nAbout robots." in topic
    assert "- [RPA](https://glossary.example/glossary/rpa.md): A \\*robot\\* that types." in topic
    assert "Hidden" not in topic
    compared = client.get("/compare/rpa-vs-plan.md").content.decode()
    assert (
        "| Aspect | RPA | Plan \\| act |\n| --- | --- | --- |\n| Price | low \\| high | high |"
        in compared
    )
    assert "## Which one to choose\n\nTake **both**." in compared
    led = client.get("/paths/from-the-beginning.md").content.decode()
    assert "1. [RPA](https://glossary.example/glossary/rpa.md): Why RPA." in led


@pytest.mark.django_db
def test_each_page_announces_its_twin_and_gives_it_to_who_prefers_it(client):
    make_site()
    rpa, plan = make_entry(term="RPA", topics=["Robots"]), make_entry(term="Plan")
    make_comparison(rpa, plan)
    make_path(rpa)
    for path in ("/topics/robots/", "/compare/rpa-vs-plan/", "/paths/from-the-beginning/"):
        twin = f"{path[:-1]}.md"
        page = client.get(path)
        assert (
            f'<link rel="alternate" type="text/markdown" href="{twin}">' in page.content.decode()
        )
        assert "Accept," not in page.headers.get("Vary", "") + ","
        sent = client.get(path, headers={"accept": "text/markdown"})
        assert (sent.status_code, sent.headers["Location"], sent.headers["Vary"]) == (
            303,
            twin,
            "Accept",
        )
        answer = client.get(twin)
        assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Link"] == f'<https://glossary.example{path}>; rel="canonical"'


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/topics/none.md", "/compare/a-vs-b.md", "/compare/a.md", "/paths/none.md"]
)
def test_a_page_that_is_not_there_has_no_twin(client, path):
    assert client.get(path).status_code == 404
