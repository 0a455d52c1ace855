"""The preview of an entry's text is its page, and says why a link is none."""

import re

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from config import markdown
from config.models import OutboxMessage
from glossary import publishing
from glossary.models import Entry, InternalLink, Mention, NamedLink, Revision
from tests.factories import ROLES, make_draft, make_entry, make_site, make_staff

pytestmark = pytest.mark.django_db

WRITERS = ("writer", "reviewer", "publisher", "administrator")


def ask(client, content: str, **data):
    return client.post(reverse("markdownx_markdownify"), {"content": content, **data})


def preview(client, content: str, **data) -> str:
    response = ask(client, content, **({"entry": ""} | data))
    assert response.status_code == 200
    return response.content.decode()


def marks(html: str) -> list[tuple[str, str]]:
    """What is marked as no link: the words, and why."""
    found = re.findall(r'<span class="unlinked" title="([^"]*)">(.*?)</span>', html)
    return [(words, why) for why, words in found]


@pytest.mark.parametrize("role", [*ROLES, "", "former", "customer", "stranger"])
def test_only_those_who_write_entries_see_their_preview(client, role):
    make_draft(term="Secret plan")
    text = make_draft()
    if role == "former":
        client.force_login(User.objects.create_superuser("former", is_active=False))
    elif role == "customer":
        client.force_login(User.objects.create_user("customer", is_superuser=True))
    elif role != "stranger":
        client.force_login(make_staff(*filter(None, [role])))
    for data in ({"entry": str(text.pk)}, {"entry": ""}, {"language": "en"}):
        response = ask(client, "[[secret plan]]", **data)
        assert response.status_code == (200 if role in WRITERS else 403), data
        assert (b"Secret plan" in response.content) == (role in WRITERS)
        assert response.headers["Cache-Control"] == "no-store"


TEXT = """## About [[CRM|systems]]

A CRM and a [[lead]], a [webhook](/glossary/webhook/#uses), a [page](https://example.com/).
A lead score is *good*.

| [[CRM]] | b |
| - | - |
| lead | `[[lead]]` |

<!-- no links -->
A webhook.
"""


@pytest.mark.parametrize("links_terms", [True, False])
def test_the_preview_is_what_publishing_shows(publisher, links_terms):
    for term in ("CRM", "Lead", "Webhook", "Lead score"):
        make_entry(term=term, body="Text.")
    entry = make_entry(term="Text", body="Before.\n\n## About", links_terms=links_terms)
    html = preview(publisher, TEXT, entry=str(entry.pk))
    entry.body = TEXT
    entry.save()
    publishing.publish(entry)
    assert html == Entry.objects.get(pk=entry.pk).body_html
    assert ('class="term">lead score' in html.lower()) == links_terms


def test_the_preview_follows_what_the_draft_says_of_links(publisher):
    make_entry(term="CRM")
    entry = make_entry(body="Text.")
    assert 'href="/glossary/crm/"' in preview(publisher, "A CRM.", entry=str(entry.pk))
    entry.draft = Revision.objects.create(entry=entry, number=9, snapshot={"links_terms": False})
    entry.save()
    assert preview(publisher, "A CRM.", entry=str(entry.pk)) == "<p>A CRM.</p>\n"


def test_an_entry_does_not_link_itself(publisher):
    entry = make_entry(term="CRM", body="Text.")
    html = preview(publisher, "A CRM is a [[CRM|system]].", entry=str(entry.pk))
    assert html == "<p>A CRM is a system.</p>\n"


def test_what_readers_will_not_be_able_to_follow_is_marked(publisher):
    make_draft(term="Secret plan", slug="secret-plan")
    publishing.withdraw(make_entry(term="Gone"))
    html = preview(
        publisher,
        "[[secret plan|a]] [[Gone]] [[No <i> one]] [b](/glossary/secret-plan/) "
        "[c](/glossary/nowhere/) [d](/glossary/) [[`x`]]",
    )
    hidden = "“{}” is not published: until it is, readers see these words without a link."
    assert marks(html) == [
        ("a", hidden.format("Secret plan")),
        ("Gone", hidden.format("Gone")),
        ("b", hidden.format("Secret plan")),
        ("c", "No entry has this address: readers see these words without a link."),
    ]
    wanted = preview(publisher, r'[[Say "hi" & \<bye>]]')
    why = "No entry is called “{}” yet: readers see these words without a link."
    said = why.format("Say &quot;hi&quot; &amp; &lt;bye&gt;")
    assert marks(wanted) == [('Say "hi" &amp; &lt;bye&gt;', said)]


def test_readers_get_plain_words(publisher):
    make_draft(term="Secret plan", slug="secret-plan")
    text = make_entry(body="[[secret plan|a]] [[nobody]] [b](/glossary/secret-plan/)")
    assert Entry.objects.get(pk=text.pk).body_html == "<p>a nobody b</p>\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"language": "de"}, "/de/glossary/gift/"),
        ({"language": "en"}, "/glossary/gift/"),
        ({"language": "xx"}, "/glossary/gift/"),
        ({"entry": "x"}, "/glossary/gift/"),
        ({"entry": "9" * 30}, "/glossary/gift/"),
        ({"entry": "²"}, "/glossary/gift/"),
        ({"entry": "-1"}, "/glossary/gift/"),
    ],
)
def test_a_new_entry_has_the_language_that_is_chosen(publisher, data, expected):
    make_site(language="en")
    for language in ("en", "de"):
        make_entry(term="Gift", slug="gift", language=language)
    assert f'<a href="{expected}" class="term">gift</a>' in preview(publisher, "[[gift]]", **data)


def test_nothing_is_stored_by_looking(publisher):
    make_entry(term="CRM")
    entry = make_entry(body="Text.")
    before = (Entry.objects.values().get(pk=entry.pk), OutboxMessage.objects.count())
    preview(publisher, "CRM [[crm]] [[wanted]] [a](/glossary/crm/)", entry=str(entry.pk))
    assert before == (Entry.objects.values().get(pk=entry.pk), OutboxMessage.objects.count())
    for model in (NamedLink, InternalLink, Mention):
        assert not model.objects.filter(source=entry).exists()


def test_other_texts_have_words_where_an_entry_has_links(client):
    make_entry(term="CRM")
    client.force_login(make_staff("sales"))
    response = ask(client, "A CRM, a [[CRM|system]].")
    assert response.content.decode() == "<p>A CRM, a system.</p>\n"


def test_a_text_that_is_too_long_is_refused(publisher):
    response = ask(publisher, "a" * (markdown.MAX_LENGTH + 1), entry="")
    assert (response.status_code, response.content) == (
        400,
        b"This text is too long for one page.",
    )


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow_with_the_links_by_name(publisher, django_assert_num_queries, count):
    names = [make_entry(term=f"Name {n}").term for n in range(count)]
    entry = make_entry(body="Text.")
    text = " ".join(f"[[{name}]]" for name in [*names, *(f"Wanted {n}" for n in range(count))])
    preview(publisher, text, entry=str(entry.pk))
    with django_assert_num_queries(15):
        preview(publisher, text, entry=str(entry.pk))
