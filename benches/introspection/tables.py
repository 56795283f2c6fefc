"""Tables of 30 columns with keys, references and comments: as SQL on stdout, and as entities and a grant in files.

    tables.py COUNT CATALOG_DIRECTORY POLICY_DIRECTORY
"""
import pathlib
import sys

COUNT, CATALOG, POLICIES = int(sys.argv[1]), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])

# Type in PostgreSQL and in the catalog; the columns take them in turn.
TYPES = [
    ("bigint", "int8"),
    ("integer", "int4"),
    ("text", "text"),
    ("varchar(40)", "varchar(40)"),
    ("numeric(14,2)", '"decimal(14,2)"'),
    ("date", "date"),
    ("timestamp", "timestamp"),
    ("boolean", "boolean"),
    ("double precision", "float8"),
    ("timestamptz", "timestamptz"),
]


def columns():
    yield "id", *TYPES[0], True, "number of the row"
    yield "parent_id", *TYPES[0], False, "number of a row of another table"
    for number in range(28):
        comment = f"fact {number}" if number < 3 else None
        yield f"c{number:02}", *TYPES[number % len(TYPES)], number % 4 == 0, comment


def main():
    (CATALOG / "catalog.yaml").write_text(
        "catalog: {format: 1, name: bank, locales: [zh, en], timezone: Asia/Shanghai, currency: CNY, week_start: monday,"
        " search_path: [wide]}\ndomains:\n  - {id: wide, comment: wide tables}\n"
    )
    print("CREATE SCHEMA wide; ALTER DATABASE bank SET search_path = wide; SET search_path = wide;")
    names = [f"table_{number:04}" for number in range(COUNT)]
    for number, name in enumerate(names):
        parent = names[number // 2]
        entity = [
            f"entity: {name}",
            f"comment: table number {number}",
            f"source: {{connection: core, table: wide.{name}}}",
            "key: [id]",
            "fields:",
        ]
        sql = []
        comments = [f"COMMENT ON TABLE {name} IS 'table number {number}';"]
        for column, sql_type, our_type, not_null, comment in columns():
            nullable = "" if not not_null else ", nullable: false"
            told = f", comment: {comment}" if comment else ""
            entity.append(f"  {column}: {{column: {column}, type: {our_type}, level: 1{nullable}{told}}}")
            sql.append(f"{column} {sql_type}{' NOT NULL' if not_null else ''}")
            # Sluice says the level of each column in its comment.
            comments.append(f"COMMENT ON COLUMN {name}.{column} IS '{comment or ''} sensitivity level 1';")
        entity.append(f"relationships:\n  parent: {{to: {parent}, keys: {{parent_id: id}}, inherits_policy: false}}")
        (CATALOG / f"{name}.yaml").write_text("\n".join(entity) + "\n")
        sql.append("PRIMARY KEY (id)")
        sql.append(f"FOREIGN KEY (parent_id) REFERENCES {parent}")
        print(f"CREATE TABLE {name} ({', '.join(sql)});", *comments)
    roles = "roles:\n  risk_officer: {groups: ['cn=risk']}\n"
    (POLICIES / "roles.yaml").write_text(roles)
    (POLICIES / "grants.yaml").write_text(f"grant: everything\nto: {{role: risk_officer}}\nread: [{', '.join(names)}]\n")


main()
