"""psqlODBC through pyodbc against the servers layout, with and without UseDeclareFetch."""
import datetime
import decimal
import glob
import os
import threading
import time

import pyodbc

pyodbc.pooling = False
DRIVER = (glob.glob("/usr/lib/*/odbc/psqlodbcw.so") + glob.glob("/usr/lib/odbc/psqlodbcw.so"))[0]


def connect(user, declare_fetch, **more):
    parts = {"DRIVER": DRIVER, "SERVER": os.environ["PGHOST"], "PORT": os.environ["PGPORT"], "DATABASE": "bank",
             "UID": user, "PWD": os.environ["PGPASSWORD"], "SSLmode": "disable", "UseDeclareFetch": declare_fetch,
             "Fetch": 100, "MaxVarcharSize": 255, **more}
    return pyodbc.connect(";".join(f"{key}={value}" for key, value in parts.items()), autocommit=True)


def value(session, ask, *bound):
    return session.cursor().execute(ask, *bound).fetchone()[0]


def counts(session, others):
    numbers = [value(one, "SELECT count(*) FROM 零售.客户") for one in (others["hq_analyst"], session, others["jj_teller"])]
    assert numbers[0] > numbers[1] > numbers[2] > 0, numbers
    assert value(session, "SELECT count(*) FROM retail.customer WHERE branch_id = ?", "B11") == numbers[2]


def catalogue(session):
    tables = {(row.table_schem, row.table_name, row.table_type) for row in session.cursor().tables()}
    assert ("retail", "customer", "TABLE") in tables and ("零售", "客户", "TABLE") in tables, tables
    assert not any(schema == "audit" for schema, _, _ in tables), tables
    columns = [(row.column_name, row.type_name) for row in session.cursor().columns(table="customer", schema="retail")]
    assert [name for name, _ in columns] == ["cust_id", "cust_name", "cert_no", "mobile", "address", "cust_type", "segment", "branch_id"], columns
    columns = [row.column_name for row in session.cursor().columns(table="员工", schema="零售")]
    assert columns == ["工号", "姓名", "岗位", "机构号"], columns
    keys = [row.column_name for row in session.cursor().primaryKeys(table="customer", schema="retail")]
    assert keys == ["cust_id"], keys
    assert session.cursor().getTypeInfo().fetchone() is not None
    assert session.getinfo(pyodbc.SQL_DBMS_NAME).startswith("PostgreSQL")


def types(session):
    row = session.cursor().execute("""SELECT 7::int2, 8::int4, 9::int8, 2.5::float8, 3.2500::numeric(10,4), '安'::text,
        date '2026-06-30', timestamp '2026-06-30 08:30:00', NULL::text""").fetchone()
    expected = (7, 8, 9, 2.5, decimal.Decimal("3.2500"), "安", datetime.date(2026, 6, 30), datetime.datetime(2026, 6, 30, 8, 30), None)
    assert tuple(row) == expected, row
    rows = session.cursor().execute(
        "SELECT 统计日期, 余额 FROM 零售.日终余额 WHERE 统计日期 = ? ORDER BY 余额 DESC, 账号 LIMIT 3", datetime.date(2026, 6, 30)).fetchall()
    assert len(rows) == 3 and isinstance(rows[0][1], decimal.Decimal) and rows[0][0] == datetime.date(2026, 6, 30), rows
    assert value(session, "SELECT count(*) FROM retail.branch WHERE level = ? AND region = ?", 3, "西南") == 4


def rows(session):
    count = value(session, "SELECT count(*) FROM retail.customer")
    cursor = session.cursor().execute("SELECT cust_id, mobile FROM retail.customer ORDER BY cust_id")
    first = cursor.fetchmany(7)
    rest = cursor.fetchall()
    assert len(first) == 7 and len(first) + len(rest) == count, (len(first), len(rest), count)
    assert all("****" in row.mobile for row in first + rest)
    joined = session.cursor().execute("""SELECT b.branch_name, sum(d.balance) FROM retail.customer c
        JOIN retail.account a ON a.cust_id = c.cust_id JOIN retail.daily_balance d ON d.acct_id = a.acct_id
        JOIN retail.branch b ON b.branch_id = c.branch_id WHERE d.biz_date = DATE '2026-06-30' GROUP BY b.branch_name""").fetchall()
    assert joined and all("支行" in row[0] or "分行" in row[0] for row in joined), joined


