import java.math.BigDecimal;
import java.sql.*;
import java.util.*;

/** pgJDBC against the servers layout: metadata, prepared statements in text and binary, fetch size, errors, cancel. */
public class Jdbc {
    static Connection connect(String user, String more) throws SQLException {
        String url = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/bank" + more;
        return DriverManager.getConnection(url, user, System.getenv("PGPASSWORD"));
    }

    static void check(boolean truth, String what, Object... got) {
        if (!truth) throw new AssertionError(what + ": " + Arrays.deepToString(got));
    }

    static List<String> column(ResultSet rows, String name) throws SQLException {
        List<String> values = new ArrayList<>();
        while (rows.next()) values.add(rows.getString(name));
        rows.close();
        return values;
    }

    static long number(Connection session, String ask) throws SQLException {
        try (Statement statement = session.createStatement(); ResultSet rows = statement.executeQuery(ask)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    static void metadata(Connection session) throws SQLException {
        DatabaseMetaData data = session.getMetaData();
        check(data.getDatabaseProductName().equals("PostgreSQL"), "product", data.getDatabaseProductName());
        check(data.getDatabaseMajorVersion() >= 14, "version", data.getDatabaseProductVersion());
        List<String> schemas = column(data.getSchemas(), "TABLE_SCHEM");
        check(schemas.contains("retail") && schemas.contains("零售") && !schemas.contains("audit"), "schemas", schemas);
        List<String> tables = column(data.getTables(null, "零售", "%", new String[] {"TABLE"}), "TABLE_NAME");
        check(tables.containsAll(List.of("客户", "账户", "员工", "机构", "日终余额", "交易流水", "日历")), "tables", tables);
        tables = column(data.getTables(null, null, "%", new String[] {"TABLE", "VIEW"}), "TABLE_NAME");
        check(tables.contains("customer") && !tables.contains("queries"), "tables", tables);
        List<String> columns = column(data.getColumns(null, "retail", "employee", "%"), "COLUMN_NAME");
        check(columns.equals(List.of("emp_id", "emp_name", "title", "branch_id")), "columns of employee", columns);
        try (ResultSet rows = data.getColumns(null, "retail", "account", "rate")) {
            check(rows.next(), "the column rate");
            check(rows.getInt("DATA_TYPE") == Types.NUMERIC && rows.getInt("COLUMN_SIZE") == 7 && rows.getInt("DECIMAL_DIGITS") == 4,
                "type of rate", rows.getInt("DATA_TYPE"), rows.getInt("COLUMN_SIZE"), rows.getInt("DECIMAL_DIGITS"));
        }
        check(column(data.getPrimaryKeys(null, "retail", "customer"), "COLUMN_NAME").equals(List.of("cust_id")), "primary key");
        List<String> imported = column(data.getImportedKeys(null, "retail", "account"), "PKTABLE_NAME");
        check(imported.contains("customer"), "imported keys of account", imported);
        column(data.getIndexInfo(null, "retail", "customer", false, true), "INDEX_NAME");
        column(data.getTypeInfo(), "TYPE_NAME");
        column(data.getCatalogs(), "TABLE_CAT");
        column(data.getTableTypes(), "TABLE_TYPE");
        column(data.getProcedures(null, null, "%"), "PROCEDURE_NAME");
        column(data.getBestRowIdentifier(null, "retail", "customer", DatabaseMetaData.bestRowSession, true), "COLUMN_NAME");
        data.getSQLKeywords();
    }

    static void counts(String more) throws SQLException {
        try (Connection all = connect("hq_analyst", more); Connection branch = connect("cd_manager", more); Connection own = connect("jj_teller", more)) {
            String ask = "SELECT count(*) FROM 零售.客户";
            long[] numbers = {number(all, ask), number(branch, ask), number(own, ask)};
            check(numbers[0] > numbers[1] && numbers[1] > numbers[2] && numbers[2] > 0, "counts", numbers[0], numbers[1], numbers[2]);
            try (PreparedStatement statement = branch.prepareStatement("SELECT count(*) FROM retail.customer WHERE branch_id = ?")) {
                // Named on the server, with binary results, from the sixth time on.
                for (int turn = 0; turn < 12; turn++) {
                    statement.setString(1, "B11");
                    try (ResultSet rows = statement.executeQuery()) {
                        rows.next();
                        check(rows.getLong(1) == numbers[2], "count of a branch, turn " + turn, rows.getLong(1));
                    }
                }
            }
        }
    }

    static void types(Connection session) throws SQLException {
        String ask = "SELECT ?::bool, ?::int2, ?::int4, ?::int8, ?::float4, ?::float8, ?::numeric, ?::text, ?::date, ?::timestamp, ?::timestamptz, ?::time, ?::uuid, ?::bytea, NULL::int4";
        UUID uuid = UUID.fromString("00000000-0000-0000-0000-0000000000ff");
        try (PreparedStatement statement = session.prepareStatement(ask)) {
            ParameterMetaData described = statement.getParameterMetaData();
            check(described.getParameterCount() == 14, "parameters", described.getParameterCount());
            for (int turn = 0; turn < 8; turn++) {
                statement.setBoolean(1, true);
                statement.setShort(2, (short) 7);
                statement.setInt(3, 8);
                statement.setLong(4, 1L << 40);
                statement.setFloat(5, 1.5f);
                statement.setDouble(6, 2.5);
                statement.setBigDecimal(7, new BigDecimal("12345.6700"));
                statement.setString(8, "a'b\\c安");
                statement.setObject(9, java.time.LocalDate.of(2024, 2, 29));
                statement.setObject(10, java.time.LocalDateTime.of(2024, 2, 29, 1, 2, 3));
                statement.setObject(11, java.time.OffsetDateTime.parse("2024-02-29T01:02:03+08:00"));
                statement.setObject(12, java.time.LocalTime.of(8, 30));
                statement.setObject(13, uuid);
                statement.setBytes(14, new byte[] {0, (byte) 0xff});
                try (ResultSet rows = statement.executeQuery()) {
                    check(rows.next(), "a row");
                    check(rows.getBoolean(1) && rows.getShort(2) == 7 && rows.getInt(3) == 8 && rows.getLong(4) == 1L << 40, "integers, turn " + turn);
                    check(rows.getFloat(5) == 1.5f && rows.getDouble(6) == 2.5, "floats, turn " + turn);
                    check(rows.getBigDecimal(7).equals(new BigDecimal("12345.6700")), "numeric, turn " + turn, rows.getBigDecimal(7));
                    check(rows.getString(8).equals("a'b\\c安"), "text, turn " + turn, rows.getString(8));
                    check(rows.getObject(9, java.time.LocalDate.class).equals(java.time.LocalDate.of(2024, 2, 29)), "date, turn " + turn);
                    check(rows.getObject(10, java.time.LocalDateTime.class).equals(java.time.LocalDateTime.of(2024, 2, 29, 1, 2, 3)), "timestamp, turn " + turn);
                    check(rows.getObject(11, java.time.OffsetDateTime.class).toInstant().equals(java.time.Instant.parse("2024-02-28T17:02:03Z")), "timestamptz, turn " + turn);
                    check(rows.getObject(12, java.time.LocalTime.class).equals(java.time.LocalTime.of(8, 30)), "time, turn " + turn);
                    check(rows.getObject(13).equals(uuid), "uuid, turn " + turn);
                    check(Arrays.equals(rows.getBytes(14), new byte[] {0, (byte) 0xff}), "bytea, turn " + turn);
                    rows.getInt(15);
                    check(rows.wasNull(), "NULL, turn " + turn);
                }
            }
        }
        try (Statement statement = session.createStatement(); ResultSet rows = statement.executeQuery("SELECT 机构号, level FROM 零售.机构 ORDER BY 1")) {
            ResultSetMetaData described = rows.getMetaData();
            check(described.getColumnLabel(1).equals("机构号") && described.getColumnType(2) == Types.INTEGER, "metadata of a result", described.getColumnLabel(1));
        }
    }

    static void fetchSize(Connection session) throws SQLException {
        long total = number(session, "SELECT count(*) FROM retail.txn");
        session.setAutoCommit(false);
        try (PreparedStatement statement = session.prepareStatement("SELECT txn_id, amount FROM retail.txn WHERE amount > ? ORDER BY txn_id")) {
            statement.setFetchSize(97);
            for (int turn = 0; turn < 7; turn++) {
                statement.setInt(1, 0);
                long count = 0, last = 0;
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        check(rows.getLong(1) > last, "order");
                        last = rows.getLong(1);
                        count++;
                    }
                }
                check(count == total, "rows by fetch size, turn " + turn, count, total);
            }
        }
        session.commit();
        session.setAutoCommit(true);
    }

