"""Statements captured from clients, replayed on PostgreSQL (REFERENCE) and on Sluice (SLUICE), and compared.

`captured/*.sql` holds a client's statements in its order, each under `-- [simple]` or `-- [extended OID,...]` (types that
the client declared for the parameters) and ended by a line with `;`. `@kind schema.name@` stands for the OID that the
server at hand gives that object. Compared are SQLSTATE, column names, types and modifiers, where a column comes from, and
rows: all of them, or, where the system's own rows differ, those that speak of the schema `shop`. Rows that no ORDER BY
sorts are compared as a set. What may differ is in `captured/differences.txt`; a difference that is not listed there
fails, and so does an entry that nothing needs any more.
"""
import collections
import glob
import os
import re
import sys

from psycopg import pq

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "captured")
Status = pq.ExecStatus

# The catalog's ids are ASCII: what one of them stands for in the schema, word by word.
NAMES = {"sales_detail": "销售明细", "sale_no": "编号", "sale_customer": "客户名称", "sale_amount": "金额", "sale_date": "销售日期",
         "sale_memo": "备注"}
# What Sluice says of a column beside its definition: its sensitivity, its other name.
LEVEL = re.compile(r"(\n|^)敏感级别 . / sensitivity level .")
OTHER_NAME = re.compile(r"^(" + "|".join(NAMES.values()) + r")(\n|$)")
# The owner of everything has the OID of a first role here, and one of a later role there.
OWNER = re.compile(r"owner|dba$|role")
QUOTED = re.compile(r'"((?:' + "|".join(NAMES.values()) + r')(?:_\w+)?)"')
OURS = re.compile(r"customers|products|orders|order_items|销售明细|order_totals|shop|<(class|type|constraint|namespace) ")

OBJECTS = """
SELECT c.oid, 'class ' || nspname || '.' || relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'shop'
UNION ALL SELECT t.oid, 'type ' || nspname || '.' || typname FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE nspname = 'shop'
UNION ALL SELECT c.oid, 'constraint ' || nspname || '.' || conname FROM pg_constraint c JOIN pg_namespace n ON n.oid = connamespace WHERE nspname = 'shop'
UNION ALL SELECT oid, 'namespace ' || nspname FROM pg_namespace WHERE nspname = 'shop'
UNION ALL SELECT oid, 'database ' || datname FROM pg_database WHERE datname = 'sales'
UNION ALL SELECT oid, 'role ' || rolname FROM pg_roles WHERE rolname IN ('bi', 'sluice') AND oid <> 10"""


class Side:
    """One of the two servers."""

    def __init__(self, login, ours):
        self.login, self.ours, self.session = login, ours, None
        self.connect()
        result = self.session.exec_(OBJECTS.encode())
        if result.status != Status.TUPLES_OK:
            sys.exit(f"{login}: {self.session.error_message.decode()}")
        self.tokens, self.oids = {}, {}
        for row in range(result.ntuples):
            oid, token = (result.get_value(row, column).decode() for column in (0, 1))
            token = self.in_schema(token)
            self.tokens[token], self.oids[oid] = oid, f"<{token}>"

    def connect(self):
        if self.session is not None:
            self.session.finish()
        self.session = pq.PGconn.connect(f"{self.login} application_name=captured client_encoding=UTF8".encode())
        if self.session.status != pq.ConnStatus.OK:
            sys.exit(f"{self.login}: {self.session.error_message.decode()}")
        self.session.notice_handler = None

    def in_schema(self, text):
        """Names as the schema has them."""
        if self.ours:
            for one, other in NAMES.items():
                text = text.replace(one, other)
        return text

    def statement(self, sql):
        """A statement as this server must be sent it."""
        sql = re.sub(r"@((?:class|type|constraint|namespace|database|role) [^@]+)@", lambda found: self.tokens.get(found.group(1), "99999999"), sql)
        if self.ours:
            for one, other in NAMES.items():
                sql = re.sub(rf"(?<=['^(]){other}(?=[$')]|_pkey)|(?<='\"){other}(?=\"')", one, sql)
        return sql

    def cell(self, value, column):
        if value is None:
            return None
        # Ids need no quotes where the schema's names do.
        text = QUOTED.sub(r"\1", value.decode(errors="replace"))
        if self.ours and text == "10" and OWNER.search(column):
            return "<role sluice>"
        if text in self.oids:
            return self.oids[text]
        if not self.ours:
            return text
        text = self.in_schema(text)
        if LEVEL.search(text):
            text = OTHER_NAME.sub("", LEVEL.sub("", text))
            return text or None
        return OTHER_NAME.sub("", text) if "\n" in text else text

    def columns(self, result):
        return [(self.in_schema((result.fname(at) or b"").decode()), result.ftype(at), result.fmod(at),
                 self.oids.get(str(result.ftable(at)), result.ftable(at)), result.ftablecol(at)) for at in range(result.nfields)]

    def outcome(self, result):
        status = Status(result.status)
        if status in (Status.FATAL_ERROR, Status.BAD_RESPONSE):
            code = result.error_field(pq.DiagnosticField.SQLSTATE) or b"none"
            return "error", code.decode(), result.error_message.decode().strip()
        if status == Status.COPY_OUT:
            data = []
            while True:
                length, chunk = self.session.get_copy_data(0)
                if length < 0:
                    return "copy", b"".join(data)
                data.append(bytes(chunk))
        if status == Status.COPY_IN:
            self.session.put_copy_end(b"nothing to copy")
            return ("copy in",)
        if status == Status.TUPLES_OK:
            rows = [tuple(self.cell(result.get_value(row, at), (result.fname(at) or b"").decode()) for at in range(result.nfields)) for row in range(result.ntuples)]
            return "rows", self.columns(result), rows, (result.command_status or b"").decode()
        return "done", (result.command_status or b"").decode()

    def drain(self):
        outcomes = []
        while (result := self.session.get_result()) is not None:
            outcomes.append(self.outcome(result))
        return outcomes

    def simple(self, sql):
        self.session.send_query(self.statement(sql).encode())
        return self.drain()

    def describe(self, sql, declared):
        result = self.session.prepare(b"", self.statement(sql).encode(), declared)
        if result.status != Status.FATAL_ERROR:
            result = self.session.describe_prepared(b"")
        if result.status == Status.FATAL_ERROR:
            return self.outcome(result)
        return "described", self.columns(result), [result.param_type(at) for at in range(result.nparams)]

    def execute(self, values):
        self.session.send_query_prepared(b"", [self.statement(value).encode() for value in values])
        return self.drain()


