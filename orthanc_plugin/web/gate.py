"""The request filter: every request that reaches Orthanc passes here, on a thread with a stack of 100 KB.

No JSON, no recursion, no import and no database on this thread; what needs them goes through the worker pool.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from ..domain.errors import Busy, ShareClosed, Unavailable
from ..domain.policy import Decision, Reason, decide
from ..domain.principal import Principal, Recipient, Staff
from ..domain.study import Level, Place, ResourceName
from ..domain.target import NativeRoute, StudyData, Target, ViewerFile
from ..ports import Clock
from ..use_cases.authenticate import Authenticator, Network
from ..use_cases.record_view import RecordView
from ..viewers.native_viewer import FileRoute
from ..viewers.registry import Viewers
from .own_paths import OwnPaths
from .request import Request, origin_address
from .same_origin import is_forged

_Answer = TypeVar("_Answer")


class Runner(Protocol):
    """Runs work on a thread with a proper stack and waits for it; raises Busy."""

    def __call__(self, work: Callable[[], _Answer]) -> _Answer:
        """The answer of `work`."""
        ...


# Orthanc 1.12.7 allocates what Content-Length promises before it reads (CVE-2026-5440).
LONGEST_BODY_FOR_STAFF = 64 * 1024 * 1024
LONGEST_BODY_FOR_OTHERS = 64 * 1024
_REMEMBERED_PLACES = 200_000


@dataclass
class Gate:
    """Decides whether Orthanc goes on with a request.

    `resolve` says where a resource belongs; `run` takes work to the worker pool. `ready` is
    false until everything is in place, and again at the end: nothing passes then.
    """

    authenticator: Authenticator
    viewers: Viewers
    resolve: Callable[[ResourceName], Place | None]
    run: Runner
    clock: Clock
    cookie_name: str
    own: OwnPaths
    record_view: RecordView
    # Whether Orthanc can decode the pixels of a resource on its HTTP threads; nothing is, until somebody says so.
    decodable: Callable[[ResourceName], bool] = lambda _name: False
    trusted_proxies: Sequence[Network] = ()
    ready: bool = False
    # Told the seconds that each decision took.
    decided: Callable[[float], None] | None = None
    # Parents never change: Orthanc derives identifiers from the chain of DICOM identifiers above the resource.
    _places: dict[ResourceName, Place] = field(default_factory=dict)
    _decodables: set[ResourceName] = field(default_factory=set)

    def admits(self, request: Request) -> bool:
        """Whether the request may go on; never raises for a refusal."""
        begun = time.perf_counter()
        allowed = self.decision(request).allowed
        if self.decided is not None:
            self.decided(time.perf_counter() - begun)
        return allowed

    def decision(self, request: Request) -> Decision:
        """The same with its reason."""
        if not self.ready:
            return Decision(False, Reason.NOT_READY)
        if "_method" in request.query or request.header("x-http-method-override"):
            return Decision(False, Reason.METHOD_OVERRIDE)
        own = self.own.include(request.path)
        if own and request.header("content-type").lower().lstrip().startswith("multipart/form-data"):
            # Orthanc would call back once per part with the part's headers in place of the request's.
            return Decision(False, Reason.MULTIPART)
        if own:
            # Who may do what on these routes is decided where the route is known, by the same decide().
            return self._body_allowed(request)
        try:
            principal = self._principal(request)
            if isinstance(principal, Staff) and is_forged(request):
                return Decision(False, Reason.CROSS_SITE)
            target = self._target(request, principal)
            decision = decide(principal, target, self.clock.now())
            if decision.allowed and isinstance(principal, Recipient) and isinstance(target, StudyData):
                self._record(principal, target)
            return decision
        except Busy:
            return Decision(False, Reason.BUSY)
        except (Unavailable, ShareClosed):
            # The share store, the audit log in it, or the study itself has gone in the meantime.
            return Decision(False, Reason.STORE_UNAVAILABLE)

    def _principal(self, request: Request) -> Principal:
        authorization = request.header("authorization")
        session_id = request.cookie(self.cookie_name)
        address = self._address(request)
        quick = self.authenticator.remembered(authorization, session_id, address)
        if quick is not None:
            return quick
        return self.run(lambda: self.authenticator.principal(authorization, session_id, address))

    def _address(self, request: Request) -> str:
        """Only staff are told apart by where they come from."""
        if not request.header("authorization"):
            return ""
        return origin_address(request.peer, request.header("x-forwarded-for"), self.trusted_proxies)

    def _target(self, request: Request, principal: Principal) -> Target:
        # Only a recipient's request is worth a look-up: staff may reach everything native, others nothing.
        if not isinstance(principal, Recipient) or request.method != "GET":
            return NativeRoute()
        route = self.viewers.route(request.path, request.query)
        if route is None:
            return NativeRoute()
        if isinstance(route, FileRoute):
            return ViewerFile()
        now = self.clock.now()
        withheld = not principal.share.shows_report(int(now), now)
        places = tuple(self._place(name, withheld) for name in route.names)
        # Nothing is asked about what does not belong to the share.
        if not route.decodes or any(place is None or not principal.share.includes(place, now) for place in places):
            return StudyData(places)
        # The last name is the narrowest: the instance, or the series of which Orthanc picks one.
        return StudyData(places, unsafe_to_decode=not self._decodable(route.names[-1]))

    def _place(self, name: ResourceName, withheld: bool) -> Place | None:
        # Into a study or a series a report may come at any time.
        known = None if withheld and name.level is not Level.INSTANCE else self._places.get(name)
        if known is not None:
            return known
        found = self.run(lambda: self.resolve(name))
        # A UID may come to stand for a second resource at any time; an identifier of Orthanc's own cannot.
        if found is not None and not name.by_uid:
            if len(self._places) >= _REMEMBERED_PLACES:
                self._places.clear()
            self._places[name] = found
        return found

    def _decodable(self, name: ResourceName) -> bool:
        if name in self._decodables:
            return True
        safe = self.run(lambda: self.decodable(name))
        # A stored instance never changes; only what is found safe is remembered, and no series, since it may grow.
        if safe and name.level is Level.INSTANCE and not name.by_uid:
            if len(self._decodables) >= _REMEMBERED_PLACES:
                self._decodables.clear()
            self._decodables.add(name)
        return safe

    def _record(self, recipient: Recipient, target: StudyData) -> None:
        for place in target.places:
            if place is not None and not self.record_view.knows(recipient, place):
                self.run(partial(self.record_view.place, recipient, place))

    def _body_allowed(self, request: Request) -> Decision:
        authorization = request.header("authorization")
        staff = self.authenticator.staff.user(authorization, self._address(request)) is not None
        limit = LONGEST_BODY_FOR_STAFF if staff else LONGEST_BODY_FOR_OTHERS
        length = request.header("content-length") or "0"
        if request.header("transfer-encoding") or not (length.isascii() and length.isdigit()):
            return Decision(False, Reason.BODY_TOO_LARGE)
        if len(length) > 12 or int(length) > limit:
            return Decision(False, Reason.BODY_TOO_LARGE)
        return Decision(True, Reason.OWN_ROUTE)