def transactions(session):
    session.autocommit = False
    cursor = session.cursor()
    assert cursor.execute("SELECT count(*) FROM retail.branch").fetchone()[0] == 5
    try:
        cursor.execute("SELECT nothing FROM retail.branch")
        raise AssertionError("answered")
    except pyodbc.Error as error:
        assert error.args[0] in ("42S22", "42703"), error
    session.rollback()
    assert cursor.execute("SELECT count(*) FROM retail.branch").fetchone()[0] == 5
    session.commit()
    session.autocommit = True


def errors(session):
    for ask, states in [("SELECT salary FROM 零售.员工", ("42S22", "42703")), ("DELETE FROM retail.customer", ("25006", "HY000")),
                        ("SELEC 1", ("42601",)), ("SELECT 1 FROM audit.queries", ("42S02", "42P01"))]:
        try:
            session.cursor().execute(ask).fetchall()
        except pyodbc.Error as error:
            assert error.args[0] in states, (ask, error)
        else:
            raise AssertionError(f"{ask} is answered")
    assert value(session, "SELECT 1") == 1


def when_running(mark, act):
    """Calls `act` once the audit says that the statement with this mark runs; a minute is more than enough."""
    with connect("auditor", 0) as auditor:
        question = f"SELECT count(*) FROM audit.queries WHERE outcome = 'running' AND statement LIKE '%{mark}%' AND statement NOT LIKE '%audit.queries%'"
        for _ in range(600):
            if value(auditor, question) > 0:
                act()
                return
            time.sleep(0.1)


def cancels(session):
    session = connect("risk_officer", declare_fetch)
    cursor = session.cursor()
    mark = f"c.acct_id) = {-3 - declare_fetch}"
    canceller = threading.Thread(target=when_running, args=(mark, cursor.cancel))
    canceller.start()
    try:
        # Three billion rows, and no source can answer the condition.
        cursor.execute("SELECT count(*) FROM retail.txn a, retail.customer b, retail.daily_balance c "
                       f"WHERE length(a.channel || b.segment || {mark}").fetchall()
        raise AssertionError("not cancelled")
    except pyodbc.Error as error:
        assert error.args[0] in ("57014", "HY008", "HY000"), error
    canceller.join()
    assert value(session, "SELECT 1") == 1
    session.close()


def ansi():
    """The driver without Unicode, in an application of a GBK system."""
    session = connect("cd_manager", 0, DRIVER=DRIVER.replace("psqlodbcw", "psqlodbca"), ConnSettings="SET client_encoding TO 'GBK'")
    session.setencoding(encoding="gbk", ctype=pyodbc.SQL_CHAR)
    for kind in (pyodbc.SQL_CHAR, pyodbc.SQL_WCHAR):
        session.setdecoding(kind, encoding="gbk", ctype=pyodbc.SQL_CHAR)
    assert value(session, "SHOW client_encoding") == "GBK"
    cursor = session.cursor().execute("SELECT 机构名称, '乗' FROM 零售.机构 WHERE 地区 = ? ORDER BY 机构号 LIMIT 1", "西南")
    row = cursor.fetchone()
    assert row[0].endswith("行") and row[1] == "乗", row
    try:
        session.cursor().execute("SELECT 没有 FROM 零售.机构")
        raise AssertionError("answered")
    except pyodbc.Error as error:
        assert error.args[0] in ("42S22", "42703"), error
    session.close()
    print("odbc.py: ANSI driver, GBK")


ansi()
for declare_fetch in (0, 1):
    session = connect("cd_manager", declare_fetch)
    others = {user: connect(user, declare_fetch) for user in ("hq_analyst", "jj_teller")}
    counts(session, others)
    for check in (catalogue, types, rows, transactions, errors, cancels):
        check(session)
        print("odbc.py: UseDeclareFetch", declare_fetch, check.__name__)
    for one in (session, *others.values()):
        one.close()
