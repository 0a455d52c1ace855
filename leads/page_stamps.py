"""What of requests and consultations public pages show: offers, and promises on privacy."""

from config.page_stamps import SITE, Stamp

STAMPS = [
    Stamp(table, keys=(f"'{SITE}'",))
    for table in ("leads_offer", "leads_offertopic", "leads_retentionrule")
]
