<%@ page contentType="text/html; charset=UTF-8" session="false"
  import="java.sql.*, javax.naming.InitialContext, javax.sql.DataSource" %>
<%
DataSource source = (DataSource) new InitialContext().lookup("java:comp/env/jdbc/emm_db");
try (Connection connection = source.getConnection();
     Statement statement = connection.createStatement();
     ResultSet rows = statement.executeQuery("SELECT COUNT(*) FROM config_tbl")) {
    rows.next();
%><html><body>OpenEMM logon, <%= rows.getInt(1) %> settings</body></html><%
}
%>
