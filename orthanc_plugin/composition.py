"""The composition root: from the configuration to a running, guarded plugin, or to one clear sentence and a stop."""

from __future__ import annotations

import ipaddress
import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .adapters import orthanc_sdk as sdk
from .adapters.hasher import Argon2Hasher
from .adapters.log_levels import PATTERNS as LOG_LEVEL_PATTERNS
from .adapters.log_levels import LogLevels
from .adapters.logo import read_logo
from .adapters.maintenance import Maintenance
from .adapters.metrics import Metrics
from .adapters.orthanc_archive import OrthancArchive
from .adapters.orthanc_decodable import OrthancDecodable
from .adapters.orthanc_files import OrthancFiles
from .adapters.orthanc_geometry import OrthancGeometry
from .adapters.orthanc_reports import OrthancReports
from .adapters.orthanc_search import OrthancSearch
from .adapters.orthanc_tags import OrthancTags
from .adapters.pdf_check import checked_pdf
from .adapters.pdf_letters import PdfLetters
from .adapters.practice_theme import read_settings
from .adapters.report_files import read_report
from .adapters.request_log_file import RequestLogFile, UnusableLog
from .adapters.secret_file import SecretFileError
from .adapters.store.attempts import SqlAttempts
from .adapters.store.audit import SqlAudit
from .adapters.store.counts import StoreCounts
from .adapters.store.database import SqlTransaction, StoreError, default_url, open_store
from .adapters.store.devices import SqlDevices
from .adapters.store.messages import SqlMessages
from .adapters.store.objections import SqlObjections
from .adapters.store.pages import SqlPages
from .adapters.store.requests import SqlRequests
from .adapters.store.reseal import Reseal
from .adapters.store.sessions import NoSessions, SqlSessions
from .adapters.store.shares import SqlShares
from .adapters.system import SystemClock, SystemEntropy
from .adapters.unknown_codes import UnknownCodes
from .adapters.vault.mark import StorageRefused
from .adapters.worker_pool import WorkerPool
from .adapters.zip_layout import ZipLayout
from .adapters.zip_seal import ZipSeal
from .composition_automatic import build_automatic
from .composition_events import build_events, telling
from .composition_mail import LetterBox, build_mail
from .composition_storage import open_keys
from .domain.audit import SYSTEM
from .domain.audit_terms import Action
from .domain.errors import Busy
from .domain.lease import Leases
from .domain.report import ReportRule
from .domain.session import SessionLimits
from .domain.share import Audience
from .handout.letter import LetterPrinter
from .i18n.catalogue import Language, complete, load_languages, offered
from .i18n.dicom_words import can_be_viewed
from .inspection import inspect
from .settings import PracticeSettings, Role, Settings, SettingsError, ViewerSettings
from .use_cases.arrivals import Arrivals
from .use_cases.authenticate import Authenticator, Network, StaffUsers
from .use_cases.choose_studies import ChooseStudies
from .use_cases.consent import LookAfterConsent
from .use_cases.contact_practice import TakeMessage
from .use_cases.create_once import CreateOnce
from .use_cases.create_share import CreateShare, ValidityRule
from .use_cases.download_study import MOST_AT_ONCE, DownloadStudy
from .use_cases.find_study import FindStudy
from .use_cases.keep_audit import KeepAudit
from .use_cases.keep_session import KeepSession
from .use_cases.login_failures import LoginFailures
from .use_cases.look_after_reports import LookAfterReports
from .use_cases.maintain import Maintain
from .use_cases.manage_share import ManageShare
from .use_cases.note_session_end import NoteSessionEnd
from .use_cases.open_share import OpenShare
from .use_cases.pack_pictures import PackPictures
from .use_cases.print_letter import PrintLetter
from .use_cases.read_audit import ReadAudit
from .use_cases.record_event import RecordEvent
from .use_cases.record_view import RecordView
from .use_cases.reissue_password import ReissuePassword
from .use_cases.view_study import ViewStudy
from .viewers.native_viewer import NativeViewer
from .viewers.ohif import Ohif
from .viewers.orthanc_web_viewer import OrthancWebViewer
from .viewers.registry import Viewers
from .viewers.stone_web_viewer import StoneWebViewer
from .web.app import create_app, template_environment
from .web.gate import Gate
from .web.login_grid import LoginGrid
from .web.look import look_css, text_css
from .web.own_paths import OwnPaths
from .web.pulled_stream import pulled
from .web.request import Request
from .web.services import Practice, Services
from .web.texts import Texts, UnusableTexts
from .web.theme import explorer_script, theme_folder
from .web.wsgi_bridge import Response, call

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# Downloads are read from the disk and sent; more threads would take time from images.
_DOWNLOAD_THREADS = 2
_WAITING_PER_THREAD = 4


