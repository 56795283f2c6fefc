"""psycopg 3 against the servers layout: simple and extended protocol, text and binary, parameters, cursors, cancel."""
import datetime
import decimal
import os
import threading
import time

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

os.environ.setdefault("PGUSER", "cd_manager")


def connect(user="cd_manager", **more):
    return psycopg.connect(user=user, application_name="psycopg3.py", **more)


def one(cursor, *ask, **more):
    return cursor.execute(*ask, **more).fetchone()


def counts_and_forms():
    with connect("hq_analyst") as everything, connect() as branch, connect("jj_teller") as own:
        ask = "SELECT count(*) FROM 零售.客户"
        numbers = [one(session.cursor(), ask)[0] for session in (everything, branch, own)]
        assert numbers[0] > numbers[1] > numbers[2] > 0, numbers
        simple = psycopg.ClientCursor(branch)
        assert one(simple, ask)[0] == numbers[1]
        assert one(simple, "SELECT count(*) FROM retail.customer WHERE branch_id = %s", ["B11"])[0] == numbers[2]
        for binary in (False, True):
            cursor = branch.cursor(binary=binary)
            assert one(cursor, "SELECT count(*) FROM retail.customer WHERE branch_id = %s", ["B11"])[0] == numbers[2]
            # Prepared by name after some uses.
            for _ in range(8):
                assert one(cursor, "SELECT count(*) FROM retail.branch WHERE level = %s", [3])[0] == 4


def types():
    ask = """SELECT true, 7::int2, 8::int4, 9::int8, 1.5::float4, 2.5::float8, 3.2500::numeric(10,4), '安'::text,
        date '2026-06-30', time '08:30:01.5', timestamp '2026-06-30 08:30:00', timestamptz '2026-06-30 08:30:00+08',
        interval '1 year 2 days 03:04:05', '00000000-0000-0000-0000-000000000001'::uuid, '\\xdeadbeef'::bytea,
        '{"a": [1, 2]}'::json, NULL::int4"""
    rows = []
    with connect("risk_officer") as session:
        session.execute("SET TimeZone = 'UTC'")
        for binary in (False, True):
            rows.append(one(session.cursor(binary=binary), ask))
    assert rows[0] == rows[1], rows
    row = rows[0]
    assert row[:9] == (True, 7, 8, 9, 1.5, 2.5, decimal.Decimal("3.2500"), "安", datetime.date(2026, 6, 30)), row
    assert row[9] == datetime.time(8, 30, 1, 500000) and row[10] == datetime.datetime(2026, 6, 30, 8, 30), row
    assert row[11] == datetime.datetime(2026, 6, 30, 0, 30, tzinfo=datetime.timezone.utc), row
    assert row[12] == datetime.timedelta(days=367, hours=3, minutes=4, seconds=5), row
    assert str(row[13]).endswith("0001") and row[14] == b"\xde\xad\xbe\xef" and row[15] == {"a": [1, 2]}, row
    assert row[16] is None


def parameters():
    values = [True, 41, 2**40, 2.5, decimal.Decimal("12345.6700"), "a'b\\c\"安%_", datetime.date(2024, 2, 29),
              datetime.datetime(2024, 2, 29, 1, 2, 3, 4), b"\x00\xff"]
    casts = ["bool", "int4", "int8", "float8", "numeric", "text", "date", "timestamp", "bytea"]
    with connect("risk_officer") as session:
        for binary in (False, True):
            for form in ("%s", "%b", "%t"):
                cursor = session.cursor(binary=binary)
                for value, cast in zip(values, casts):
                    if form == "%t" and cast == "bytea":
                        continue
                    got = one(cursor, f"SELECT {form}::{cast}", [value])[0]
                    assert got == value, (form, cast, value, got)
        got = one(session.cursor(), "SELECT %s::text IS NULL, %s::int4", [None, None])
        assert got == (True, None), got
        rows = session.execute("SELECT count(*) FROM retail.daily_balance WHERE biz_date = %s AND balance > %s",
                               [datetime.date(2026, 6, 30), decimal.Decimal("1000.00")]).fetchall()
        assert rows[0][0] > 0, rows
        rows = session.execute("SELECT count(*) FROM retail.branch WHERE branch_id IN (%s, %s)", ["B11", "B12"]).fetchall()
        assert rows == [(2,)], rows


