"""The WSGI application: routes from the table, one check before all of them, errors in one place."""

from __future__ import annotations

import base64
from typing import Any

import flask
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from ..domain.errors import (
    Busy,
    InvalidInput,
    MistypedCode,
    MistypedPassword,
    PatientShareError,
    ReportNotFound,
    ShareClosed,
    ShareNotFound,
    ShareRevoked,
    ShareStillOpen,
    Unavailable,
)
from ..domain.policy import Decision, decide
from ..domain.target import OwnRoute, RouteAudience
from ..use_cases.pack_pictures import TooManyPictures
from ..use_cases.view_study import NotInShare
from . import context, request_log, security_headers
from .json_body import LONGEST_BODY, UnusableBody
from .own_paths import API, STAFF, OwnPaths
from .pages import message_page, page, see_other
from .portal_download import DOWNLOAD_PAGE
from .portal_login import START_PAGE, STUDY_PAGE
from .problems import from_refusal, from_validation, problem
from .routes import ROUTES
from .same_origin import is_forged
from .services import Practice, Services
from .theme import StaticFiles, theme_folder

PRESENCE = "/portal/presence"
_REALM = 'Basic realm="Orthanc", charset="UTF-8"'
_AUDIENCES = {route.name: route.audience for route in ROUTES}


