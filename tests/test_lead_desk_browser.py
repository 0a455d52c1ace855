"""Figures and briefing in a real browser: for everybody, on any screen, and on one sheet."""

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from leads import pipeline
from leads.arrival import Trail
from leads.models import DayCount
from tests.factories import (
    make_author,
    make_booking,
    make_calendar,
    make_entry,
    make_lead,
    make_offer,
    make_site,
    make_staff,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft "


@pytest.fixture
def desk(page, live_server, client):
    """A page of somebody who may see it all, and a booking of which very much is known."""
    make_site(name="Northlight", contact_email="hi@northlight.example")
    staff = make_staff("administrator")
    client.force_login(staff)
    page.context.add_cookies(
        [
            {
                "name": "sessionid",
                "value": client.cookies["sessionid"].value,
                "url": live_server.url,
            }
        ]
    )
    entries = [
        make_entry(term=f"{LONG[:60]} {number}", short_definition=(LONG * 4)[:320])
        for number in range(9)
    ]
    for number, entry in enumerate(entries):
        day = timezone.localdate() - timedelta(days=number)
        DayCount.objects.create(day=day, kind="view", entry_key=entry.pk, times=9**number + 1)
    make_calendar(make_offer(place=LONG * 2), host=make_author(name="Ines"))
    lead = make_lead(
        company=LONG[:80],
        message=LONG * 30,
        phone="+351 91 555 0173",
        entry=entries[0],
        trail=Trail(
            position="end",
            landing_path="/glossary/",
            referrer_host="www.google.com",
            utm={"utm_source": LONG[:80]},
            read=tuple(entry.get_absolute_url() for entry in entries),
            searched=("webhook", LONG[:80]),
        ),
    )
    pipeline.plan(lead, LONG[:80], on=timezone.localdate())
    for _ in range(9):
        pipeline.note(lead, "lead.noted", by=staff, text=LONG * 5)
    booking = make_booking(start=timezone.now() + timedelta(days=2), lead=lead, by=staff)
    page.lead_desk = f"{live_server.url}/admin/leads/desk/"
    page.booking = booking
    return page


def test_figures_and_briefing_are_for_everybody_and_for_any_screen(desk):
    for path in ("figures/", f"briefing/{desk.booking.pk}/"):
        for scheme, width in (("light", 360), ("dark", 1280)):
            desk.set_viewport_size({"width": width, "height": 800})
            desk.emulate_media(color_scheme=scheme)
            desk.goto(f"{desk.lead_desk}{path}")
            assert desk.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
            result = Axe().run(desk, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
            assert result.response["violations"] == [], (path, scheme, result.generate_report())


def test_a_briefing_fits_one_sheet_of_paper(desk):
    desk.goto(f"{desk.lead_desk}briefing/{desk.booking.pk}/")
    assert desk.get_by_role("button", name="Print").is_visible()
    pdf = desk.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) == 1
    (box,) = set(re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf))
    assert [round(float(edge)) for edge in box] == [595, 842]
