"""Who we are to TikTok, and where it is."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from core.publish.practice_room import app_of
from core.settings import Section, Settings


@dataclass(frozen=True, slots=True)
class App:
    """Of the real TikTok, or of the practice one."""

    client_key: str
    client_secret: str = field(repr=False)
    api_root: str
    auth_root: str

    @classmethod
    def of(cls, settings: Settings, name: str, config: Section) -> App:
        return cls(**app_of(settings, name, config, *(f.name for f in fields(cls))))
