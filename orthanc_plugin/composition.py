"""The composition root: from the configuration to a running, guarded plugin, or to one clear sentence and a stop."""

from __future__ import annotations

import ipaddress
import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .adapters import orthanc_sdk as sdk
from .adapters.hasher import Argon2Hasher
from .adapters.keyring import KeyFileError, Keyring, read_key_file
from .adapters.log_levels import PATTERNS as LOG_LEVEL_PATTERNS
from .adapters.log_levels import LogLevels
from .adapters.orthanc_archive import OrthancArchive
from .adapters.orthanc_tags import OrthancTags
from .adapters.store.attempts import SqlAttempts
from .adapters.store.audit import SqlAudit
from .adapters.store.database import SqlTransaction, StoreError, default_url, open_store
from .adapters.store.devices import SqlDevices
from .adapters.store.objections import SqlObjections
from .adapters.store.sessions import NoSessions, SqlSessions
from .adapters.store.shares import SqlShares
from .adapters.system import SystemClock, SystemEntropy
from .adapters.unknown_codes import UnknownCodes
from .adapters.worker_pool import WorkerPool
from .domain.audit import SYSTEM
from .domain.audit_terms import Action
from .domain.errors import Busy
from .domain.session import SessionLimits
from .handout.letter import LetterPrinter
from .i18n.catalogue import load_languages
from .settings import Role, Settings, SettingsError, ViewerSettings, parse_settings
from .use_cases.arrivals import Arrivals
from .use_cases.authenticate import Authenticator, Network, StaffUsers
from .use_cases.choose_studies import ChooseStudies
from .use_cases.consent import LookAfterConsent
from .use_cases.create_share import CreateShare, ValidityRule
from .use_cases.find_study import FindStudy
from .use_cases.login_failures import LoginFailures
from .use_cases.manage_share import ManageShare
from .use_cases.open_share import OpenShare
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
from .web.own_paths import OwnPaths
from .web.request import Request
from .web.services import Practice, Services
from .web.wsgi_bridge import Response, call

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_WAITING_PER_THREAD = 4


def start_or_stop() -> None:
    """Start the plugin; where it cannot protect Orthanc, stop Orthanc and say why."""
    try:
        sdk.check_versions()
        configuration = sdk.configuration()
        check_orthanc(configuration)
        _start(parse_settings(configuration), configuration)
    except (sdk.OrthancTooOld, SettingsError, KeyFileError, StoreError) as fault:
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
    keyring = Keyring(read_key_file(Path(settings.key_file)))
    engine = open_store(settings.database or default_url(configuration))
    transaction, audit = SqlTransaction(engine), SqlAudit(engine, keyring)
    record = RecordEvent(audit, clock)
    shares = SqlShares(engine, keyring)
    sessions, objections = SqlSessions(engine, shares), SqlObjections(engine)
    limits = SessionLimits(settings.session_idle_minutes * 60, settings.session_absolute_hours * 3600)
    staff = StaffUsers(staff_users(configuration, settings.role), _networks(settings.staff_networks))
    # An instance for staff alone knows no recipients, although their sessions lie in the shared store.
    known_sessions = NoSessions() if settings.role is Role.STAFF else sessions
    authenticator = Authenticator(staff, known_sessions, clock, limits)
    rest = sdk.OrthancRest()
    archive = OrthancArchive(rest, time.monotonic)
    find_study, forget = FindStudy(archive), authenticator.forget_share
    arrivals = Arrivals(find_study, archive, shares, objections, keyring, clock, forget, transaction, record)
    hasher = Argon2Hasher()
    validity = ValidityRule(settings.default_validity_days, settings.max_validity_days, ZoneInfo(settings.time_zone))
    languages, templates = load_languages(), template_environment()
    practice = Practice(**settings.practice.model_dump())
    view_study = ViewStudy(archive)
    record_view = RecordView(record, view_study)
    viewers = Viewers(_enabled_viewers(settings.viewers))
    services = Services(
        authenticator=authenticator,
        create_share=CreateShare(
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
        ),
        manage_share=ManageShare(shares, clock, validity, forget, transaction, record),
        reissue_password=ReissuePassword(shares, keyring, hasher, entropy, clock, forget, transaction, record),
        consent=LookAfterConsent(shares, objections, keyring, clock, forget, transaction, record),
        arrivals=arrivals,
        open_share=OpenShare(
            shares=shares,
            sessions=sessions,
            attempts=SqlAttempts(engine),
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
        ),
        view_study=view_study,
        record_view=record_view,
        read_audit=ReadAudit(audit, record),
        archive=archive,
        clock=clock,
        letters=LetterPrinter(templates, languages, practice),
        languages=languages,
        default_language=settings.default_language,
        practice=practice,
        public_url=settings.public_url,
        zone=validity.zone,
        viewers=viewers,
        trusted_proxies=_networks(settings.trusted_proxies),
        role=settings.role,
        report=sdk.log_error,
        series_tags=OrthancTags(rest),
        may_compress=configuration.get("HttpCompressionEnabled") is not True,
    )
    pool = WorkerPool(settings.threads, settings.threads * _WAITING_PER_THREAD)
    gate = Gate(
        authenticator=authenticator,
        viewers=viewers,
        resolve=archive.place,
        run=pool.run,
        clock=clock,
        cookie_name=services.cookie_name,
        own=OwnPaths(settings.role),
        record_view=record_view,
        trusted_proxies=services.trusted_proxies,
    )
    application = create_app(services, templates)
    grid = LoginGrid(settings.login_answer_milliseconds / 1000, time.monotonic, time.sleep)

    def prepare() -> None:
        _discover_viewers(viewers, rest, services)
        record(Action.STARTED, SYSTEM, role=settings.role)

    def finish() -> None:
        record(Action.STOPPED, SYSTEM, role=settings.role)

    _register(gate, pool, grid, application, LogLevels(rest, sdk.log_warning), prepare, finish)


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
) -> None:
    handover = _Handover()

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
            return pool.run(lambda: call(application, request))
        except (Busy, RuntimeError):
            return _unavailable()

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

    sdk.register_filter(admits)
    sdk.register_routes(gate.own.patterns, answer)
    sdk.register_routes(LOG_LEVEL_PATTERNS, set_level)
    sdk.register_changes(started, stopped)


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
