"""Mail services that send by an API of their own, by way of django-anymail: settings from a URL.

Pure, and read by the settings alone; nothing of Anymail is imported here.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

SCHEME = "anymail+"
USER = "headword"
"""The name with which services log in at our webhook; the secret is the password."""


@dataclass(frozen=True)
class Service:
    """What Anymail calls a service, and what it wants to know."""

    module: str
    prefix: str
    """Of its views' names."""
    keys: tuple[str, ...]
    """Settings that the user part of the URL gives, then the password."""
    options: tuple[str, ...] = ("api_url",)
    """Settings that may follow as parameters."""


SERVICES = {
    "brevo": Service("brevo", "Brevo", ("api_key",)),
    "mailgun": Service(
        *("mailgun", "Mailgun", ("api_key",)),
        options=("api_url", "sender_domain", "webhook_signing_key"),
    ),
    "mailjet": Service("mailjet", "Mailjet", ("api_key", "secret_key")),
    "mailtrap": Service("mailtrap", "Mailtrap", ("api_token",)),
    "postmark": Service(
        "postmark", "Postmark", ("server_token",), options=("api_url", "message_stream")
    ),
    "sparkpost": Service("sparkpost", "SparkPost", ("api_key",), ("api_url", "subaccount")),
}
"""Those whose webhooks a password protects."""


def read(url: str, *, secret: str) -> dict[str, object]:
    """Return the settings that `url` stands for: none for a plain mail server.

    `anymail+postmark://TOKEN@`, `anymail+mailjet://KEY:SECRET@`; the sender and
    what else a service needs follow as parameters. With `secret`, the webhook
    is there as well. Raises ValueError, in words, without the key.
    """
    nothing: dict[str, object] = {
        "MAIL_SERVICE": "",
        "MAIL_SERVICE_REFUSALS": [],
        "MAIL_SERVICE_VIEW": "",
        "ANYMAIL": {},
    }
    if not url.startswith(SCHEME):
        return nothing
    parts = urlsplit(url)
    name = parts.scheme.removeprefix(SCHEME)
    service = SERVICES.get(name)
    if service is None:
        raise ValueError(f"no mail service {name!r}; known are {', '.join(SERVICES)}")
    module = f"anymail.webhooks.{service.module}.{service.prefix}TrackingWebhookView"
    return {
        "MAIL_SERVICE": name,
        "EMAIL_BACKEND": f"anymail.backends.{service.module}.EmailBackend",
        "MAIL_SERVICE_REFUSALS": [
            "anymail.exceptions.AnymailRecipientsRefused",
            "anymail.exceptions.AnymailInvalidAddress",
        ],
        "MAIL_SERVICE_VIEW": module if secret else "",
        "ANYMAIL": {
            **_settings(name, service, url),
            "WEBHOOK_SECRET": f"{USER}:{secret}" if secret else "",
        },
    }


def _settings(name: str, service: Service, url: str) -> dict[str, str]:
    parts = urlsplit(url)
    given = [unquote(each) for each in (parts.username, parts.password) if each]
    if len(given) != len(service.keys):
        wanted = ":".join(key.upper() for key in service.keys)
        raise ValueError(f"write it like {SCHEME}{name}://{wanted}@")
    found = dict(zip(service.keys, given, strict=True))
    for option, value in parse_qsl(parts.query):
        if option == "_default_from_email":
            continue
        if option not in service.options:
            raise ValueError(f"{name} has no option {option!r}")
        found[option] = value
    return {f"{name}_{key}".upper(): value for key, value in found.items()}
