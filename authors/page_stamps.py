"""What changes of authors make new."""

from config.page_stamps import Stamp

STAMPS = [Stamp("authors_author", keys=("'people'", "'author:' || {row}.id"))]