# A value for a parameter of each type, where the statement does not tell which one to give.
VALUES = {16: "t", 20: "7", 21: "7", 23: "7", 26: "@class shop.orders@", 700: "1.5", 701: "1.5", 1700: "1.5", 1082: "2024-03-01",
          1114: "2024-03-01 10:00:00", 1184: "2024-03-01 10:00:00+00", 1083: "08:30", 2950: "00000000-0000-0000-0000-000000000007",
          17: "\\x01", 18: "r", 1186: "1 day", 1009: "{shop,orders,customers}", 1015: "{shop,orders}", 1003: "{shop,orders}",
          1028: "{@class shop.orders@,@class shop.customers@}", 1002: "{r,v}", 1007: "{1,2}", 1005: "{1,2}", 1016: "{1,2}",
          114: "{}", 3802: "{}", 2205: "shop.orders"}


def value(sql, number, oid):
    """A value for a parameter: what stands before it tells what it is compared with."""
    at = re.search(rf"\${number}(?!\d)", sql)
    before = sql[:at.start()].lower()[-200:] if at else ""
    if oid not in (25, 1043, 19, 18, 705, 1042):
        return VALUES.get(oid, "1")
    if re.search(r"(nspname|schema\w*\"?|search_path', *)\W*(any\W*)?(\(|array\[)?(\$\d+(::\w+)?, ?)*$", before):
        return "pg_catalog" if re.search(r"(!=|<>)\W*$", before) else "shop"
    if "relkind" in before:
        return "rpfvm"[len(re.findall(r"\$\d+", before[before.rfind("relkind"):])) % 5]
    if re.search(r"contype\W*\S*$", before):
        return "p"
    return "r" if oid == 18 else "orders"


