"""The outbox in the store."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, exists, insert, or_, select, update

from ...domain.outbox import REPEATABLE, Delivery, MailKind, MailState, OutboxEntry, Reason
from ...ports import ClaimedMail
from .database import reading, transaction
from .schema import outbox, shares
from .share_rows import TextCipher

# Plain strings: drivers have ideas of their own about enumerations.
_WAITING, _SENDING, _UNCLEAR = MailState.WAITING.value, MailState.SENDING.value, MailState.UNCLEAR.value
_REPEATABLE = tuple(sorted(state.value for state in REPEATABLE))
_OPEN = (_WAITING, *_REPEATABLE)
_LASTING = (MailState.SENT, MailState.DROPPED, MailState.CANCELLED)
_IS_EVENT = outbox.c.kind == MailKind.EVENT.value
_MOST_SWEPT = 500
_MOST_NOTICES = 1000


@dataclass(frozen=True)
class SqlOutbox:
    """Outbox on SQLAlchemy. Every change of a state compares the old one, so that instances do not collide."""

    engine: Engine
    cipher: TextCipher

    def add(self, entry: OutboxEntry, address: str, message: bytes, for_expiry: int | None = None) -> bool:
        """File an entry; False where one with this id exists."""
        with transaction(self.engine) as connection:
            if connection.execute(select(outbox.c.id).where(outbox.c.id == entry.id)).first():
                return False
            code_index = select(shares.c.code_index).where(shares.c.id == entry.share_id)
            row = {
                "id": entry.id,
                "share_id": entry.share_id,
                "kind": entry.kind.value,
                "state": entry.state.value,
                "created_at": entry.created_at,
                "created_by": entry.created_by,
                "address": self.cipher.encrypt(address, f"{entry.id}/address"),
                "message": self.cipher.encrypt(message.decode("ascii"), f"{entry.id}/message"),
                "code_index": connection.execute(code_index).scalar_one(),
                "for_expiry": for_expiry,
                "report_awaited": entry.report_awaited,
                "attempts": entry.attempts,
                "next_at": entry.next_at,
                "changed_at": entry.changed_at,
                "reason": entry.reason.value,
                "reply": entry.reply,
            }
            connection.execute(insert(outbox).values(row))
        return True

    def get(self, entry_id: str) -> OutboxEntry | None:
        """The entry with this id."""
        return next(self._entries(and_(outbox.c.id == entry_id, ~_IS_EVENT)), None)

    def of_share(self, share_id: str) -> Sequence[tuple[OutboxEntry, str]]:
        """All entries of a share with their addresses, newest first."""
        query = select(outbox).where(outbox.c.share_id == share_id, ~_IS_EVENT)
        with reading(self.engine) as connection:
            rows = connection.execute(query.order_by(outbox.c.created_at.desc(), outbox.c.id)).all()
        return [(_entry(row), self._text(row.address, f"{row.id}/address") or "") for row in rows]

    def newest_states(self, share_ids: Sequence[str]) -> Mapping[str, str]:
        """The state of the newest entry of each share that has one."""
        query = select(outbox.c.share_id, outbox.c.state).where(outbox.c.share_id.in_(share_ids), ~_IS_EVENT)
        with reading(self.engine) as connection:
            rows = connection.execute(query.order_by(outbox.c.created_at, outbox.c.id.desc())).all()
        return {row.share_id: row.state for row in rows}

    def claim(self, now: int, lease: int, events: bool = False) -> ClaimedMail | None:
        """Take the entry that is due longest; nobody else takes it for `lease` seconds."""
        due = select(outbox).join(shares, shares.c.id == outbox.c.share_id)
        due = due.where(outbox.c.state == _WAITING, outbox.c.next_at <= now)
        due = due.where(_IS_EVENT) if events else due.where(~_IS_EVENT, shares.c.paused_at.is_(None))
        with transaction(self.engine) as connection:
            row = connection.execute(due.where(_alive(now)).order_by(outbox.c.next_at).limit(1)).first()
            if row is None:
                return None
            token = secrets.token_hex(16)
            change = update(outbox).where(
                outbox.c.id == row.id, outbox.c.state == _WAITING, outbox.c.next_at == row.next_at
            )
            values = {"claim": token, "next_at": now + lease, "attempts": row.attempts + 1}
            if connection.execute(change.values(values)).rowcount != 1:
                return None
        address = self._text(row.address, f"{row.id}/address")
        message = self._text(row.message, f"{row.id}/message") if row.message else None
        if address is None or message is None:
            mail = ClaimedMail(_entry(row), token, "", b"")
            self.settle(mail, Delivery(MailState.DROPPED, Reason.KEY_GONE), now, now)
            return None
        return ClaimedMail(_entry(row, attempts=row.attempts + 1), token, address, message.encode("ascii"))

    def begin(self, mail: ClaimedMail, now: int, lease: int) -> bool:
        """Note durably that the message is about to be handed over; False where it must not be any more."""
        mine = (outbox.c.id == mail.entry.id, outbox.c.claim == mail.token, outbox.c.state == _WAITING)
        values = {"state": _SENDING, "next_at": now + lease, "changed_at": now}
        return self._change(update(outbox).where(*mine, _alive(now)).values(values))

    def settle(self, mail: ClaimedMail, delivery: Delivery, now: int, next_at: int) -> bool:
        """Write how the try ended; what is sent loses its message. False where somebody else has decided."""
        # An entry that was given up as unclear while the answer was on its way is put right by it.
        undecided = outbox.c.state.in_((_WAITING, _SENDING, _UNCLEAR))
        values: dict[str, Any] = {
            "state": delivery.state.value,
            "reason": delivery.reason.value,
            "reply": delivery.reply,
            "next_at": next_at,
            "changed_at": now,
            "claim": None,
        }
        if delivery.state in _LASTING:
            values["message"] = None
        mine = (outbox.c.id == mail.entry.id, outbox.c.claim == mail.token)
        return self._change(update(outbox).where(*mine, undecided).values(values))

    def remove(self, mail: ClaimedMail) -> bool:
        """Forget an entry that is done; False where somebody else has decided."""
        mine = (outbox.c.id == mail.entry.id, outbox.c.claim == mail.token)
        return self._change(delete(outbox).where(*mine))

    def sweep(self, now: int, keep: int) -> Sequence[OutboxEntry]:
        """Put right what nobody is at any more; answers the entries that came to an end by it."""
        ended: list[OutboxEntry] = []
        lost = and_(outbox.c.state == _SENDING, outbox.c.next_at <= now)
        # What somebody is at is left to them: `begin` looks at the share as well.
        unclaimed = or_(outbox.c.claim.is_(None), outbox.c.next_at <= now)
        void = and_(outbox.c.state.in_(_OPEN), unclaimed, ~_alive(now))
        old = and_(outbox.c.state.in_(_REPEATABLE), outbox.c.message.is_not(None), outbox.c.changed_at <= now - keep)
        unclear = {"state": _UNCLEAR, "reason": Reason.ANSWER_LOST.value, "changed_at": now}
        dropped = {
            "state": MailState.DROPPED.value,
            "reason": Reason.SHARE_CLOSED.value,
            "message": None,
            "changed_at": now,
        }
        with transaction(self.engine) as connection:
            for condition, values in ((lost, unclear), (void, dropped)):
                ended += self._sweep(connection, condition, values)
            connection.execute(update(outbox).where(old).values(message=None))
        return ended

    def retry(self, entry_id: str, now: int) -> bool:
        """Let an entry that can be repeated wait again; False where it cannot be."""
        here = (outbox.c.id == entry_id, outbox.c.state.in_(_REPEATABLE), outbox.c.message.is_not(None))
        values = {
            "state": _WAITING,
            "next_at": now,
            "changed_at": now,
            "claim": None,
            "attempts": 0,
            "reason": Reason.NONE.value,
            "reply": 0,
        }
        return self._change(update(outbox).where(*here, _alive(now)).values(values))

    def cancel(self, entry_id: str, now: int) -> bool:
        """Give up an entry that is neither sent nor on its way; False where it is."""
        values = {
            "state": MailState.CANCELLED.value,
            "reason": Reason.STAFF.value,
            "message": None,
            "claim": None,
            "changed_at": now,
        }
        return self._change(update(outbox).where(outbox.c.id == entry_id, outbox.c.state.in_(_OPEN)).values(values))

    def to_notify(self, now: int, until: int) -> Sequence[tuple[str, str]]:
        """Shares that end after `now` and by `until`, with the address that their invitation went to."""
        told = outbox.alias("told")
        known = exists().where(
            told.c.share_id == shares.c.id,
            told.c.kind == MailKind.EXPIRY_NOTICE.value,
            told.c.for_expiry == shares.c.expires_at,
        )
        return self._invited(now, and_(shares.c.expires_at <= until, ~known))

    def to_tell_of_reports(self, now: int) -> Sequence[tuple[str, str]]:
        """Shares whose recipient was invited while no report was shown and told of none since, with the address."""
        told = outbox.alias("told")
        known = exists().where(told.c.share_id == shares.c.id, told.c.kind == MailKind.REPORT_NOTICE.value)
        return self._invited(now, and_(outbox.c.report_awaited.is_(True), ~known))

    def _invited(self, now: int, condition: ColumnElement[bool]) -> Sequence[tuple[str, str]]:
        wanted = select(outbox.c.id, outbox.c.share_id, outbox.c.address).join(shares, shares.c.id == outbox.c.share_id)
        wanted = wanted.where(
            outbox.c.kind == MailKind.INVITATION.value,
            outbox.c.state == MailState.SENT.value,
            outbox.c.code_index == shares.c.code_index,
            shares.c.revoked_at.is_(None),
            shares.c.paused_at.is_(None),
            shares.c.expires_at > now,
            condition,
        )
        with reading(self.engine) as connection:
            rows = connection.execute(wanted.order_by(outbox.c.created_at).limit(_MOST_NOTICES)).all()
        texts = ((row.share_id, self._text(row.address, f"{row.id}/address")) for row in rows)
        return list({share_id: (share_id, address) for share_id, address in texts if address}.values())

    def _sweep(
        self, connection: Connection, condition: ColumnElement[bool], values: Mapping[str, Any]
    ) -> Iterator[OutboxEntry]:
        for row in connection.execute(select(outbox).where(condition).limit(_MOST_SWEPT)).all():
            change = update(outbox).where(outbox.c.id == row.id, condition)
            if connection.execute(change.values(values)).rowcount == 1:
                yield _entry(row, state=MailState(values["state"]), reason=Reason(values["reason"]))

    def _entries(self, condition: ColumnElement[bool]) -> Iterator[OutboxEntry]:
        with reading(self.engine) as connection:
            rows = connection.execute(select(outbox).where(condition)).all()
        return map(_entry, rows)

    def _change(self, change: Any) -> bool:
        with transaction(self.engine) as connection:
            return connection.execute(change).rowcount == 1

    def _text(self, data: bytes, context: str) -> str | None:
        """The text; None where its key has been taken out of the key file, or the data were changed."""
        try:
            return self.cipher.decrypt(data, context)
        except (KeyError, InvalidTag):
            return None


def _alive(now: int) -> ColumnElement[bool]:
    """The share opens, or will after a pause, with the code and to the end that the entry names."""
    own = shares.alias("own")
    opens = exists().where(
        own.c.id == outbox.c.share_id,
        own.c.revoked_at.is_(None),
        own.c.expires_at > now,
        own.c.code_index == outbox.c.code_index,
        or_(outbox.c.for_expiry.is_(None), outbox.c.for_expiry == own.c.expires_at),
    )
    # That a share was revoked is told although it is.
    return or_(_IS_EVENT, opens)


def _entry(row: Any, **changed: Any) -> OutboxEntry:
    values = {
        "id": row.id,
        "share_id": row.share_id,
        "kind": MailKind(row.kind),
        "state": MailState(row.state),
        "created_at": row.created_at,
        "created_by": row.created_by,
        "attempts": row.attempts,
        "next_at": row.next_at,
        "changed_at": row.changed_at,
        "reason": Reason(row.reason),
        "reply": row.reply,
        "kept": row.message is not None,
        "report_awaited": row.report_awaited,
    }
    return OutboxEntry(**(values | changed))
