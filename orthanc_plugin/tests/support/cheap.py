"""Cheap and predictable stand-ins for hashing, keys and randomness."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from orthanc_plugin.domain.credential import AccessCode, Password
from orthanc_plugin.domain.errors import Busy


@dataclass
class CheapHasher:
    """PasswordHasher; `journal` notes what was verified, `before` runs ahead of each verification.

    `owed` is how long a verification would have taken that was only pretended.
    """

    journal: list[str] = field(default_factory=list)
    busy: bool = False
    before: Callable[[], None] = lambda: None
    owed: float = 0.25

    def hash(self, password: Password) -> str:
        if self.busy:
            raise Busy
        return f"cheap:{password.text[::-1]}"

    def verify(self, encoded: str, password: Password) -> bool:
        self.before()
        if self.busy:
            raise Busy
        self.journal.append("verify")
        return encoded == f"cheap:{password.text[::-1]}"

    def pretend(self) -> float:
        self.before()
        if self.busy:
            raise Busy
        self.journal.append("pretend")
        return self.owed


@dataclass
class CountingEntropy:
    """Entropy: different at each call, the same in each run."""

    calls: int = 0

    def bits(self, count: int) -> int:
        self.calls += 1
        digest = hashlib.shake_256(f"{self.calls}".encode()).digest((count + 7) // 8)
        return int.from_bytes(digest, "big") >> (-count % 8)


class PlainCodes:
    """CodeIndex and PatientIndex with two key versions, readable in a failed test."""

    def current(self, code: AccessCode) -> str:
        return f"new:{code.text}"

    def candidates(self, code: AccessCode) -> Sequence[str]:
        return [f"new:{code.text}", f"old:{code.text}"]

    def address(self, client_address: str) -> str:
        return f"address:{client_address}"

    def patient(self, patient_id: str) -> str:
        return next(iter(self.patient_candidates(patient_id)), "")

    def patient_candidates(self, patient_id: str) -> Sequence[str]:
        return [f"{version}:{patient_id.strip()}" for version in ("new", "old") if patient_id.strip()]

    def request_candidates(self, text: str) -> Sequence[str]:
        return [f"{version}:{text}" for version in ("new", "old")]

    def device(self, device_id: str) -> str:
        return f"device:{device_id}"
