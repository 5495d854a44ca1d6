"""The tables. Times are whole seconds since 1970-01-01 UTC; patient names appear in no column."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy import text as sql

metadata = MetaData()

shares = Table(
    "shares",
    metadata,
    Column("id", String(32), primary_key=True),
    # HMAC-SHA-256 of the access code, hexadecimal: the code itself is stored nowhere.
    Column("code_index", String(64), nullable=False, unique=True),
    Column("password_hash", String(200), nullable=False),
    Column("audience", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("paused_at", BigInteger),
    # How many passwords were minted, and when the latest was.
    Column("issue", Integer, nullable=False, server_default=sql("1")),
    Column("issued_at", BigInteger, nullable=False, server_default=sql("0")),
    Column("consent_by", String(200)),
    Column("consent_at", BigInteger),
    Column("opened", Integer, nullable=False, server_default=sql("0")),
    Column("first_opened_at", BigInteger),
    Column("last_opened_at", BigInteger),
    # Orthanc's identifiers, separated by spaces.
    Column("excluded_series", Text, nullable=False, server_default=sql("''")),
    # domain/report.py.
    Column("report", String(32), nullable=False, server_default=sql("'hold'")),
    # AES-256-GCM: staff write names into notes.
    Column("note", LargeBinary, nullable=False),
    Index("ix_shares_newest", "created_at", "id"),
)

share_studies = Table(
    "share_studies",
    metadata,
    Column("share_id", String(32), ForeignKey("shares.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    # Null until the study has arrived.
    Column("study_id", String(44), index=True),
    Column("study_instance_uid", String(64), index=True),
    # AES-256-GCM: the accession number that the study will bear; null once it has arrived.
    Column("awaited", LargeBinary),
    # HMAC-SHA-256 of the patient's identifier, hexadecimal; empty where it is unknown.
    Column("patient", String(64), nullable=False, server_default=sql("''"), index=True),
    Column("gone_at", BigInteger),
)

# Patients who object to sharing, by the keyed hash of their identifier.
objections = Table(
    "objections",
    metadata,
    Column("patient", String(64), primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", String(200), nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    # SHA-256 of the identifier in the cookie, hexadecimal.
    Column("id_hash", String(64), primary_key=True),
    Column("share_id", String(32), ForeignKey("shares.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    # The password that opened it, as shares.issue counts them.
    Column("issue", Integer, nullable=False, server_default=sql("1")),
    # Until when its pages keep it alive; null where it is not under leases (a browser without JavaScript).
    Column("alive_until", BigInteger),
    # Until when a page that was sent, and has not spoken yet, is waited for.
    Column("loading_until", BigInteger, nullable=False, server_default=sql("0")),
)

# The pages that sessions have open (domain/lease.py).
pages = Table(
    "pages",
    metadata,
    Column("session", String(64), ForeignKey("sessions.id_hash", ondelete="CASCADE"), primary_key=True),
    Column("page", String(32), primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("lease_until", BigInteger, nullable=False),
    Column("closed", Integer, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("share_id", String(32), ForeignKey("shares.id", ondelete="CASCADE"), primary_key=True),
    # HMAC-SHA-256 of the client's address or of a known device, hexadecimal; "*" for all unknown devices together.
    Column("address", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("first_at", BigInteger, nullable=False, server_default=sql("0")),
    Column("last_at", BigInteger, nullable=False),
    Column("blocked_until", BigInteger, nullable=False),
)

# Devices that have logged in: no credential, they only choose which failures count.
devices = Table(
    "devices",
    metadata,
    Column("share_id", String(32), ForeignKey("shares.id", ondelete="CASCADE"), primary_key=True),
    # HMAC-SHA-256 of the identifier in the device's cookie, hexadecimal.
    Column("device", String(64), primary_key=True, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

# Mails that wait, are on their way, or have left (domain/outbox.py).
outbox = Table(
    "outbox",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("share_id", String(32), ForeignKey("shares.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("state", String(12), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", String(200), nullable=False),
    # AES-256-GCM: address of the recipient.
    Column("address", LargeBinary, nullable=False),
    # AES-256-GCM: the whole message with the link; null once it is sent or given up.
    Column("message", LargeBinary),
    # The share's code and end at that time: the entry is void once they are others.
    Column("code_index", String(64), nullable=False),
    Column("for_expiry", BigInteger),
    # Of an invitation: whether no report was shown when it was written.
    Column("report_awaited", Boolean, nullable=False, server_default=sql("false")),
    Column("attempts", Integer, nullable=False),
    # While waiting: when it is tried. While somebody is at it: until when nobody else is.
    Column("next_at", BigInteger, nullable=False),
    Column("claim", String(32)),
    Column("changed_at", BigInteger, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("reply", Integer, nullable=False),
    Index("ix_outbox_due", "state", "next_at"),
)

# What was written on the contact page, until it is delivered.
contact_messages = Table(
    "contact_messages",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    # AES-256-GCM: who writes, how to reach them, and what.
    Column("text", LargeBinary, nullable=False),
)

# Requests with an Idempotency-Key, so that a repetition makes no second share.
requests = Table(
    "requests",
    metadata,
    # HMAC-SHA-256 of user and key, hexadecimal.
    Column("key", String(64), primary_key=True),
    # HMAC-SHA-256 of what was asked for, hexadecimal.
    Column("body", String(64), nullable=False),
    # Not a foreign key: that it was used is true even after the share was deleted.
    Column("share_id", String(32), nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
)

automatic_shares = Table(
    "automatic_shares",
    metadata,
    # Not a foreign key: that a rule has shared a study is true even after the share was deleted.
    Column("study_id", String(64), primary_key=True),
    Column("rule", String(40), primary_key=True),
    Column("share_id", String(32), nullable=False),
    # Whether its letter has still to be given out.
    Column("waiting", Boolean, nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
)

# Studies that are looked at by rules once they are complete; Orthanc forgets in a crash that it has to tell of them.
awaited_studies = Table(
    "awaited_studies",
    metadata,
    Column("study_id", String(64), primary_key=True),
    Column("since", BigInteger, nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("place", BigInteger, nullable=False),
)

# Append-only: triggers refuse changes, and only what the base of audit_state has moved beyond can be removed.
audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("event", String(10), nullable=False),
    Column("action", String(40), nullable=False),
    Column("outcome", Integer, nullable=False),
    Column("who", String(220), nullable=False),
    Column("share_id", String(32)),
    # Study Instance UIDs, each between two spaces.
    Column("studies", Text, nullable=False),
    # AuditEvent.canonical(); the columns above repeat parts of it for filters.
    Column("entry", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("key_version", Integer, nullable=False),
    # HMAC-SHA-256 over all other columns, hexadecimal.
    Column("mac", String(64), nullable=False),
    Index("ix_audit_at", "at"),
    Index("ix_audit_share", "share_id", "seq"),
)

# Two rows: `head`, the newest entry, and `base`, the last that retention has removed.
audit_state = Table(
    "audit_state",
    metadata,
    Column("name", String(8), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("mac", String(64), nullable=False),
    Column("key_version", Integer, nullable=False),
    # HMAC-SHA-256 over all other columns, hexadecimal.
    Column("seal", String(64), nullable=False),
)