def template_environment() -> Environment:
    """Templates of the theme, compiled at once: nothing is loaded or imported while a request is served."""
    environment = Environment(
        loader=FileSystemLoader(theme_folder() / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        # To look for changes would cost a system call for every template of every page.
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    for name in environment.list_templates(extensions=["html", "txt"]):
        environment.get_template(name)
    return environment


def create_app(services: Services, templates: Environment) -> flask.Flask:
    """Build the application."""
    app = flask.Flask("patient_share", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=LONGEST_BODY, PROPAGATE_EXCEPTIONS=False)
    # Werkzeug would answer a doubled slash with a link made from the Host header.
    app.url_map.merge_slashes = False
    app.jinja_env = templates  # type: ignore[assignment]  # a plain environment: nothing of Flask is needed in templates
    context.install(app, services, StaticFiles(theme_folder() / "static", own_files(services.practice)))
    _add_routes(app, OwnPaths(services.role))
    app.before_request(_check)
    app.after_request(security_headers.add)
    app.after_request(_answered)
    app.register_error_handler(PatientShareError, _refused)
    app.register_error_handler(ValidationError, from_validation)
    app.register_error_handler(UnusableBody, lambda fault: fault.response)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _failed)
    return app


def own_files(practice: Practice) -> dict[str, bytes]:
    """Style and logo of the practice, as far as there are any."""
    found = {}
    if practice.look:
        found["look.css"] = practice.look.encode()
    if practice.logo:
        found["logo.png"] = base64.b64decode(practice.logo.partition(",")[2])
    return found


def _add_routes(app: flask.Flask, own: OwnPaths) -> None:
    rules: set[tuple[str, str]] = set()
    for route in (route for route in ROUTES if own.include(route.rule)):
        if (route.method, route.rule) in rules:
            raise ValueError(f"{route.method} {route.rule} is in the table twice")
        rules.add((route.method, route.rule))
        app.add_url_rule(
            route.rule,
            endpoint=route.name,
            view_func=route.handler,
            methods=[route.method],
            provide_automatic_options=False,
            strict_slashes=False,
        )


def _check() -> flask.Response | None:
    """Who is it, and may it? Runs before every handler, and before "not found" is said."""
    request, used = context.original(), context.services()
    request_log.begin(request, used.trusted_proxies)
    principal = used.authenticator.principal(
        request.header("authorization"),
        request.cookie(used.cookie_name),
        context.origin(),
        # A page that is merely open is not somebody who looks.
        used=not request.path.startswith(PRESENCE),
    )
    context.set_principal(principal)
    # What the table does not know is judged by its place, so that strangers learn nothing of the staff's routes.
    default = RouteAudience.STAFF if _is_staff_path() else RouteAudience.EVERYBODY
    audience = _AUDIENCES.get(flask.request.endpoint or "", default)
    decision = decide(principal, OwnRoute(audience), used.clock.now())
    if not decision.allowed:
        return _denied(audience, decision)
    if is_forged(request):
        return _cross_site()
    return None


def _answered(answer: flask.Response) -> flask.Response:
    answer.headers[request_log.HEADER] = request_log.number()
    used = context.services()
    if used.log_request is not None:
        used.log_request(request_log.entry(answer, used.clock.now()))
    return answer


def _denied(audience: RouteAudience, decision: Decision) -> flask.Response:
    if audience is RouteAudience.STAFF:
        answer = problem(401, "unauthorized", "Staff credentials are needed.")
        answer.headers["WWW-Authenticate"] = _REALM
        return answer
    if context.original().navigation:
        return see_other(f"{START_PAGE}?{'cookies' if _takes_no_cookies() else 'ended'}=1")
    return flask.Response(decision.reason.value, 403, content_type="text/plain; charset=utf-8")


def _takes_no_cookies() -> bool:
    """Whether somebody was sent here by the login, and brings neither of the cookies that it has set.

    Who was logged out still has the one that knows the device; who comes from elsewhere was not sent by this site.
    """
    request, used = context.original(), context.services()
    brought = request.cookie(used.cookie_name) or request.cookie(used.device_cookie_name)
    return request.path == STUDY_PAGE and not brought and request.header("sec-fetch-site") == "same-origin"


def _cross_site() -> flask.Response:
    if _is_staff_path():
        return problem(403, "cross-site", "The request was sent by a page of another site.")
    return page("start.html", 403, error="cross_site", code="", ended=False, retry_after_text="", signed_in=False)


def _refused(refusal: PatientShareError) -> flask.Response:
    if _is_staff_page():
        return _staff_page(refusal)
    if _is_staff_path():
        return from_refusal(refusal)
    if isinstance(refusal, NotInShare):
        return message_page(404, "not_found")
    if isinstance(refusal, ShareClosed):
        return message_page(410, "gone")
    if isinstance(refusal, Busy | Unavailable):
        return message_page(503, "unavailable")
    if isinstance(refusal, TooManyPictures):
        return see_other(DOWNLOAD_PAGE)
    return _failed(refusal)


def _http_error(error: HTTPException) -> Any:
    status = error.code or 500
    if _is_staff_page():
        return _staff_message(status, "not_found" if status in (404, 405) else "error")
    if _is_staff_path():
        if status == 413:
            longest = flask.request.max_content_length
            return problem(413, "too-large", f"The body must not be larger than {longest} bytes.")
        return problem(status, "not-found" if status == 404 else "http-error", error.description or "")
    return message_page(status, "not_found" if status in (404, 405) else "error")


def _failed(error: Exception) -> flask.Response:
    # The type alone: the text of an exception may quote a name, a code or a password.
    context.services().report(f"request {request_log.number()}, {flask.request.endpoint}: {_origin(error)}")
    if _is_staff_page():
        return _staff_message(500, "error")
    if _is_staff_path():
        return problem(500, "internal", "The request could not be carried out; Orthanc's log names the kind of fault.")
    return message_page(500, "error")


def _origin(error: Exception) -> str:
    place, trace = "", error.__traceback__
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"


def _staff_page(refusal: PatientShareError) -> flask.Response:
    if isinstance(refusal, ShareNotFound):
        return _staff_message(404, "share")
    if isinstance(refusal, ReportNotFound):
        return _staff_message(404, "not_found")
    if isinstance(refusal, ShareRevoked):
        return _staff_message(409, "revoked")
    if isinstance(refusal, ShareStillOpen):
        return _staff_message(409, "still_open")
    if isinstance(refusal, MistypedCode | MistypedPassword | InvalidInput):
        return _staff_message(422, "error")
    if isinstance(refusal, Busy | Unavailable):
        return _staff_message(503, "busy")
    return _failed(refusal)


def _staff_message(status: int, kind: str) -> flask.Response:
    return page("staff_message.html", status, user=context.staff_user(), kind=kind)


def _is_staff_page() -> bool:
    """A page of the staff, asked for by a browser that shows it."""
    path = flask.request.path
    return path.startswith(STAFF) and not path.startswith(API) and context.original().navigation


def _is_staff_path() -> bool:
    return flask.request.path.startswith(STAFF)
