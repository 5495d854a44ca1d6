"""When the recipient of a share may read the report; shares from before wait for the practice."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text as sql

revision = "0020"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shares", sa.Column("report", sa.String(32), nullable=False, server_default=sql("'hold'")))


def downgrade() -> None:
    op.drop_column("shares", "report")