def start_or_stop() -> None:
    """Start the plugin; where it cannot protect Orthanc, stop Orthanc and say why."""
    try:
        sdk.check_versions()
        configuration = sdk.configuration()
        check_orthanc(configuration)
        settings = read_settings(configuration)
        for finding in inspect(configuration, settings):
            sdk.log_warning(f"{finding.weight.value}: {finding.text}")
        _start(settings, configuration)
    except (sdk.OrthancTooOld, SettingsError, SecretFileError, StoreError, StorageRefused) as fault:
        sdk.log_error(f"Orthanc is stopped. {fault}")
        sys.exit(1)


def check_orthanc(configuration: dict[str, Any]) -> None:
    """Raise SettingsError where Orthanc's own configuration would break or bypass the plugin."""
    python = configuration.get("Python")
    if not (isinstance(python, dict) and python.get("AllowThreads") is True):
        raise SettingsError(
            '"Python": {"AllowThreads": true} is needed: without it one slow reader freezes the server.'
        )
    if configuration.get("AuthenticationEnabled") is not False:
        raise SettingsError(
            'Set "AuthenticationEnabled" to false: patients have no Orthanc user, and the plugin itself asks staff for '
            'the users and passwords of "RegisteredUsers".'
        )


def staff_users(configuration: dict[str, Any], role: Role) -> dict[str, str]:
    """Orthanc's RegisteredUsers; nobody on a portal. Raises SettingsError where staff would be locked out."""
    if role is Role.PORTAL:
        return {}
    users = configuration.get("RegisteredUsers")
    if not (isinstance(users, dict) and users and all(isinstance(v, str) and v for v in users.values())):
        raise SettingsError('"RegisteredUsers" must name at least one member of staff with a password.')
    return dict(users)


