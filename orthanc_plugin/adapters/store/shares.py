"""Shares in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Column, Engine, and_, insert, or_, select, update

from ...domain.errors import InvalidInput
from ...domain.share import Audience, Share, ShareState
from ...ports import ShareFilter, SharePage
from .database import writing
from .schema import sessions, shares

_COLUMNS: list[Column[Any]] = [column for column in shares.c if column.name not in ("code_index", "password_hash")]


class TextCipher(Protocol):
    """Encrypts short texts; `context` ties a text to its row."""

    def encrypt(self, text: str, context: str) -> bytes:
        """Ciphertext with everything that decryption needs but the key."""
        ...

    def decrypt(self, data: bytes, context: str) -> str:
        """The text again."""
        ...


@dataclass(frozen=True)
class SqlShares:
    """ShareRepository on SQLAlchemy."""

    engine: Engine
    cipher: TextCipher

    def add(self, share: Share, code_index: str, password_hash: str) -> None:
        """File a new share, durably, before it returns."""
        row = {
            "id": share.id,
            "code_index": code_index,
            "password_hash": password_hash,
            "study_id": share.study_id,
            "study_instance_uid": share.study_instance_uid,
            "audience": share.audience.value,
            "language": share.language,
            "created_at": share.created_at,
            "created_by": share.created_by,
            "expires_at": share.expires_at,
            "excluded_series": " ".join(sorted(share.excluded_series)),
            "note": self.cipher.encrypt(share.note, share.id),
        }
        with writing(self.engine).begin() as connection:
            connection.execute(insert(shares).values(row))

    def get(self, share_id: str) -> Share | None:
        """The share with this id."""
        with self.engine.connect() as connection:
            row = connection.execute(select(*_COLUMNS).where(shares.c.id == share_id)).one_or_none()
        return None if row is None else self.share(row)

    def find_by_code(self, code_indexes: Sequence[str]) -> tuple[Share, str] | None:
        """The share filed under one of the keyed hashes, and its password hash."""
        query = select(*_COLUMNS, shares.c.password_hash).where(shares.c.code_index.in_(code_indexes))
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else (self.share(row), row.password_hash)

    def page(self, wanted: ShareFilter, now: int, limit: int, cursor: str | None) -> SharePage:
        """Newest first; the cursor is the place of the last share of the page before."""
        query = select(*_COLUMNS).order_by(shares.c.created_at.desc(), shares.c.id.desc()).limit(limit + 1)
        for condition in _conditions(wanted, now, cursor):
            query = query.where(condition)
        with self.engine.connect() as connection:
            rows = connection.execute(query).all()
        found = tuple(self.share(row) for row in rows[:limit])
        more = len(rows) > limit
        return SharePage(found, f"{found[-1].created_at}-{found[-1].id}" if more else None)

    def set_expiry(self, share_id: str, expires_at: int) -> bool:
        """Move the end of a share that is not revoked; False where there is none."""
        change = update(shares).where(shares.c.id == share_id, shares.c.revoked_at.is_(None))
        with writing(self.engine).begin() as connection:
            return connection.execute(change.values(expires_at=expires_at)).rowcount == 1

    def revoke(self, share_id: str, now: int) -> bool:
        """Revoke for good and end all sessions in one transaction; a second call changes nothing."""
        with writing(self.engine).begin() as connection:
            revoked = connection.execute(
                update(shares).where(shares.c.id == share_id, shares.c.revoked_at.is_(None)).values(revoked_at=now)
            )
            connection.execute(
                update(sessions)
                .where(sessions.c.share_id == share_id, sessions.c.ended_at.is_(None))
                .values(ended_at=now)
            )
        return revoked.rowcount == 1

    def share(self, row: Any) -> Share:
        """The value of a row that holds the columns of a share under their own names."""
        return Share(
            id=row.id,
            study_id=row.study_id,
            study_instance_uid=row.study_instance_uid,
            audience=Audience(row.audience),
            language=row.language,
            created_at=row.created_at,
            created_by=row.created_by,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            excluded_series=frozenset(row.excluded_series.split()),
            note=self._note(row),
        )

    def _note(self, row: Any) -> str:
        """The note; empty where its key has been taken out of the key file, which must not hide the share."""
        try:
            return self.cipher.decrypt(row.note, row.id)
        except KeyError:
            return ""


def _conditions(wanted: ShareFilter, now: int, cursor: str | None) -> list[Any]:
    conditions: list[Any] = []
    match wanted.state:
        case ShareState.ACTIVE:
            conditions += [shares.c.revoked_at.is_(None), shares.c.expires_at > now]
        case ShareState.EXPIRED:
            conditions += [shares.c.revoked_at.is_(None), shares.c.expires_at <= now]
        case ShareState.REVOKED:
            conditions.append(shares.c.revoked_at.is_not(None))
    if wanted.study_id is not None:
        conditions.append(shares.c.study_id == wanted.study_id)
    if wanted.study_instance_uid is not None:
        conditions.append(shares.c.study_instance_uid == wanted.study_instance_uid)
    if cursor is not None:
        created_at, _, share_id = cursor.partition("-")
        if not (created_at.isascii() and created_at.isdigit() and len(created_at) <= 12 and share_id):
            raise InvalidInput("cursor", "must be the next_cursor of the page before")
        moment = int(created_at)
        conditions.append(
            or_(shares.c.created_at < moment, and_(shares.c.created_at == moment, shares.c.id < share_id))
        )
    return conditions
