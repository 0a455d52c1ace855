"""Lets an administrator in: python -m tests.bench.login.

On the site that the environment names. Prints JSON: the cookie of the session,
and the paths of the form and of the page of an entry.
"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.test import Client  # noqa: E402

from glossary.models import Entry  # noqa: E402

NAME = "publisher-of-the-bench"


def main() -> None:
    rights = {"is_staff": True, "is_superuser": True}
    user, _ = User.objects.update_or_create(username=NAME, defaults=rights)
    client = Client()
    client.force_login(user)
    [cookie] = client.cookies.values()
    entry = Entry.objects.published().in_language("en").order_by("pk")[1]
    facts = {
        "cookie": f"{cookie.key}={cookie.value}",
        "form": f"/admin/glossary/entry/{entry.pk}/change/",
        "page": entry.get_absolute_url(),
    }
    sys.stdout.write(json.dumps(facts))


if __name__ == "__main__":
    main()