def _start(settings: Settings, configuration: dict[str, Any]) -> None:
    clock, entropy = SystemClock(), SystemEntropy()
    keyring = open_keys(settings, configuration)
    engine = open_store(settings.database or default_url(configuration))
    transaction, audit = SqlTransaction(engine), SqlAudit(engine, keyring)
    pool = WorkerPool(settings.threads, settings.threads * _WAITING_PER_THREAD)
    metrics = _metrics(pool, StoreCounts(engine, clock))
    shares = SqlShares(engine, keyring)
    told = telling(settings.events, audit, engine, keyring, shares, entropy)
    record = RecordEvent(told, clock, metrics.happened)
    sessions, objections = SqlSessions(engine, shares), SqlObjections(engine)
    limits = SessionLimits(settings.session_idle_minutes * 60, settings.session_absolute_hours * 3600)
    staff = StaffUsers(staff_users(configuration, settings.role), _networks(settings.staff_networks))
    # An instance for staff alone knows no recipients, although their sessions lie in the shared store.
    known_sessions = NoSessions() if settings.role is Role.STAFF else sessions
    note_end, leases = NoteSessionEnd(sessions, clock, limits, transaction, record), _leases(settings)
    authenticator = Authenticator(staff, known_sessions, clock, limits, note_end)
    rest = sdk.OrthancRest()
    archive, tags = OrthancArchive(rest, time.monotonic), OrthancTags(rest)
    find_study, forget = FindStudy(archive), authenticator.forget_share
    arrivals = Arrivals(find_study, archive, shares, objections, keyring, clock, forget, transaction, record)
    hasher, attempts = Argon2Hasher(), SqlAttempts(engine)
    validity = ValidityRule(settings.default_validity_days, settings.max_validity_days, ZoneInfo(settings.time_zone))
    (languages, portal_languages), templates = _languages(settings), template_environment()
    practice = Practice(
        **settings.practice.model_dump(exclude={"logo_file", "colour", "text_size"}),
        logo=read_logo(settings.practice.logo_file),
        look=_look(settings.practice),
    )
    view_study, viewers = ViewStudy(archive, clock), Viewers(_enabled_viewers(settings.viewers))
    record_view = RecordView(record, view_study)
    create_share = CreateShare(
        choose=ChooseStudies(find_study, archive, keyring),
        shares=shares,
        objections=objections,
        codes=keyring,
        hasher=hasher,
        entropy=entropy,
        clock=clock,
        validity=validity,
        transaction=transaction,
        record=record,
        require_consent=settings.require_consent,
        report_rules={
            Audience.PATIENT: ReportRule.parse(settings.report_for_patients),
            Audience.REFERRER: ReportRule.parse(settings.report_for_referrers),
        },
    )
    letter_printer, as_pdf = LetterPrinter(templates, languages, practice), PdfLetters(sdk.log_error)
    mail = None
    if settings.email.server and settings.role is not Role.PORTAL:
        letters = LetterBox(settings, templates, languages, practice, validity.zone)
        mail = build_mail(
            settings.email, letters, engine, keyring, shares, clock, entropy, transaction, record, archive,
            settings.contact,
        )  # fmt: skip
    services = Services(
        authenticator=authenticator,
        create_share=create_share,
        create_once=CreateOnce(create_share, SqlRequests(engine), keyring, shares, clock),
        manage_share=ManageShare(shares, clock, validity, forget, transaction, record),
        reissue_password=ReissuePassword(shares, keyring, hasher, entropy, clock, forget, transaction, record),
        consent=LookAfterConsent(shares, objections, keyring, clock, forget, transaction, record),
        arrivals=arrivals,
        open_share=OpenShare(
            shares=shares,
            sessions=sessions,
            attempts=attempts,
            unknown_codes=UnknownCodes(),
            devices=SqlDevices(engine),
            login_failures=LoginFailures(),
            codes=keyring,
            hasher=hasher,
            arrivals=arrivals,
            entropy=entropy,
            clock=clock,
            limits=limits,
            forget_session=authenticator.forget_session,
            forget_share=forget,
            transaction=transaction,
            record=record,
            loading=leases.visible,
        ),
        keep_session=KeepSession(
            sessions, SqlPages(engine), clock, limits, leases, transaction, authenticator.forget_session
        ),
        view_study=view_study,
        record_view=record_view,
        read_audit=ReadAudit(audit, record),
        print_letter=PrintLetter(shares, keyring, transaction, record),
        archive=archive,
        finder=OrthancSearch(rest),
        look_after_reports=LookAfterReports(
            archive,
            OrthancReports(rest, languages[settings.default_language].text("Report")),
            checked_pdf,
            archive.forget_study,
            clock,
            transaction,
            record,
        ),
        read_report=read_report,
        download_study=_downloads(view_study, archive, OrthancFiles(rest), shares, clock, record),
        seal=ZipSeal,
        clock=clock,
        letters=letter_printer,
        as_pdf=as_pdf,
        languages=languages,
        portal_languages=portal_languages,
        default_language=settings.default_language,
        practice=practice,
        public_url=settings.public_url,
        zone=validity.zone,
        texts=_texts(settings, portal_languages),
        viewers=viewers,
        trusted_proxies=_networks(settings.trusted_proxies),
        role=settings.role,
        report=sdk.log_error,
        failures=lambda share_id: attempts.failures(share_id, clock.now()),
        series_tags=tags,
        geometry=OrthancGeometry(tags, time.monotonic),
        contact=TakeMessage(SqlMessages(engine, keyring), entropy, clock) if settings.contact.to else None,
        mail=mail.services if mail else None,
        log_request=_request_log(settings),
        crowded=lambda: pool.crowded,
        may_compress=configuration.get("HttpCompressionEnabled") is not True,
    )
    gate = Gate(
        authenticator=authenticator,
        viewers=viewers,
        resolve=archive.place,
        run=pool.run,
        decodable=OrthancDecodable(rest, archive.resource_id),
        clock=clock,
        cookie_name=services.cookie_name,
        own=OwnPaths(settings.role),
        record_view=record_view,
        trusted_proxies=services.trusted_proxies,
        decided=metrics.decided,
    )
    application = create_app(services, templates)
    grid = LoginGrid(settings.login_answer_milliseconds / 1000, time.monotonic, time.sleep)

    maintain = Maintain(
        shares=shares,
        sessions=known_sessions,
        attempts=services.open_share.attempts,
        arrivals=arrivals,
        note_end=note_end,
        audit=KeepAudit(audit, audit, record, transaction, clock, settings.audit_retention_days),
        login_failures=services.open_share.login_failures,
        clock=clock,
        limits=limits,
        transaction=transaction,
        record=record,
        keep_shares_days=settings.purge_shares_after_days,
        reseal=Reseal(engine, keyring),
        new_key=keyring.taken_up,
        automatic=build_automatic(
            settings,
            engine,
            rest,
            create_share,
            shares,
            letter_printer,
            as_pdf,
            clock,
            mail.services.invite if mail else None,
        ),
        report_notices=mail.report_notices if mail else None,
    )
    maintenance = _maintenance(maintain, metrics, settings)
    events = build_events(settings, engine, keyring, shares, archive, clock)
    background = [thread for thread in (maintenance, mail and mail.sender, events) if thread]

    def study_changed(study_id: str) -> None:
        archive.forget_study(study_id)
        maintenance.study_changed()

    def prepare() -> None:
        _discover_viewers(viewers, rest, services)
        record(Action.STARTED, SYSTEM, role=settings.role)
        for thread in background:
            thread.start()

    def finish() -> None:
        for thread in background:
            thread.stop()
        record(Action.STOPPED, SYSTEM, role=settings.role)

    _register(gate, pool, grid, application, LogLevels(rest, sdk.log_warning), prepare, finish, study_changed)


