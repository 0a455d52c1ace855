"""How somebody came to the form: the call they followed, where they came from, what they read."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Trail:
    """What is known of a visitor's way to the form, cleaned; all of it can be missing."""

    position: str = ""
    """A `Position`: where on its page the call was followed."""
    landing_path: str = ""
    referrer_host: str = ""
    utm: dict[str, str] = field(default_factory=dict)
    """By the names of `UTM`."""
    read: tuple[str, ...] = ()
    """Paths of entries, oldest first; only what the visitor chose to share."""
    searched: tuple[str, ...] = ()

    @property
    def columns(self) -> dict[str, Any]:
        """The trail as columns of `Attribution`."""
        return {
            "position": self.position,
            "landing_path": self.landing_path,
            "referrer_host": self.referrer_host,
            "read": list(self.read),
            "searched": list(self.searched),
            **self.utm,
        }
