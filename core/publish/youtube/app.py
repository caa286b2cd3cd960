"""Who we are to YouTube, and where it is."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from core.publish.practice_room import app_of
from core.settings import Section, Settings


@dataclass(frozen=True, slots=True)
class App:
    """Of the real YouTube, or of the practice one."""

    client_id: str
    client_secret: str = field(repr=False)
    auth_root: str
    token_root: str
    api_root: str
    site_root: str

    @classmethod
    def of(cls, settings: Settings, name: str, config: Section) -> App:
        return cls(**app_of(settings, name, config, *(f.name for f in fields(cls))))
