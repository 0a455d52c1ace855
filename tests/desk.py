"""A browser without a screen, for tests of the desk."""

from io import StringIO

import html5lib
from django.core.management import call_command


def page_of(response):
    return html5lib.parse(response.content.decode(), namespaceHTMLElements=False)


def words(element) -> str:
    return " ".join("".join(element.itertext()).split())


def filled(client, path: str, name: str = "") -> dict[str, str | list[str]]:
    """The form on the page at `path` as a browser would send it, without its buttons.

    `name` is the beginning of its id, where the page has several.
    """
    return data_of(form_on(client, path, name))


def form_on(client, path: str, name: str):
    response = client.get(path)
    assert response.status_code == 200, path
    forms = page_of(response).iter("form")
    (form,) = (f for f in forms if f.get("id", "").endswith(f"{name}_form"))
    return form


def data_of(form) -> dict[str, str | list[str]]:
    data: dict[str, str | list[str]] = {}
    for field in form.iter("input"):
        kind = field.get("type", "text")
        is_off = kind in ("checkbox", "radio") and "checked" not in field.attrib
        if field.get("name") and kind not in ("submit", "file") and not is_off:
            data[field.get("name")] = field.get("value", "on" if kind == "checkbox" else "")
    for field in form.iter("textarea"):
        data[field.get("name")] = field.text or ""
    for field in form.iter("select"):
        chosen = [o.get("value") for o in field.iter("option") if "selected" in o.attrib]
        data[field.get("name")] = chosen if "multiple" in field.attrib else "".join(chosen)
    return data


def submit(client, path: str, *, button: str = "_save", seen_by=None, **changes):
    """Fill in the form at `path` and press `button`; `seen_by` may look at it for `client`."""
    return client.post(path, {**filled(seen_by or client, path), **changes, button: "x"})


def send(client, path: str, name: str, /, *, seen_by=None, **changes):
    """Fill in the form called `name` at `path` and send it where it goes."""
    form = form_on(seen_by or client, path, name)
    return client.post(form.get("action") or path, {**data_of(form), **changes})


def publish_change(client, path: str, *, seen_by=None, **changes):
    """Publish what is changed in the form of a published entry, as a new meaning."""
    changes.setdefault("change", "meaning")
    return submit(client, path, button="_publish", seen_by=seen_by, **changes)


def errors(response) -> list[str]:
    """The sentences that the page shows about what was sent."""
    assert response.status_code == 200
    page = page_of(response)
    lists = [box for box in page.iter("ul") if "errorlist" in box.get("class", "")]
    return [words(line) for box in lists for line in box.iter("li")]


def notices(client, response) -> list[str]:
    """The messages on the page that `response` leads to."""
    page = page_of(client.get(response["Location"]))
    lists = [box for box in page.iter("ul") if "messagelist" in box.get("class", "")]
    return [words(line) for box in lists for line in box.iter("li")]


def states(response) -> list[str]:
    """The words of the state column, row by row."""
    page = page_of(response)
    return [words(s) for s in page.iter("span") if "state" in s.get("class", "").split()]


def rows(response) -> list[str]:
    """The first column of a list, row by row."""
    body = page_of(response).find(".//table[@id='result_list']/tbody")
    return [] if body is None else [words(row.find("th")) for row in body.iter("tr")]


def change(row) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def act(client, row, action: str):
    """Choose `row` in its list and run `action`."""
    path = f"/admin/{row._meta.app_label}/{row._meta.model_name}/"
    return client.post(path, {"action": action, "_selected_action": [row.pk]})


def work() -> None:
    call_command("work", once=True, stdout=StringIO())


def bulk(client, name: str, *rows, step: str = "do", **data):
    """Choose `rows` among the entries and do what the act called `name` does, confirmed."""
    if name == "publish":
        data.setdefault("value", "meaning")
    chosen = {"_selected_action": [row.pk for row in rows], "count": len(rows), "step": step}
    return client.post("/admin/glossary/entry/", {"action": f"bulk_{name}", **chosen, **data})