def _request_log(settings: Settings) -> RequestLogFile | None:
    try:
        return RequestLogFile(settings.request_log) if settings.request_log else None
    except UnusableLog as fault:
        raise SettingsError(str(fault)) from None


def _look(practice: PracticeSettings) -> str:
    try:
        colours = look_css(practice.colour) if practice.colour else ""
    except ValueError as fault:
        raise SettingsError(f"The colour of Practice.Colour {fault}.") from None
    return colours + text_css(practice.text_size)


def _languages(settings: Settings) -> tuple[dict[str, Language], dict[str, Language]]:
    """Those for letters and staff, and those for the portal."""
    every = load_languages(settings.default_language)
    try:
        return complete(every), offered(every, settings.portal_languages, settings.default_language)
    except KeyError as fault:
        known = ", ".join(sorted(every))
        raise SettingsError(f"{fault} of PortalLanguages is not a language that exists: {known}.") from None


def _texts(settings: Settings, languages: Mapping[str, Language]) -> Texts:
    folders = [theme_folder() / "texts"]
    if settings.texts_folder:
        folders.append(Path(settings.texts_folder))
    if not folders[-1].is_dir():
        raise SettingsError(f"The folder {folders[-1]} of TextsFolder does not exist.")
    try:
        return Texts(folders, list(languages), settings.default_language)
    except UnusableTexts as fault:
        raise SettingsError(str(fault)) from None


def _downloads(
    view_study: ViewStudy,
    archive: OrthancArchive,
    files: OrthancFiles,
    shares: SqlShares,
    clock: SystemClock,
    record: RecordEvent,
) -> DownloadStudy:
    pictures = PackPictures(view_study, archive, files, read_report, can_be_viewed)
    return DownloadStudy(view_study, files, ZipLayout, shares, clock, record, pictures)


def _metrics(pool: WorkerPool, counts: StoreCounts) -> Metrics:
    gauges = {
        "shares_open": counts.open_shares,
        "sessions_open": counts.open_sessions,
        "pool_work": lambda: float(pool.inside),
        "mail_waiting": counts.mail_waiting,
        "mail_failed": counts.mail_failed,
    }
    metrics = Metrics(sdk.set_metric, gauges)
    pool.refused = metrics.busy
    return metrics


def _maintenance(maintain: Maintain, metrics: Metrics, settings: Settings) -> Maintenance:
    def publish(maintained_ago: float | None) -> None:
        metrics.publish(maintained_ago)
        maintain.note_key()

    return Maintenance(maintain, settings.maintenance_minutes * 60, publish, sdk.log_error, time.monotonic)


def _leases(settings: Settings) -> Leases:
    return Leases(
        heartbeat=settings.session_heartbeat_seconds,
        visible=settings.session_lease_visible_seconds,
        hidden=settings.session_lease_hidden_seconds,
        hidden_phone=settings.session_lease_hidden_phone_seconds,
        grace=settings.session_grace_seconds,
    )