def load(path):
    """The statements of a file: protocol, declared types, text."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    found = re.finditer(r"^-- \[(simple|extended)((?: ?\d+,?)*)\]\n(.*?)\n;\n", text, re.S | re.M)
    statements = [(kind, [int(oid) for oid in re.findall(r"\d+", oids)], sql) for kind, oids, sql in (one.groups() for one in found)]
    assert len(statements) == len(re.findall(r"^-- \[", text, re.M)), f"{path}: a statement is not read"
    return statements


def sorted_rows(sql):
    """Whether the outermost query sorts its rows."""
    flat = sql
    while (shorter := re.sub(r"\([^()]*\)", "", flat)) != flat:
        flat = shorter
    return re.search(r"\border\s+by\b", flat, re.I) is not None


def shown(one, other):
    """Lines of a difference between two lists."""
    lines = [f"    - {row}" for row in one if row not in other][:6] + [f"    + {row}" for row in other if row not in one][:6]
    return "\n".join(lines) or f"    order or count: {len(one)}, {len(other)}"


def differ_in_rows(sql, theirs, ours):
    if theirs == ours or (not sorted_rows(sql) and collections.Counter(theirs) == collections.Counter(ours)):
        return None
    about = [[row for row in rows if any(cell and OURS.search(cell) for cell in row)] for rows in (theirs, ours)]
    if not about[0] and not about[1]:
        return "system rows", shown(theirs, ours)
    if about[0] == about[1] or (not sorted_rows(sql) and collections.Counter(about[0]) == collections.Counter(about[1])):
        return None
    return "rows", shown(*about)


def differ(sql, theirs, ours):
    """The first difference between two lists of outcomes: what kind it is, and how it looks."""
    kinds = [[outcome[0] for outcome in outcomes] for outcomes in (theirs, ours)]
    if kinds[0] != kinds[1]:
        told = [outcome for outcome in theirs + ours if outcome[0] == "error"]
        return "outcome", f"    {kinds[0]} / {kinds[1]} {told}"
    for one, other in zip(theirs, ours):
        if one[0] == "error" and one[1] != other[1]:
            return "sqlstate", f"    {one[1:]} / {other[1:]}"
        if one[0] in ("rows", "described") and one[1] != other[1]:
            return "columns", shown(one[1], other[1])
        if one[0] == "described" and one[2] != other[2]:
            return "parameters", f"    {one[2]} / {other[2]}"
        if one[0] == "rows" and (found := differ_in_rows(sql, one[2], other[2])):
            return found
        if one[0] == "copy" and sorted(one[1].split(b"\n")) != sorted(other[1].split(b"\n")):
            return "rows", f"    {one[1][:200]} / {other[1][:200]}"
        if one[0] == "done" and one != other:
            return "tag", f"    {one[1]} / {other[1]}"
    return None


def replay(kind, declared, sql, sides):
    """A statement on both servers, from like states."""
    for side in sides:
        if side.session.transaction_status == pq.TransactionStatus.INERROR:
            side.simple("ROLLBACK")
        idle = side.session.transaction_status == pq.TransactionStatus.IDLE
        if idle and re.match(r"\s*declare\b", sql, re.I) and "with hold" not in sql.lower():
            side.simple("BEGIN")
    if kind == "simple":
        outcomes = [side.simple(sql) for side in sides]
    else:
        described = [side.describe(sql, declared) for side in sides]
        outcomes = [[one] for one in described]
        if all(one[0] == "described" for one in described):
            values = [value(sql, at + 1, oid) for at, oid in enumerate(described[0][2])]
            outcomes = [[one] + side.execute(values) for one, side in zip(described, sides)]
    found = differ(sql, *outcomes)
    states = [side.session.transaction_status for side in sides]
    if states[0] != states[1]:
        found = found or ("transaction", f"    {states[0]} / {states[1]}")
        for side in sides:
            side.simple("ROLLBACK")
    return found


class Differences:
    """What may differ, from `differences.txt`: kinds of difference, a piece of the statement, the reason."""

    def __init__(self):
        self.entries = []
        with open(os.path.join(HERE, "differences.txt"), encoding="utf-8") as file:
            for block in file.read().split("\n\n"):
                lines = [line for line in block.split("\n") if line and not line.startswith("#")]
                if lines:
                    kinds = re.match(r"^differs in: (.+)$", lines[0])
                    reason = re.match(r"^because: (.+)$", lines[1]) if len(lines) > 1 else None
                    assert kinds and reason and len(lines) > 2, f"not an entry: {block}"
                    for piece in lines[2:]:
                        self.entries.append([set(kinds.group(1).split(", ")), piece.strip(), False])

    def allow(self, kind, sql):
        flat = " ".join(sql.split())
        allowed = False
        for entry in self.entries:
            if kind in entry[0] and (entry[1] in flat if not entry[1].startswith("=") else flat == entry[1][1:].strip()):
                entry[2] = allowed = True
        return allowed

    def stale(self):
        return [entry[1] for entry in self.entries if not entry[2]]


def main():
    wanted = os.environ.get("CASE", "")
    differences, counts, failures = Differences(), collections.Counter(), []
    for path in sorted(glob.glob(os.path.join(HERE, "*.sql"))):
        client = os.path.basename(path)[:-4]
        if client == "schema" or wanted not in client:
            continue
        sides = [Side(os.environ["REFERENCE"], False), Side(os.environ["SLUICE"], True)]
        for kind, declared, sql in load(path):
            found = replay(kind, declared, sql, sides)
            if any(side.session.status != pq.ConnStatus.OK for side in sides):
                failures.append(f"## {client}: a connection was lost after\n{sql}\n")
                for side in sides:
                    side.connect()
            elif found is None:
                counts["equal"] += 1
            elif differences.allow(found[0], sql):
                counts["differ as listed"] += 1
            else:
                counts["differ"] += 1
                failures.append(f"## {client} differs in: {found[0]}\n{found[1]}\n{sql[:1200]}\n")
        for side in sides:
            side.session.finish()
    print("\n".join(failures))
    print(", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    stale = [] if wanted else differences.stale()
    for piece in stale:
        print(f"no statement differs any more by: {piece}")
    sys.exit(1 if failures or stale else 0)


main()
