"""The headers of a webhook: Standard Webhooks 1.0.0, and one for those who know less. Pure."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime

HEX_HEADER = "X-Headword-Signature"


def headers(
    secrets: Sequence[str], event_id: str, body: bytes, *, sent_at: datetime
) -> dict[str, str]:
    """Return the headers of one try at `sent_at`, signed with each of `secrets`.

    Receivers of the standard take any signature that fits, and refuse old
    times: a try is signed anew each time. The hex signatures, one for each
    secret, are of the raw body alone.
    """
    timestamp = str(int(sent_at.timestamp()))
    signed = [signature(secret, event_id, timestamp, body) for secret in secrets]
    return {
        "Content-Type": "application/json; charset=utf-8",
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signed),
        HEX_HEADER: ",".join(hex_signature(secret, body) for secret in secrets),
    }


def signature(secret: str, event_id: str, timestamp: str, body: bytes) -> str:
    """Return the signature of the standard: v1, HMAC-SHA256 of id.timestamp.body in base64."""
    key = b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{event_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{b64encode(signed.digest()).decode()}"


def hex_signature(secret: str, body: bytes) -> str:
    """Return HMAC-SHA256 of the raw body in hex; the key is the secret's text as it is shown."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