    static String state(Connection session, String ask) {
        try (Statement statement = session.createStatement()) {
            statement.execute(ask);
            return "answered";
        } catch (SQLException error) {
            return error.getSQLState();
        }
    }

    static void errors(Connection session) throws SQLException {
        check(state(session, "SELECT salary FROM 零售.员工").equals("42703"), "hidden field", state(session, "SELECT salary FROM 零售.员工"));
        check(state(session, "SELECT 1 FROM audit.queries").equals("42P01"), "hidden relation");
        check(state(session, "DELETE FROM retail.customer").equals("25006"), "a write", state(session, "DELETE FROM retail.customer"));
        check(state(session, "SELECT 1/0").equals("22012"), "division by zero");
        check(state(session, "SELEC 1").equals("42601"), "a syntax error");
        session.setAutoCommit(false);
        check(state(session, "SELECT nothing FROM retail.branch").equals("42703"), "an unknown field");
        check(state(session, "SELECT 1").equals("25P02"), "a failed transaction");
        session.rollback();
        Savepoint savepoint = session.setSavepoint();
        check(state(session, "SELECT nothing FROM retail.branch").equals("42703"), "an unknown field");
        session.rollback(savepoint);
        check(number(session, "SELECT 1") == 1, "after a savepoint");
        session.commit();
        session.setAutoCommit(true);
    }