def names_and_description():
    with connect("risk_officer") as session:
        cursor = session.execute("SELECT 机构号, branch_name, 1 AS 一 FROM 零售.机构 ORDER BY 1 LIMIT 1")
        assert [column.name for column in cursor.description] == ["机构号", "branch_name", "一"], cursor.description
        cursor = session.cursor(row_factory=dict_row)
        row = one(cursor, sql.SQL("SELECT * FROM {} ORDER BY {} LIMIT 1").format(
            sql.Identifier("零售", "账户"), sql.Identifier("账号")))
        assert list(row) == ["账号", "客户号", "开户机构号", "产品类型", "币种", "开户日期", "状态", "利率"], row
        assert isinstance(row["利率"], decimal.Decimal) and isinstance(row["开户日期"], datetime.date), row


def cursors():
    with connect("risk_officer") as session:
        total = one(session.cursor(), "SELECT count(*) FROM retail.txn")[0]
        for binary in (False, True):
            with session.cursor("named", binary=binary) as cursor:
                cursor.itersize = 100
                cursor.execute("SELECT txn_id, amount FROM retail.txn WHERE amount > %s ORDER BY txn_id", [0])
                assert [column.name for column in cursor.description] == ["txn_id", "amount"]
                first = cursor.fetchmany(10)
                rest = sum(1 for _ in cursor)
                assert len(first) == 10 and len(first) + rest == total, (len(first), rest, total)
        with session.cursor("held", withhold=True) as cursor:
            cursor.execute("SELECT branch_id FROM retail.branch ORDER BY 1")
            session.commit()
            assert cursor.fetchone() == ("B10",)
        streamed = sum(1 for _ in session.cursor().stream("SELECT txn_id FROM retail.txn"))
        assert streamed == total, streamed


def pipeline():
    with connect("risk_officer", autocommit=True) as session:
        with session.pipeline() as pipe:
            cursors = [session.execute("SELECT %s::int4 + 1", [number]) for number in range(20)]
            pipe.sync()
            assert [cursor.fetchone()[0] for cursor in cursors] == list(range(1, 21))


def copies():
    with connect() as session:
        count = one(session.cursor(), "SELECT count(*) FROM retail.customer")[0]
        with session.cursor().copy("COPY (SELECT cust_id, mobile FROM retail.customer) TO STDOUT") as copy:
            rows = list(copy.rows())
        assert len(rows) == count and all("****" in row[1] for row in rows), rows[:2]
        with session.cursor().copy("COPY (SELECT cust_id FROM retail.customer WHERE branch_id = %s) TO STDOUT (FORMAT csv)", ["B11"]) as copy:
            data = b"".join(bytes(part) for part in copy)
        assert 0 < data.count(b"\n") < count


def errors():
    with connect(autocommit=True) as session:
        for ask, error in [
            ("SELECT salary FROM 零售.员工", psycopg.errors.UndefinedColumn),
            ("SELECT 1 FROM audit.queries", psycopg.errors.UndefinedTable),
            ("DELETE FROM retail.customer", psycopg.errors.ReadOnlySqlTransaction),
            ("SELECT 1/0", psycopg.errors.DivisionByZero),
            ("SELEC 1", psycopg.errors.SyntaxError),
            ("SELECT 'x'::int4", psycopg.errors.InvalidTextRepresentation),
        ]:
            for cursor in (session.cursor(), psycopg.ClientCursor(session)):
                try:
                    cursor.execute(ask)
                except error as raised:
                    assert raised.diag.message_primary and raised.diag.severity == "ERROR"
                else:
                    raise AssertionError(f"{ask} is answered")
        assert one(session.cursor(), "SELECT 1") == (1,)
    with connect() as session:
        try:
            session.execute("SELECT nothing FROM retail.branch")
        except psycopg.errors.UndefinedColumn:
            pass
        try:
            session.execute("SELECT 1")
        except psycopg.errors.InFailedSqlTransaction:
            session.rollback()
        assert one(session.cursor(), "SELECT 1") == (1,)
        try:
            with session.transaction():
                session.execute("SELECT nothing FROM retail.branch")
        except psycopg.errors.UndefinedColumn:
            pass
        assert one(session.cursor(), "SELECT 2") == (2,)


