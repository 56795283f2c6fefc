"""psycopg2 against the servers layout, over TLS: simple protocol with literals inlined, named cursors, COPY, cancel."""
import datetime
import decimal
import io
import os
import threading
import time

import psycopg2
import psycopg2.extras
from psycopg2 import errors, sql


def connect(user="cd_manager", **more):
    return psycopg2.connect(user=user, application_name="psycopg2_cursors.py", **more)


def value(session, *ask):
    with session.cursor() as cursor:
        cursor.execute(*ask)
        return cursor.fetchone()[0]


def counts():
    ask = "SELECT count(*) FROM 零售.客户"
    with connect("hq_analyst") as everything, connect() as branch, connect("jj_teller") as own:
        numbers = [value(session, ask) for session in (everything, branch, own)]
        assert numbers[0] > numbers[1] > numbers[2] > 0, numbers
        assert value(branch, "SELECT count(*) FROM retail.customer WHERE branch_id = %s", ("B11",)) == numbers[2]
        assert value(branch, "SELECT count(*) FROM retail.customer WHERE branch_id IN %s", (("B11",),)) == numbers[2]
        assert value(branch, "SELECT count(*) FROM retail.branch WHERE branch_id = ANY(%s)", (["B10", "B11"],)) == 2


def types(session):
    with session.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
        cursor.execute("""SELECT true AS a, 9::int8 AS b, 2.5::float8 AS c, 3.2500::numeric(10,4) AS d, '安'::text AS e,
            date '2026-06-30' AS f, timestamp '2026-06-30 08:30:00' AS g, NULL::text AS h""")
        row = cursor.fetchone()
    assert list(row.values()) == [True, 9, 2.5, decimal.Decimal("3.2500"), "安", datetime.date(2026, 6, 30),
                                  datetime.datetime(2026, 6, 30, 8, 30), None], row
    quoted = sql.SQL("SELECT {} FROM {} ORDER BY 1 LIMIT 1").format(sql.Identifier("机构号"), sql.Identifier("零售", "机构"))
    assert value(session, quoted)


def cursors(session):
    count = value(session, "SELECT count(*) FROM retail.txn")
    session.commit()
    with session.cursor("srv") as cursor:
        cursor.itersize = 500
        cursor.execute("SELECT txn_id FROM retail.txn")
        assert sum(1 for _ in cursor) == count
    session.commit()
    with session.cursor("scr", scrollable=True) as cursor:
        cursor.execute("SELECT txn_id FROM retail.txn ORDER BY txn_id")
        first = cursor.fetchmany(3)
        cursor.scroll(0, mode="absolute")
        assert cursor.fetchmany(3) == first
        cursor.scroll(-3)
        assert cursor.fetchone() == first[0]
    session.commit()
    with session.cursor("hld", withhold=True) as cursor:
        cursor.execute("SELECT txn_id FROM retail.txn ORDER BY txn_id")
        session.commit()
        assert len(cursor.fetchmany(10)) == 10
    session.commit()


def copy(session):
    with session.cursor() as cursor:
        for form in ("", " WITH CSV HEADER", " WITH BINARY"):
            out = io.BytesIO() if "BINARY" in form else io.StringIO()
            cursor.copy_expert(f"COPY (SELECT 机构号 FROM 零售.机构 ORDER BY 1) TO STDOUT{form}", out)
            assert len(out.getvalue()) > 10, form


def faults(session):
    for ask, kind in [("SELECT * FROM retail.no_such", errors.UndefinedTable), ("SELECT nope FROM 零售.客户", errors.UndefinedColumn),
                      ("DELETE FROM retail.customer", errors.ReadOnlySqlTransaction)]:
        try:
            value(session, ask)
            raise AssertionError(ask)
        except kind:
            pass
        try:
            value(session, "SELECT 1")
            raise AssertionError("the transaction has failed")
        except errors.InFailedSqlTransaction:
            session.rollback()


def cancel(session):
    timer = threading.Timer(0.3, session.cancel)
    started = time.monotonic()
    timer.start()
    try:
        value(session, "SELECT pg_sleep(30)")
        raise AssertionError("not cancelled")
    except errors.QueryCanceled:
        session.rollback()
    assert time.monotonic() - started < 10
    # One session of the same person stops another's statement.
    other = connect()
    pid = other.info.backend_pid
    stopper = threading.Timer(0.3, lambda: value(session, "SELECT pg_cancel_backend(%s)", (pid,)))
    stopper.start()
    try:
        value(other, "SELECT pg_sleep(30)")
        raise AssertionError("not cancelled")
    except errors.QueryCanceled:
        other.rollback()
    stopper.join()
    assert value(session, "SELECT pg_terminate_backend(%s)", (pid,)) is True
    try:
        time.sleep(0.2)
        value(other, "SELECT 1")
        raise AssertionError("not ended")
    except psycopg2.OperationalError:
        pass
    with connect("jj_teller") as stranger:
        assert value(session, "SELECT pg_cancel_backend(%s)", (stranger.info.backend_pid,)) is False
    session.rollback()


def settings(session):
    session.set_session(isolation_level="SERIALIZABLE", readonly=True)
    assert value(session, "SHOW transaction_isolation") == "serializable"
    session.rollback()
    session.reset()
    session.set_client_encoding("UTF8")
    session.rollback()


counts()
with connect() as session:
    for check in (types, cursors, copy, faults, cancel, settings):
        check(session)
session.close()
