"""A publishing platform: one file, or a folder of the same name once it has grown.

A post becomes visible in three parts. `prepare` is invisible and may be repeated: it asks what is
allowed, uploads, waits. `commit` is the one dangerous call. `look` only reads, and is the evidence
on which a post is called published. Every id the platform gives is handed to `mark`, which returns
only once it is stored; after a crash everything goes on from those. A worker that was frozen asks
`ours` before it sends anything, and gets `LostClaim` when its time was over meanwhile.

A platform keeps a short quality list in its docstring: what is done, what is not, with a reason.
"""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar

import aiohttp

from core.publish import choices as choosing
from core.publish.choices import Choice, Offer
from core.publish.figures import Figures
from core.publish.grant import Grant, Profile
from core.publish.hand import Hand, Tell
from core.publish.hooks import Hint, NotSigned
from core.publish.outcome import Outcome
from core.publish.post import Limits, Post, Problem, general_problems
from core.publish.quotas import Quota
from core.say import Say


class Platform(ABC):
    """One platform. Instances are cheap and hold only configuration."""

    name: ClassVar[str]
    title: ClassVar[str]
    """As it writes itself."""
    limits: ClassVar[Limits]
    scopes: ClassVar[tuple[str, ...]]
    quotas: ClassVar[tuple[Quota, ...]] = ()
    """What we count ourselves, at the claim and in the moment of the call."""
    live_rules: ClassVar[tuple[str, ...]] = ()
    """Limits only the platform counts; each keeps every post of an account, as `quotas` do."""
    lead: ClassVar[timedelta] = timedelta()
    """How long before its time a post is begun, where the platform itself makes it public then."""
    choices: ClassVar[tuple[Choice, ...]] = ()
    """What a person settles about a post."""
    figures_at_once: ClassVar[int] = 1
    """Posts whose figures one call reads."""
    practice_rules: ClassVar[Mapping[str, Any]] = {}
    """Choices for a practice account, whose audience is nobody: a newcomer sees the whole way."""

    def reaches_back(self, address: str) -> bool:
        """Whether a sign-in there could lead back to us."""
        return True

    def fetches_from(self, address: str) -> bool:
        """Whether it could fetch a file from this address of ours."""
        return address.startswith("https:") or self.practice

    @property
    @abstractmethod
    def practice(self) -> bool:
        """True when it speaks to the practice server: no key of a real app is set."""

    @abstractmethod
    def missing(self) -> Say | None:
        """None when accounts can be connected; else what is missing."""

    # signing in
    @abstractmethod
    def sign_in_address(self, redirect_uri: str, state: str, verifier: str) -> str: ...

    @abstractmethod
    async def exchange(
        self,
        http: aiohttp.ClientSession,
        code: str,
        redirect_uri: str,
        verifier: str,
        now: datetime,
    ) -> Grant: ...

    @abstractmethod
    async def refresh(self, http: aiohttp.ClientSession, grant: Grant, now: datetime) -> Grant: ...

    @abstractmethod
    def due_for_refresh(self, grant: Grant, now: datetime) -> bool:
        """Whether it should be renewed before publishing or by the housekeeping."""

    @abstractmethod
    async def profile(self, http: aiohttp.ClientSession, grant: Grant) -> Profile: ...

    # posting
    def check(self, post: Post) -> list[Problem]:
        """Everything that can be known without asking the platform."""
        return general_problems(self.limits, post)

    def may_post(self, scopes: tuple[str, ...], settings: Mapping[str, Any]) -> Say | None:
        """None when a sign-in with these scopes reaches for such a post; else what is missing."""
        return None

    def settle(self, settings: Mapping[str, Any], place: int) -> dict[str, Any]:
        """The settings after the choice at this place was pressed."""
        return choosing.settle(self.choices, settings, place)

    def undecided(self, settings: Mapping[str, Any]) -> Say | None:
        """What a person must still say before such a post may go out; None when it may."""
        return None

    def declared(self, settings: Mapping[str, Any]) -> tuple[Say, ...]:
        """What the settings mean for those who see it, and what a person agrees to by posting."""
        return ()

    async def offers(
        self, http: aiohttp.ClientSession, grant: Grant, post: Post, now: datetime
    ) -> Offer:
        """Asked when the choices are shown. Raises PlatformError."""
        return Offer()

    @abstractmethod
    async def prepare(self, post: Post, hand: Hand) -> bool:
        """All that is invisible; goes on from the marks of an earlier try. False when it turns out
        that an earlier try was published after all: then it must not be committed again."""

    @abstractmethod
    async def commit(self, post: Post, hand: Hand) -> None:
        """The call after which it may be seen. Raises Unknown when the answer is lost."""

    @abstractmethod
    async def look(self, post: Post, hand: Hand, *, asked: int) -> Outcome:
        """Read-only: what became of it. `asked` counts the looks so far, for the pace."""

    async def link(self, hand: Hand, remote_id: str) -> str | None:
        """The address of a post; None when there is none (yet)."""
        return None

    # how posts fare
    @abstractmethod
    async def figures(
        self,
        http: aiohttp.ClientSession,
        grant: Grant,
        remote_ids: Sequence[str],
        tell: Tell,
        now: datetime,
    ) -> Mapping[str, Figures]:
        """By post, at most `figures_at_once` of them; those it tells nothing of are left out."""

    def hides(self, scopes: tuple[str, ...]) -> Say | None:
        """None when a sign-in with these scopes is told everything about how posts fare; else what
        it is not told, and how that is mended."""
        return None

    # being told
    def hints(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> tuple[Hint, ...]:
        """What a webhook says. Raises NotSigned for one that is not from the platform."""
        raise NotSigned

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """The answer by which a platform sees that a webhook address is ours; None refuses."""
        return None


@lru_cache(maxsize=1)
def platform_classes() -> dict[str, type[Platform]]:
    """Every platform there is, by name: each file or folder of this room that holds one."""
    import core.publish

    for module in pkgutil.iter_modules(core.publish.__path__):
        importlib.import_module(f"core.publish.{module.name}")
    return {p.name: p for p in Platform.__subclasses__()}