def when_running(mark, act):
    """Calls `act` once the audit says that the statement with this mark runs; a minute is more than enough."""
    with connect("auditor", autocommit=True) as auditor:
        question = f"SELECT count(*) FROM audit.queries WHERE outcome = 'running' AND statement LIKE '%{mark}%' AND statement NOT LIKE '%audit.queries%'"
        for _ in range(600):
            if one(auditor.cursor(), question)[0] > 0:
                act()
                return
            time.sleep(0.1)


def cancels():
    with connect("risk_officer", autocommit=True) as session:
        canceller = threading.Thread(target=when_running, args=("c.acct_id) = -2", session.cancel))
        canceller.start()
        try:
            # Three billion rows, and no source can answer the condition.
            session.execute("SELECT count(*) FROM retail.txn a, retail.customer b, retail.daily_balance c "
                            "WHERE length(a.channel || b.segment || c.acct_id) = -2")
        except psycopg.errors.QueryCanceled:
            pass
        else:
            raise AssertionError("not cancelled")
        canceller.join()
        assert one(session.cursor(), "SELECT 1") == (1,)


def settings():
    with connect(options="-c statement_timeout=4321 -c search_path=零售") as session:
        assert one(session.cursor(), "SHOW statement_timeout")[0] == "4321ms"
        assert one(session.cursor(), "SELECT count(*) FROM 机构")[0] == 5
        assert session.info.server_version >= 140000 and session.info.encoding == "utf-8"
        assert session.info.parameter_status("server_version")
        session.rollback()
        session.read_only = True
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        assert one(session.cursor(), "SELECT current_user, current_database()") == ("cd_manager", "bank")


def encodings():
    for name, python in (("gbk", "gbk"), ("GB18030", "gb18030"), ("UTF8", "utf-8")):
        with connect(client_encoding=name) as session:
            assert session.info.encoding == python, session.info.encoding
            for binary in (False, True):
                cursor = session.cursor(binary=binary)
                cursor.execute("SELECT 机构名称 AS 名称, %s::text || '乗' FROM 零售.机构 WHERE 地区 = %s ORDER BY 机构号 LIMIT 1",
                               ["张", "西南"])
                row = cursor.fetchone()
                assert cursor.description[0].name == "名称" and row[0].endswith("行") and row[1:] == ("张乗",), row
            try:
                session.execute("SELECT 没有 FROM 零售.机构")
            except psycopg.errors.UndefinedColumn as error:
                assert "没有" in str(error), error
            session.rollback()
            with session.cursor().copy("COPY (SELECT 机构名称 FROM 零售.机构 ORDER BY 机构号 LIMIT 1) TO STDOUT") as copy:
                assert b"".join(copy).decode(python).endswith("行\n")
            session.execute("SET client_encoding TO 'UTF8'")
            assert session.info.encoding == "utf-8" and one(session.cursor(), "SELECT '𠀀'") == ("𠀀",)
    with connect(client_encoding="latin1") as session:
        try:
            session.execute("SELECT branch_name FROM retail.branch").fetchall()
        except psycopg.errors.UntranslatableCharacter as error:
            assert "LATIN1" in str(error)
        else:
            raise AssertionError("Chinese in Latin 1")


for check in (counts_and_forms, types, parameters, names_and_description, cursors, pipeline, copies, errors, cancels, settings, encodings):
    check()
    print("psycopg3.py:", check.__name__)
