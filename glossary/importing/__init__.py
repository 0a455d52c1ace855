"""Taking entries in: readers yield what a source says, one importer stores it.

`markdown_files`, `wordpress` and `tables` read, each a stream that can be begun
anew; `storing` writes what changed, batch by batch; `running` lets the worker do
it for the admin. `sources` and `report` hold what they say to each other.
"""

from glossary.importing.report import Report
from glossary.importing.storing import Options, import_from, import_markdown

__all__ = ["Options", "Report", "import_from", "import_markdown"]
