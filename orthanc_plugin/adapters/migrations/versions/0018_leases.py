"""Sessions under leases: the pages that a browser has open."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text as sql

revision = "0018"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("alive_until", sa.BigInteger))
    op.add_column("sessions", sa.Column("loading_until", sa.BigInteger, nullable=False, server_default=sql("0")))
    op.create_table(
        "pages",
        sa.Column("session", sa.String(64), sa.ForeignKey("sessions.id_hash", ondelete="CASCADE"), primary_key=True),
        sa.Column("page", sa.String(32), primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("lease_until", sa.BigInteger, nullable=False),
        sa.Column("closed", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("pages")
    op.drop_column("sessions", "loading_until")
    op.drop_column("sessions", "alive_until")
