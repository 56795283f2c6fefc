"""SQLAlchemy (psycopg 3, psycopg2, asyncpg's and pg8000's dialects) and pandas against the servers layout, over TLS:
reflection of everything, expressions, chunked reading, errors."""
import datetime
import os

import pandas
import sqlalchemy
from sqlalchemy import func, inspect, select, text

PARTS = {"username": "cd_manager", "password": os.environ["PGPASSWORD"], "host": os.environ["PGHOST"],
         "port": int(os.environ["PGPORT"]), "database": os.environ["PGDATABASE"]}


def engine(driver):
    return sqlalchemy.create_engine(sqlalchemy.URL.create(f"postgresql+{driver}", **PARTS))


def reflection(engine):
    seen = inspect(engine)
    assert {"retail", "零售"} <= set(seen.get_schema_names()), seen.get_schema_names()
    assert "customer" in seen.get_table_names(schema="retail") and "客户" in seen.get_table_names(schema="零售")
    columns = {column["name"]: column for column in seen.get_columns("account", schema="retail")}
    assert str(columns["opened_on"]["type"]) == "DATE" and not columns["acct_id"]["nullable"], columns
    assert [column["name"] for column in seen.get_columns("员工", schema="零售")] == ["工号", "姓名", "岗位", "机构号"]
    assert seen.get_pk_constraint("account", schema="retail")["constrained_columns"] == ["acct_id"]
    targets = {key["referred_table"] for key in seen.get_foreign_keys("account", schema="retail")}
    assert {"customer", "branch"} <= targets, targets
    assert "客户号" in (columns["cust_id"]["comment"] or ""), columns["cust_id"]
    assert "账户" in seen.get_table_comment("account", schema="retail")["text"]
    for nothing in (seen.get_check_constraints, seen.get_unique_constraints, seen.get_indexes):
        assert nothing("account", schema="retail") == [], nothing
    assert seen.get_view_names(schema="retail") == [] and not seen.has_table("no_such", schema="retail")
    whole = sqlalchemy.MetaData()
    whole.reflect(engine, schema="零售")
    assert "零售.客户" in whole.tables, list(whole.tables)


def expressions(engine):
    whole = sqlalchemy.MetaData()
    account = sqlalchemy.Table("account", whole, schema="retail", autoload_with=engine)
    branch = sqlalchemy.Table("机构", whole, schema="零售", autoload_with=engine)
    with engine.connect() as session:
        assert session.scalar(select(func.count()).select_from(branch).where(branch.c["机构层级"] == 3)) == 4
        rows = session.execute(
            select(account.c.product, func.count().label("n")).where(account.c.opened_on < datetime.date(2026, 1, 1))
            .group_by(account.c.product).order_by(account.c.product).limit(5)).all()
        assert rows and all(row.n > 0 for row in rows), rows
        assert session.scalar(text("SELECT branch_name FROM retail.branch WHERE branch_id = :id"), {"id": "B11"}) is not None
        joined = select(func.count()).select_from(account.join(branch, account.c.branch_id == branch.c["机构号"]))
        assert session.scalar(joined) == session.scalar(select(func.count()).select_from(account))


def frames(engine):
    with engine.connect() as session:
        frame = pandas.read_sql_query(text("SELECT 机构号, 名称 FROM 零售.机构 ORDER BY 1"), session) \
            if "名称" in [c["name"] for c in inspect(engine).get_columns("机构", schema="零售")] \
            else pandas.read_sql_query(text("SELECT * FROM 零售.机构 ORDER BY 1"), session)
        assert len(frame) > 3
        count = session.scalar(text("SELECT count(*) FROM retail.txn"))
        parts = list(pandas.read_sql_query("SELECT txn_id, txn_time, amount FROM retail.txn ORDER BY txn_id", session, chunksize=200))
        assert sum(len(part) for part in parts) == count and len(parts) > 1
        table = pandas.read_sql_table("branch", session, schema="retail", columns=["branch_id", "level"])
        assert set(table.columns) == {"branch_id", "level"} and len(table) == len(frame)


def streams(engine):
    with engine.connect().execution_options(yield_per=100) as session:
        rows = session.execute(text("SELECT txn_id FROM retail.txn"))
        assert sum(len(part) for part in rows.partitions()) > 500


def errors(engine):
    with engine.connect() as session:
        for ask in ("SELECT * FROM retail.no_such", "SELECT nope FROM 零售.客户", "INSERT INTO retail.branch VALUES (1)"):
            try:
                session.execute(text(ask))
                raise AssertionError(ask)
            except sqlalchemy.exc.DBAPIError:
                session.rollback()
        assert session.scalar(text("SELECT 1")) == 1


for driver in ("psycopg", "psycopg2", "pg8000"):
    if driver == "pg8000":
        import ssl
        made = sqlalchemy.create_engine(sqlalchemy.URL.create("postgresql+pg8000", **PARTS),
                                        connect_args={"ssl_context": ssl.create_default_context(cafile=os.environ["PGSSLROOTCERT"])})
    else:
        made = engine(driver)
    reflection(made)
    expressions(made)
    errors(made)
    if driver != "pg8000":
        frames(made)
        streams(made)
    made.dispose()
