"""Pages of long lists by their rows instead of numbers: ?after=<slug> begins behind that row.

Each page is one read along an index, however far down the list it is, and an
address keeps its place while rows come and go before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest

PARAMETERS = ("after", "page")
"""What the answers of a list depend on."""
MOST_WALKED = 5_000
"""Rows into a list up to which a page's former number is still found out."""


class PageMoved(Exception):
    """The page of a list is at `path`; `config.http.public_page` says so."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True, slots=True)
class ListPage:
    """Some rows of a list, and where those before and behind them are."""

    rows: list[Any]
    query: str = ""
    """What the page's address has behind its path, with its question mark."""
    previous: str = ""
    following: str = ""
    """The paths of the pages beside this one, if there are any."""

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def is_first(self) -> bool:
        return not self.query

    @property
    def first(self) -> Any:
        return self.rows[0] if self.rows else None

    @property
    def last(self) -> Any:
        return self.rows[-1] if self.rows else None


def page_of(
    request: HttpRequest, rows: QuerySet, *, size: int, by: tuple[str, ...], named: str = "slug"
) -> ListPage:
    """Return the page of `rows` behind the one that ?after= names, the first without it.

    `by` are the one or two columns that order `rows`, the last of them unique;
    `named` is the column that addresses name rows by. At most three queries.

    Raises PageMoved to the beginning for a row that is not in the list (any
    more), and for the numbers that pages once had (?page=); Http404 for what
    never was a number of a page.
    """
    pages = _Pages(request, rows, size, by, named)
    if "after" in request.GET:
        return pages.behind(request.GET["after"])
    if "page" in request.GET:
        raise PageMoved(pages.once_numbered(request.GET["page"]))
    return pages.starting_with(pages.ordered())


@dataclass(frozen=True, slots=True)
class _Pages:
    request: HttpRequest
    rows: QuerySet
    size: int
    by: tuple[str, ...]
    named: str

    def behind(self, name: str) -> ListPage:
        place = self._place_of(name)
        beyond = self.ordered().filter(self._is_behind(place)) if place else self.rows.none()
        page = self.starting_with(beyond)
        if not page.rows:
            raise PageMoved(self.request.path)
        backwards = self.rows.order_by(*(f"-{each}" for each in self.by))
        before = backwards.filter(self._is_not_behind(place or ()))
        query = f"?{urlencode({'after': name})}"
        return replace(page, query=query, previous=self._path(before, self.size))

    def starting_with(self, found: QuerySet) -> ListPage:
        rows = list(found[: self.size + 1])
        is_more = len(rows) > self.size
        following = self._path_behind(_read(rows[self.size - 1], self.named)) if is_more else ""
        return ListPage(rows[: self.size], following=following)

    def once_numbered(self, number: str) -> str:
        """The path at which the page with this number begins now, as far as that is near."""
        if not (number.isascii() and number.isdigit() and 0 < len(number) < 9 and int(number)):
            raise Http404(number)
        row = (int(number) - 1) * self.size - 1
        return self._path(self.ordered(), row) if 0 <= row < MOST_WALKED else self.request.path

    def ordered(self) -> QuerySet:
        return self.rows.order_by(*self.by)

    def _place_of(self, name: str) -> tuple[Any, ...] | None:
        # PostgreSQL takes no NUL in a text.
        named = self.rows.none() if "\0" in name else self.rows.filter(**{self.named: name})
        return next(iter(named.order_by().values_list(*self.by)[:1]), None)

    def _is_behind(self, place: tuple[Any, ...]) -> Q:
        """In words that let both databases begin in the midst of an index on `by`."""
        if len(self.by) == 1:
            return Q(**{f"{self.by[0]}__gt": place[0]})
        column, key = self.by
        here = Q(**{column: place[0], f"{key}__lte": place[1]})
        return Q(**{f"{column}__gte": place[0]}) & ~here

    def _is_not_behind(self, place: tuple[Any, ...]) -> Q:
        if len(self.by) == 1:
            return Q(**{f"{self.by[0]}__lte": place[0]})
        column, key = self.by
        here = Q(**{column: place[0], f"{key}__gt": place[1]})
        return Q(**{f"{column}__lte": place[0]}) & ~here

    def _path(self, rows: QuerySet, number: int) -> str:
        """The path of the page behind a row of `rows`, that of the beginning without one."""
        for name in rows.values_list(self.named, flat=True)[number : number + 1]:
            return self._path_behind(name)
        return self.request.path

    def _path_behind(self, name: str) -> str:
        return f"{self.request.path}?{urlencode({'after': name})}"


def _read(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row
