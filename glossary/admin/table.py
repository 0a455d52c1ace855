"""Titles and descriptions of many entries as one table: what search results show."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Length
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from glossary import edits, permissions, publishing, search
from glossary.models import Entry

PER_PAGE = 25
MOST_ROWS = 100
"""Of one form; more were never sent out."""


@dataclass(frozen=True)
class Column:
    """A field of the table: how long its text may be, and how much of it is shown."""

    name: str
    label: str
    shown: int
    """Characters that search results show."""
    most: int

    def state(self, text: str) -> str:
        if not text:
            return "missing"
        return "long" if len(text) > self.shown else "fine"


COLUMNS = (
    Column("seo_title", "Title for search engines", 60, 70),
    Column("seo_description", "Description for search engines", 155, 200),
    Column("short_definition", "Short definition", 320, 320),
)
STATES = {"missing": "Missing", "long": "Too long", "fine": "Fine"}
CONFLICT = "Somebody changed this entry meanwhile. Yours is kept here; saving again takes it."


@dataclass
class Cell:
    """A field of a row: what stands in the form, and what is stored."""

    column: Column
    text: str
    was: str
    """What the form began with; comes back with it."""
    theirs: str | None = None
    """What somebody else wrote meanwhile."""
    error: str = ""

    @property
    def state(self) -> str:
        return self.column.state(self.text)

    @property
    def state_in_words(self) -> str:
        return STATES[self.state]

    @property
    def is_changed(self) -> bool:
        return self.text != self.was


@dataclass
class Row:
    entry: Entry
    cells: list[Cell]
    may_edit: bool
    errors: list[str] = field(default_factory=list)

    @property
    def changes(self) -> dict[str, str]:
        return {cell.column.name: cell.text for cell in self.cells if cell.is_changed}

    def settle(self) -> None:
        """Take what stands in the form for what is stored: it was saved."""
        for cell in self.cells:
            cell.was = cell.text


@require_http_methods(["GET", "HEAD", "POST"])
def table(request: HttpRequest) -> HttpResponse:
    """The rows that the filters leave, or those that were sent: saved, or shown with reasons."""
    if not permissions.may(request.user, "save_draft"):
        raise PermissionDenied
    page = Paginator(_filtered(request.GET), PER_PAGE).get_page(request.GET.get("page"))
    if request.method != "POST":
        rows = [_stored(entry, request.user) for entry in page]
        return _page(request, rows, page)
    rows = _sent(request)
    saved = [row for row in rows if row.changes and _save(row, request.user)]
    for row in saved:
        row.settle()
    left = [row for row in rows if row.errors]
    if saved:
        count = len(saved)
        messages.success(request, f"Saved: {count} entr{'y' if count == 1 else 'ies'}.")
    if not left:
        if not saved:
            messages.info(request, "Nothing was changed.")
        return redirect(request.get_full_path())
    messages.warning(request, f"Not saved: {len(left)}. What you wrote is still here.")
    return _page(request, rows, page)


# Which rows -------------------------------------------------------------------------------


def _filtered(given: QueryDict) -> QuerySet[Entry]:
    entries: QuerySet[Entry] = Entry.objects.for_lists().order_by("sort_key", "pk")
    if query := search.clean(given.get("q", "")):
        entries = entries.filter(term__icontains=query)
    if given.get("state") in Entry.State.values:
        entries = entries.filter(state=given["state"])
    for column in COLUMNS:
        entries = _only(entries, column, given.get(column.name, ""))
    return entries


def _only(entries: QuerySet[Entry], column: Column, state: str) -> QuerySet[Entry]:
    if state not in STATES:
        return entries
    if state == "missing":
        return entries.filter(**{column.name: ""})
    length = f"{column.name}_length"
    counted = entries.alias(**{length: Length(models.F(column.name))})
    if state == "long":
        return counted.filter(**{f"{length}__gt": column.shown})
    return counted.filter(Q(**{f"{length}__lte": column.shown})).exclude(**{column.name: ""})


def _stored(entry: Entry, user: Any) -> Row:
    texts = {column: _plain(getattr(entry, column.name)) for column in COLUMNS}
    cells = [Cell(column, text, text) for column, text in texts.items()]
    return Row(entry, cells, may_edit=edits.may_edit(user, entry))


def _sent(request: HttpRequest) -> list[Row]:
    """The rows of the form with what stands in them, without those that are gone."""
    keys = [key for key in request.POST.getlist("row")[:MOST_ROWS] if key.isdecimal()]
    wanted = [int(key) for key in keys if len(key) < 19]
    found = Entry.objects.for_lists().in_bulk(wanted)
    if missing := len(set(wanted) - found.keys()):
        messages.warning(request, f"No longer there: {missing}. They were deleted meanwhile.")
    rows = []
    for key in dict.fromkeys(wanted):
        if key in found:
            row = _stored(found[key], request.user)
            for cell in row.cells:
                cell.was = _plain(request.POST.get(f"was-{key}-{cell.column.name}", cell.was))
                cell.text = _plain(request.POST.get(f"{key}-{cell.column.name}", cell.was))
            rows.append(row)
    return rows


def _plain(text: str) -> str:
    """`text` as forms send it: one kind of line end, nothing around it, no NUL."""
    return text.replace("\r\n", "\n").replace("\0", "").strip()


# Saving -----------------------------------------------------------------------------------


def _save(row: Row, user: Any) -> bool:
    """Save what was changed in a row, all of it or nothing; return whether it was."""
    if _is_too_long(row):
        return False
    try:
        with transaction.atomic():
            entry = Entry.objects.select_for_update(no_key=True).get(pk=row.entry.pk)
            if _is_other(row, entry):
                return False
            changes = row.changes
            edits.revise(entry, lambda version: {**version, **changes}, by=user, note=_note(row))
    except Entry.DoesNotExist:
        row.errors.append("It was deleted meanwhile.")
    except PermissionDenied:
        row.errors.append("Only those who publish may change what is published.")
    except publishing.NotApproved:
        row.errors.append("This site publishes what was approved: change it in its form instead.")
    except edits.ChangePlanned:
        row.errors.append("A change of it is scheduled: take that back first, or wait for it.")
    except ValidationError as error:
        row.errors.extend(error.messages)
    return not row.errors


def _is_too_long(row: Row) -> bool:
    for cell in row.cells:
        if cell.is_changed and len(cell.text) > cell.column.most:
            cell.error = f"At most {cell.column.most} characters; these are {len(cell.text)}."
            row.errors.append(f"{cell.column.label}: too long.")
    return bool(row.errors)


def _is_other(row: Row, entry: Entry) -> bool:
    """Whether `entry` is not what the form began with; then both versions are shown."""
    now = {cell.column.name: _plain(getattr(entry, cell.column.name)) for cell in row.cells}
    if all(now[cell.column.name] in (cell.was, cell.text) for cell in row.cells):
        return False
    for cell in row.cells:
        stored = now[cell.column.name]
        if stored != cell.was:
            if cell.is_changed and cell.text != stored:
                cell.theirs = stored
            elif not cell.is_changed:
                cell.text = stored
            cell.was = stored
    row.errors.append(CONFLICT)
    return True


def _note(row: Row) -> str:
    labels = [cell.column.label.lower() for cell in row.cells if cell.is_changed]
    return f"In the table: {', '.join(labels)}"


# The page ---------------------------------------------------------------------------------


def _page(request: HttpRequest, rows: list[Row], page: Any) -> HttpResponse:
    filters = [
        {
            "name": column.name,
            "label": column.label,
            "chosen": request.GET.get(column.name, ""),
            "states": list(STATES.items()),
        }
        for column in COLUMNS
    ]
    context = {
        **admin.site.each_context(request),
        "opts": Entry._meta,
        "title": "Titles and descriptions",
        "rows": rows,
        "page": page,
        "columns": COLUMNS,
        "filters": filters,
        "query": request.GET.get("q", ""),
        "entry_states": Entry.State.choices,
        "chosen_state": request.GET.get("state", ""),
        "here": request.get_full_path(),
        "all": reverse("desk:table"),
        "others": _without_page(request.GET),
    }
    return TemplateResponse(request, "admin/glossary/bulk/table.html", context)


def _without_page(given: QueryDict) -> str:
    """The filters for the links to other pages."""
    kept = given.copy()
    kept.pop("page", None)
    return f"&{kept.urlencode()}" if kept else ""
