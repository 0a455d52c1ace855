"""The panels beside an entry's form: what they show, and who may ask for them."""

from html import unescape

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client
from django.utils.html import escape

from glossary import link_review
from glossary.models import Entry, LinkDecision
from tests.desk import page_of, words
from tests.factories import ROLES, make_draft, make_entry, make_staff

pytestmark = pytest.mark.django_db

CHECKS = "/admin/glossary/checks/"
CARD = "/admin/glossary/checks/card/?title=What+is%3A+Pod&language=en"
USES = "/admin/glossary/checks/uses/?name=robot&language=en"
WRITERS = ("writer", "reviewer", "publisher", "administrator")


def finding_lines(response) -> list[tuple[str, str]]:
    """(what the link says, the whole line) of each finding."""
    lists = [box for box in page_of(response).iter("ul") if box.get("class") == "findings"]
    return [(words(line.find("a")), words(line)) for box in lists for line in box.iter("li")]


def links_page(entry) -> str:
    return f"/admin/glossary/links/{entry.pk}/"


# Findings ---------------------------------------------------------------------------------


def test_the_form_is_checked_as_it_stands_in_the_browser(publisher):
    other = make_entry(term="API", slug="api", aliases=["interface"])
    data = {
        "term": "Api",
        "slug": "api-2",
        "language": "en",
        "short_definition": "",
        "body": "😀\r\n\r\n## A\r\n\r\n#### B\r\n\r\n[x](/topics/)",
        "aliases-0-name": "Interface",
        "aliases-1-name": "gone",
        "aliases-1-DELETE": "on",
        "aliases-__prefix__-name": "never",
    }

    response = publisher.post(CHECKS, data)

    assert response.headers["Cache-Control"] == "no-store"
    assert [where for where, _ in finding_lines(response)] == [
        "Term",
        "Short definition",
        "Other names",
        "Text, line 5",
    ]
    taken, *_, jump = (line for _, line in finding_lines(response))
    sentence = "There is already an entry about “API” in this language. Go on there."
    assert taken == f"Term Holds back the publication {sentence}"
    assert jump.startswith("Text, line 5 Warning This heading jumps from level 2 to level 4.")
    (link,) = (a for a in page_of(response).iter("a") if a.get("data-start"))
    assert (link.get("data-start"), link.get("data-end"), link.get("href")) == (
        "9",
        "15",
        "#id_body",
    )
    own = publisher.post(CHECKS, {**data, "entry": other.pk})
    assert [where for where, _ in finding_lines(own)] == ["Short definition", "Text, line 5"]


def test_a_good_entry_has_nothing_to_mend_and_its_previews(publisher):
    make_entry(term="Robot")
    data = {
        "term": "Pod",
        "language": "de",
        "short_definition": "Etwas.",
        "body": "Wie [x](/de/).",
    }

    response = publisher.post(CHECKS, data)

    assert finding_lines(response) == []
    texts = [
        words(p) for p in page_of(response).iter("p") if p.get("class", "").startswith("result")
    ]
    assert texts[:3] == ["glossary.example › glossary › pod", "Was ist: Pod – Headword", "Etwas."]
    (card,) = page_of(response).iter("img")
    assert card.get("src") == f"{CHECKS}card/?title=Was+ist%3A+Pod&language=de"


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_what_is_typed_is_shown_as_text(publisher, evil):
    data = dict.fromkeys(
        ("term", "slug", "short_definition", "title_override", "seo_title", "language", "entry"),
        evil,
    )
    data |= {"body": f"## {evil}\n\n[[{evil}]] ## x\n\n[a]({evil})", "aliases-0-name": evil}

    response = publisher.post(CHECKS, data)

    content = response.content.decode()
    assert response.status_code == 200
    assert evil not in content
    assert escape(evil) in content or evil in unescape(content)
    assert "<script" not in content
    assert "onerror" not in {name for e in page_of(response).iter() for name in e.attrib}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"entry": "999999", "author": "x", "topics": '"a, b', "language": "xx"},
        {"body": "\0\ud800".encode("utf-8", "replace").decode()},
        {"aliases": "one\r\n\r\ntwo", "entry": "-1"},
        {"slug": "no/slug\0", "term": "\0", "seo_title": "x" * 50_000},
        {"body": "a\0 [x](/glossary/a%00/) [[a\0]] [[&#0;]]", "aliases-0-name": "a\0b"},
    ],
)
def test_whatever_a_form_says_gets_an_answer(publisher, data):
    assert publisher.post(CHECKS, data).status_code == 200


def test_a_text_too_long_for_a_page_is_not_checked(publisher):
    response = publisher.post(CHECKS, {"body": "x" * 200_001})

    assert (response.status_code, response.content.decode()) == (
        400,
        "This text is too long for one page; it was not checked.",
    )
    assert publisher.post(CHECKS, {"body": "ab\r\n" * 60_000}).status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_checking_costs_few_queries_however_much_there_is(
    publisher, django_assert_num_queries, count
):
    body = "".join(f"[x](/glossary/thing-{n}/) [[Item {n}]]\n\n" for n in range(count))
    for n in range(count):
        make_entry(term=f"Thing {n}", slug=f"thing-{n}", aliases=[f"item {n}"])
    data = {"term": "Podd", "language": "en", "body": body}

    # Session, user, two for permissions, site, and what the facts ask for.
    with django_assert_num_queries(11):
        publisher.post(CHECKS, data)


# The card and the uses of a name ----------------------------------------------------------


def test_the_card_is_drawn_and_stays_with_this_browser(publisher):
    response = publisher.get(CARD)

    assert response.content.startswith(b"\x89PNG")
    assert response.headers["Cache-Control"] == "private, max-age=600"
    assert publisher.get(f"{CHECKS}card/?language=xx").content.startswith(b"\x89PNG")


