"""An OpenAI-compatible language model on loopback that answers as the test says, and keeps what it
was asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Body = dict[str, Any]
Moment = dict[str, Any]
Answer = Callable[[web.Request, Body], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class LanguageModel:
    """The running endpoint."""

    root: str
    asked: list[Body] = field(default_factory=list)
    """Every body that was posted, in order."""
    keys: list[str | None] = field(default_factory=list)
    """What stood in `Authorization`."""
    strayed: int = 0
    """Requests to any other path."""


@asynccontextmanager
async def language_model(answer: Answer) -> AsyncIterator[LanguageModel]:
    """Listens on a free port until the block ends."""
    model = LanguageModel("")

    async def complete(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        model.asked.append(body)
        model.keys.append(request.headers.get("Authorization"))
        return await answer(request, body)

    async def stray(_: web.Request) -> web.Response:
        model.strayed += 1
        return completion('{"clips": []}')

    app = web.Application(client_max_size=4 << 20)
    app.router.add_post("/v1/chat/completions", complete)
    app.router.add_route("*", "/{anything:.*}", stray)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        model.root = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield model
    finally:
        await runner.cleanup()


def is_recall(body: Body) -> bool:
    """Whether it is asked to find moments, not to judge them."""
    return "sentences" in question_in(body)


def moments_in(body: Body) -> list[Moment]:
    """What it is to judge: ids, lengths, words."""
    return list(question_in(body)["moments"])


def question_in(body: Body) -> dict[str, Any]:
    """The JSON at the head of the last message."""
    question, _ = json.JSONDecoder().raw_decode(body["messages"][-1]["content"])
    return dict(question)


def completion(content: Any) -> web.Response:
    """One choice with one message, as the API wraps it."""
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return web.json_response({"id": "x", "object": "chat.completion", "choices": [choice]})


# ── ways to answer ──────────────────────────────────────────────────────────────────────────────


def judges(ranked: Callable[[list[Moment]], Sequence[Any]]) -> Answer:
    """A model that answers with `{"clips": …}`, made of the moments it was shown."""

    async def answer(_: web.Request, body: Body) -> web.Response:
        return completion(json.dumps({"clips": ranked(moments_in(body))}))

    return answer


def recalls(named: Callable[[list[Any]], Sequence[Any]], then: Answer) -> Answer:
    """A model that finds `{"moments": …}` in the sentences it is shown, and judges as `then`."""

    async def answer(request: web.Request, body: Body) -> web.StreamResponse:
        if not is_recall(body):
            return await then(request, body)
        found = named(question_in(body)["sentences"])
        return completion(json.dumps({"moments": found}))

    return answer


def says(content: Any) -> Answer:
    """A model that says the same whatever it is asked."""

    async def answer(_: web.Request, __: Body) -> web.Response:
        return completion(content)

    return answer


def sends(text: str | bytes, status: int = 200, **headers: str) -> Answer:
    """A server that sends this, completion or not."""

    async def answer(_: web.Request, __: Body) -> web.Response:
        raw = text.encode() if isinstance(text, str) else text
        return web.Response(body=raw, status=status, headers=headers)

    return answer
