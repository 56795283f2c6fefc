"""LibreOffice Base and Calc without a screen, through ODBC, as Excel's stand-in: a registered data source (DSN), its
tables, a governed table, a query with a parameter, an error in Chinese, a sheet filled from a query.

Runs under the Python that has LibreOffice's `uno`. TLS: the DSN says verify-full, the certificate is in PGSSLROOTCERT.
"""
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.sdbc import SQLException
from com.sun.star.sheet.DataImportMode import QUERY, SQL, TABLE

USER, PASSWORD = os.environ["PGUSER"], os.environ["PGPASSWORD"]
DRIVER = (glob.glob("/usr/lib/*/odbc/psqlodbcw.so") + glob.glob("/usr/lib/odbc/psqlodbcw.so"))[0]
FOLDER = tempfile.mkdtemp(prefix="sluice-libreoffice-")
NAME = "银行"


def register():
    """The DSNs, as an administrator would write them: one that shows English names, one that shows Chinese ones."""
    settings = {"Driver": DRIVER, "Username": USER, "Password": PASSWORD, "Servername": os.environ["PGHOST"], "Port": os.environ["PGPORT"], "Database": "bank",
                "SSLmode": os.environ["PGSSLMODE"], "UseDeclareFetch": "1", "Fetch": "100",
                "ReadOnly": "1", "UpdatableCursors": "0", "MaxVarcharSize": "4000"}
    path = os.path.join(FOLDER, "odbc.ini")
    with open(path, "w", encoding="utf-8") as file:
        # The driver lists the tables of the first schema of the search path when it is asked for those of any schema.
        for name, schema in (("bank", "retail"), ("bank_zh", "零售")):
            options = f"options='-c lc_messages=zh_CN.UTF-8 -c search_path={schema}'"
            file.write(f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in {**settings, "Pqopt": options}.items()))
    return path


def office():
    """A LibreOffice of our own, with a profile of its own; the process and its component context."""
    pipe = f"sluice{os.getpid()}"
    # The DSN says where to connect; nothing else does.
    environment = {name: value for name, value in os.environ.items() if name == "PGSSLROOTCERT" or not name.startswith("PG")}
    environment |= {"ODBCINI": register(), "HOME": FOLDER}
    process = subprocess.Popen(
        ["soffice", "--headless", "--invisible", "--norestore", "--nologo", "--nodefault",
         f"-env:UserInstallation={uno.systemPathToFileUrl(FOLDER)}/profile", f"--accept=pipe,name={pipe};urp;StarOffice.ComponentContext"],
        env=environment, start_new_session=True)
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(600):
        try:
            return process, resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            if process.poll() is not None:
                sys.exit(f"soffice ended with {process.returncode}")
            time.sleep(0.1)
    sys.exit("LibreOffice does not start")


def service(name):
    return CONTEXT.ServiceManager.createInstanceWithContext(name, CONTEXT)


def data_source(dsn, name):
    """A database document over a DSN, registered under a name as Tools, Options, Databases does it."""
    context = service("com.sun.star.sdb.DatabaseContext")
    source = context.createInstance()
    source.URL = f"sdbc:odbc:{dsn}"
    # Edit, Database, Advanced settings: "Replace named parameters with ?".
    source.Info = (PropertyValue("ParameterNameSubstitution", 0, True, 0),)
    url = uno.systemPathToFileUrl(os.path.join(FOLDER, f"{dsn}.odb"))
    source.DatabaseDocument.storeAsURL(url, ())
    context.registerDatabaseLocation(name, url)
    return context.getByName(name)


def rows(result):
    kinds = range(1, result.MetaData.ColumnCount + 1)
    found = []
    while result.next():
        found.append([None if (text := result.getString(at)) == "" and result.wasNull() else text for at in kinds])
    return found


def ask(connection, sql):
    return rows(connection.createStatement().executeQuery(sql))


def tables(connection):
    names = connection.Tables.ElementNames
    assert names == tuple(sorted(f"bank.零售.{name}" for name in ("交易流水", "员工", "客户", "日历", "日终余额", "机构", "账户"))), names
    columns = connection.Tables.getByName("bank.零售.客户").Columns
    assert columns.ElementNames == ("客户号", "姓名", "证件号", "手机号", "地址", "客户类型", "客群", "管户机构号"), columns.ElementNames
    english = data_source("bank", "bank").getConnection("", "")
    names = english.Tables.ElementNames
    assert {"bank.retail.customer", "bank.retail.daily_balance"} <= set(names), names
    keys = english.Tables.getByName("bank.retail.customer").Keys
    assert keys.Count >= 1 and "cust_id" in keys.getByIndex(0).Columns.ElementNames, keys.Count
    english.close()


def governed(connection):
    """What the grid of a table shows: a RowSet over it, with a filter and an order put by hand."""
    grid = service("com.sun.star.sdb.RowSet")
    grid.ActiveConnection = connection
    grid.CommandType, grid.Command = 0, "bank.零售.客户"
    grid.execute()
    seen = rows(grid)
    branch = int(ask(connection, "SELECT count(*) FROM retail.customer")[0][0])
    assert 0 < len(seen) == branch, (len(seen), branch)
    assert all("****" in row[3] for row in seen), seen[0]
    grid.Filter, grid.ApplyFilter, grid.Order = "\"客户类型\" = '对公'", True, '"客户号" DESC'
    grid.execute()
    filtered = rows(grid)
    assert 0 < len(filtered) < branch and filtered == sorted(filtered, key=lambda row: row[0], reverse=True), len(filtered)
    others = SOURCE.getConnection("jj_teller", PASSWORD)
    assert 0 < int(ask(others, "SELECT count(*) FROM 零售.客户")[0][0]) < branch
    others.close()