def _enabled_viewers(settings: ViewerSettings) -> list[NativeViewer]:
    """In the order in which pages offer them: what opens fastest comes first."""
    enabled: list[NativeViewer] = []
    if settings.orthanc_web_viewer:
        enabled.append(OrthancWebViewer())
    if settings.ohif:
        enabled.append(Ohif(Path(settings.ohif_folder)))
    if settings.stone_web_viewer:
        enabled.append(StoneWebViewer())
    return enabled


def _discover_viewers(viewers: Viewers, rest: sdk.OrthancRest, services: Services) -> None:
    for sentence in viewers.discover(json.loads(rest.get("/plugins") or b"[]")):
        sdk.log_warning(sentence)
    if services.texts.missing:
        names = ", ".join(f"{slug}.md" for slug in services.texts.missing)
        sdk.log_warning(f"the portal has no {names}: put your own into the folder of TextsFolder (docs/portal.md)")
    if services.texts.unfinished:
        names = ", ".join(services.texts.unfinished)
        sdk.log_warning(f"texts with blanks that are not filled in: {names}")
    found = ", ".join(viewer.name for viewer in viewers.available)
    sdk.log_warning(f"viewers for recipients besides the patient viewer: {found or 'none'}")
    sdk.log_warning(f"ready; links are built from {services.public_url}")


def _register(
    gate: Gate,
    pool: WorkerPool,
    grid: LoginGrid,
    application: WSGIApplication,
    levels: LogLevels,
    prepare: Callable[[], None],
    finish: Callable[[], None],
    study_changed: Callable[[str], None],
) -> None:
    handover = _Handover()
    # Apart from the others, so that downloads never take the place of somebody who looks at an image.
    downloads = WorkerPool(_DOWNLOAD_THREADS, MOST_AT_ONCE)

    def admits(request: Request) -> bool:
        allowed = gate.admits(request)
        if allowed and gate.own.include(request.path):
            handover.passed(request.peer)
        return allowed

    def answer(request: Request) -> Response:
        if not gate.ready:
            return _unavailable()
        peer = handover.taken()
        if peer is None:
            # Not through the filter: a second part of a multipart body, or a call from inside Orthanc.
            return Response(403, (("Content-Type", "text/plain; charset=utf-8"),), b"Forbidden.")
        complete = Request(request.method, request.path, request.query, request.headers, peer, request.body)
        return grid.answer(complete, served)

    def served(request: Request) -> Response:
        try:
            response = pool.run(lambda: call(application, request))
        except (Busy, RuntimeError):
            return _unavailable()
        return pulled(response, downloads)

    def set_level(request: Request) -> Response:
        # The filter has decided already, as for every native route.
        if not gate.ready:
            return _unavailable()
        try:
            return pool.run(lambda: levels.answer(request))
        except (Busy, RuntimeError, OSError):
            return _unavailable()

    def started() -> None:
        try:
            # First of all: every request that arrives is logged already.
            pool.run(levels.lower)
            pool.run(prepare)
        except Exception as fault:  # noqa: BLE001 - whatever it is, nothing is served before all is in place
            sdk.log_error(f"not ready, every request is refused: {type(fault).__name__}")
            return
        gate.ready = True

    def stopped() -> None:
        gate.ready = False
        try:
            pool.run(finish)
        except Exception as fault:  # noqa: BLE001 - whatever it is, Orthanc has to come to its end
            sdk.log_error(f"the stop is not in the audit log: {type(fault).__name__}")
        pool.stop()
        downloads.stop()

    if gate.own.role is not Role.PORTAL:
        sdk.extend_explorer(explorer_script())
    sdk.register_filter(admits)
    sdk.register_routes(gate.own.patterns, answer)
    sdk.register_routes(LOG_LEVEL_PATTERNS, set_level)
    sdk.register_changes(started, stopped, study_changed)


class _Handover:
    """Hands the client's address from the filter to the callback: only the filter is told it.

    Orthanc runs both, one after the other, on the same thread; its threads have no Python thread-locals.
    """

    def __init__(self) -> None:
        self._peers: dict[int, str] = {}

    def passed(self, peer: str) -> None:
        self._peers[threading.get_ident()] = peer

    def taken(self) -> str | None:
        return self._peers.pop(threading.get_ident(), None)


def _unavailable() -> Response:
    headers = (
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Retry-After", "5"),
        ("Cache-Control", "no-store"),
    )
    return Response(503, headers, b"Please try again in a few seconds.")


def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)
