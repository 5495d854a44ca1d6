"""What use cases need from the world outside, as protocols; adapters/ fulfils them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from .domain.audit import AuditEvent
from .domain.audit_terms import Action, Outcome
from .domain.automatic import StudyFacts
from .domain.contact import ContactMessage
from .domain.credential import AccessCode, Password
from .domain.download import FiledStudy, StoredInstance
from .domain.lease import OpenPage
from .domain.outbox import Delivery, OutboxEntry
from .domain.report import AddedReport, ReportRule
from .domain.session import Session, SessionLimits
from .domain.share import Consent, Share, SharedStudy, ShareState
from .domain.study import Appearance, ImageRef, Place, ResourceName, StudyKey, StudySummary, Window
from .domain.study_search import FoundStudies, StudySearch
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


class RequestIndex(Protocol):
    """Turns what a client sent into what the store may keep of it: requests hold names and addresses."""

    def request_candidates(self, text: str) -> Sequence[str]:
        """The keyed hashes under every key version, newest first."""
        ...


@dataclass(frozen=True)
class KnownRequest:
    """A request that was carried out: the keyed hashes of its key and of its body, and the share that it made."""

    key: str
    body: str
    share_id: str


class RequestRepository(Protocol):
    """Requests that bore an Idempotency-Key."""

    def find(self, keys: Sequence[str]) -> KnownRequest | None:
        """The request under one of the keyed hashes."""
        ...

    def add(self, request: KnownRequest, now: int) -> bool:
        """File it as a part of the transaction that is open, durably; False where the key is taken."""
        ...

    def purge(self, before: int) -> int:
        """Forget what was filed before this moment; answers how many."""
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

    def set_report(self, share_id: str, report: ReportRule) -> bool:
        """Change when reports are shown, for a share that is not revoked; False where there is none."""
        ...

    def reissue(self, share_id: str, password_hash: str, code_index: str | None, now: int) -> bool:
        """Replace the password, and the code unless it is None; ends sessions and forgets failures and devices.

        False where the share is unknown or revoked.
        """
        ...

    def refile(self, share_id: str, code_index: str) -> None:
        """File a share under the keyed hash of the same code under another key."""
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

    def end(self, id_hash: str, now: int) -> bool:
        """End one session; False where it has ended before."""
        ...

    def over(self, now: int, limits: SessionLimits, limit: int) -> Sequence[tuple[Session, Share]]:
        """Sessions that are over by themselves, and were not ended yet; at most `limit`."""
        ...

    def purge(self, before: int) -> int:
        """Remove the sessions that ended before this moment; answers how many."""
        ...


class PageRepository(Protocol):
    """Where the open pages of sessions are kept; times are seconds since 1970-01-01 UTC."""

    def of(self, id_hash: str) -> Sequence[OpenPage]:
        """All pages of the session that are remembered."""
        ...

    def put(self, id_hash: str, page: OpenPage) -> None:
        """Write a page, new or known."""
        ...

    def remove(self, id_hash: str, page_ids: Sequence[str]) -> None:
        """Forget pages."""
        ...

    def loading_until(self, id_hash: str) -> int:
        """Until when a page that was sent is waited for; 0 where none is."""
        ...

    def wait_for(self, id_hash: str, until: int) -> bool:
        """Wait for a page that was sent; False where the session is not under leases."""
        ...

    def keep(self, id_hash: str, alive_until: int, loading_until: int) -> None:
        """Put the session under leases: it ends at `alive_until`."""
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

    def render(self, image: ImageRef, size: int, window: Window | None, brisk: bool = False) -> bytes:
        """A JPEG of at most `size` pixels on its longer edge, `brisk` a lighter one; raises ImageUnavailable."""
        ...

    def place(self, name: ResourceName) -> Place | None:
        """Where a resource belongs; None where Orthanc knows none, or more than one."""
        ...


class InstanceSource(Protocol):
    """The files of the archive; all methods raise OSError where it fails."""

    def of(self, series_id: str) -> Sequence[StoredInstance]:
        """The instances of a series, by their numbers."""
        ...

    def size(self, series_id: str) -> int:
        """Bytes of all files of a series."""
        ...

    def read(self, instance_id: str) -> bytes:
        """One DICOM file."""
        ...

    def directory(self, studies: Sequence[FiledStudy]) -> bytes:
        """The DICOMDIR of a file set (DICOM PS3.10 section 8.6)."""
        ...


class ReportKeeper(Protocol):
    """Reports that staff have added to studies; raises OSError where the archive cannot be asked."""

    def add(self, study_id: str, pdf: bytes) -> str | None:
        """Keep it with the study; answers its identifier, None where there is no such study."""
        ...

    def of(self, study_id: str) -> Sequence[AddedReport]:
        """What was added to the study, oldest first."""
        ...

    def study_of(self, report_id: str) -> str | None:
        """The study that the report was added to; None unless it was added here."""
        ...

    def remove(self, report_id: str) -> None:
        """Take it out; harmless to repeat."""
        ...


class Seal(Protocol):
    """Encrypts the files of a download, each under keys of its own."""

    method: int
    version: int
    extra: bytes
    # Bytes that a file grows by.
    overhead: int

    def __call__(self, data: bytes) -> bytes:
        """The file as it lies in the archive."""
        ...


class Packing(Protocol):
    """Many files as one, every byte at its place."""

    @property
    def length(self) -> int:
        """Bytes of the whole."""
        ...

    def chunks(self, first: int, end: int) -> Iterator[bytes]:
        """The bytes from `first` up to but not including `end`; raises DownloadBroken."""
        ...


class StudyFinder(Protocol):
    """Searches Orthanc for studies."""

    def find(self, search: StudySearch, limit: int, since: int) -> FoundStudies:
        """Up to `limit` studies, newest first; `since` is 0, or `next_since` of the page before."""
        ...


@dataclass(frozen=True)
class ClaimedMail:
    """An entry that this process alone may send; `token` proves it. The message is RFC 5322 in ASCII."""

    entry: OutboxEntry
    token: str
    address: str
    message: bytes


class Outbox(Protocol):
    """Mails that wait, are on their way, or have left. Address and message are kept encrypted, the message until sent.

    An entry of a share that is revoked or expired, or whose access code was replaced, is never sent.
    """

    def add(self, entry: OutboxEntry, address: str, message: bytes, for_expiry: int | None = None) -> bool:
        """File an entry as a part of the transaction that is open; False where one with this id exists.

        An entry with `for_expiry` is void once the share ends at another moment.
        """
        ...

    def get(self, entry_id: str) -> OutboxEntry | None:
        """The entry with this id."""
        ...

    def of_share(self, share_id: str) -> Sequence[tuple[OutboxEntry, str]]:
        """All entries of a share with their addresses, newest first."""
        ...

    def newest_states(self, share_ids: Sequence[str]) -> Mapping[str, str]:
        """The state of the newest entry of each share that has one."""
        ...

    def claim(self, now: int, lease: int, events: bool = False) -> ClaimedMail | None:
        """Take the e-mail, or the event, that is due longest; nobody else takes it for `lease` seconds."""
        ...

    def remove(self, mail: ClaimedMail) -> bool:
        """Forget an entry that is done; False where somebody else has decided."""
        ...

    def begin(self, mail: ClaimedMail, now: int, lease: int) -> bool:
        """Note durably that the message is about to be handed over; False where it must not be any more."""
        ...

    def settle(self, mail: ClaimedMail, delivery: Delivery, now: int, next_at: int) -> bool:
        """Write how the try ended; what is sent loses its message. False where somebody else has decided."""
        ...

    def sweep(self, now: int, keep: int) -> Sequence[OutboxEntry]:
        """Put right what nobody is at any more; answers the entries that came to an end by it.

        What was being sent and whose lease is over becomes unclear; what belongs to a share that opens no more is
        dropped; messages of refused, failed and unclear entries go after `keep` seconds.
        """
        ...

    def retry(self, entry_id: str, now: int) -> bool:
        """Let an entry that can be repeated wait again; False where it cannot be."""
        ...

    def cancel(self, entry_id: str, now: int) -> bool:
        """Give up an entry that is neither sent nor on its way; False where it is."""
        ...

    def to_notify(self, now: int, until: int) -> Sequence[tuple[str, str]]:
        """Shares that end after `now` and by `until`, with the address that their invitation went to."""
        ...

    def to_tell_of_reports(self, now: int) -> Sequence[tuple[str, str]]:
        """Shares whose recipient was invited while no report was shown and told of none since, with the address."""
        ...


class MessageBox(Protocol):
    """Messages of the contact page that wait to be delivered; raises Unavailable."""

    def add(self, message_id: str, message: ContactMessage, now: int) -> None:
        """Keep it, encrypted and durably."""
        ...

    def waiting(self) -> int:
        """How many there are."""
        ...

    def due(self, now: int) -> tuple[str, ContactMessage, int] | None:
        """The one that is due longest, and how often it was tried; None where none is due or can be read."""
        ...

    def postpone(self, message_id: str, attempts: int, next_at: int) -> None:
        """Note a try."""
        ...

    def remove(self, message_id: str) -> None:
        """Forget it."""
        ...

    def purge(self, before: int) -> int:
        """Forget what came before this moment; answers how many."""
        ...


class Mailer(Protocol):
    """Hands one message to the practice's mail server."""

    def send(self, recipient: str, message: bytes, begin: Callable[[], bool]) -> Delivery:
        """Try once. `begin` is asked when the server has accepted the recipient, right before the message."""
        ...


