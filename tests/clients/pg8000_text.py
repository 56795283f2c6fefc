"""pg8000 against the servers layout, over TLS: pure Python, a Flush after every message, text throughout."""
import datetime
import os
import ssl

import pg8000.dbapi
import pg8000.native

WHERE = {"user": "cd_manager", "password": os.environ["PGPASSWORD"], "host": os.environ["PGHOST"],
         "port": int(os.environ["PGPORT"]), "database": os.environ["PGDATABASE"],
         "ssl_context": ssl.create_default_context(cafile=os.environ["PGSSLROOTCERT"])}

session = pg8000.native.Connection(**WHERE)
assert session.run("SELECT count(*) FROM 零售.客户")[0][0] > 0
assert session.run("SELECT count(*) FROM retail.branch WHERE level = :level AND region = :region", level=3, region="西南") == [[4]]
prepared = session.prepare("SELECT branch_name FROM retail.branch WHERE branch_id = :id")
assert len(prepared.run(id="B11")) == 1 and len(prepared.run(id="B10")) == 1
prepared.close()
row = session.run("SELECT true, 7, 2.5::float8, date '2026-06-30', '安', NULL")[0]
assert row == [True, 7, 2.5, datetime.date(2026, 6, 30), "安", None], row
assert len(session.run("SELECT * FROM retail.txn")) > 500
try:
    session.run("SELECT * FROM retail.no_such")
    raise AssertionError("no such table")
except pg8000.exceptions.DatabaseError as error:
    assert error.args[0]["C"] == "42P01", error
session.run("START TRANSACTION")
assert session.run("SELECT 1") == [[1]]
session.run("ROLLBACK")
session.close()

with pg8000.dbapi.connect(**WHERE) as session:
    cursor = session.cursor()
    cursor.execute("SELECT 机构号, 机构层级 FROM 零售.机构 WHERE 机构层级 = %s ORDER BY 1", (3,))
    assert len(cursor.fetchall()) == 4 and [column[0] for column in cursor.description] == ["机构号", "机构层级"]
