"""Apache Superset against the servers layout: its own code in one process, asked through its API as its pages ask it.

`superset_charts.py prepare FILE` makes the metadata that Superset keeps of itself, in a SQLite file; without arguments
the script works on a copy of $SUPERSET_PREPARED.
"""
import os
import shutil
import sys
import tempfile
import urllib.parse

FOLDER = tempfile.mkdtemp(prefix="sluice-superset-")
os.environ["SUPERSET_HOME"] = FOLDER
os.environ["SUPERSET_CONFIG_PATH"] = os.path.join(os.path.dirname(os.path.abspath(__file__)), "superset_config.py")
PREPARING = sys.argv[1:2] == ["prepare"]
os.environ["SUPERSET_METADATA"] = sys.argv[2] + ".new" if PREPARING else os.path.join(FOLDER, "metadata.db")
ADMIN = "admin"


def prepare():
    from flask_migrate import upgrade
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        from superset import appbuilder, security_manager

        upgrade(directory=os.path.join(os.path.dirname(sys.modules["superset"].__file__), "migrations"))
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        security_manager.add_user(ADMIN, "A", "B", "admin@example.com", security_manager.find_role("Admin"), password=ADMIN)
    os.replace(os.environ["SUPERSET_METADATA"], sys.argv[2])


class Api:
    """Superset's API for a person who has logged in."""

    def __init__(self, client):
        self.client, self.headers = client, {}
        login = {"username": ADMIN, "password": ADMIN, "provider": "db", "refresh": False}
        self.headers = {"Authorization": "Bearer " + self.ask("post", "security/login", login)["access_token"]}

    def call(self, method, path, body=None):
        answer = getattr(self.client, method)(f"/api/v1/{path}", json=body, headers=self.headers)
        return answer.status_code, answer.get_json()

    def ask(self, method, path, body=None):
        status, answer = self.call(method, path, body)
        assert status in (200, 201), (path, status, answer)
        return answer


def database(api):
    """The dialog "connect a database": the test of the connection, then the database itself."""
    login = f"{os.environ['PGUSER']}:{urllib.parse.quote(os.environ['PGPASSWORD'])}@{os.environ['PGHOST']}:{os.environ['PGPORT']}"
    tls = urllib.parse.urlencode({"sslmode": os.environ["PGSSLMODE"], "sslrootcert": os.environ["PGSSLROOTCERT"]})
    told = {"database_name": "bank", "sqlalchemy_uri": f"postgresql+psycopg2://{login}/bank?{tls}"}
    assert api.ask("post", "database/test_connection/", told)["message"] == "OK"
    number = api.ask("post", "database/", {**told, "expose_in_sqllab": True})["id"]
    schemas = api.ask("get", f"database/{number}/schemas/")["result"]
    assert {"retail", "零售"} <= set(schemas) and not {"audit", "core", "crm"} & set(schemas), schemas
    tables = {table["value"] for table in api.ask("get", f"database/{number}/tables/?q=(schema_name:'零售',force:!t)")["result"]}
    assert tables == {"交易流水", "员工", "客户", "日历", "日终余额", "机构", "账户"}, tables
    about = api.ask("get", f"database/{number}/table_metadata/?name=客户&schema=零售")
    assert [key["referred_table"] for key in about["foreignKeys"]] == ["机构"] and "已脱敏" in about["columns"][3]["comment"], about
    return number


def dataset(api, number):
    """A dataset over a table, its columns with their types, and the button "sync columns from source"."""
    made = api.ask("post", "dataset/", {"database": number, "schema": "零售", "table_name": "日终余额"})["id"]
    api.ask("put", f"dataset/{made}/refresh", {})
    columns = api.ask("get", f"dataset/{made}")["result"]["columns"]
    found = [(column["column_name"], column["type"], column["is_dttm"]) for column in columns]
    expected = [("统计日期", "DATE", True), ("账号", "TEXT", False), ("机构号", "TEXT", False), ("余额", "NUMERIC(18, 2)", False)]
    assert sorted(found) == sorted(expected), found
    return made


