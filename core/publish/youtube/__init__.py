"""YouTube. It is found by its name in this folder."""

from __future__ import annotations

from core.publish.youtube.platform import YouTube

__all__ = ["YouTube"]
