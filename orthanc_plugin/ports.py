"""What use cases need from the world outside, as protocols; adapters/ fulfils them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from .domain.audit import AuditEvent
from .domain.audit_terms import Action, Outcome
from .domain.credential import AccessCode, Password
from .domain.session import Session
from .domain.share import Consent, Share, SharedStudy, ShareState
from .domain.study import Appearance, ImageRef, Place, ResourceName, StudyKey, StudySummary, Window
from .domain.throttle import Attempt, Client

_MARK = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


class Clock(Protocol):
    """The time; a port so that tests may move it."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        ...


class Entropy(Protocol):
    """Unpredictable numbers for credentials and identifiers."""

    def bits(self, count: int) -> int:
        """A number of `count` random bits."""
        ...


class Transaction(Protocol):
    """Makes several changes of the store one: all of them are kept, or none, whatever happens in between."""

    def __call__(self) -> AbstractContextManager[None]:
        """Begin, and commit at the end; an exception takes everything back. Raises Unavailable.

        One that is begun inside another of the same thread is a part of it. Every other writer waits meanwhile, so
        nothing slow belongs inside, and what was decided inside is told to others only after its end.
        """
        ...


class CodeIndex(Protocol):
    """Turns codes into what the store may keep of them."""

    def current(self, code: AccessCode) -> str:
        """The keyed hash under which a new share is filed."""
        ...

    def candidates(self, code: AccessCode) -> Sequence[str]:
        """The keyed hashes under every key version, newest first."""
        ...

    def address(self, client_address: str) -> str:
        """A keyed hash of a client's address, for counters."""
        ...

    def device(self, device_id: str) -> str:
        """A keyed hash of the identifier that a known device brings along."""
        ...


class PatientIndex(Protocol):
    """Turns patients' identifiers, DICOM (0010,0020), into what the store may keep of them."""

    def patient(self, patient_id: str) -> str:
        """The keyed hash under the newest key; empty for an empty identifier."""
        ...

    def patient_candidates(self, patient_id: str) -> Sequence[str]:
        """The keyed hashes under every key version, newest first; none for an empty identifier."""
        ...


class PasswordHasher(Protocol):
    """Argon2id in a bounded queue; every method may raise Busy."""

    def hash(self, password: Password) -> str:
        """The encoded hash to be stored."""
        ...

    def verify(self, encoded: str, password: Password) -> bool:
        """Whether the password is right."""
        ...

    def pretend(self) -> float:
        """Stand in for a verification where there is no hash: Busy when one would be, and rarely a real computation.

        Answers the seconds that a verification would have taken beyond this call; the caller lets them pass.
        """
        ...


@dataclass(frozen=True)
class ShareFilter:
    """Which shares a listing names; None does not filter."""

    state: ShareState | None = None
    study_id: str | None = None
    study_instance_uid: str | None = None
    # Whether it was ever opened.
    opened: bool | None = None


@dataclass(frozen=True)
class SharePage:
    """One page of a listing; `next_cursor` is None on the last."""

    shares: tuple[Share, ...]
    next_cursor: str | None


class ShareRepository(Protocol):
    """Where shares are kept."""

    def add(self, share: Share, code_index: str, password_hash: str) -> None:
        """File a new share, durably, before it returns."""
        ...

    def get(self, share_id: str) -> Share | None:
        """The share with this id."""
        ...

    def find_by_code(self, code_indexes: Sequence[str]) -> tuple[Share, str] | None:
        """The share filed under one of the keyed hashes, and its password hash."""
        ...

    def page(self, wanted: ShareFilter, now: int, limit: int, cursor: str | None) -> SharePage:
        """Newest first; raises InvalidInput for a cursor that no page gave out."""
        ...

    def set_expiry(self, share_id: str, expires_at: int) -> bool:
        """Move the end of a share that is not revoked; False where there is none."""
        ...

    def revoke(self, share_id: str, now: int) -> bool:
        """Revoke for good and end all sessions in one transaction; a second call changes nothing."""
        ...

    def set_paused(self, share_id: str, paused_at: int | None) -> bool:
        """Pause a share that is not revoked, or let it go on (None); a pause ends its sessions."""
        ...

    def reissue(self, share_id: str, password_hash: str, code_index: str | None, now: int) -> bool:
        """Replace the password, and the code unless it is None; ends sessions and forgets failures and devices.

        False where the share is unknown or revoked.
        """
        ...

    def note_opening(self, share_id: str, now: int) -> None:
        """Count a successful login."""
        ...

    def record_consent(self, share_id: str, consent: Consent) -> None:
        """Note that consent is on file."""
        ...

    def set_study(self, share_id: str, position: int, study: SharedStudy) -> None:
        """Write what is known of the study at this place in the share, for example that it has arrived."""
        ...

    def open_shares(self, now: int) -> Sequence[Share]:
        """The shares that are neither revoked nor expired, oldest first."""
        ...

    def of_patient(self, patients: Sequence[str]) -> Sequence[Share]:
        """The shares, not revoked, with a study of a patient under one of the keyed hashes."""
        ...

    def delete(self, share_id: str) -> bool:
        """Remove a share with all that belongs to it."""
        ...

    def purge(self, before: int) -> int:
        """Remove the shares that expired or were revoked before this moment; answers how many."""
        ...


class ObjectionRepository(Protocol):
    """Patients who object to the sharing of their studies, by keyed hashes of their identifier."""

    def add(self, patient: str, user: str, now: int) -> None:
        """Register an objection; a second one changes nothing."""
        ...

    def since(self, patients: Sequence[str]) -> int | None:
        """When the patient objected (seconds since 1970), None where they did not."""
        ...

    def remove(self, patients: Sequence[str]) -> bool:
        """Take the objection out of the register; False where there is none."""
        ...


