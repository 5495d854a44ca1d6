"""The audit log: append-only, held by triggers besides its seals."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Retention moves the base first and then removes what lies at or below it.
_SQLITE = (
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
    "WHEN OLD.seq > (SELECT seq FROM audit_state WHERE name = 'base') "
    "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
    "CREATE TRIGGER audit_state_no_delete BEFORE DELETE ON audit_state "
    "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
)
_POSTGRESQL = (
    "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF TG_TABLE_NAME = 'audit' AND TG_OP = 'DELETE' THEN "
    "IF OLD.seq <= (SELECT seq FROM audit_state WHERE name = 'base') THEN RETURN OLD; END IF; END IF; "
    "RAISE EXCEPTION 'audit is append-only'; END $$",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
    "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
    "CREATE TRIGGER audit_state_no_delete BEFORE DELETE ON audit_state "
    "FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
)


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("event", sa.String(10), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("outcome", sa.Integer, nullable=False),
        sa.Column("who", sa.String(220), nullable=False),
        sa.Column("share_id", sa.String(32)),
        sa.Column("studies", sa.Text, nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("key_version", sa.Integer, nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
        sa.Index("ix_audit_at", "at"),
        sa.Index("ix_audit_share", "share_id", "seq"),
    )
    state = op.create_table(
        "audit_state",
        sa.Column("name", sa.String(8), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
        sa.Column("key_version", sa.Integer, nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
    )
    # No key is at hand here: the first entry seals both rows.
    empty = {"seq": 0, "mac": "0" * 64, "key_version": 0, "seal": ""}
    op.bulk_insert(state, [{"name": "head", **empty}, {"name": "base", **empty}])
    for statement in {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[op.get_context().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("audit")
    op.drop_table("audit_state")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_append_only()")
