"""What a platform said no to, by what is to be done about it."""

from __future__ import annotations

from core.errors import AppError
from core.say import Say


class PlatformError(AppError):
    """The platform said no, or nothing. `say` is for the person, `code` the platform's own."""

    def __init__(self, what: Say, code: str = "") -> None:
        super().__init__(f"{what.key} {code}")
        self.say, self.code = what, code


class Fix(PlatformError):
    """The post must be changed; the same one would be refused again. With `media` it is the file:
    encoding it anew may help."""

    def __init__(self, what: Say, code: str = "", *, media: bool = False) -> None:
        super().__init__(what, code)
        self.media = media


class Wait(PlatformError):
    """Not now: nothing was created; worth trying after `after_s`. `rule` names the limit."""

    def __init__(self, what: Say, after_s: float, code: str = "", rule: str = "platform") -> None:
        super().__init__(what, code)
        self.after_s, self.rule = after_s, rule


class SignIn(PlatformError):
    """The token is not accepted (any more); a person must connect the account again."""


class Stale(PlatformError):
    """The access token is not accepted; a refresh may mend it."""


class Stop(PlatformError):
    """A person must act on the platform; trying again would only make it worse. With `everybody` it
    is not the account: whoever runs this installation must correct something."""

    def __init__(self, what: Say, code: str = "", *, everybody: bool = False) -> None:
        super().__init__(what, code)
        self.everybody = everybody


class Unknown(PlatformError):
    """It may have happened or not: no answer, or one that proves nothing."""


class NotReady(PlatformError):
    """Something invisible is under way there: look again after `after_s`. Not a refusal."""

    def __init__(self, what: Say, after_s: float) -> None:
        super().__init__(what)
        self.after_s = after_s


class LostClaim(AppError):
    """Another worker holds the target now; nothing more may be done here."""
