"""The whole product in memory: real use cases, real gate, real web application; no Orthanc, no disk, no waiting."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

import flask
from jinja2 import Environment

from orthanc_plugin.adapters.pdf_check import checked_pdf
from orthanc_plugin.adapters.report_files import read_report
from orthanc_plugin.adapters.unknown_codes import UnknownCodes
from orthanc_plugin.adapters.zip_layout import ZipLayout
from orthanc_plugin.adapters.zip_seal import ZipSeal
from orthanc_plugin.domain.lease import Leases
from orthanc_plugin.domain.report import SHOWN_AT_ONCE
from orthanc_plugin.domain.session import SessionLimits
from orthanc_plugin.domain.share import Audience
from orthanc_plugin.domain.study import Place, ResourceName, StudyKey, StudyKeyKind, StudySummary
from orthanc_plugin.handout.letter import LetterPrinter
from orthanc_plugin.i18n.catalogue import Language, complete, load_languages, offered
from orthanc_plugin.i18n.dicom_words import can_be_viewed
from orthanc_plugin.settings import Role
from orthanc_plugin.use_cases.arrivals import Arrivals
from orthanc_plugin.use_cases.authenticate import Authenticator, StaffUsers
from orthanc_plugin.use_cases.choose_studies import ChooseStudies
from orthanc_plugin.use_cases.consent import LookAfterConsent
from orthanc_plugin.use_cases.contact_practice import TakeMessage
from orthanc_plugin.use_cases.create_once import CreateOnce
from orthanc_plugin.use_cases.create_share import CreateShare, NewShare, ShareOrder, ValidityRule
from orthanc_plugin.use_cases.download_study import DownloadStudy
from orthanc_plugin.use_cases.find_study import FindStudy
from orthanc_plugin.use_cases.keep_session import KeepSession
from orthanc_plugin.use_cases.login_failures import LoginFailures
from orthanc_plugin.use_cases.look_after_reports import LookAfterReports
from orthanc_plugin.use_cases.manage_share import ManageShare
from orthanc_plugin.use_cases.note_session_end import NoteSessionEnd
from orthanc_plugin.use_cases.open_share import OpenShare
from orthanc_plugin.use_cases.pack_pictures import PackPictures
from orthanc_plugin.use_cases.print_letter import PrintLetter
from orthanc_plugin.use_cases.read_audit import ReadAudit
from orthanc_plugin.use_cases.record_event import RecordEvent
from orthanc_plugin.use_cases.record_view import RecordView
from orthanc_plugin.use_cases.reissue_password import ReissuePassword
from orthanc_plugin.use_cases.view_study import ViewStudy
from orthanc_plugin.viewers.orthanc_web_viewer import OrthancWebViewer
from orthanc_plugin.viewers.registry import Viewers
from orthanc_plugin.web.app import create_app, template_environment
from orthanc_plugin.web.gate import Gate
from orthanc_plugin.web.own_paths import OwnPaths
from orthanc_plugin.web.services import Practice, Services
from orthanc_plugin.web.texts import Texts
from orthanc_plugin.web.theme import theme_folder

from .cheap import CheapHasher, CountingEntropy, PlainCodes
from .clock import MovableClock
from .files import MemoryFiles
from .memory_audit import MemoryAudit
from .memory_messages import MemoryMessages
from .memory_store import (
    MemoryAttempts,
    MemoryDevices,
    MemoryObjections,
    MemoryPages,
    MemoryRequests,
    MemorySessions,
    MemoryShares,
    MemoryStore,
    MemoryTransaction,
)
from .reports import MemoryReports
from .studies import MemoryArchive, series, study

STAFF_USER, STAFF_PASSWORD = "reception", "a long staff password"
PRACTICE = Practice("Praxis am Markt", ("Markt 1", "12345 Musterstadt"), "+49 (0)30 1234", "info@p.example", "")

_Answer = TypeVar("_Answer")


def basic(user: str = STAFF_USER, password: str = STAFF_PASSWORD) -> str:
    """An Authorization header (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@cache
def templates() -> Environment:
    """The theme's templates, compiled once for all tests."""
    return template_environment()


def as_pdf(pages: Sequence[str]) -> bytes:
    """In place of the process that lays letters out: what it was given."""
    return b"%PDF\n" + "\f".join(pages).encode()


@cache
def texts() -> Texts:
    """The texts that the theme brings along."""
    return Texts([theme_folder() / "texts"], list(portal_languages()), "de")


@cache
def languages() -> dict[str, Language]:
    """The real catalogues without drafts, read once for all tests."""
    return complete(all_languages())


@cache
def all_languages() -> dict[str, Language]:
    """The real catalogues with drafts."""
    return load_languages("de")


@cache
def portal_languages() -> dict[str, Language]:
    """What the portal offers where nothing else is set."""
    return offered(all_languages(), (), "de")


@dataclass
class World:
    """A practice with some studies; `reported` holds what was said to the administrator."""

    clock: MovableClock
    store: MemoryStore
    archive: MemoryArchive
    hasher: CheapHasher
    attempts: MemoryAttempts
    unknown_codes: UnknownCodes
    sessions: MemorySessions
    services: Services
    gate: Gate
    reported: list[str]
    mine: StudySummary
    sibling: StudySummary
    foreign: StudySummary
    audit: MemoryAudit
    resolved: list[ResourceName] = field(default_factory=list)
    # Identifiers of what Orthanc cannot decode on an HTTP thread.
    undecodable: set[str] = field(default_factory=set)

    @cached_property
    def app(self) -> flask.Flask:
        """The web application; only tests that ask for pages pay for it."""
        return create_app(self.services, templates())

    def share(self, of: StudySummary | None = None, days: int = 30, audience: Audience = Audience.PATIENT) -> NewShare:
        """Create a share as staff do."""
        key = StudyKey(StudyKeyKind.ORTHANC_ID, (of or self.mine).id)
        return self.services.create_share(ShareOrder((key,), audience, "de", days, "", STAFF_USER))

    def close(self, new: NewShare, how: str) -> None:
        """Let the share come to an end: "revoked", "expired", or its study "gone" from Orthanc."""
        if how == "revoked":
            self.services.manage_share.revoke(new.share.id, STAFF_USER)
        elif how == "expired":
            self.clock.advance(days=400)
        else:
            self.archive.studies.clear()

    def session_of(self, new: NewShare) -> str:
        """Log in; answers the session's identifier."""
        return self.services.open_share(new.code.text, new.password.text, "192.0.2.1", "").session_id


def run_here(work: Callable[[], _Answer]) -> _Answer:
    """Runner without threads."""
    return work()


def build_world(
    public_url: str = "http://127.0.0.1:8042",
    viewers: bool = True,
    trusted: tuple[str, ...] = (),
    role: Role = Role.ALL,
    require_consent: bool = False,
) -> World:
    clock, store, archive = MovableClock(), MemoryStore(), MemoryArchive()
    hasher, attempts, sessions = CheapHasher(store.journal), MemoryAttempts(store), MemorySessions(store)
    unknown_codes = UnknownCodes()
    mine = study(
        "mine",
        series("Axial", number=2, body_part="CHEST"),
        series("Scout", number=1, instances=1),
        series("Report", modality="SR", number=3, instances=1),
        series("", modality="MR", number=None, instances=2),
        accession="A-1",
    )
    sibling = study("sibling", series("Sibling series"), accession="A-2")
    foreign = study("foreign", series("Foreign series"), patient="Other^Person", accession="A-2")
    archive.add(mine, sibling, foreign)
    shares, codes, entropy = MemoryShares(store), PlainCodes(), CountingEntropy()
    limits, validity = SessionLimits(15 * 60, 4 * 3600), ValidityRule(30, 365, ZoneInfo("Europe/Berlin"))
    authenticator = Authenticator(StaffUsers({STAFF_USER: STAFF_PASSWORD}), sessions, clock, limits)
    objections, find_study, forget = MemoryObjections(), FindStudy(archive), authenticator.forget_share
    transaction, audit, view_study = MemoryTransaction(store), MemoryAudit(store), ViewStudy(archive, clock)
    record = RecordEvent(audit, clock)
    authenticator.ended = NoteSessionEnd(sessions, clock, limits, transaction, record)
    record_view, files = RecordView(record, view_study), MemoryFiles(archive)
    pictures = PackPictures(view_study, archive, files, read_report, can_be_viewed)
    arrivals = Arrivals(find_study, archive, shares, objections, codes, clock, forget, transaction, record)
    registry = Viewers([OrthancWebViewer()] if viewers else [])
    registry.discover(["web-viewer"])
    reported: list[str] = []
    resolved: list[ResourceName] = []
    create_share = CreateShare(
        ChooseStudies(find_study, archive, codes),
        shares,
        objections,
        codes,
        hasher,
        entropy,
        clock,
        validity,
        transaction,
        record,
        require_consent,
        dict.fromkeys(Audience, SHOWN_AT_ONCE),
    )
    services = Services(
        authenticator=authenticator,
        create_share=create_share,
        create_once=CreateOnce(create_share, MemoryRequests(store), codes, shares, clock),
        manage_share=ManageShare(shares, clock, validity, forget, transaction, record),
        reissue_password=ReissuePassword(shares, codes, hasher, entropy, clock, forget, transaction, record),
        consent=LookAfterConsent(shares, objections, codes, clock, forget, transaction, record),
        arrivals=arrivals,
        open_share=OpenShare(
            shares,
            sessions,
            attempts,
            unknown_codes,
            MemoryDevices(store),
            LoginFailures(),
            codes,
            hasher,
            arrivals,
            entropy,
            clock,
            limits,
            authenticator.forget_session,
            forget,
            transaction,
            record,
        ),
        keep_session=KeepSession(
            sessions, MemoryPages(store), clock, limits, Leases(), transaction, authenticator.forget_session
        ),
        view_study=view_study,
        record_view=record_view,
        read_audit=ReadAudit(audit, record),
        print_letter=PrintLetter(shares, codes, transaction, record),
        archive=archive,
        finder=archive,
        look_after_reports=LookAfterReports(
            archive, MemoryReports(archive), checked_pdf, lambda _study_id: None, clock, transaction, record
        ),
        read_report=read_report,
        download_study=DownloadStudy(view_study, files, ZipLayout, shares, clock, record, pictures),
        seal=ZipSeal,
        clock=clock,
        letters=LetterPrinter(templates(), languages(), PRACTICE),
        as_pdf=as_pdf,
        languages=languages(),
        portal_languages=portal_languages(),
        default_language="de",
        practice=PRACTICE,
        public_url=public_url,
        zone=validity.zone,
        texts=texts(),
        contact=TakeMessage(MemoryMessages(), entropy, clock),
        viewers=registry,
        role=role,
        trusted_proxies=tuple(ipaddress.ip_network(network) for network in trusted),
        report=reported.append,
        failures=lambda share_id: attempts.failures(share_id, clock.now()),
    )

    def resolve(name: ResourceName) -> Place | None:
        resolved.append(name)
        return archive.place(name)

    undecodable: set[str] = set()
    gate = Gate(
        authenticator,
        registry,
        resolve,
        run_here,
        clock,
        services.cookie_name,
        OwnPaths(role),
        record_view,
        decodable=lambda name: name.value not in undecodable,
        ready=True,
    )
    return World(
        clock,
        store,
        archive,
        hasher,
        attempts,
        unknown_codes,
        sessions,
        services,
        gate,
        reported,
        mine,
        sibling,
        foreign,
        audit,
        resolved,
        undecodable,
    )
