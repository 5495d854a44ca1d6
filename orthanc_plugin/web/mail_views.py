"""E-mails as the staff API shows them (pydantic)."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from ..domain.outbox import MailKind, MailState, OutboxEntry, Reason
from .api_models import ApiModel
from .share_views import moment

EXPLANATIONS = {
    Reason.NONE: "",
    Reason.UNREACHABLE: "The mail server cannot be reached: see Server and Port.",
    Reason.TIMEOUT: "The mail server does not answer in time.",
    Reason.CERTIFICATE: "The mail server's certificate is not trusted: see Server and CaFile.",
    Reason.NO_TLS: "The mail server and this one cannot agree on encryption: see Security and Port.",
    Reason.LOGIN: "The mail server refuses the login: see User and PasswordFile.",
    Reason.BUSY: "The mail server asks to try again later.",
    Reason.CONNECTION_LOST: "The connection to the mail server broke off before the message was handed over.",
    Reason.ANSWER_LOST: "The message was handed over, but the mail server's answer never came: it may have arrived. "
    "Ask the recipient, then retry or cancel.",
    Reason.UNKNOWN_RECIPIENT: "The mail server refuses this recipient: check the address, and re-issue with a new "
    "code for another one.",
    Reason.REFUSED: "The mail server refuses the message for good.",
    Reason.SHARE_CLOSED: "The share is closed, or its code or end is another one now.",
    Reason.KEY_GONE: "The key under which the message was kept is no longer in the key file.",
    Reason.STAFF: "Cancelled by staff.",
}


class EmailView(ApiModel):
    """An e-mail of a share; its text can be read by nobody."""

    id: str
    share_id: str
    kind: MailKind
    state: MailState = Field(
        description="`waiting`: is tried, and tried again; `sending`: on its way just now; `sent`: the mail server has "
        "taken it; `refused`: the server does not want it; `failed`: given up after many tries; `unclear`: handed "
        "over, but the answer was lost; `dropped`: the share was closed or its code replaced; `cancelled`: by staff."
    )
    address: str = Field(description="Empty where its key is no longer in the key file.")
    created_at: datetime
    created_by: str
    attempts: int
    next_try_at: datetime | None = Field(description="Null unless waiting.")
    changed_at: datetime
    reason: Reason = Field(description="Why it is so; empty where all is well.")
    explanation: str = Field(description="The same in a sentence, for staff.")
    reply: int = Field(description="Three-digit code that the mail server answered last; 0: none.")
    can_retry: bool = Field(description="Whether it can be sent once more.")


class EmailList(ApiModel):
    """The e-mails of a share, newest first."""

    emails: list[EmailView]


def email_view(entry: OutboxEntry, address: str, repeatable: bool) -> EmailView:
    """The entry as staff see it."""
    return EmailView.model_validate(
        {
            "id": entry.id,
            "share_id": entry.share_id,
            "kind": entry.kind,
            "state": entry.state,
            "address": address,
            "created_at": moment(entry.created_at),
            "created_by": entry.created_by,
            "attempts": entry.attempts,
            "next_try_at": moment(entry.next_at) if entry.state is MailState.WAITING else None,
            "changed_at": moment(entry.changed_at),
            "reason": entry.reason,
            "explanation": EXPLANATIONS[entry.reason],
            "reply": entry.reply,
            "can_retry": repeatable and entry.kept,
        }
    )
