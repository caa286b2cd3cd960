"""Who we are to TikTok, and where it is."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class App:
    """Of the real TikTok, or of the practice one."""

    client_key: str
    client_secret: str = field(repr=False)
    api_root: str
    auth_root: str
