"""TikTok. It is found by its name in this folder."""

from __future__ import annotations

from core.publish.tiktok.platform import TikTok

__all__ = ["TikTok"]
