"""What rules have shared, and how far they have looked."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "automatic_shares",
        sa.Column("study_id", sa.String(64), primary_key=True),
        sa.Column("rule", sa.String(40), primary_key=True),
        sa.Column("share_id", sa.String(32), nullable=False),
        sa.Column("waiting", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_automatic_shares_waiting", "automatic_shares", ["waiting"])
    op.create_table(
        "awaited_studies",
        sa.Column("study_id", sa.String(64), primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "cursors",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("place", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("cursors")
    op.drop_table("awaited_studies")
    op.drop_table("automatic_shares")