class SessionRepository(Protocol):
    """Where sessions are kept."""

    def start(self, session: Session, keep: int) -> None:
        """Add a session and end the oldest ones of the same share beyond `keep`, in one transaction."""
        ...

    def find(self, id_hash: str) -> tuple[Session, Share] | None:
        """The session that has not been ended, and its share."""
        ...

    def touch(self, id_hash: str, now: int) -> None:
        """Note that the session was in use."""
        ...

    def end(self, id_hash: str, now: int) -> None:
        """End one session; harmless when it has ended before."""
        ...


class AuditLog(Protocol):
    """Where events are written; nobody changes them afterwards."""

    def append(self, event: AuditEvent) -> None:
        """Write one event, durably, as a part of the transaction that is open; raises Unavailable."""
        ...


@dataclass(frozen=True)
class AuditFilter:
    """Which entries a listing names; None does not filter. Times are seconds since 1970-01-01 UTC."""

    share_id: str | None = None
    study_instance_uid: str | None = None
    action: Action | None = None
    # EventID of the scheme DCM.
    event: str | None = None
    who: str | None = None
    outcome: Outcome | None = None
    # The first second that counts, and the first that counts no more.
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True)
class AuditMark:
    """A place in the log: `mac` stands for everything up to and including entry `seq`."""

    seq: int
    mac: str

    @classmethod
    def parse(cls, text: str) -> AuditMark | None:
        """Read `SEQ:MAC`; None for anything else."""
        found = _MARK.fullmatch(text)
        return cls(int(found[1]), found[2]) if found else None

    def __str__(self) -> str:
        return f"{self.seq}:{self.mac}"


@dataclass(frozen=True)
class AuditEntry:
    """An entry as it is kept: `text` is AuditEvent.canonical(), `mac` seals it together with `previous`."""

    seq: int
    text: str
    key_version: int
    previous: str
    mac: str


@dataclass(frozen=True)
class AuditPage:
    """One page of a listing; `next_cursor` is None on the last."""

    entries: tuple[AuditEntry, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class Verification:
    """What a verification of the log found.

    `first_bad` is the number of the first entry that is not as it was written, or where one is missing; `reason`
    says what is wrong in English for staff, empty while all is well. `head` is the newest entry as the log has it.
    """

    intact: bool
    entries: int
    head: AuditMark
    first_bad: int | None = None
    reason: str = ""


class AuditReader(Protocol):
    """Reads the log and tells whether it is whole."""

    def page(self, wanted: AuditFilter, limit: int, cursor: str | None, oldest_first: bool = False) -> AuditPage:
        """Entries that fit; raises InvalidInput for a cursor that no page gave out."""
        ...

    def head(self) -> AuditMark:
        """The newest entry; number 0 where there is none."""
        ...

    def verify(self, expected: AuditMark | None = None) -> Verification:
        """Look at every entry; `expected` is a mark noted elsewhere, which the log must still hold."""
        ...


class AuditRetention(Protocol):
    """Removes the oldest entries, and only those."""

    def purge(self, before: int) -> AuditMark | None:
        """Remove entries older than `before` (seconds since 1970-01-01 UTC) up to the first that is not.

        Answers the last that was removed, None where none was. A call removes a bounded number.
        """
        ...


class Throttle(Protocol):
    """Counts attempts by the rules of domain/throttle.py; `key` is what they are directed at."""

    def reserve(self, key: str, client: Client, now: float) -> Attempt:
        """Count an attempt before its password is verified, or say how long to wait; a waiting one is not counted."""
        ...

    def cancel(self, key: str, attempt: Attempt) -> None:
        """Take a counted attempt back, since its password was never verified."""
        ...


class AttemptCounter(Throttle, Protocol):
    """The same for shares, by their id and durably: what was reserved is on the disk."""

    def forgive(self, key: str, attempt: Attempt) -> None:
        """After a success forget this client's failures; of those of all unknown devices only this attempt."""
        ...

    def failures(self, share_id: str, now: float) -> int:
        """Failures of the last day that no success from the same address or device has followed."""
        ...

    def purge(self, now: float) -> int:
        """Delete what no rule looks at any more; answers how much."""
        ...


class DeviceRepository(Protocol):
    """Devices that have logged in, by the keyed hash of their identifier."""

    def is_known(self, device: str) -> bool:
        """Whether the device has logged in to any share."""
        ...

    def remember(self, share_id: str, device: str, now: int) -> None:
        """Note a login of this device; beyond 20 devices the one that was away longest is forgotten."""
        ...

    def forget(self, share_id: str) -> None:
        """Forget all devices of a share: its password was issued anew."""
        ...


class Archive(Protocol):
    """Orthanc: studies, series, images."""

    def find_studies(self, key: StudyKey) -> Sequence[StudySummary]:
        """The studies that answer to exactly this identifier; series are left out."""
        ...

    def study(self, study_id: str) -> StudySummary | None:
        """The study with its series, or None when Orthanc has it no more."""
        ...

    def images(self, series_id: str) -> Sequence[ImageRef]:
        """The frames of a series in the order in which they are looked at."""
        ...

    def appearance(self, image: ImageRef) -> Appearance:
        """How the image is to be shown to begin with; raises ImageUnavailable."""
        ...

    def render(self, image: ImageRef, size: int, window: Window | None) -> bytes:
        """A JPEG of at most `size` pixels on its longer edge; raises ImageUnavailable."""
        ...

    def place(self, name: ResourceName) -> Place | None:
        """Where a resource belongs; None where Orthanc knows none, or more than one."""
        ...
