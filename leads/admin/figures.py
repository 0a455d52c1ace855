"""The desk's pages of what pages brought in: the funnel, and the entries that nobody looks at."""

import csv
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from config import site, spreadsheets
from config.http import page_of
from leads import charts, figures, funnel, ledger, periods
from leads.admin.zoned import YEARS, DayInput
from leads.figures import COLUMNS
from leads.funnel import STAGES
from leads.models import Attribution, DayCount
from leads.periods import LONGEST, PRESETS, Period

PER_PAGE = 50
DEFAULT = "last-30"
FIRST_TAB, FIRST_SORT = "entry", "-requests"


@dataclass(frozen=True)
class Tab:
    """One of the ways to look at the figures."""

    label: str
    heading: str
    permission: str
    """Of whoever may follow the names to `url_name`."""
    url_name: str


TABS = {
    "entry": Tab("Entries", "Entry", "glossary.view_entry", "admin:glossary_entry_change"),
    "topic": Tab("Topics", "Topic", "glossary.view_topic", "admin:glossary_topic_change"),
    "author": Tab("Authors", "Author", "authors.view_author", "admin:authors_author_change"),
    "offer": Tab("Offers", "Offer", "leads.view_offer", "admin:leads_offer_change"),
}


class PeriodForm(forms.Form):
    """Days of one's own."""

    first = forms.DateField(label="From", widget=DayInput)
    last = forms.DateField(label="To", widget=DayInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages |= {
                "required": f"Choose a day for “{field.label}” as well.",
                "invalid": f"“{field.label}” is no day: write it like 2026-12-24.",
            }

    def clean(self) -> dict[str, Any]:
        first, last = (self.cleaned_data.get(name) for name in ("first", "last"))
        if first and last and first > last:
            raise ValidationError("The last day is before the first one. Exchange the two.")
        if first and last and not _can_be_shown(first, last):
            raise ValidationError("Choose at most three years, between 2000 and 2100.")
        return self.cleaned_data


def _can_be_shown(first: date, last: date) -> bool:
    return first.year in YEARS and last.year in YEARS and last - first <= LONGEST


@dataclass(frozen=True)
class Chosen:
    """What the address of a page asks for."""

    period: Period
    preset: str
    """One of PRESETS; "" for days of one's own."""
    form: PeriodForm

    @property
    def query(self) -> dict[str, str]:
        if self.preset:
            return {} if self.preset == DEFAULT else {"period": self.preset}
        return {"first": self.period.first.isoformat(), "last": self.period.last.isoformat()}


def chosen_in(request: HttpRequest, today: date) -> Chosen:
    """Return the days or the preset that are asked for; the last 30 days for what is neither."""
    name = request.GET.get("period", DEFAULT)
    preset = name if name in PRESETS else DEFAULT
    period = periods.named(preset, today)
    if not {"first", "last"} & set(request.GET):
        return Chosen(period, preset, PeriodForm(initial=vars(period)))
    form = PeriodForm(request.GET)
    if form.is_valid():
        return Chosen(Period(**form.cleaned_data), "", form)
    return Chosen(period, preset, form)


# Pages ------------------------------------------------------------------------------------


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The funnel, requests and bookings over time, and a line for each entry or other thing."""
    chosen, what, sort = _asked(request)
    found = figures.of(what, chosen.period)
    column, is_down = sort.removeprefix("-"), sort.startswith("-")
    kept = {**chosen.query, **({"by": what} if what != FIRST_TAB else {})}
    sorted_by = {"sort": sort} if sort != FIRST_SORT else {}
    tab = TABS[what]
    context = _context(request, "Figures", chosen, kept) | {
        "figures": found,
        "page": page_of(
            request, figures.ordered(found.lines, column, down=is_down), size=PER_PAGE
        ),
        "columns": charts.columns(funnel.trend(chosen.period)),
        "part_name": chosen.period.part_name,
        "what": what,
        "tab": tab,
        "tabs": [
            (each.label, _address({**chosen.query, "by": by}), by == what)
            for by, each in TABS.items()
        ],
        "may_open": request.user.has_perm(tab.permission),
        "heads": [_head(each, tab, kept, column, is_down=is_down) for each in COLUMNS],
        "query": urlencode({**kept, **sorted_by}),
        "csv_url": f"{reverse('lead_desk:figures_csv')}?{urlencode({**kept, **sorted_by})}",
        "has_counts": bool(found.lines)
        or DayCount.objects.exists()
        or Attribution.objects.exists(),
    }
    return TemplateResponse(request, "admin/leads/figures/figures.html", context)


@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """All lines of the table as CSV."""
    chosen, what, sort = _asked(request)
    found = figures.of(what, chosen.period)
    lines = figures.ordered(found.lines, sort.removeprefix("-"), down=sort.startswith("-"))
    period = f"{chosen.period.first.isoformat()}-{chosen.period.last.isoformat()}"
    response = HttpResponse(spreadsheets.MARK, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="figures-by-{what}-{period}.csv"'
    )
    rows = csv.writer(response, lineterminator="\r\n")
    rows.writerow(
        [TABS[what].heading, "Language", *STAGES.values(), f"Value ({site.current().currency})"]
    )
    for line in lines:
        numbers = [getattr(line.counts, stage) for stage in STAGES]
        name, value = spreadsheets.defused(line.name), f"{line.counts.value:.2f}"
        rows.writerow([name, line.language, *numbers, value])
    return response


@require_safe
def never_viewed(request: HttpRequest) -> HttpResponse:
    """The public entries that nobody looked at."""
    chosen, *_ = _asked(request)
    page = page_of(request, figures.never_viewed(chosen.period), size=PER_PAGE)
    context = _context(request, "Entries never viewed", chosen, chosen.query) | {
        "page": page,
        "query": urlencode(chosen.query),
        "may_open": request.user.has_perm("glossary.view_entry"),
        "has_counts": DayCount.objects.exists(),
    }
    return TemplateResponse(request, "admin/leads/figures/never_viewed.html", context)


# Parts of them ----------------------------------------------------------------------------


def _asked(request: HttpRequest) -> tuple[Chosen, str, str]:
    """Return the period, the tab and the order that are asked for. Raises PermissionDenied."""
    if not request.user.has_perm("leads.view_attribution"):
        raise PermissionDenied
    what, sort = request.GET.get("by", FIRST_TAB), request.GET.get("sort", FIRST_SORT)
    return (
        chosen_in(request, ledger.day_of(None)),
        what if what in TABS else FIRST_TAB,
        sort if sort.removeprefix("-") in COLUMNS else FIRST_SORT,
    )


def _context(
    request: HttpRequest, title: str, chosen: Chosen, kept: dict[str, str]
) -> dict[str, Any]:
    """What both pages show: the period, and the links to others with all else as it is."""
    others = {name: value for name, value in kept.items() if name not in chosen.query}
    return {
        **admin.site.each_context(request),
        "title": title,
        "opts": Attribution._meta,
        "period": chosen.period,
        "period_words": charts.days(chosen.period),
        "presets": [
            (words, _address({"period": name, **others}), name == chosen.preset)
            for name, words in PRESETS.items()
        ],
        "form": chosen.form,
        "others": others,
        "period_query": urlencode(chosen.query),
    }


@dataclass(frozen=True)
class Head:
    """The head of a column, which sorts by it."""

    words: str
    url: str
    order: str
    """As `aria-sort` says it; "" for another column."""
    is_number: bool


def _head(column: str, tab: Tab, kept: dict[str, str], sorted_by: str, *, is_down: bool) -> Head:
    is_number = column != "name"
    is_sorted = column == sorted_by
    # Numbers begin with the highest, names with A; a second click turns it round.
    goes_down = not is_down if is_sorted else is_number
    return Head(
        {"name": tab.heading, "value": "Value", **STAGES}[column],
        _address({**kept, "sort": f"{'-' if goes_down else ''}{column}"}),
        ("descending" if is_down else "ascending") if is_sorted else "",
        is_number,
    )


def _address(query: dict[str, str]) -> str:
    return f"?{urlencode(query)}"
