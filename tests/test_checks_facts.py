"""What the database tells the checks, and what asking it costs."""

from datetime import timedelta
from hashlib import sha256

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from config.models import Picture
from glossary import publishing
from glossary.checks import check, facts
from glossary.checks.values import State
from glossary.models import ExternalLink, NamedLink, OldPath, OldSlug
from tests.factories import make_draft, make_entry, make_site

pytestmark = pytest.mark.django_db


def gathered(**draft):
    own = draft.pop("own", None)
    return facts.gather({"language": "en", "term": "Pod", "slug": "pod", **draft}, own=own)


def codes(**draft) -> list[str]:
    own = draft.pop("own", None)
    whole = {"language": "en", "term": "Pod", "slug": "pod", "short_definition": "A thing."}
    whole |= {"body": "See the [interface](/glossary/api/).", **draft}
    return [finding.code for finding in check(whole, facts.gather(whole, own=own))]


def test_addresses_are_known_with_what_readers_get_there():
    now = timezone.now()
    live = make_entry(term="API", slug="api")
    make_draft(term="Draft", slug="draft")
    make_entry(term="Soon", slug="soon", at=now + timedelta(days=1))
    publishing.withdraw(make_entry(term="Gone", slug="gone"))
    OldSlug.objects.create(entry=live, language="en", slug="old")
    make_entry(term="Schnittstelle", slug="schnittstelle", language="de")
    hrefs = ["/glossary/api/", "https://glossary.example/glossary/api/#a", "/glossary/draft/"]
    hrefs += ["/glossary/soon/", "/glossary/gone/", "/glossary/old/", "/glossary/none/"]
    hrefs += ["/de/glossary/schnittstelle/", "/glossary/schnittstelle/"]

    pages = gathered(body=" ".join(f"[x]({href})" for href in hrefs)).pages

    states = {href: page and page.state for href, page in pages.items()}
    assert states == {
        "/glossary/api/": State.PUBLIC,
        "https://glossary.example/glossary/api/#a": State.PUBLIC,
        "/glossary/draft/": State.DRAFT,
        "/glossary/soon/": State.SCHEDULED,
        "/glossary/gone/": State.WITHDRAWN,
        "/glossary/old/": State.PUBLIC,
        "/glossary/none/": None,
        "/de/glossary/schnittstelle/": State.PUBLIC,
        "/glossary/schnittstelle/": None,
    }


def test_paths_of_the_site_count_if_there_is_a_page_or_was_one():
    OldPath.objects.create(path="/2019/what-is-api", entry=make_entry())
    body = "[a](/topics/) [b](/consultation) [c](/2019/what-is-api/) [d](/nowhere/) [e](/de/no/)"
    body += " [f](/a%00b/)"

    assert gathered(body=body).missing == {"/nowhere/", "/de/no/", "/a%00b/"}


def test_another_entry_s_term_and_address_hold_back():
    make_entry(term="API", slug="api")
    other = make_draft(term="Pód", slug="pod")

    assert codes() == ["address_taken", "term_taken"]
    assert codes(own=other.pk) == []
    assert codes(language="de", body="[x](/glossary/api/)") == []


def test_a_publication_is_held_back_by_few_findings():
    other = make_draft(term="Pod", slug="pod")
    draft = {"term": "Pod", "slug": "pod", "language": "en", "body": " "}

    assert [f.code for f in facts.held_back(draft)] == [
        "address_taken",
        "term_taken",
        "body_empty",
    ]
    assert [f.code for f in facts.held_back({**draft, "body": "Text."}, own=other.pk)] == []


def test_an_address_that_is_left_empty_is_the_one_that_will_be_made():
    make_entry(term="API", slug="api")
    make_draft(term="Something", slug="pod")

    assert codes(slug="") == ["address_taken"]


def test_an_old_address_of_another_entry_is_mentioned():
    live = make_entry(term="API", slug="api")
    OldSlug.objects.create(entry=live, language="en", slug="pod")

    assert codes() == ["address_was_used"]
    assert codes(own=live.pk, body="Text. [x](/topics/)") == []


