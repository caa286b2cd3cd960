"""Who we are to Instagram, and where it is."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class App:
    """Of the real Instagram, or of the practice one."""

    app_id: str
    app_secret: str = field(repr=False)
    auth_root: str
    api_root: str
    graph_root: str
    upload_root: str
