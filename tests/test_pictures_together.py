"""One saves a text with a picture while another deletes the picture."""

import pytest
from django.db import transaction

from config import pictures
from config.models import Picture
from config.pictures import InUse, keep
from glossary.models import EntryPicture
from glossary.pictures import remember
from tests.factories import make_draft, make_picture
from tests.test_publishing_together import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 6


def test_a_picture_is_either_kept_or_gone_and_nobody_loses_a_text():
    entry = make_draft()
    for _ in range(ROUNDS):
        picture = keep(make_picture(), by=None)

        def save(picture=picture):
            with transaction.atomic():
                remember(entry, f"![a]({pictures.address(picture)})")

        raised = at_once(save, lambda picture=picture: pictures.delete([picture]))
        is_kept = Picture.objects.filter(pk=picture.pk).exists()
        assert [type(error) for error in raised] == [InUse] * is_kept
        assert EntryPicture.objects.filter(picture=picture.pk).exists() == is_kept
