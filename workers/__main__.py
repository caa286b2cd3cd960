"""`python -m workers media`: one worker process for one queue."""

from __future__ import annotations

import asyncio
import sys

from core.errors import BadSetting, broken_install
from core.i18n.catalog import Catalog
from core.log import set_up_logs
from core.say import Say
from core.settings import Settings


def main() -> int:
    """1 with one readable line when it cannot start."""
    queue = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        settings = Settings.load()
        set_up_logs(settings.log_format, process=f"worker-{queue}")
        from workers import edit, light, media, publish  # noqa: F401  (they declare their jobs)
        from workers.settings import work

        asyncio.run(work(settings, queue))
    except BadSetting as wrong:
        return _told(wrong.say)
    except ImportError as wrong:
        return _told(broken_install(wrong))
    return 0


def _told(what: Say) -> int:
    sys.stderr.write(f"clipdesk: {Catalog.load().text(what)}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
