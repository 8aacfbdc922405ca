"""The site's own files and values come along into new trees."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from home_tree import Tree, put

from orchestrator.files import tree_digest
from orchestrator.hosts.home.home import HomeError, RealHome
from orchestrator.hosts.home.site_files import RuntimeTreeError
from orchestrator.properties import parse
from orchestrator.settings import Settings
from workflows.host.home import SqlKind
from workflows.model.plans import PackageKind
from workflows.model.values import SiteValues

DEFAULTS = (
    "system.url=http://[to be defined]\nmailaddress.sender=info@example.com\nsystem.wkhtmltopdf=/usr/bin/wkhtmltopdf\n"
    "other.key=kept\n"
)
SITE = "system.url = https://mail.site.org\nmailaddress.sender=\\\n  news@site.org\nmailaddress.bounce=\nown.key=left behind\n"
VALUES = SiteValues(
    emm={
        "system.url": "https://mail.site.org", "mailaddress.sender": "news@site.org", "system.wkhtmltopdf": "/home/x/wkhtmltopdf"
    }
)  # fmt: skip


def test_site_files_win_and_the_shipped_ones_are_kept_beside(home: RealHome, tree: Tree, settings: Settings) -> None:
    new = tree.runtime("20.04.000.050")
    carried = {Path(file.path).name: file for file in home.carry_site_files("tomcat9", new.folder)}
    conf = settings.home / new.folder / "tomcat9/conf"
    assert (conf / "keys/emm.salt").read_text() == "the site's salt"
    assert (conf / "keys/emm.salt.new").read_text() == "shipped salt of 20.04.000.050"
    assert (conf / "web.xml").read_text() == "shipped web.xml of 19.10.000.005"
    assert (conf / "server.xml").read_text() == "the site's server.xml"
    assert not (conf / "server.xml.new").exists()
    assert (conf / "hostname").read_text() == "mail.example.com\n"
    modes = {name: stat.S_IMODE((conf / name).stat().st_mode) for name in ("server.xml", "keys/emm.salt", "keys/own.pem")}
    assert modes == {"server.xml": 0o640, "keys/emm.salt": 0o600, "keys/own.pem": 0o400}
    assert {name: file.replaced for name, file in carried.items()} == {
        "server.xml": False, "hostname": False, "web.xml": True, "emm.salt": True, "own.pem": False,
        "emm.sh.additional.properties": True,
    }  # fmt: skip


def test_carrying_twice_changes_nothing_even_when_the_site_file_changed_in_between(
    home: RealHome, tree: Tree, settings: Settings
) -> None:
    new = tree.runtime("20.04.000.050")
    first = home.carry_site_files("tomcat9", new.folder)
    digest = tree_digest(settings.home / new.folder)
    assert home.carry_site_files("tomcat9", new.folder) == first
    assert tree_digest(settings.home / new.folder) == digest
    put(settings.home / "tomcat9/conf/keys/emm.salt", "a newer salt")
    home.carry_site_files("tomcat9", new.folder)
    keys = settings.home / new.folder / "tomcat9/conf/keys"
    assert (keys / "emm.salt").read_text() == "a newer salt"
    assert (keys / "emm.salt.new").read_text() == "shipped salt of 20.04.000.050"


def test_a_kept_shipped_file_is_no_site_file_for_the_next_hop(home: RealHome, tree: Tree, settings: Settings) -> None:
    one, two = tree.runtime("20.04.000.050"), tree.runtime("20.10.000.012")
    home.carry_site_files("tomcat9", one.folder)
    home.carry_site_files(one.folder, two.folder)
    keys = settings.home / two.folder / "tomcat9/conf/keys"
    assert (keys / "emm.salt").read_text() == "the site's salt"
    assert (keys / "emm.salt.new").read_text() == "shipped salt of 20.10.000.012"


def test_logs_stay_in_one_place_over_several_hops(home: RealHome, tree: Tree, settings: Settings) -> None:
    one, two = tree.runtime("20.04.000.050"), tree.runtime("20.10.000.012")
    home.carry_site_files("tomcat9", one.folder)
    home.carry_site_files(one.folder, two.folder)
    logs = settings.home / two.folder / "tomcat9/logs"
    assert str(logs.readlink()) == "../../../tomcat9/logs"
    assert (logs / "catalina.out").read_text() == "an old line\n"


def test_a_site_without_server_xml_gets_it_from_the_template(home: RealHome, tree: Tree, settings: Settings) -> None:
    (settings.home / "tomcat9/conf/server.xml").unlink()
    new = tree.runtime("20.04.000.050")
    home.carry_site_files("tomcat9", new.folder)
    assert (settings.home / new.folder / "tomcat9/conf/server.xml").read_text() == "template of 20.04.000.050"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_carried_file_keeps_the_sites_owner(home: RealHome, tree: Tree, settings: Settings) -> None:
    os.chown(settings.home / "tomcat9/conf/keys/emm.salt", 12345, 12346)
    new = tree.runtime("20.04.000.050")
    home.carry_site_files("tomcat9", new.folder)
    status = (settings.home / new.folder / "tomcat9/conf/keys/emm.salt").stat()
    assert (status.st_uid, status.st_gid) == (12345, 12346)


def test_a_folder_without_tomcat_is_no_runtime(home: RealHome, tree: Tree, settings: Settings) -> None:
    (settings.home / "runtime/empty").mkdir(parents=True)
    with pytest.raises(RuntimeTreeError):
        home.carry_site_files("tomcat9", "runtime/empty")


def test_values_of_19_10_come_into_20_04_under_their_new_names(home: RealHome, tree: Tree, settings: Settings) -> None:
    old = tree.webapp(PackageKind.GUI, "19.10.000.170", SITE, timeout=25)
    new = tree.webapp(PackageKind.GUI, "20.04.000.200", DEFAULTS)
    home.carry_values(old.folder, new.folder, PackageKind.GUI, VALUES)
    classes = settings.home / new.folder / "WEB-INF/classes"
    assert parse((classes / "emm.properties").read_bytes()) == {
        "ApplicationVersion": "20.04.000.200",
        "system.url": "https://mail.site.org",
        "mailaddress.sender": "news@site.org",
        "system.wkhtmltopdf": "/home/x/wkhtmltopdf",
        "other.key": "kept",
    }
    assert "<session-timeout>25</session-timeout>" in (settings.home / new.folder / "WEB-INF/web.xml").read_text()


def test_carrying_values_twice_changes_nothing(home: RealHome, tree: Tree, settings: Settings) -> None:
    old = tree.webapp(PackageKind.GUI, "19.10.000.170", SITE)
    new = tree.webapp(PackageKind.GUI, "20.04.000.200", DEFAULTS)
    first = home.carry_values(old.folder, new.folder, PackageKind.GUI, VALUES)
    digest = tree_digest(settings.home / new.folder)
    assert home.carry_values(old.folder, new.folder, PackageKind.GUI, VALUES) == first
    assert tree_digest(settings.home / new.folder) == digest


def test_a_file_with_version_lines_only_is_left_to_the_database(home: RealHome, tree: Tree, settings: Settings) -> None:
    old = tree.webapp(PackageKind.GUI, "20.04.000.200", SITE, timeout=25)
    new = tree.webapp(PackageKind.GUI, "20.10.000.152", timeout=60)
    before = (settings.home / new.folder / "WEB-INF/classes/emm.properties").read_bytes()
    carried = home.carry_values(old.folder, new.folder, PackageKind.GUI, VALUES)
    assert (settings.home / new.folder / "WEB-INF/classes/emm.properties").read_bytes() == before
    assert [Path(file.path).name for file in carried] == ["web.xml"]


def test_the_timeout_of_a_comment_is_neither_read_nor_written(home: RealHome, tree: Tree, settings: Settings) -> None:
    old = tree.webapp(PackageKind.STATISTICS, "19.10.000.170", timeout=25)
    new = tree.webapp(PackageKind.STATISTICS, "20.04.000.200")
    comment = "<!-- <session-timeout>1</session-timeout> -->"
    for folder, timeout in ((old.folder, 25), (new.folder, 60)):
        text = f"<web-app>{comment}<session-timeout> {timeout} </session-timeout>\r\n<!-- grü\xdfe --></web-app>"
        put(settings.home / folder / "WEB-INF/web.xml", text.encode("latin-1"))
    home.carry_values(old.folder, new.folder, PackageKind.STATISTICS, VALUES)
    content = (settings.home / new.folder / "WEB-INF/web.xml").read_bytes()
    assert content == (settings.home / old.folder / "WEB-INF/web.xml").read_bytes()
    assert comment.encode() in content


def test_the_web_services_address_comes_into_both_places_it_is_looked_for(home: RealHome, tree: Tree, settings: Settings) -> None:
    old = {kind: tree.webapp(kind, "19.10.000.170") for kind in (PackageKind.GUI, PackageKind.WEBSERVICES)}
    new = {kind: tree.webapp(kind, "20.04.000.200") for kind in (PackageKind.GUI, PackageKind.WEBSERVICES)}
    name = "WEB-INF/classes/emm-ws.properties"
    put(settings.home / new[PackageKind.WEBSERVICES].folder / name, "a=b\nwsdlLocationUri=http://[to be defined]/2.0/\n")
    values = SiteValues(webservices={"wsdlLocationUri": "https://mail.site.org/2.0/", "export.minutes": "5"})
    for kind, tree_of_old in old.items():
        home.carry_values(tree_of_old.folder, new[kind].folder, kind, values)
    gui, services = (settings.home / new[kind].folder / name for kind in (PackageKind.GUI, PackageKind.WEBSERVICES))
    assert services.read_text() == "a=b\nwsdlLocationUri=https://mail.site.org/2.0/\nexport.minutes=5\n"
    assert gui.read_text() == "wsdlLocationUri=https://mail.site.org/2.0/\n"


def test_kinds_without_values_carry_nothing(home: RealHome, tree: Tree) -> None:
    assert home.carry_values(tree.backend("1.2.3").folder, tree.backend("1.2.4").folder, PackageKind.BACKEND, VALUES) == []


def test_a_timeout_comes_into_a_web_xml_that_has_none(home: RealHome, tree: Tree, settings: Settings) -> None:
    old = tree.webapp(PackageKind.STATISTICS, "19.10.000.170", timeout=25)
    new = tree.webapp(PackageKind.STATISTICS, "20.04.000.200")
    file = settings.home / new.folder / "WEB-INF/web.xml"
    put(file, "<web-app>\n  <!-- <session-timeout>1</session-timeout> -->\n</web-app>\n")
    for _ in range(2):
        home.carry_values(old.folder, new.folder, PackageKind.STATISTICS, VALUES)
        assert file.read_text() == (
            "<web-app>\n  <!-- <session-timeout>1</session-timeout> -->\n"
            "  <session-config><session-timeout>25</session-timeout></session-config>\n</web-app>\n"
        )


def test_the_property_files_are_told_as_they_stand(home: RealHome, tree: Tree, settings: Settings) -> None:
    gui = tree.webapp(PackageKind.GUI, "19.10.000.170", SITE)
    services = tree.webapp(PackageKind.WEBSERVICES, "19.10.000.170")
    name = "WEB-INF/classes/emm-ws.properties"
    put(settings.home / services.folder / name, "wsdlLocationUri=http://[to be defined]/2.0/\na=b\n")
    put(settings.home / gui.folder / name, "wsdlLocationUri=https://mail.site.org/2.0/\n")
    files = home.property_files(gui.folder, services.folder)
    assert (files.version, files.emm["mailaddress.sender"], files.emm["mailaddress.bounce"]) == (
        "19.10.000.170",
        "news@site.org",
        "",
    )
    assert files.webservices == {"wsdlLocationUri": "https://mail.site.org/2.0/", "a": "b"}
    assert files.homes == (str(settings.home),)


def test_property_files_are_what_they_were_when_put_back(home: RealHome, tree: Tree, settings: Settings) -> None:
    gui = tree.webapp(PackageKind.GUI, "20.04.000.200", DEFAULTS)
    digest = tree_digest(settings.home / gui.folder)
    values = SiteValues(emm=VALUES.emm, webservices={"wsdlLocationUri": "https://mail.site.org/2.0/"})
    home.put_back_values("RUN-values")
    home.keep_values([gui.folder], "RUN-values")
    home.carry_values(gui.folder, gui.folder, PackageKind.GUI, values)
    assert tree_digest(settings.home / gui.folder) != digest
    home.keep_values([gui.folder], "RUN-values")
    for _ in range(2):
        home.put_back_values("RUN-values")
        assert tree_digest(settings.home / gui.folder) == digest


def test_sql_files_are_told_by_kind_and_version_in_the_dialect_of_the_line(
    home: RealHome, tree: Tree, settings: Settings
) -> None:
    gui = tree.webapp(PackageKind.GUI, "20.04.000.200")
    sql = settings.home / gui.folder / "WEB-INF/sql"
    for name in ("emm-mysql-update-20.04.331-basic.sql", "emm-mysql-update-20.04.450.sql", "emm-mysql-messages-deleted.sql",
                 "emm-mysql-messages.sql", "emm-mysql-fulldb-basic.sql", "emm-mysql-create-database.sql"):  # fmt: skip
        put(sql / "mysql" / name, name)
    put(sql / "mariadb/emm-mariadb-update-99.01.001-basic.sql")
    put(sql / "userrights.sql", "rights")
    found = home.sql_files(gui.folder)
    assert [(file.name, file.kind, file.version) for file in found] == [
        ("emm-mysql-fulldb-basic.sql", SqlKind.FULL, None),
        ("emm-mysql-messages.sql", SqlKind.MESSAGES, None),
        ("emm-mysql-messages-deleted.sql", SqlKind.MESSAGES, None),
        ("emm-mysql-update-20.04.331-basic.sql", SqlKind.UPDATE, "20.04.331"),
        ("emm-mysql-update-20.04.450.sql", SqlKind.UPDATE, "20.04.450"),
        ("userrights.sql", SqlKind.USERRIGHTS, None),
    ]
    assert home.read_text(found[1].path) == "emm-mysql-messages.sql"


def test_from_22_10_on_folder_names_and_list_are_called_mariadb_and_the_migration_is_one_of_the_files(
    home: RealHome, tree: Tree, settings: Settings
) -> None:
    gui = tree.webapp(PackageKind.GUI, "25.11.078")
    sql, classes = (settings.home / gui.folder / "WEB-INF" / name for name in ("sql", "classes"))
    update = "emm-{}-update-25.07.032-basic.sql"
    names = ["migration", "migration-until-25.04.565", "messages", "messages-openemm", "create-user"]
    others = [update.format("mariadb"), update.format("mysql"), "emm-mysql-update-late.sql"]
    for name in [*(f"emm-mariadb-{name}.sql" for name in names), *others, "old/2022/emm-mariadb-update-22.01.135-basic.sql"]:
        put(sql / "mariadb" / name)
    for dialect in ("postgres", "mysql"):
        put(sql / dialect / update.format(dialect))
        put(classes / f"mandatoryDbChanges_{dialect}.csv", "99.01.001\n")
    put(sql / "userrights.sql")
    put(classes / "mandatoryDbChanges_mariadb.csv", "25.07.032\n")
    assert [(file.name, file.kind, file.version) for file in home.sql_files(gui.folder)] == [
        ("emm-mariadb-messages.sql", SqlKind.MESSAGES, None),
        ("emm-mariadb-messages-openemm.sql", SqlKind.MESSAGES, None),
        ("emm-mariadb-migration.sql", SqlKind.MIGRATION, None),
        (update.format("mariadb"), SqlKind.UPDATE, "25.07.032"),
        ("userrights.sql", SqlKind.USERRIGHTS, None),
    ]
    assert home.mandatory_versions(gui.folder) == {"25.07.032"}


def test_versions_with_four_parts_are_told_whole(home: RealHome, tree: Tree, settings: Settings) -> None:
    gui = tree.webapp(PackageKind.GUI, "21.04.000.118")
    put(settings.home / gui.folder / "WEB-INF/sql/mysql/emm-mysql-update-21.04.000.079-basic.sql")
    put(settings.home / gui.folder / "WEB-INF/classes/mandatoryDbChanges_mysql.csv", "21.04.000.079\n20.10.385\n")
    assert [file.version for file in home.sql_files(gui.folder)] == ["21.04.000.079"]
    assert home.mandatory_versions(gui.folder) == {"21.04.000.079", "20.10.385"}


def test_an_update_file_without_a_version_stops_rather_than_being_forgotten(
    home: RealHome, tree: Tree, settings: Settings
) -> None:
    gui = tree.webapp(PackageKind.GUI, "20.04.000.200")
    put(settings.home / gui.folder / "WEB-INF/sql/mysql/emm-mysql-update-late.sql")
    with pytest.raises(HomeError) as caught:
        home.sql_files(gui.folder)
    assert caught.value.error_key == "sql-file-unnamed"


def test_the_mandatory_list_is_its_first_column_without_headings(home: RealHome, tree: Tree, settings: Settings) -> None:
    gui = tree.webapp(PackageKind.GUI, "20.04.000.200")
    name = settings.home / gui.folder / "WEB-INF/classes/mandatoryDbChanges_mysql.csv"
    put(name, 'version;remark\r\n\r\n"20.01.018";x\r\n20.04.331\r\n19.07.420,y\r\n')
    assert home.mandatory_versions(gui.folder) == {"20.01.018", "20.04.331", "19.07.420"}


def test_a_missing_or_empty_mandatory_list_is_an_error(home: RealHome, tree: Tree, settings: Settings) -> None:
    gui = tree.webapp(PackageKind.GUI, "20.04.000.200")
    with pytest.raises(HomeError, match="cannot tell which database versions"):
        home.mandatory_versions(gui.folder)
    put(settings.home / gui.folder / "WEB-INF/classes/mandatoryDbChanges_mysql.csv", "version\n")
    with pytest.raises(HomeError, match="names none"):
        home.mandatory_versions(gui.folder)


def test_text_is_read_with_its_line_ends_or_not_at_all(home: RealHome, settings: Settings) -> None:
    put(settings.home / "a.sql", b"SELECT 1;\r\nSELECT 'x\r';")
    assert home.read_text("a.sql") == "SELECT 1;\r\nSELECT 'x\r';"
    put(settings.home / "b.sql", b"\xff")
    with pytest.raises(HomeError) as caught:
        home.read_text("b.sql")
    assert caught.value.error_key == "file-not-utf8"


def test_the_digest_of_a_folder_is_that_of_its_listing(home: RealHome, settings: Settings) -> None:
    assert home.digest("tomcat9") == tree_digest(settings.home / "tomcat9")