    /** Three billion rows, and no source can answer the condition. */
    static final String ENDLESS = "SELECT count(*) FROM retail.txn a, retail.customer b, retail.daily_balance c "
        + "WHERE length(a.channel || b.segment || c.acct_id) = -5";

    static void cancels(Connection session) throws Exception {
        try (Statement statement = session.createStatement()) {
            Timer timer = new Timer(true);
            // Again and again: a cancel that comes before the statement runs does nothing.
            timer.schedule(new TimerTask() {
                public void run() {
                    try {
                        statement.cancel();
                    } catch (SQLException error) {
                        error.printStackTrace();
                    }
                }
            }, 500, 500);
            try {
                statement.executeQuery(ENDLESS);
                throw new AssertionError("not cancelled");
            } catch (SQLException error) {
                check(error.getSQLState().equals("57014"), "state of a cancel", error.getSQLState(), error.getMessage());
            } finally {
                timer.cancel();
            }
        }
        try (Statement statement = session.createStatement()) {
            statement.setQueryTimeout(1);
            try {
                statement.executeQuery(ENDLESS);
                throw new AssertionError("no timeout");
            } catch (SQLException error) {
                check(error.getSQLState().equals("57014"), "state of a timeout", error.getSQLState());
            }
        }
        check(number(session, "SELECT 1") == 1, "after a cancel");
    }

    static void copies(Connection session) throws Exception {
        org.postgresql.copy.CopyManager copy = session.unwrap(org.postgresql.PGConnection.class).getCopyAPI();
        java.io.StringWriter out = new java.io.StringWriter();
        long rows = copy.copyOut("COPY (SELECT cust_id, mobile FROM retail.customer) TO STDOUT WITH (FORMAT csv)", out);
        check(rows == number(session, "SELECT count(*) FROM retail.customer"), "rows of COPY", rows);
        check(out.toString().lines().allMatch(line -> line.contains("****")), "masks in COPY");
    }

    public static void main(String[] arguments) throws Exception {
        for (String more : new String[] {"", "?preferQueryMode=simple", "?prepareThreshold=-1"}) {
            counts(more);
            System.out.println("Jdbc: counts" + more);
        }
        try (Connection session = connect("cd_manager", "")) {
            metadata(session);
            System.out.println("Jdbc: metadata");
            types(session);
            System.out.println("Jdbc: types");
            fetchSize(session);
            System.out.println("Jdbc: fetch size");
            errors(session);
            System.out.println("Jdbc: errors");
            try (Connection officer = connect("risk_officer", "")) {
                cancels(officer);
            }
            System.out.println("Jdbc: cancels");
            copies(session);
            System.out.println("Jdbc: copies");
        }
    }
}
