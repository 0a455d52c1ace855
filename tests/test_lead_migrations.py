"""The way back to before there were bookings, with leads that have some."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config import page_stamps
from leads.models import Lead
from tests.factories import make_lead


def migrate(name):
    """Go there as operators do, and return what is known of migrations then."""
    call_command("migrate", "leads", name, verbosity=0)
    return MigrationExecutor(connection)


@pytest.mark.django_db(transaction=True)
def test_leads_survive_the_way_back_to_before_bookings():
    for state in Lead.State.values:
        make_lead(name=state, state=state)
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes("leads")[0][1]
    try:
        old = migrate("0005_pictures").loader.project_state([("leads", "0005_pictures")]).apps
        leads = old.get_model("leads", "Lead").objects
        states = dict(leads.values_list("name", "state"))
    finally:
        migrate(newest)
    assert page_stamps.are_installed(connection)
    unchanged = {state: state for state in Lead.State.values}
    assert states == {**unchanged, "booked": "contacted", "held": "contacted"}
