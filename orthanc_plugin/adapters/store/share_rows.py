"""Shares as rows and back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Column, Connection, select

from ...domain.report import ReportRule, ReportTime
from ...domain.share import Audience, Consent, Openings, Share, SharedStudy
from .schema import share_studies, shares

SHARE_COLUMNS: list[Column[Any]] = [column for column in shares.c if column.name not in ("code_index", "password_hash")]


class TextCipher(Protocol):
    """Encrypts short texts; `context` ties a text to its row."""

    def encrypt(self, text: str, context: str) -> bytes:
        """Ciphertext with everything that decryption needs but the key."""
        ...

    def decrypt(self, data: bytes, context: str) -> str:
        """The text again; raises KeyError where the key is not in the key file any more."""
        ...


@dataclass(frozen=True)
class ShareRows:
    """Makes shares of rows that hold SHARE_COLUMNS under their own names."""

    cipher: TextCipher

    def shares(self, connection: Connection, rows: Sequence[Any]) -> list[Share]:
        """The shares of these rows, in their order."""
        studies: dict[str, list[SharedStudy]] = defaultdict(list)
        query = select(share_studies).where(share_studies.c.share_id.in_([row.id for row in rows]))
        for row in connection.execute(query.order_by(share_studies.c.position)) if rows else ():
            studies[row.share_id].append(self._study(row))
        return [self._share(row, tuple(studies[row.id])) for row in rows]

    def _share(self, row: Any, studies: tuple[SharedStudy, ...]) -> Share:
        return Share(
            id=row.id,
            studies=studies,
            audience=Audience(row.audience),
            language=row.language,
            created_at=row.created_at,
            created_by=row.created_by,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            paused_at=row.paused_at,
            excluded_series=frozenset(row.excluded_series.split()),
            note=self._text(row.note, row.id),
            issue=row.issue,
            issued_at=row.issued_at,
            consent=None if row.consent_at is None else Consent(row.consent_by, row.consent_at),
            openings=Openings(row.opened, row.first_opened_at, row.last_opened_at),
            report=_report(row.report),
        )

    def _study(self, row: Any) -> SharedStudy:
        return SharedStudy(
            id=row.study_id,
            study_instance_uid=row.study_instance_uid,
            accession_number=self._text(row.awaited, _context(row.share_id, row.position)) if row.awaited else "",
            patient=row.patient,
            gone_at=row.gone_at,
        )

    def _text(self, data: bytes, context: str) -> str:
        """The text; empty where its key has been taken out of the key file, which must not hide the share."""
        try:
            return self.cipher.decrypt(data, context)
        except KeyError:
            return ""


def share_row(share: Share, cipher: TextCipher) -> dict[str, Any]:
    """The columns of a share but its credentials."""
    return {
        "id": share.id,
        "audience": share.audience.value,
        "language": share.language,
        "created_at": share.created_at,
        "created_by": share.created_by,
        "expires_at": share.expires_at,
        "revoked_at": share.revoked_at,
        "paused_at": share.paused_at,
        "excluded_series": " ".join(sorted(share.excluded_series)),
        "report": share.report.text,
        "note": cipher.encrypt(share.note, share.id),
        "issue": share.issue,
        "issued_at": share.issued_at,
        "consent_by": share.consent.recorded_by if share.consent else None,
        "consent_at": share.consent.recorded_at if share.consent else None,
        "opened": share.openings.count,
        "first_opened_at": share.openings.first_at,
        "last_opened_at": share.openings.last_at,
    }


def study_row(share_id: str, position: int, study: SharedStudy, cipher: TextCipher) -> dict[str, Any]:
    """The columns of a study of a share; the accession number is kept no longer than it is needed."""
    awaited = study.accession_number if study.id is None else ""
    return {
        "share_id": share_id,
        "position": position,
        "study_id": study.id,
        "study_instance_uid": study.study_instance_uid,
        "awaited": cipher.encrypt(awaited, _context(share_id, position)) if awaited else None,
        "patient": study.patient,
        "gone_at": study.gone_at,
    }


def _report(text: str) -> ReportRule:
    """What cannot be read shows nothing."""
    try:
        return ReportRule.parse(text)
    except ValueError:
        return ReportRule(ReportTime.HOLD)


def _context(share_id: str, position: int) -> str:
    return f"{share_id}/{position}"