def test_names_of_others_are_found_however_they_are_written():
    make_entry(term="API", slug="api", aliases=["pod"])
    make_draft(term="Robot", slug="robot", aliases=["bót"])
    aliases = [{"name": "ROBOT"}, {"name": "Bot"}]

    assert codes(aliases=aliases) == ["term_is_alias", "alias_is_term", "alias_claimed"]
    assert codes(aliases=aliases, language="de", body="[x](/topics/)") == []


@pytest.mark.parametrize(
    ("term", "other"),
    [
        ("Webhooks", "Webhook"),
        ("E-mail", "Email"),
        ("data base", "Database"),
        ("Kubernets", "Kubernetes"),
        ("machine lerning", "Machine learning"),
    ],
)
def test_near_duplicates_are_hinted_at(term, other):
    make_entry(term="API", slug="api")
    known = make_entry(term=other)

    assert codes(term=term, slug="new") == ["term_similar"]
    assert codes(term=term, slug="new", own=known.pk) == []


def test_external_answers_are_those_of_the_last_check():
    url = "https://DEAD.example/x?A#part"
    digest = sha256(b"https://dead.example/x?A").hexdigest()
    row = ExternalLink.objects.create(url=url, digest=digest, status=404)

    assert codes(body=f"[x]({url})") == []
    row.checked_at = timezone.now()
    row.save()
    assert codes(body=f"[x]({url})") == ["link_dead"]


def test_pictures_exist_by_their_row_or_their_file():
    names = ["pictures/row-1x1.webp", "content/file-1x1.webp", "pictures/none-1x1.webp"]
    Picture.objects.create(path=names[0], width=1, height=1, name="a")
    default_storage.save(names[1], ContentFile(b"x"))
    body = " ".join(f"![A dog]({default_storage.url(name)})" for name in names)

    assert gathered(body=body).pictures == {default_storage.url(name) for name in names[:2]}


def test_a_name_leads_to_what_it_has_led_to_before():
    other = make_entry(term="Customer management", slug="cm")
    entry = make_entry(term="Pod", slug="pod")
    NamedLink.objects.create(source=entry, key="crm", text="CRM", target=other)
    NamedLink.objects.create(source=entry, key="wanted", text="Wanted")
    make_draft(term="Draft", slug="draft")

    body = "[[CRM]] and [[Wanted]] and [[Draft]]."

    assert codes(own=entry.pk, body=body) == ["link_unpublished", "name_wanted"]
    assert codes(term="Bay", slug="bay", body=body) == [
        "link_unpublished",
        "name_wanted",
        "name_wanted",
    ]


def test_a_term_in_the_text_that_will_be_linked_leads_on():
    make_entry(term="Robot", slug="robot")

    assert codes(body="Some robot.") == []
    assert codes(body="Some rabbit.") == ["links_none"]


def test_ids_that_the_stored_headings_had_still_answer():
    entry = make_entry(term="Pod", slug="pod", body="## How it works\n\nText.")

    assert codes(own=entry.pk, body="## Renamed\n\n[up](#how-it-works)") == []


def test_the_heading_is_that_of_the_site_and_language():
    make_site(title_pattern="Everything about {term}", name="Our words")

    known = gathered()

    assert (known.heading, known.site_name) == ("Everything about Pod", "Our words")


@pytest.mark.parametrize("count", [1, 3])
def test_facts_cost_eleven_queries_however_much_there_is(django_assert_num_queries, count):
    own = make_entry(term="Pod", slug="pod")
    body = ""
    for n in range(count):
        make_entry(term=f"Thing {n}", slug=f"thing-{n}", aliases=[f"item {n}"])
        body += f"[x](/glossary/thing-{n}/) [y](/nowhere/{n}/) [z](https://a.example/{n}) "
        body += f"[[Item {n}]] ![A dog](/media/content/x{n}-1x1.webp) Thing {n}.\n\n"
    aliases = [{"name": f"name {n}"} for n in range(count)]
    make_site()
    gathered(body=body, own=own.pk)

    with django_assert_num_queries(11):
        gathered(body=body, own=own.pk, aliases=aliases, term="Podd")
