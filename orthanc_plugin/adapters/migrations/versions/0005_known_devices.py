"""Devices that have logged in to a share; when the failures of a bucket began."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text as sql

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attempts", sa.Column("first_at", sa.BigInteger, nullable=False, server_default=sql("0")))
    op.create_table(
        "devices",
        sa.Column("share_id", sa.String(32), sa.ForeignKey("shares.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("device", sa.String(64), primary_key=True, index=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("devices")
    op.drop_column("attempts", "first_at")
