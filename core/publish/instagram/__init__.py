"""Instagram. It is found by its name in this folder."""

from __future__ import annotations

from core.publish.instagram.platform import Instagram

__all__ = ["Instagram"]
