"""Several studies in one share, awaited ones, pauses, re-issues, consent, openings, objections."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text as sql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "share_studies",
        sa.Column("share_id", sa.String(32), sa.ForeignKey("shares.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("study_id", sa.String(44), index=True),
        sa.Column("study_instance_uid", sa.String(64), index=True),
        sa.Column("awaited", sa.LargeBinary),
        sa.Column("patient", sa.String(64), nullable=False, server_default=sql("''"), index=True),
        sa.Column("gone_at", sa.BigInteger),
    )
    op.execute(
        "INSERT INTO share_studies (share_id, position, study_id, study_instance_uid) "
        "SELECT id, 0, study_id, study_instance_uid FROM shares"
    )
    op.create_table(
        "objections",
        sa.Column("patient", sa.String(64), primary_key=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
    )
    op.drop_index("ix_shares_study_id", "shares")
    op.drop_index("ix_shares_study_instance_uid", "shares")
    op.drop_column("shares", "study_id")
    op.drop_column("shares", "study_instance_uid")
    for column in (
        sa.Column("paused_at", sa.BigInteger),
        sa.Column("issue", sa.Integer, nullable=False, server_default=sql("1")),
        sa.Column("issued_at", sa.BigInteger, nullable=False, server_default=sql("0")),
        sa.Column("consent_by", sa.String(200)),
        sa.Column("consent_at", sa.BigInteger),
        sa.Column("opened", sa.Integer, nullable=False, server_default=sql("0")),
        sa.Column("first_opened_at", sa.BigInteger),
        sa.Column("last_opened_at", sa.BigInteger),
    ):
        op.add_column("shares", column)
    op.execute("UPDATE shares SET issued_at = created_at")
    op.add_column("sessions", sa.Column("issue", sa.Integer, nullable=False, server_default=sql("1")))
