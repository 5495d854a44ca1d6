"""Series that a share leaves out."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text as sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shares", sa.Column("excluded_series", sa.Text, nullable=False, server_default=sql("''")))


def downgrade() -> None:
    op.drop_column("shares", "excluded_series")
