"""Everything the routes need, built once by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ..handout.letter import LetterPrinter
from ..i18n.catalogue import Language
from ..ports import Archive, Clock
from ..settings import Role
from ..use_cases.arrivals import Arrivals
from ..use_cases.authenticate import Authenticator, Network
from ..use_cases.consent import LookAfterConsent
from ..use_cases.create_share import CreateShare
from ..use_cases.manage_share import ManageShare
from ..use_cases.open_share import OpenShare
from ..use_cases.read_audit import ReadAudit
from ..use_cases.record_view import RecordView
from ..use_cases.reissue_password import ReissuePassword
from ..use_cases.view_study import ViewStudy
from ..viewers.registry import Viewers


@dataclass(frozen=True)
class Practice:
    """The practice as templates show it."""

    name: str
    address: tuple[str, ...]
    telephone: str
    email: str
    website: str


@dataclass(frozen=True)
class Services:
    """Use cases and facts. `public_url` is the only origin that links are built from."""

    authenticator: Authenticator
    create_share: CreateShare
    manage_share: ManageShare
    reissue_password: ReissuePassword
    consent: LookAfterConsent
    arrivals: Arrivals
    open_share: OpenShare
    view_study: ViewStudy
    record_view: RecordView
    read_audit: ReadAudit
    archive: Archive
    clock: Clock
    letters: LetterPrinter
    languages: Mapping[str, Language]
    default_language: str
    practice: Practice
    public_url: str
    zone: ZoneInfo
    viewers: Viewers
    role: Role
    trusted_proxies: tuple[Network, ...]
    # Says one line to the administrator; never a name, a code or a password.
    report: Callable[[str], None]
    # The DICOM tags of each instance of a series, for the viewers that are told them by the portal.
    series_tags: Callable[[str], Mapping[str, Mapping[str, Any]]] = lambda _series_id: {}
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
