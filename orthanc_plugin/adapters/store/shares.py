"""Shares in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Engine, Update, delete, insert, or_, select, update

from ...domain.report import ReportRule
from ...domain.share import Consent, Share, SharedStudy
from ...ports import ShareFilter, SharePage
from .database import reading, transaction
from .schema import attempts, devices, outbox, sessions, share_studies, shares
from .share_pages import page_conditions
from .share_rows import SHARE_COLUMNS, ShareRows, TextCipher, share_row, study_row


@dataclass(frozen=True)
class SqlShares:
    """ShareRepository on SQLAlchemy."""

    engine: Engine
    cipher: TextCipher

    @cached_property
    def rows(self) -> ShareRows:
        """Makes shares of rows."""
        return ShareRows(self.cipher)

    def add(self, share: Share, code_index: str, password_hash: str) -> None:
        """File a new share, durably, before it returns."""
        row = share_row(share, self.cipher) | {"code_index": code_index, "password_hash": password_hash}
        studies = [study_row(share.id, position, study, self.cipher) for position, study in enumerate(share.studies)]
        with transaction(self.engine) as connection:
            connection.execute(insert(shares).values(row))
            connection.execute(insert(share_studies), studies)

    def get(self, share_id: str) -> Share | None:
        """The share with this id."""
        with reading(self.engine) as connection:
            found = connection.execute(select(*SHARE_COLUMNS).where(shares.c.id == share_id)).all()
            return next(iter(self.rows.shares(connection, found)), None)

    def find_by_code(self, code_indexes: Sequence[str]) -> tuple[Share, str] | None:
        """The share filed under one of the keyed hashes, and its password hash."""
        query = select(*SHARE_COLUMNS, shares.c.password_hash).where(shares.c.code_index.in_(code_indexes))
        with reading(self.engine) as connection:
            row = connection.execute(query).first()
            return None if row is None else (self.rows.shares(connection, [row])[0], row.password_hash)

    def page(self, wanted: ShareFilter, now: int, limit: int, cursor: str | None) -> SharePage:
        """Newest first; the cursor is the place of the last share of the page before."""
        query = select(*SHARE_COLUMNS).order_by(shares.c.created_at.desc(), shares.c.id.desc()).limit(limit + 1)
        for condition in page_conditions(wanted, now, cursor):
            query = query.where(condition)
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
            found = tuple(self.rows.shares(connection, rows[:limit]))
        return SharePage(found, f"{found[-1].created_at}-{found[-1].id}" if len(rows) > limit else None)

    def set_expiry(self, share_id: str, expires_at: int) -> bool:
        """Move the end of a share that is not revoked; False where there is none."""
        return self._change(_unless_revoked(share_id).values(expires_at=expires_at))

    def revoke(self, share_id: str, now: int) -> bool:
        """Revoke for good and end all sessions in one transaction; a second call changes nothing."""
        return self._change(_unless_revoked(share_id).values(revoked_at=now), ending=(share_id, now))

    def set_paused(self, share_id: str, paused_at: int | None) -> bool:
        """Pause a share that is not revoked, or let it go on (None); a pause ends its sessions."""
        change = _unless_revoked(share_id).values(paused_at=paused_at)
        return self._change(change, ending=None if paused_at is None else (share_id, paused_at))

    def set_report(self, share_id: str, report: ReportRule) -> bool:
        """Change when reports are shown, for a share that is not revoked; False where there is none."""
        return self._change(_unless_revoked(share_id).values(report=report.text))

    def reissue(self, share_id: str, password_hash: str, code_index: str | None, now: int) -> bool:
        """Replace the password, and the code unless it is None; ends sessions and forgets failures and devices."""
        values: dict[str, Any] = {"password_hash": password_hash, "issue": shares.c.issue + 1, "issued_at": now}
        if code_index is not None:
            values["code_index"] = code_index
        with transaction(self.engine) as connection:
            if connection.execute(_unless_revoked(share_id).values(values)).rowcount != 1:
                return False
            _end_sessions(connection, share_id, now)
            for table in (attempts, devices):
                connection.execute(delete(table).where(table.c.share_id == share_id))
        return True

    def refile(self, share_id: str, code_index: str) -> None:
        """File a share under the keyed hash of the same code under another key."""
        change = update(shares).where(shares.c.id == share_id, shares.c.code_index != code_index)
        before = select(shares.c.code_index).where(shares.c.id == share_id).scalar_subquery()
        # Messages with the link of this code are still messages with its link.
        mails = update(outbox).where(outbox.c.share_id == share_id, outbox.c.code_index == before)
        with transaction(self.engine) as connection:
            connection.execute(mails.values(code_index=code_index))
            connection.execute(change.values(code_index=code_index))

    def note_opening(self, share_id: str, now: int) -> None:
        """Count a successful login."""
        with transaction(self.engine) as connection:
            mine = update(shares).where(shares.c.id == share_id)
            connection.execute(mine.values(opened=shares.c.opened + 1, last_opened_at=now))
            connection.execute(mine.where(shares.c.first_opened_at.is_(None)).values(first_opened_at=now))

    def record_consent(self, share_id: str, consent: Consent) -> None:
        """Note that consent is on file."""
        values = {"consent_by": consent.recorded_by, "consent_at": consent.recorded_at}
        self._change(update(shares).where(shares.c.id == share_id).values(values))

    def set_study(self, share_id: str, position: int, study: SharedStudy) -> None:
        """Write what is known of the study at this place in the share."""
        here = (share_studies.c.share_id == share_id, share_studies.c.position == position)
        self._change(update(share_studies).where(*here).values(study_row(share_id, position, study, self.cipher)))

    def open_shares(self, now: int) -> Sequence[Share]:
        """The shares that are neither revoked nor expired, oldest first."""
        return self._all(shares.c.revoked_at.is_(None), shares.c.expires_at > now)

    def of_patient(self, patients: Sequence[str]) -> Sequence[Share]:
        """The shares, not revoked, with a study of a patient under one of the keyed hashes."""
        theirs = select(share_studies.c.share_id).where(share_studies.c.patient.in_([p for p in patients if p]))
        return self._all(shares.c.revoked_at.is_(None), shares.c.id.in_(theirs))

    def delete(self, share_id: str) -> bool:
        """Remove a share with all that belongs to it."""
        with transaction(self.engine) as connection:
            return connection.execute(delete(shares).where(shares.c.id == share_id)).rowcount == 1

    def purge(self, before: int) -> int:
        """Remove the shares that expired or were revoked before this moment; answers how many."""
        over = or_(shares.c.revoked_at < before, shares.c.expires_at < before)
        with transaction(self.engine) as connection:
            return connection.execute(delete(shares).where(over)).rowcount

    def _all(self, *conditions: Any) -> list[Share]:
        query = select(*SHARE_COLUMNS).where(*conditions).order_by(shares.c.created_at, shares.c.id)
        with reading(self.engine) as connection:
            return self.rows.shares(connection, connection.execute(query).all())

    def _change(self, change: Update, ending: tuple[str, int] | None = None) -> bool:
        with transaction(self.engine) as connection:
            changed = connection.execute(change).rowcount == 1
            if ending:
                _end_sessions(connection, *ending)
        return changed


def _unless_revoked(share_id: str) -> Update:
    return update(shares).where(shares.c.id == share_id, shares.c.revoked_at.is_(None))


def _end_sessions(connection: Connection, share_id: str, now: int) -> None:
    alive = (sessions.c.share_id == share_id, sessions.c.ended_at.is_(None))
    connection.execute(update(sessions).where(*alive).values(ended_at=now))
