"""Everything the routes need, built once by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ..domain.geometry import ImageGeometry
from ..domain.report import ReportDocument
from ..domain.study import ImageRef
from ..handout.letter import LetterPrinter
from ..i18n.catalogue import Language
from ..ports import Archive, Clock, Seal, StudyFinder
from ..settings import Role
from ..use_cases.arrivals import Arrivals
from ..use_cases.authenticate import Authenticator, Network
from ..use_cases.consent import LookAfterConsent
from ..use_cases.contact_practice import TakeMessage
from ..use_cases.create_once import CreateOnce
from ..use_cases.create_share import CreateShare
from ..use_cases.download_study import DownloadStudy
from ..use_cases.keep_session import KeepSession
from ..use_cases.look_after_mail import LookAfterMail
from ..use_cases.look_after_reports import LookAfterReports
from ..use_cases.manage_share import ManageShare
from ..use_cases.open_share import OpenShare
from ..use_cases.order_mail import OrderInvitation
from ..use_cases.print_letter import PrintLetter
from ..use_cases.read_audit import ReadAudit
from ..use_cases.record_view import RecordView
from ..use_cases.reissue_password import ReissuePassword
from ..use_cases.send_invitation import SendInvitation
from ..use_cases.view_study import ViewStudy
from ..viewers.registry import Viewers
from .texts import Texts


@dataclass(frozen=True)
class Practice:
    """The practice as templates show it."""

    name: str
    address: tuple[str, ...]
    telephone: str
    email: str
    website: str
    # A `data:` URI of a picture; empty without one.
    logo: str = ""
    # Style that is laid over the theme's own (look.py); empty without one.
    look: str = ""


@dataclass(frozen=True)
class MailServices:
    """What there is where a mail server is set."""

    desk: LookAfterMail
    invite: OrderInvitation
    send: SendInvitation


@dataclass(frozen=True)
class Services:
    """Use cases and facts. `public_url` is the only origin that links are built from."""

    authenticator: Authenticator
    create_share: CreateShare
    create_once: CreateOnce
    manage_share: ManageShare
    reissue_password: ReissuePassword
    consent: LookAfterConsent
    arrivals: Arrivals
    open_share: OpenShare
    keep_session: KeepSession
    view_study: ViewStudy
    record_view: RecordView
    read_audit: ReadAudit
    print_letter: PrintLetter
    archive: Archive
    finder: StudyFinder
    download_study: DownloadStudy
    # Locks the files of a download under a password that its recipient has chosen.
    seal: Callable[[str], Seal]
    look_after_reports: LookAfterReports
    # The report in a DICOM file; raises UnusableReport.
    read_report: Callable[[bytes], ReportDocument]
    clock: Clock
    letters: LetterPrinter
    # Letters (HTML) as one PDF; raises Busy and Unavailable.
    as_pdf: Callable[[Sequence[str]], bytes]
    # What is complete, for letters and staff; and what the portal's pages offer, drafts among it.
    languages: Mapping[str, Language]
    portal_languages: Mapping[str, Language]
    default_language: str
    practice: Practice
    public_url: str
    zone: ZoneInfo
    texts: Texts
    viewers: Viewers
    role: Role
    trusted_proxies: tuple[Network, ...]
    # Says one line to the administrator; never a name, a code or a password.
    report: Callable[[str], None]
    # Wrong passwords of the last day, by share.
    failures: Callable[[str], int]
    # The DICOM tags of each instance of a series, for the viewers that are told them by the portal.
    series_tags: Callable[[str], Mapping[str, Mapping[str, Any]]] = lambda _series_id: {}
    # What is known of the geometry of each image of a series.
    geometry: Callable[[str, Sequence[ImageRef]], Sequence[ImageGeometry]] = lambda _series_id, _images: ()
    # None where there is no contact page.
    contact: TakeMessage | None = None
    # None where no mail server is set.
    mail: MailServices | None = None
    # Takes one entry a request; None where no such log is kept.
    log_request: Callable[[Mapping[str, object]], None] | None = None
    # Whether work waits for a thread: what can be cut short then is.
    crowded: Callable[[], bool] = lambda: False
    # False where Orthanc compresses answers itself.
    may_compress: bool = True

    @property
    def secure(self) -> bool:
        """Whether patients come over TLS, so that cookies can be bound to it."""
        return self.public_url.startswith("https://")

    @property
    def cookie_name(self) -> str:
        """RFC 6265bis: the `__Host-` prefix keeps other hosts and paths from setting the cookie; it needs TLS."""
        return "__Host-patient-share" if self.secure else "patient-share"

    @property
    def device_cookie_name(self) -> str:
        """The cookie by which a device is known that has logged in before."""
        return f"{self.cookie_name}-device"
