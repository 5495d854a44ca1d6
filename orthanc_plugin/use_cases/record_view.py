"""Record that a recipient looks at the study or at a series, once per session."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from ..domain.audit import Who, session_mark
from ..domain.audit_terms import Action
from ..domain.errors import Unavailable
from ..domain.principal import Recipient
from ..domain.study import Place, SeriesSummary, is_uid
from .record_event import RecordEvent
from .view_study import ViewStudy

_REMEMBERED = 20_000


@dataclass
class RecordView:
    """Remembers what has been recorded. What is forgotten is recorded twice; nothing is left out."""

    record: RecordEvent
    view_study: ViewStudy
    _known: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def study(self, recipient: Recipient) -> None:
        """The overview; raises Unavailable, and then the page must not be shown."""
        key = (recipient.session_hash, "")
        if not self._recorded(key):
            mark = session_mark(recipient.session_hash)
            who = Who.recipient(recipient.share.id)
            self.record(Action.STUDY_VIEWED, who, recipient.share, session=mark)
            self._remember(key)

    def series(self, recipient: Recipient, ordinal: int, series: SeriesSummary) -> None:
        """A page or an image of one series; raises Unavailable, and then it must not be shown."""
        key = (recipient.session_hash, series.id)
        if not self._recorded(key):
            detail: dict[str, Any] = {"session": session_mark(recipient.session_hash)}
            if is_uid(series.uid):
                detail["series_instance_uid"] = series.uid
            who = Who.recipient(recipient.share.id)
            self.record(Action.SERIES_VIEWED, who, recipient.share, series=ordinal, **detail)
            self._remember(key)

    def knows(self, recipient: Recipient, place: Place) -> bool:
        """Whether this has been recorded; from memory alone, so the request filter may ask on its small stack."""
        return self._recorded((recipient.session_hash, place.series_id or ""))

    def place(self, recipient: Recipient, place: Place) -> None:
        """What a native viewer reads; raises Unavailable or ShareClosed, and then it must not be served."""
        if place.series_id is None:
            self.study(recipient)
            return
        for ordinal, series in enumerate(self.view_study.ordered_series(recipient.share), start=1):
            if series.id == place.series_id:
                self.series(recipient, ordinal, series)
                return
        # It has just arrived, and is not in the list that the archive remembers for some seconds.
        raise Unavailable

    def _recorded(self, key: tuple[str, str]) -> bool:
        with self._lock:
            return key in self._known

    def _remember(self, key: tuple[str, str]) -> None:
        with self._lock:
            self._known[key] = None
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
