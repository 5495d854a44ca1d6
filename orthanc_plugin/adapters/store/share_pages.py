"""Which shares a page of a listing names."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, or_, select

from ...domain.errors import InvalidInput
from ...domain.share import ShareState
from ...ports import ShareFilter
from .schema import share_studies, shares


def page_conditions(wanted: ShareFilter, now: int, cursor: str | None) -> list[Any]:
    """Conditions on the table of shares; raises InvalidInput for a cursor that no page gave out."""
    conditions: list[Any] = []
    open_still = and_(shares.c.revoked_at.is_(None), shares.c.expires_at > now)
    match wanted.state:
        case ShareState.ACTIVE:
            conditions += [open_still, shares.c.paused_at.is_(None)]
        case ShareState.PAUSED:
            conditions += [open_still, shares.c.paused_at.is_not(None)]
        case ShareState.EXPIRED:
            conditions += [shares.c.revoked_at.is_(None), shares.c.expires_at <= now]
        case ShareState.REVOKED:
            conditions.append(shares.c.revoked_at.is_not(None))
    for column, value in (
        (share_studies.c.study_id, wanted.study_id),
        (share_studies.c.study_instance_uid, wanted.study_instance_uid),
    ):
        if value is not None:
            conditions.append(shares.c.id.in_(select(share_studies.c.share_id).where(column == value)))
    if wanted.opened is not None:
        conditions.append(shares.c.opened > 0 if wanted.opened else shares.c.opened == 0)
    if cursor is not None:
        conditions.append(_after(cursor))
    return conditions


def _after(cursor: str) -> Any:
    created_at, _, share_id = cursor.partition("-")
    if not (created_at.isascii() and created_at.isdigit() and len(created_at) <= 12 and share_id):
        raise InvalidInput("cursor", "must be the next_cursor of the page before")
    moment = int(created_at)
    return or_(shares.c.created_at < moment, and_(shares.c.created_at == moment, shares.c.id < share_id))
