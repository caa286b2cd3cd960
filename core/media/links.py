"""Addresses of stored files that work for a while, for whoever holds them.

The signature covers everything in the address. `until` is rounded to the day, so that a browser
which is shown the same clip again finds it in its cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from core.secrets import Vault

LIFE = timedelta(days=2)
_USE = "media-link"


def media_path(
    vault: Vault, now: datetime, key: str, *, name: str = "", download: bool = False
) -> str:
    """A path on our server: `/media/clips/12.mp4?until=…&name=…&sig=…`. `name` is what a download
    is called."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0)
    facts = {"until": str(int((midnight + LIFE).timestamp()))}
    if name:
        facts["name"] = name
    if download:
        facts["download"] = "1"
    facts["sig"] = vault.sign(_USE, _signed_text(key, facts))
    return f"/media/{quote(key)}?{urlencode(facts)}"


def is_ours(vault: Vault, key: str, facts: Mapping[str, str], signature: str) -> bool:
    """Whether we made this address."""
    return vault.signed(_USE, _signed_text(key, facts), signature)


def _signed_text(key: str, facts: Mapping[str, str]) -> str:
    return f"{key}?{urlencode(sorted(facts.items()))}"
