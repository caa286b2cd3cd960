"""Settings from the environment or `.env`. The program starts with none of them set.

`Settings` holds what every process needs. A platform, a recogniser or a clip provider declares its
own few in its own file as a `Section` with a prefix; `Section.every()` lists them all, and a test
holds `.env.example` against that list. Nothing is read at import: `__main__` builds `Settings` once
and hands it down.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Section(BaseSettings):
    """A handful of settings with one prefix, declared where they are used."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore")

    def __init__(self, **values: Any) -> None:
        """Raises BadSetting naming the variable that cannot be read."""
        from pydantic import ValidationError

        from core.errors import BadSetting

        try:
            super().__init__(**values)
        except ValidationError as wrong:
            first = wrong.errors()[0]
            prefix = self.model_config.get("env_prefix", "")
            name = f"{prefix}{first['loc'][0] if first['loc'] else '?'}".upper()
            raise BadSetting("setting.unreadable", name=name, why=first["msg"]) from wrong

    @classmethod
    def every(cls) -> list[type[Section]]:
        """Every section that has been imported, in order of their names."""
        found = [cls, *(s for sub in cls.__subclasses__() for s in sub.every())]
        return sorted((s for s in found if s.model_fields), key=lambda s: s.__name__)

    @classmethod
    def names(cls) -> list[str]:
        """The environment variables this section reads."""
        prefix = cls.model_config.get("env_prefix", "")
        return [f"{prefix}{field}".upper() for field in cls.model_fields]

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object, info: object) -> object:
        """`NAME=` in a file means the same as no line at all."""
        if value == "":
            field = cls.model_fields[info.field_name]  # type: ignore[attr-defined]
            return field.get_default(call_default_factory=True)
        return value


class Settings(Section):
    """What every process needs to know."""

    secret_key: SecretStr | None = None
    """Encrypts tokens and signs links. Made and kept in `DATA_DIR/secret.key` when unset.
    Several keys separated by commas: the first encrypts, the others still open (rotation)."""
    database_url: str | None = None
    """`postgresql://…`; SQLite in `DATA_DIR/clipdesk.db` when unset."""
    redis_url: str | None = None
    """`redis://…`; an embedded Redis on a private socket in `DATA_DIR` when unset."""
    media_url: str | None = None
    """`s3://bucket/prefix` or a folder; `DATA_DIR/media` when unset."""
    public_url: str | None = None
    """The address people reach the web page at; `http://HOST:PORT` when unset."""
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    """0 takes any free port."""
    data_dir: Path = Path(".data")
    models_dir: Path | None = None
    """`DATA_DIR/models` when unset."""
    ffmpeg_path: Path | None = None
    """The program itself; the one inside the imageio-ffmpeg wheel when unset."""
    log_format: Literal["auto", "json", "text"] = "auto"
    clip_provider: str = "local"

    @classmethod
    def load(cls, **overrides: object) -> Self:
        """Read the environment. Raises BadSetting naming the variable that cannot be read."""
        return cls(**overrides)  # type: ignore[arg-type]

    @property
    def models(self) -> Path:
        """Folder of downloaded models."""
        return self.models_dir or self.data_dir / "models"

    @property
    def address(self) -> str:
        """Where people reach the web page; no slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")
