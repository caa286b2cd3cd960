"""What a platform sends by itself. A hint only hurries a look that would come anyway: nothing is
believed because of it, and nothing is missed without it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass


class NotSigned(Exception):
    """It does not come from the platform."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Something happened on the account with this id there; `ended` says that the sign-in did."""

    remote_id: str
    ended: bool = False


def header(headers: Mapping[str, str], name: str) -> str:
    """Names are written in several ways."""
    return next((v for k, v in headers.items() if k.lower() == name.lower()), "")


def is_signed(secret: str, signed: bytes, signature: str) -> bool:
    """HMAC-SHA256 in hex, compared in constant time. Without a secret nothing is signed."""
    made = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(made.encode(), signature.encode())
