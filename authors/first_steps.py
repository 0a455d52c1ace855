"""A new site needs somebody whom readers meet."""

from django.urls import reverse

from authors.models import Author
from config.first_steps import Step


def step() -> Step:
    return Step(
        "Introduce an author: name, role, portrait and two sentences.",
        reverse("admin:authors_author_add"),
        "authors.add_author",
        Author.objects.exists(),
    )
