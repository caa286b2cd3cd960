"""A practice platform: the wire contract of a real one on this machine, as strict as there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from aiohttp import web

from core.practice.faults import Fault, Faults
from core.practice.state import State


class PracticePlatform(ABC):
    """One of them. What people and tests can make go wrong is declared beside the calls."""

    name: ClassVar[str]
    calls: ClassVar[tuple[str, ...]]
    """Those a person may let fail on the page; tests may name any."""
    faults: ClassVar[Mapping[str, Mapping[str, str]]]
    """By call, the misbehaviour only this platform has, in words."""
    tokens: ClassVar[tuple[str, ...]]
    """Kinds of things in the state that are sign-ins; the first one are access tokens."""
    feed: ClassVar[str]
    """Address of an account's page, with `{account}`."""
    watch: ClassVar[str]
    """Address of a post, with `{account}` or without, and `{remote_id}`."""

    def __init__(self, state: State, faults: Faults, base: str) -> None:
        self._s, self._faults, self._base = state, faults, base

    @abstractmethod
    def routes(self, app: web.Application) -> None: ...

    @abstractmethod
    def room(self) -> Mapping[str, str]:
        """Addresses and keys, for the client that looks for them in the data folder."""

    @abstractmethod
    def account_of(self, request: web.Request) -> str:
        """Whose call it is, as far as it says so."""

    def fault(self, call: str, name: str, account: str) -> Fault | None:
        return self._faults.take(self.name, call, name, account=account)

    def address(self, post: Mapping[str, Any]) -> str:
        """Where a post can be watched."""
        return self._base + self.watch.format(**post)
