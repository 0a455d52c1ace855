"""What of requests and consultations public pages show: offers, and promises on privacy.

Any page may show any offer, so all pages are new with what an offer shows of
others: its host, and the names by which topics are told from one another.
"""

from config.page_stamps import SITE, Stamp

_OF = "SELECT '{site}' AS key FROM {table} WHERE {column} = {{row}}.id"

STAMPS = [
    *(
        Stamp(table, keys=(f"'{SITE}'",))
        for table in ("leads_offer", "leads_offertopic", "leads_retentionrule")
    ),
    Stamp(
        "authors_author",
        keys=(_OF.format(site=SITE, table="leads_offer", column="host_id"),),
        events=("update",),
        columns=("name", "slug", "role", "portrait", "portrait_alt", "is_visible"),
    ),
    Stamp(
        "glossary_topic",
        keys=(_OF.format(site=SITE, table="leads_offertopic", column="topic_id"),),
        events=("update",),
        columns=("name",),
    ),
]
