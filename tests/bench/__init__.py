"""How fast pages and search are, and how they grow: `make bench`, or python -m tests.bench."""
