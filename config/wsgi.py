"""The WSGI application that the server runs: Django, with finished pages kept around it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django = get_wsgi_application()

# Settings can be read only now.
from config import pagecache  # noqa: E402

application = pagecache.around(django)
