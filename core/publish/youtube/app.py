"""Who we are to YouTube, and where it is."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class App:
    """Of the real YouTube, or of the practice one."""

    client_id: str
    client_secret: str = field(repr=False)
    auth_root: str
    token_root: str
    api_root: str
    site_root: str
