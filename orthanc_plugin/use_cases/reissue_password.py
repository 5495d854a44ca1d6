"""Re-issue the password of a share: for a forgotten one, or for a letter that went astray."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..domain.audit import Who
from ..domain.audit_terms import Action
from ..domain.credential import CODE_BITS, PASSWORD_BITS, AccessCode, Password
from ..domain.errors import ShareNotFound, ShareRevoked
from ..domain.share import Share
from ..ports import Clock, CodeIndex, Entropy, PasswordHasher, ShareRepository, Transaction
from .record_event import RecordEvent


@dataclass(frozen=True)
class Reissued:
    """What is handed over once; `code` is None where the old one goes on."""

    share: Share
    password: Password
    code: AccessCode | None


@dataclass(frozen=True)
class ReissuePassword:
    """Mint a password, and on request a code; the old ones are void and their sessions over at once."""

    shares: ShareRepository
    codes: CodeIndex
    hasher: PasswordHasher
    entropy: Entropy
    clock: Clock
    forget: Callable[[str], None]
    transaction: Transaction
    record: RecordEvent

    def __call__(
        self, share_id: str, new_code: bool, user: str, along: Callable[[Reissued], None] | None = None
    ) -> Reissued:
        """What `along` files is kept together with the change, or neither is.

        Raises ShareNotFound, ShareRevoked, Busy or Unavailable."""
        before = self.shares.get(share_id)
        if before is None:
            raise ShareNotFound
        password = Password.from_number(self.entropy.bits(PASSWORD_BITS))
        code = AccessCode.from_number(self.entropy.bits(CODE_BITS)) if new_code else None
        encoded = self.hasher.hash(password)
        index = self.codes.current(code) if code else None
        with self.transaction():
            if not self.shares.reissue(share_id, encoded, index, int(self.clock.now())):
                raise ShareRevoked
            self.record(Action.PASSWORD_REISSUED, Who.staff(user), before, what="all" if new_code else "password")
            if along:
                along(Reissued(before, password, code))
        self.forget(share_id)
        share = self.shares.get(share_id)
        if share is None:
            raise ShareNotFound
        return Reissued(share, password, code)
