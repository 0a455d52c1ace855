"""The call to action in Markdown, for the programs that read entries for somebody."""

from config import site
from config.html_to_markdown import address, escaped
from glossary import calls
from glossary.models import Entry
from leads import offers, origin
from leads.models.ledger import Position


def of_entry(entry: Entry) -> str:
    """Return the call that the page of `entry` shows; "" while there is none. No query."""
    choice = calls.of_entry(entry)
    offer = offers.for_page(choice.offer) if choice else None
    if offer is None:
        return ""
    path = entry.get_absolute_url()
    link = site.absolute(origin.consultation_link(path, offer, position=Position.TWIN))
    words = " ".join(filter(None, [f"**{escaped(offer.heading)}**", escaped(offer.text)]))
    return f"{words}\n\n[{escaped(offer.button)}]({address(link)})"
