import java.sql.*;
import java.util.*;

/** pgJDBC's metadata over every table, in both servers by turns: prints `title|seconds direct|seconds sluice`. */
public class Columns {
    interface Look {
        ResultSet at(DatabaseMetaData data) throws SQLException;
    }

    /** Seconds of a look over a connection of its own; opening it is not counted. */
    static double taken(String port, String user, String password, Look look, int[] rows) throws SQLException {
        String url = "jdbc:postgresql://127.0.0.1:" + port + "/bank?sslmode=disable";
        try (Connection session = DriverManager.getConnection(url, user, password)) {
            long start = System.nanoTime();
            try (ResultSet found = look.at(session.getMetaData())) {
                while (found.next()) {
                    found.getString(1);
                    rows[0]++;
                }
            }
            return (System.nanoTime() - start) / 1e9;
        }
    }

    static double median(List<Double> times) {
        Collections.sort(times);
        int middle = times.size() / 2;
        return times.size() % 2 == 1 ? times.get(middle) : (times.get(middle - 1) + times.get(middle)) / 2;
    }

    static void compare(String title, String[] args, Look look) throws SQLException {
        List<Double> direct = new ArrayList<>(), through = new ArrayList<>();
        for (int round = 0; round < Integer.parseInt(args[2]); round++) {
            int[] rows = {0}, rowsThrough = {0};
            direct.add(taken(args[0], "bench", "bench", look, rows));
            through.add(taken(args[1], "risk_officer", "sluice", look, rowsThrough));
            if (rows[0] == 0 || rowsThrough[0] == 0) throw new AssertionError(title + ": no rows");
        }
        System.out.printf(Locale.ROOT, "%s|%.3f|%.3f%n", title, median(direct), median(through));
    }

    public static void main(String[] args) throws SQLException {
        compare("pgJDBC getTables", args, data -> data.getTables(null, null, "%", null));
        compare("pgJDBC getColumns of all", args, data -> data.getColumns(null, null, "%", "%"));
        compare("pgJDBC getColumns of one schema", args, data -> data.getColumns(null, "wide", "%", "%"));
        compare("pgJDBC getImportedKeys", args, data -> data.getImportedKeys(null, "wide", "table_0007"));
        compare("pgJDBC getPrimaryKeys", args, data -> data.getPrimaryKeys(null, "wide", "table_0007"));
    }
}
