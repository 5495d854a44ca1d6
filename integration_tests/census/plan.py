"""What is asked: for every route and everybody the plain request, and as many disguises as there is room for."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from . import disguises
from .corpus import Subject
from .people import LEFT_OUT, Person
from .places import Surroundings, fill
from .spellings import spellings
from .table import RouteClass
from .wire import Headers

METHODS = ("POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "PROPFIND", "TRACE", "get")
# Series of all three studies; the first of A, one that a share leaves out, and a document.
SUBJECTS = ("A/1", f"A/{LEFT_OUT}", "A/8", "A/9", "B/1", "B/9", "C/1")
_STRANGERS = ("B/1", "C/1", f"A/{LEFT_OUT}")
_FULL = 15_000


@dataclass(frozen=True)
class Ask:
    """One request and what it was made from."""

    person: Person
    template: str
    route_class: RouteClass
    kind: str
    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""
    subject: str = ""

    @property
    def plain(self) -> bool:
        """Whether it is the route as it is written in the table."""
        return self.kind in ("plain", "method")

    def told(self) -> str:
        """The request in one line, for the report."""
        extra = "".join(f" [{name}: {value[:60]}]" for name, value in self.headers)
        return f"{self.person.name}: {self.method} {self.target[:200]}{extra} ({self.kind})"


@dataclass(frozen=True)
class Planner:
    """Makes requests; `size` is the number wanted, of which the plain ones are never left out."""

    routes: Mapping[str, RouteClass]
    subjects: Mapping[str, Subject]
    people: Mapping[str, Person]
    around: Surroundings
    host: str
    seed: int = 1

    def requests(self, size: int) -> list[Ask]:
        """Plain requests and a sample of the others, the same for the same seed, in a random order."""
        chance = random.Random(self.seed)
        short = size < _FULL
        askers = [person for name, person in self.people.items() if name != "staff"]
        plain: list[Ask] = []
        others: list[list[Ask]] = []
        for template, route_class in self.routes.items():
            for person in askers:
                asked = list(self._plain(person, template, route_class))
                # Whoever holds no live share is refused whatever is named: one of each route will do for a short run.
                plain += asked if person.included or not short else chance.sample(asked, 1)
                disguised = list(self._disguised(person, template, route_class, chance))
                chance.shuffle(disguised)
                others.append(disguised)
        room = max(0, size - len(plain))
        rounds = sorted(
            ((place, chance.random(), ask) for asks in others for place, ask in enumerate(asks)), key=lambda e: e[:2]
        )
        chosen = plain + [ask for _, _, ask in rounds[:room]]
        chance.shuffle(chosen)
        return chosen

    def of_staff(self) -> list[Ask]:
        """The plain GET requests: what existing programs of the practice send."""
        return [
            ask
            for template, route_class in self.routes.items()
            if template not in _NOT_FOR_STAFF
            for ask in self._plain(self.people["staff"], template, route_class)
        ]

    def _plain(self, person: Person, template: str, route_class: RouteClass) -> Iterator[Ask]:
        seen: set[str] = set()
        for name in SUBJECTS:
            for path in fill(template, self.subjects[name], self.around):
                if path not in seen:
                    seen.add(path)
                    found = self._class(path, route_class)
                    yield Ask(person, template, found, "plain", "GET", path, person.headers, subject=name)

    def _class(self, path: str, of_template: RouteClass) -> RouteClass:
        """A file has its own class, also where it is found by the template that a plugin announces for its folder."""
        return self.routes.get(path, of_template)

    def _disguised(
        self, person: Person, template: str, route_class: RouteClass, chance: random.Random
    ) -> Iterator[Ask]:
        # A session that ends itself must not be the one that everything else is asked with.
        own = person.spare if template == "/portal/logout" and person.spare else person.headers
        cookie, closed = dict(own).get("Cookie", ""), self.people["revoked"].cookie
        ours = self.subjects["A/1"]

        def path_and_subject() -> tuple[str, str]:
            name = chance.choice(_STRANGERS if chance.random() < 0.7 else SUBJECTS)
            return chance.choice(fill(template, self.subjects[name], self.around)), name

        def ask(kind: str, method: str, target: str, subject: str, headers: Headers = (), body: bytes = b"") -> Ask:
            named = {name.lower() for name, _ in headers}
            kept = [(name, value) for name, value in own if name.lower() not in named]
            found = self._class(target, route_class)
            return Ask(person, template, found, kind, method, target, (*kept, *headers), body, subject)

        for method in METHODS:
            path, name = path_and_subject()
            yield ask("method", method, path, name)
        path, name = path_and_subject()
        for kind, target in spellings(path, ours.instances[0]):
            yield ask(kind, "GET", target, name)
        path, name = path_and_subject()
        for kind, headers in disguises.headers(path, self.host, cookie, closed):
            yield ask(
                kind,
                "GET",
                "/instances/" + ours.instances[0] + "/file" if kind == "other path" else path,
                name,
                headers,
            )
        for method in ("POST", "PUT"):
            path, name = path_and_subject()
            for kind, headers, body in disguises.bodies(template, ours, self.subjects, closed):
                yield ask(kind, method, path, name, headers, body)


# A plain GET of these takes long or waits for another server.
_NOT_FOR_STAFF = frozenset({"/tools/now-local"})