class EventCarrier(Protocol):
    """Takes events to the practice's information system."""

    def carry(self, entry_id: str, body: bytes) -> Delivery:
        """Try once; SENT, or WAITING where it is to be tried again. The same event may arrive twice."""
        ...


@dataclass(frozen=True)
class StudyChanges:
    """Studies that are new or complete, the number of the last change looked at, and whether it is the newest."""

    studies: tuple[str, ...]
    last: int
    done: bool


class StudyFeed(Protocol):
    """What happens in Orthanc; raises OSError where it cannot be asked."""

    def last(self) -> int:
        """Number of the newest change."""
        ...

    def since(self, number: int) -> StudyChanges:
        """The next changes after this one."""
        ...

    def facts(self, study_id: str) -> StudyFacts | None:
        """What rules look at; None where the study is gone."""
        ...


class AutomaticClaims(Protocol):
    """What rules have shared; raises Unavailable."""

    def cursor(self) -> int | None:
        """Number of the last change that was looked at; None before the first time."""
        ...

    def move(self, place: int) -> None:
        """Everything up to this change was looked at."""
        ...

    def wait_for(self, study_id: str, now: int) -> None:
        """Look at the study once it is complete; harmless to repeat."""
        ...

    def awaited(self) -> Sequence[str]:
        """Studies to be looked at."""
        ...

    def looked_at(self, study_id: str) -> None:
        """The study waits no more."""
        ...

    def claimed(self, study_id: str, rule: str) -> bool:
        """Whether the rule has shared the study."""
        ...

    def add(self, study_id: str, rule: str, share_id: str, now: int) -> None:
        """The rule shares the study; a part of the transaction that files the share."""
        ...

    def waiting(self) -> Sequence[str]:
        """Shares whose letters were not given out."""
        ...

    def finish(self, share_id: str) -> None:
        """The letter was given out."""
        ...


class LetterTray(Protocol):
    """Where letters are laid for the printer; raises OSError."""

    def write(self, name: str, content: bytes) -> None:
        """Keep it, not yet to be printed."""
        ...

    def give_out(self, name: str) -> None:
        """Let it be printed; harmless to repeat."""
        ...

    def drop(self, name: str) -> None:
        """Forget it; harmless to repeat."""
        ...
