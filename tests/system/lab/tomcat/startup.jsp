<%@ page import="java.io.InputStream, java.sql.*, java.util.Properties, javax.naming.InitialContext, javax.sql.DataSource" %>
<%!
// What a start of 20.10 does to its database (facts 6, 8.4, 17.1): the release log, the layout images, the startup jobs.
@Override
public void jspInit() {
    Properties properties = new Properties();
    try (InputStream file = getServletContext().getResourceAsStream("/WEB-INF/classes/emm.properties")) {
        properties.load(file);
        String version = properties.getProperty("ApplicationVersion");
        DataSource source = (DataSource) new InitialContext().lookup("java:comp/env/jdbc/emm_db");
        try (Connection connection = source.getConnection()) {
            execute(connection, "INSERT INTO release_log_tbl (host_name, application_name, version_number, startup_timestamp)"
                + " SELECT @@hostname, 'EMM', ?, NOW() FROM DUAL WHERE NOT EXISTS"
                + " (SELECT 1 FROM release_log_tbl WHERE application_name = 'EMM' AND version_number = ?)", version, version);
            execute(connection, "UPDATE company_tbl SET status = 'locked' WHERE company_id > 1 AND status <> 'locked'");
            if (count(connection, "SELECT COUNT(*) FROM layout_tbl") == 0) {
                for (String item : new String[] {"favicon.ico", "logo.svg", "logo.png", "edition_logo.png"}) {
                    execute(connection, "INSERT INTO layout_tbl (company_id, item_name, data) VALUES (0, ?, ?)", item, item);
                }
            }
            execute(connection, "UPDATE startup_job_tbl SET state = 2, change_date = NOW() WHERE enabled = 1 AND state = 0");
        }
        getServletContext().setAttribute("version", version);
    } catch (Exception error) {
        throw new RuntimeException("Context initialization failed", error);
    }
}

private static void execute(Connection connection, String sql, String... values) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
        for (int at = 0; at < values.length; at++) {
            statement.setString(at + 1, values[at]);
        }
        statement.executeUpdate();
    }
}

private static int count(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
        rows.next();
        return rows.getInt(1);
    }
}
%>