def parameters(connection):
    statement = connection.prepareStatement("SELECT 机构名称, 机构层级 FROM 零售.机构 WHERE 地区 = ? AND 机构层级 = ? ORDER BY 机构号")
    statement.setString(1, "西南")
    statement.setInt(2, 3)
    found = rows(statement.executeQuery())
    assert len(found) == 4 and all(name.endswith("行") and level == "3" for name, level in found), found
    # A query of the document with a named parameter, which Base asks for in a dialog.
    queries = SOURCE.QueryDefinitions
    query = queries.createInstance()
    query.Command = 'SELECT "机构号", "机构名称" FROM "零售"."机构" WHERE "地区" = :地区 ORDER BY "机构号"'
    queries.insertByName("按地区", query)
    grid = service("com.sun.star.sdb.RowSet")
    grid.ActiveConnection = connection
    grid.CommandType, grid.Command = 1, "按地区"
    grid.setString(1, "西南")
    grid.execute()
    seen = rows(grid)
    assert len(seen) > 1 and seen == ask(connection, "SELECT 机构号, 机构名称 FROM 零售.机构 WHERE 地区 = '西南' ORDER BY 机构号"), seen
    types = connection.prepareStatement("SELECT 余额, 统计日期 FROM 零售.日终余额 WHERE 统计日期 = ? ORDER BY 余额 DESC, 账号 LIMIT 1")
    types.setDate(1, uno.createUnoStruct("com.sun.star.util.Date", Day=30, Month=6, Year=2026))
    result = types.executeQuery()
    assert result.next() and result.getDouble(1) > 0 and result.getDate(2).Year == 2026


def errors(connection):
    for sql, state, part in [("SELECT 薪酬 FROM 零售.员工", ("42703", "42S22"), "薪酬"), ("SELECT 1 FROM 零售.没有", ("42P01", "42S02"), "没有"),
                             ("SELECT 1 FROM audit.queries", ("42P01", "42S02"), "audit")]:
        try:
            ask(connection, sql)
        except SQLException as error:
            assert error.SQLState in state and part in error.Message, (sql, error.SQLState, error.Message)
            assert any("一" <= letter <= "鿿" for letter in error.Message.replace(part, "")), error.Message
        else:
            raise AssertionError(f"{sql} is answered")
    assert ask(connection, "SELECT 1") == [["1"]]


def sheet(connection):
    """Data, Import of Calc: a range filled from a query and from a table, and a sum under it."""
    document = service("com.sun.star.frame.Desktop").loadComponentFromURL("private:factory/scalc", "_blank", 0, (PropertyValue("Hidden", 0, True, 0),))
    page = document.Sheets.getByIndex(0)
    # Calc reads a statement before it sends it, and knows names in quotes and dates in braces alone.
    sql = """SELECT "b"."机构名称" AS "机构", COUNT(*) AS "户数", SUM("d"."余额") AS "余额" FROM "零售"."日终余额" "d"
        INNER JOIN "零售"."账户" "a" ON "a"."账号" = "d"."账号" INNER JOIN "零售"."客户" "c" ON "c"."客户号" = "a"."客户号"
        INNER JOIN "零售"."机构" "b" ON "b"."机构号" = "c"."管户机构号" WHERE "d"."统计日期" = {d '2026-06-30'}
        GROUP BY "b"."机构名称" ORDER BY 1""".replace("\n", " ")
    expected = ask(connection, sql)

    def fill(cell, kind, source):
        page.getCellRangeByName(cell).doImport((PropertyValue("DatabaseName", 0, NAME, 0), PropertyValue("SourceType", 0, kind, 0),
                                                PropertyValue("SourceObject", 0, source, 0)))

    fill("A1", SQL, sql)
    assert [page.getCellByPosition(at, 0).String for at in range(3)] == ["机构", "户数", "余额"], page.getCellByPosition(0, 0).String
    got = [[page.getCellByPosition(0, row).String, page.getCellByPosition(1, row).Value, page.getCellByPosition(2, row).Value]
           for row in range(1, len(expected) + 1)]
    assert got == [[name, float(count), float(amount)] for name, count, amount in expected], (got, expected)
    total = page.getCellByPosition(2, len(expected) + 3)
    total.Formula = f"=SUM(C2:C{len(expected) + 1})"
    number = sum(float(row[2]) for row in expected)
    assert abs(total.Value - number) < 0.005 and number > 0, (total.Value, number)
    fill("F1", TABLE, "bank.零售.机构")
    assert page.getCellRangeByName("F1").String == "机构号" and page.getCellRangeByName("F6").String != "" and page.getCellRangeByName("F7").String == ""
    fill("F10", QUERY, "全部机构")
    assert page.getCellRangeByName("G11").String.endswith("行")
    print("libreoffice.py: the sum in the sheet is", total.Value)
    document.close(True)


PROCESS, CONTEXT = office()
try:
    SOURCE = data_source("bank_zh", NAME)
    plain = SOURCE.QueryDefinitions.createInstance()
    plain.Command = 'SELECT "机构号", "机构名称" FROM "零售"."机构" ORDER BY "机构号"'
    SOURCE.QueryDefinitions.insertByName("全部机构", plain)
    session = SOURCE.getConnection("", "")
    for check in (tables, governed, parameters, errors, sheet):
        check(session)
        print("libreoffice.py:", check.__name__)
    session.close()
finally:
    try:
        service("com.sun.star.frame.Desktop").terminate()
        PROCESS.wait(20)
    except Exception as error:  # The office may be gone already; what failed before counts.
        print("libreoffice.py: ending LibreOffice:", type(error).__name__)
        os.killpg(PROCESS.pid, signal.SIGKILL)
    shutil.rmtree(FOLDER, ignore_errors=True)
