"""The portal's start page, login and logout."""

from __future__ import annotations

import flask

from ..domain.credential import code_in
from ..domain.device import device
from ..domain.errors import Busy, MistypedCode, MistypedPassword, ShareClosed, Throttled, Unavailable, WrongCredentials
from ..domain.principal import Recipient
from ..i18n.catalogue import Language
from .context import address, language, original, services
from .pages import page, see_other
from .wsgi_bridge import OWED

STUDY_PAGE = "/portal/study"
START_PAGE = "/portal"
_BUSY_SECONDS = 5
_DEVICE_DAYS = 180


def start_page() -> flask.Response:
    """The practice's page with the form for code and password."""
    if "cookies" in flask.request.args:
        return _start(error="cookies")
    # An old tab may come here while another one has logged in again.
    return _start(ended="ended" in flask.request.args and not isinstance(flask.g.principal, Recipient))


def reloaded() -> flask.Response:
    """After a wrong password the address bar shows the form's address: whoever reloads it wants the form."""
    return see_other(START_PAGE)


def login() -> flask.Response:
    """Check code and password; a new session and the study, or the form again with the reason.

    What fails after the code was looked up leaves on the grid of login_grid.py, whatever the reason.
    """
    typed_code = code_in(flask.request.form.get("code", ""))
    typed_password = flask.request.form.get("password", "")
    if original().crowded:
        return _wait("busy", _BUSY_SECONDS, typed_code)
    try:
        opened = services().open_share(
            typed_code,
            typed_password,
            address(),
            original().cookie(services().cookie_name),
            original().cookie(services().device_cookie_name),
            device(original().header("user-agent")),
            watched=flask.request.form.get("watched") == "1",
        )
    except MistypedCode:
        return _start(400, error="mistyped_code", code=typed_code)
    except MistypedPassword:
        return _start(400, error="mistyped_password", code=typed_code)
    except WrongCredentials as refusal:
        return _on_the_grid(_start(401, error="wrong", code=typed_code), refusal.owed)
    except Throttled as refusal:
        return _on_the_grid(_wait("throttled", refusal.retry_after, typed_code))
    except (Busy, Unavailable):
        return _on_the_grid(_wait("busy", _BUSY_SECONDS, typed_code))
    except ShareClosed as refusal:
        return _start(403, error=refusal.state, code=typed_code)
    answer = see_other(STUDY_PAGE)
    answer.set_cookie(
        services().cookie_name,
        opened.session_id,
        path="/",
        secure=services().secure,
        httponly=True,
        samesite="Strict",
    )
    # No credential: it only chooses which failures count, and therefore outlives the logout.
    answer.set_cookie(
        services().device_cookie_name,
        opened.device_id,
        max_age=_DEVICE_DAYS * 86400,
        path="/",
        secure=services().secure,
        httponly=True,
        samesite="Strict",
    )
    return answer


def logout() -> flask.Response:
    """End the session; harmless without one."""
    services().open_share.close(original().cookie(services().cookie_name))
    answer = see_other(f"{START_PAGE}?ended=1")
    answer.delete_cookie(services().cookie_name, path="/", secure=services().secure, httponly=True, samesite="Strict")
    # Clear-Site-Data needs TLS; browsers ignore it elsewhere.
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _start(
    status: int = 200,
    error: str | None = None,
    code: str = "",
    ended: bool = False,
    retry_after_text: str = "",
) -> flask.Response:
    return page(
        "start.html",
        status,
        error=error,
        code=code[:100],
        ended=ended,
        retry_after_text=retry_after_text,
        signed_in=isinstance(flask.g.principal, Recipient),
    )


def _wait(error: str, seconds: int, code: str) -> flask.Response:
    answer = _start(503, error=error, code=code, retry_after_text=_duration(language(), seconds))
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _on_the_grid(answer: flask.Response, owed: float = 0.0) -> flask.Response:
    flask.request.environ[OWED] = owed
    return answer


def _duration(shown: Language, seconds: int) -> str:
    if seconds < 60:
        return shown.messages.ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    minutes = -(-seconds // 60)
    return shown.messages.ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
