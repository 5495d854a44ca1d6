"""The outbox: mails that wait, are on their way, or have left."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("share_id", sa.String(32), sa.ForeignKey("shares.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("address", sa.LargeBinary, nullable=False),
        sa.Column("message", sa.LargeBinary),
        sa.Column("code_index", sa.String(64), nullable=False),
        sa.Column("for_expiry", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("claim", sa.String(32)),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("reply", sa.Integer, nullable=False),
    )
    op.create_index("ix_outbox_share_id", "outbox", ["share_id"])
    op.create_index("ix_outbox_due", "outbox", ["state", "next_at"])


def downgrade() -> None:
    op.drop_table("outbox")
