"""What belongs to the request in hand: the services, the principal, the language."""

from __future__ import annotations

from typing import cast

import flask

from ..domain.principal import Principal, Recipient, Staff
from ..domain.share import Share
from ..i18n.catalogue import Language
from .own_paths import STAFF
from .request import Request, client_address, origin_address
from .services import Services
from .theme import StaticFiles

# Of the portal and of the staff's pages, each for its own part.
LANGUAGE_COOKIE = "patient-share-language"
_EXTENSION = "patient_share"


def install(app: flask.Flask, services: Services, static: StaticFiles) -> None:
    """Tie services to the application."""
    app.extensions[_EXTENSION] = (services, static)


def services() -> Services:
    """The services of the running application."""
    return cast(Services, flask.current_app.extensions[_EXTENSION][0])


def static_files() -> StaticFiles:
    """The static files of the running application."""
    return cast(StaticFiles, flask.current_app.extensions[_EXTENSION][1])


def original() -> Request:
    """The request as Orthanc handed it over."""
    return cast(Request, flask.request.environ["patient_share.request"])


def set_principal(principal: Principal) -> None:
    """Note who is asking; done once, before any handler."""
    flask.g.principal = principal


def recipient() -> Recipient:
    """The recipient; only handlers of recipient routes may ask."""
    principal: Principal = flask.g.principal
    if not isinstance(principal, Recipient):
        raise RuntimeError("a recipient's handler ran without a recipient")
    return principal


def recipient_share() -> Share:
    """The share of the recipient; only handlers of recipient routes may ask."""
    return recipient().share


def staff_user() -> str:
    """The name of the member of staff; only handlers of staff routes may ask."""
    principal: Principal = flask.g.principal
    if not isinstance(principal, Staff):
        raise RuntimeError("a staff handler ran without staff")
    return principal.user


def language() -> Language:
    """What was chosen here, what the browser prefers among those that exist, or the practice's."""
    of_staff = original().path.startswith(STAFF)
    available = services().languages if of_staff else services().portal_languages
    chosen = original().cookie(LANGUAGE_COOKIE)
    if chosen in available:
        return available[chosen]
    own = services().default_language
    # Whoever takes any language gets the practice's own.
    ordered = sorted(available, key=lambda code: (code != own, code))
    return available[flask.request.accept_languages.best_match(ordered, default=own) or own]


def origin() -> str:
    """Where the request comes from, for the networks of staff."""
    request = original()
    return origin_address(request.peer, request.header("x-forwarded-for"), services().trusted_proxies)


def address() -> str:
    """The client's address, for counting attempts."""
    request = original()
    return client_address(request.peer, request.header("x-forwarded-for"), services().trusted_proxies)