def chart(api, made, columns, metrics, **more):
    query = {"columns": columns, "metrics": metrics, "row_limit": 100, "granularity": "统计日期",
             "time_range": "2026-06-01 : 2026-07-01", "filters": [], "orderby": [], **more}
    answer = api.ask("post", "chart/data", {"datasource": {"id": made, "type": "table"}, "force": True, "queries": [query],
                                            "result_format": "json", "result_type": "full"})
    assert answer["result"][0]["status"] == "success", answer
    return answer["result"][0]["data"]


def charts(api, number, made):
    """A bar chart by a column, a big number, and a line by month, against what SQL Lab says."""
    total = {"expressionType": "SIMPLE", "aggregate": "SUM", "column": {"column_name": "余额"}, "label": "余额合计"}
    bars = chart(api, made, ["机构号"], [total, "count"], orderby=[["count", False]])
    rows = lab(api, number, "SELECT 机构号, sum(余额) AS s, count(*) AS n FROM 零售.日终余额 "
                            "WHERE 统计日期 >= DATE '2026-06-01' AND 统计日期 < DATE '2026-07-01' GROUP BY 机构号")
    by_hand = {row["机构号"]: (round(float(row["s"]), 2), row["n"]) for row in rows}
    assert by_hand and {bar["机构号"]: (round(bar["余额合计"], 2), bar["count"]) for bar in bars} == by_hand, (bars, by_hand)
    big = chart(api, made, [], [total])
    assert abs(big[0]["余额合计"] - sum(amount for amount, _ in by_hand.values())) < 0.01, big
    month = {"timeGrain": "P1M", "columnType": "BASE_AXIS", "sqlExpression": "统计日期", "label": "月", "expressionType": "SQL"}
    line = chart(api, made, [month], [total, "count"])
    # Midnight of 2026-06-01 in UTC, in milliseconds, as the chart's axis wants it.
    assert len(line) == 1 and line[0]["月"] == 1780272000000 and line[0]["count"] == sum(n for _, n in by_hand.values()), line
    some = chart(api, made, ["账号"], ["count"], filters=[{"col": "余额", "op": ">", "val": "1000"}, {"col": "机构号", "op": "IN", "val": list(by_hand)[:1]}])
    assert some and all(row["count"] > 0 for row in some), some
    print("superset_charts.py: the big number is", big[0]["余额合计"])


def lab_call(api, number, sql):
    return api.call("post", "sqllab/execute/", {"database_id": number, "schema": "零售", "sql": sql, "runAsync": False,
                                                "queryLimit": 1000, "client_id": os.urandom(5).hex()})


def lab(api, number, sql):
    status, answer = lab_call(api, number, sql)
    assert status == 200 and answer["status"] == "success", (status, answer)
    return answer["data"]


def sql_lab(api, number):
    status, answer = lab_call(api, number, "SELECT 机构名称, 机构层级, current_date AS 今天 FROM 零售.机构 ORDER BY 机构号")
    assert status == 200, answer
    kinds = [(column["name"], column["type"]) for column in answer["columns"]]
    assert kinds == [("机构名称", "STRING"), ("机构层级", "INTEGER"), ("今天", "DATE")], kinds
    assert len(answer["data"]) == 5 and answer["data"][1]["机构名称"].endswith("行"), answer["data"]
    masked = lab(api, number, "SELECT 手机号 FROM 零售.客户 LIMIT 50")
    assert masked and all("****" in row["手机号"] for row in masked), masked[:3]
    for sql, part in [("SELECT 薪酬 FROM 零售.员工", 'column "薪酬" does not exist'), ("SELECT 1 FROM audit.queries", "does not exist"),
                      ("SELEC 1", ""), ("SELECT 1 / (机构层级 - 机构层级) FROM 零售.机构", "division by zero")]:
        status, answer = lab_call(api, number, sql)
        assert status != 200 and part in answer["errors"][0]["message"], (sql, status, answer)
    assert lab(api, number, "SELECT 1 AS one") == [{"one": 1}]


def main():
    shutil.copy(os.environ["SUPERSET_PREPARED"], os.environ["SUPERSET_METADATA"])
    from superset.app import create_app

    api = Api(create_app().test_client())
    number = database(api)
    made = dataset(api, number)
    charts(api, number, made)
    sql_lab(api, number)
    print("superset_charts.py: database, dataset, charts, SQL Lab")


try:
    prepare() if PREPARING else main()
finally:
    shutil.rmtree(FOLDER, ignore_errors=True)
