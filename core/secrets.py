"""One key, three uses: tokens are sealed at rest, links are signed, codes are hashed.

The key comes from SECRET_KEY, or is made once and kept in `DATA_DIR/secret.key`. With several keys
(separated by commas) the first seals and signs, the others still open: that is how to rotate.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from core.errors import BadSetting
from core.settings import Settings


def _derive(key: str, use: str) -> bytes:
    return hmac.new(key.encode(), use.encode(), hashlib.sha256).digest()


def _kept_key(at: Path) -> str:
    """The key in the data folder; made on the first start, readable by us alone."""
    try:
        at.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(at, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
            made.write(secrets.token_urlsafe(48))
            made.flush()
            os.fsync(made.fileno())
    except FileExistsError:
        pass
    except OSError as wrong:
        raise BadSetting(
            "setting.data_dir", path=str(at.parent), why=str(wrong.strerror)
        ) from wrong
    return at.read_text().strip()


class Vault:
    """Seals, signs and hashes with the secret key."""

    def __init__(self, settings: Settings) -> None:
        given = settings.secret_key.get_secret_value() if settings.secret_key else ""
        keys = [k.strip() for k in given.split(",") if k.strip()]
        self._keys = keys or [_kept_key(settings.data_dir / "secret.key")]
        self._box = MultiFernet(
            [Fernet(base64.urlsafe_b64encode(_derive(k, "seal"))) for k in self._keys]
        )

    def seal(self, text: str) -> str:
        """Encrypt for the database."""
        return self._box.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Decrypt. Raises BadSetting when no key of ours fits: SECRET_KEY was changed."""
        try:
            return self._box.decrypt(sealed.encode()).decode()
        except InvalidToken as wrong:
            raise BadSetting("setting.secret_key_changed") from wrong

    def sign(self, use: str, text: str) -> str:
        """A signature of `text` for one use, safe inside an address."""
        mac = hmac.new(_derive(self._keys[0], use), text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mac).decode().rstrip("=")

    def signed(self, use: str, text: str, signature: str) -> bool:
        """Whether one of our keys made this signature."""
        for key in self._keys:
            mac = hmac.new(_derive(key, use), text.encode(), hashlib.sha256).digest()
            ours = base64.urlsafe_b64encode(mac).decode().rstrip("=")
            if hmac.compare_digest(ours.encode(), signature.encode()):
                return True
        return False

    def fingerprint(self, use: str, code: str) -> str:
        """What is stored of a one-time code or a session token: 64 hex digits."""
        return hmac.new(_derive(self._keys[-1], use), code.encode(), hashlib.sha256).hexdigest()


def one_time_code() -> str:
    """Eight characters in two groups, without those that look alike; 40 bits."""
    letters = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
    picked = "".join(secrets.choice(letters) for _ in range(8))
    return f"{picked[:4]}-{picked[4:]}"
