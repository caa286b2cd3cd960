"""Asks an OpenAI-compatible language model (`POST {root}/chat/completions`) for JSON of one shape.

Calls, time, and the length of questions and answers are bounded; a model that fails costs nothing
but that time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, TypeVar

import aiohttp
from pydantic import BaseModel, Field, SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from core.say import Say, say
from core.settings import Section

_ANSWER_B = 262_144
_ANSWER_TOKENS = 2000
"""A title and four words for each of nine moments are some 500."""
_AT_ONCE = 2
"""A local model does one thing after the other all the same."""


class LlmSettings(Section):
    """A language model that may rank and title the clips; none unless root and model are set."""

    model_config = SettingsConfigDict(**{**Section.model_config, "env_prefix": "LLM_"})

    api_root: str | None = None
    """An OpenAI-compatible endpoint, for example `https://host/v1`."""
    api_key: SecretStr | None = None
    model: str | None = None
    """The model as the endpoint calls it."""
    timeout_s: float = Field(default=45.0, gt=0)
    """How long the clips may wait for an answer before they come without it."""
    max_calls: int = Field(default=12, ge=1, le=100)
    """How often it is asked for one video, at most."""

    @property
    def ready(self) -> bool:
        return bool(self.api_root and self.model)


class Failed(Exception):
    """Why there is no answer, in words."""

    def __init__(self, why: Say) -> None:
        super().__init__(why.key)
        self.why = why


Answer = TypeVar("Answer", bound=BaseModel)


class Model:
    """One conversation about one video, with what it may still cost."""

    def __init__(self, llm: LlmSettings) -> None:
        self._llm = llm
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._form = 0
        self.calls_left = llm.max_calls

    async def ask(
        self, instructions: str, question: str, schema: dict[str, Any], shape: type[Answer]
    ) -> Answer:
        """The answer in its shape. Raises Failed for every way in which there is none."""
        if self.calls_left <= 0:
            raise Failed(say("llm.enough", calls=self._llm.max_calls))
        self.calls_left -= 1
        try:
            async with self._slots:
                content = await self._completed(instructions, question, schema)
        # ValueError: an address or a key that no request can be made of, as `http://a..b`.
        except (aiohttp.ClientError, ValueError) as wrong:
            raise Failed(say("llm.away", why=type(wrong).__name__)) from wrong
        return _read(content, shape)

    async def _completed(self, instructions: str, question: str, schema: dict[str, Any]) -> str:
        """The words of the answer. Endpoints that know no schemas, or only their own temperature,
        get the same question without, and are not tried with them again."""
        body = {
            "model": self._llm.model,
            "messages": [
                {"role": "system", "content": instructions},
                {"role": "user", "content": question},
            ],
        }
        strict = {"name": "clips", "strict": True, "schema": schema}
        bounded = {"temperature": 0, "max_tokens": _ANSWER_TOKENS}
        forms: list[Mapping[str, Any]] = [
            {**bounded, "response_format": {"type": "json_schema", "json_schema": strict}},
            {**bounded, "response_format": {"type": "json_object"}},
            {},
        ]
        # The one limit of time is around all of it, in `judge`.
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
            for number in range(self._form, len(forms)):
                status, text = await _post(session, {**body, **forms[number]}, self._llm)
                if status == 200:
                    self._form = max(self._form, number)
                    return _content(text)
                if status not in (400, 422):
                    break
        raise Failed(say("llm.refused", status=status))


async def _post(
    session: aiohttp.ClientSession, body: Mapping[str, Any], llm: LlmSettings
) -> tuple[int, bytes]:
    headers = {"Content-Type": "application/json"}
    if llm.api_key:
        headers["Authorization"] = f"Bearer {llm.api_key.get_secret_value().strip()}"
    address = f"{(llm.api_root or '').rstrip('/')}/chat/completions"
    async with session.post(
        address, data=json.dumps(body), headers=headers, allow_redirects=False
    ) as answer:
        raw = bytearray()
        async for chunk in answer.content.iter_chunked(16_384):
            raw += chunk
            if len(raw) > _ANSWER_B:
                raise Failed(say("llm.unreadable"))
        return answer.status, bytes(raw)


def _content(raw: bytes) -> str:
    try:
        content = json.loads(raw)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError) as wrong:
        raise Failed(say("llm.unreadable")) from wrong
    if not isinstance(content, str):
        raise Failed(say("llm.unreadable"))
    return content


def _read(content: str, shape: type[Answer]) -> Answer:
    # Small local models think aloud first, and wrap their JSON in a sentence or a code fence.
    content = content.rpartition("</think>")[2]
    start, end = content.find("{"), content.rfind("}")
    try:
        return shape.model_validate_json(content[start : end + 1] if start >= 0 else content)
    except (ValidationError, RecursionError) as wrong:
        raise Failed(say("llm.unreadable")) from wrong