def test_a_name_says_what_it_would_link(publisher):
    for n in range(2):
        make_entry(term=f"Pod {n}", body="A robot <b>here</b>. Robots.")

    said = words(page_of(publisher.get(USES)))

    assert said.startswith("“robot” would add 2 links: 4 uses in 2 entries, each linked once")
    assert "Pod 0: A robot here." in said
    assert publisher.get(f"{USES}%00").status_code == 200
    none = publisher.get(USES.replace("robot", "<nothing>") + "&case_rule=x&entry=x")
    assert words(page_of(none)) == "No published text uses “<nothing>”."


# Links ------------------------------------------------------------------------------------


def decide(client, entry, value: str, *, part: bool = True):
    return client.post(links_page(entry) + "?part=1" * part, {"decide": value})


def test_links_are_decided_beside_the_form_and_on_a_page_of_their_own(publisher):
    robot = make_entry(term="Robot")
    entry = make_entry(term="Pod", body="A robot.")

    part = decide(publisher, entry, f"never:{robot.pk}")
    page = decide(publisher, entry, f"undo:{robot.pk}", part=False)

    assert "refused for this text" in words(page_of(part))
    assert (page.status_code, page["Location"]) == (302, links_page(entry))
    shown = words(page_of(publisher.get(links_page(entry))))
    assert "Links of “Pod”" in shown
    assert "Accept Never in this entry Never anywhere" in shown
    assert decide(publisher, entry, f"accept:{robot.pk}").status_code == 200
    decision = LinkDecision.objects.get()
    assert (decision.is_wanted, decision.decided_by) == (True, User.objects.get())


def test_never_anywhere_is_taken_back_where_the_mention_is(publisher):
    robot = make_entry(term="Robot")
    entry = make_entry(term="Pod", body="A robot.")

    response = decide(publisher, entry, f"never-anywhere:{robot.pk}")

    assert "Link it in all texts again" in words(page_of(response))
    decide(publisher, entry, f"anywhere:{robot.pk}")
    entry.refresh_from_db()
    assert "/glossary/robot/" in entry.body_html


@pytest.mark.parametrize(
    "value", ["", "never", "never:", "never:x", "never:٣", "drop:1", "never:999999"]
)
def test_what_no_button_says_is_not_found(publisher, value):
    entry = make_entry(term="Pod")

    assert decide(publisher, entry, value).status_code == 404
    assert decide(publisher, entry, f"never:{entry.pk}").status_code == 404
    assert publisher.get("/admin/glossary/links/999999/").status_code == 404
    assert publisher.get(f"/admin/glossary/links/{'9' * 30}/").status_code == 404


def test_a_writer_decides_on_no_link_that_readers_see(client):
    robot = make_entry(term="Robot")
    entry = make_entry(term="Pod", body="A robot.")
    client.force_login(make_staff("writer"))

    page = page_of(client.get(links_page(entry)))
    response = decide(client, entry, f"never:{robot.pk}")

    assert "Readers see this page: its links are decided by those who may publish." in words(page)
    assert [each for each in page.iter("button") if each.get("name") == "decide"] == []
    assert (response.status_code, LinkDecision.objects.count()) == (403, 0)


# Who may ----------------------------------------------------------------------------------

PEOPLE = [*ROLES, "nobody's", "stranger"]


def arrive(client, who: str) -> None:
    if who in ROLES:
        client.force_login(make_staff(who))
    elif who == "nobody's":
        client.force_login(make_staff())


@pytest.mark.parametrize("who", PEOPLE)
def test_panels_answer_those_who_write(client, who):
    robot = make_entry(term="Robot", body="Secret robot sentence.")
    entry = make_draft(term="Pod", body="A robot with a secret.")
    arrive(client, who)
    answers = [
        client.post(CHECKS, {"body": "[x](/glossary/pod/)"}),
        client.get(CARD),
        client.get(USES),
        client.get(links_page(entry)),
        client.get(links_page(entry) + "?part=1"),
        decide(client, entry, f"never:{robot.pk}"),
    ]

    may = who in WRITERS
    assert {answer.status_code for answer in answers} == ({200} if may else {403})
    assert LinkDecision.objects.exists() == may
    if not may:
        assert not any(b"robot" in answer.content.lower() for answer in answers)


@pytest.mark.parametrize("who", PEOPLE)
def test_links_in_all_texts_are_for_those_who_publish(client, who):
    robot = make_entry(term="Robot")
    entry = make_entry(term="Pod", body="A robot.")
    arrive(client, who)

    response = decide(client, entry, f"never-anywhere:{robot.pk}")

    may = who in ("publisher", "administrator")
    assert response.status_code == (200 if may else 403)
    assert Entry.objects.get(pk=robot.pk).is_linked_to == (not may)
    link_review.link_everywhere(robot, is_wanted=False)
    decide(client, entry, f"anywhere:{robot.pk}")
    assert Entry.objects.get(pk=robot.pk).is_linked_to == may


def test_panels_change_nothing_without_a_token_and_by_the_wrong_method():
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff("publisher"))
    robot, entry = make_entry(term="Robot"), make_entry(term="Pod", body="A robot.")

    assert decide(client, entry, f"never:{robot.pk}").status_code == 403
    assert client.post(CHECKS, {}).status_code == 403
    assert client.get(CHECKS).status_code == 405
    assert client.put(links_page(entry)).status_code == 403
    assert not LinkDecision.objects.exists()


def test_the_side_panel_works_without_a_script(publisher):
    entry = make_entry(term="Pod")
    html = render_to_string(
        "admin/glossary/checks/_side.html", {"checks_panel": "ready", "original": entry}
    )

    assert "ready" in html
    assert f'<a href="{links_page(entry)}">' in html
