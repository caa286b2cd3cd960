"""A publishing platform, as one file each.

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
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

import aiohttp

from core.publish import choices as choosing
from core.publish.choices import Choice, Offer
from core.publish.errors import PlatformError
from core.publish.figures import Figures
from core.publish.hooks import Hint, NotSigned
from core.publish.media import MediaSpec
from core.publish.quotas import Quota
from core.say import Say

TIMEOUT = aiohttp.ClientTimeout(total=120, sock_connect=10, sock_read=60)


# ── what travels ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Grant:
    """A sign-in. Stored sealed; never logged."""

    access: str
    access_until: datetime | None
    refresh: str = ""
    refresh_until: datetime | None = None
    scopes: tuple[str, ...] = ()
    remote_id: str = ""
    """The account's id on the platform."""
    issued_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """Whose account it is."""

    remote_id: str
    username: str


@dataclass(frozen=True, slots=True)
class Post:
    """What is to be posted. `settings` are the choices the person approved."""

    file: Path
    size_b: int
    duration_s: float
    width: int
    height: int
    caption: str
    title: str = ""
    """What the clip is called, for platforms where a post has a title."""
    cover_ms: int = 0
    """The cover picture: milliseconds from the beginning of the clip."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    public_at: datetime | None = None
    """When everybody is to see it, on a platform that keeps that time by itself."""
    address: str = ""
    """Where a platform could fetch the file; empty without a public https address."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the platform takes."""

    caption_utf16: int
    min_s: float
    max_s: float
    media: MediaSpec
    """What the file must be like."""
    hashtags: int | None = None
    logos: bool = True
    """Whether a logo may be shown that was put there by a program."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a post the platform would not take (`blocks`), or that is worth knowing."""

    what: Say
    blocks: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """Evidence that it is there. `visible` is who can see it: `limited` is friends or followers,
    who have no public link."""

    visible: Literal["public", "limited", "private", "inbox"]
    remote_id: str | None = None
    url: str | None = None
    why: Say | None = None
    """Why it is seen by fewer people than was asked for, and what can be done about it."""


@dataclass(frozen=True, slots=True)
class NotYet:
    """Nothing can be said yet; ask again after `after_s`."""

    after_s: float


@dataclass(frozen=True, slots=True)
class NotThere:
    """Evidence that it is not there, and will not be by itself. `error` says why and what to do: a
    `Wait` may be tried again from the beginning, `most` times; with `keep` from what was marked."""

    error: PlatformError
    most: int = 12
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The platform knows nothing of it any more, in either direction: only a person can tell."""

    why: Say


Outcome = Seen | NotYet | NotThere | Lost


# ── the interface ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it is remembered in the story of a post."""

    name: str
    ok: bool
    http: int | None
    code: str | None
    log_id: str | None
    took_s: float
    note: str | None = None
    full_s: float = 0.0
    """Seconds for which the platform asked not to be called, because its limits are nearly full."""


Mark = Callable[[str, str], Awaitable[None]]
"""`await mark("publish_id", "…")`: stored and committed when it returns."""
Tell = Callable[[Call], Awaitable[None]]


def _always() -> None:
    """For work that no claim protects."""


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a quota is used: how often, and when the oldest use leaves the window."""

    n: int
    frees_at: datetime | None


@dataclass(slots=True)
class Hand:
    """What a platform works with for one target: its sign-in, what it marked before, and where
    calls are written down."""

    http: aiohttp.ClientSession
    grant: Grant
    refs: dict[str, str]
    mark: Mark
    tell: Tell
    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    spend: Callable[[str], Awaitable[None]]
    """Count one use of a quota before it is used. Raises Wait when it is used up."""
    used: Callable[[str, timedelta], Awaitable[Use]]
    """How often a quota was used by us in that time."""
    username: str = ""
    intent_at: datetime | None = None
    """When the dangerous call was announced, for matching what is found later."""
    ours: Callable[[], None] = _always
    """Raises LostClaim when the claim has run out: nothing may be sent then."""

    async def note(self, kind: str, value: str) -> None:
        """Store an id before anything else happens."""
        await self.mark(kind, value)
        self.refs[kind] = value


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


def general_problems(limits: Limits, post: Post) -> list[Problem]:
    """Length and caption: the same questions for every platform. The file is looked at before it is
    sent, and most of what is wrong with one can be mended."""
    from core.say import Seconds, say

    found = []
    units = utf16_units(post.caption)
    if units > limits.caption_utf16:
        found.append(Problem(say("publish.caption_long", n=units, limit=limits.caption_utf16)))
    tags = sum(w.startswith("#") and len(w) > 1 for w in post.caption.split())
    if limits.hashtags is not None and tags > limits.hashtags:
        many = say("publish.hashtags", n=tags, limit=limits.hashtags)
        found.append(Problem(many, blocks=False))
    if not limits.min_s <= post.duration_s <= limits.max_s:
        low, high = Seconds(limits.min_s), Seconds(limits.max_s)
        length = Seconds(post.duration_s)
        found.append(Problem(say("publish.length", length=length, low=low, high=high)))
    return found


def utf16_units(text: str) -> int:
    """How TikTok and Telegram count: characters outside the basic plane are two."""
    return len(text.encode("utf-16-le")) // 2


@lru_cache(maxsize=1)
def platform_classes() -> dict[str, type[Platform]]:
    """Every platform there is, by name: each module of this room that holds one."""
    import core.publish

    for module in pkgutil.iter_modules(core.publish.__path__):
        importlib.import_module(f"core.publish.{module.name}")
    return {p.name: p for p in Platform.__subclasses__()}


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def s(self) -> float:
        return round(time.monotonic() - self._began, 3)
