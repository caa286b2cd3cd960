"""Logs: one JSON object a line (or a readable line on a terminal), and never a secret in it.

    log = structlog.get_logger()
    log.info("clip.done", job=12, took_s=3.2)

Ids, counts and codes go in; tokens, captions and names do not. One filter scrubs what looks like a
token all the same, also from the lines libraries write.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_KEYS = re.compile(r"token|secret|password|authorization|api_key|upload_url|cookie", re.I)
_SECRETS = re.compile(
    r"(?:bot)?\d{3,}:[\w-]{30,}"  # a Telegram token: httpx logs whole addresses, errors quote it
    r"|(?:act|rft)\.[\w!*.-]{8,}"  # TikTok
    r"|\bIG[\w-]{20,}"  # Instagram
    r"|\bya29\.[\w.-]{8,}|\b1//[\w-]{8,}|\bGOCSPX-[\w-]{8,}"  # Google
    r"|(?<=Bearer )\S+|(?<=OAuth )\S+"
    r"|(?<=access_token=)[^&\s]+|(?<=client_secret=)[^&\s]+|(?<=upload_token=)[^&\s]+"
    r"|(?<=upload_id=)[^&\s]+"
)


def scrub(text: str) -> str:
    """The text with everything that looks like a credential replaced."""
    return _SECRETS.sub("[secret]", text)


def _scrub_event(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if _SECRET_KEYS.search(key):
            event[key] = "[secret]"
        elif isinstance(value, str):
            event[key] = scrub(value)
    return event


def set_up_logs(form: str = "auto", *, process: str = "", level: int = logging.INFO) -> None:
    """Route structlog and the standard library through one formatter to stderr.

    `form` is `json`, `text`, or `auto` (text on a terminal).
    """
    as_json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    renderer: Any = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    tail: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if as_json:
        tail.append(structlog.processors.format_exc_info)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[*tail, _scrub_event, renderer],
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("httpx", "aiohttp.access", "alembic", "faster_whisper", "arq"):
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))
    if process:
        structlog.contextvars.bind_contextvars(process=process)
