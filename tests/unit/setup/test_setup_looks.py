"""What a step concludes from what it sees: what is right, what is a default, and what somebody configured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.unit.setup.memory_host import ABSENT, RUNS, make_plan
from workflows.host.system import Family
from workflows.host.units import UnitState
from workflows.model.errors import RefusedError, WorkflowError
from workflows.model.step import Context
from workflows.steps.application import unit
from workflows.steps.application.home import HomeFiles
from workflows.steps.application.unit import StartupUnit, settings
from workflows.steps.machine import logrotate, places
from workflows.steps.machine.account import OpenemmAccount
from workflows.steps.machine.firewall import OpenFirewall, covers
from workflows.steps.machine.limits import KernelLimits
from workflows.steps.machine.logging import Logging
from workflows.steps.machine.logrotate import LogRotation
from workflows.steps.setup import SetupStep

Make = Callable[..., Any]
ACCOUNT = (1000, "openemm", "/home/openemm", "/bin/bash")
HOME = "/home/openemm"
GUIDE_UNIT = """\
[Unit]
Description=OpenEMM startup script
After=var-run.mount network.target local-fs.target time-sync.target sendmail.service \\
  postfix.service
[Service]
User=openemm
Group=openemm
Type=oneshot
RemainAfterExit=yes
ExecStart=/home/openemm/bin/openemm.sh start
ExecStop=/home/openemm/bin/openemm.sh stop
TimeoutSec=300
StandardOutput=journal+console
[Install]
WantedBy=multi-user.target
"""


def seen(step: SetupStep, setup: Any) -> dict[str, tuple[str | None, bool]]:
    """What differs: what is now, and whether somebody configured it."""
    return {difference.key: (difference.now, difference.by_admin) for difference in step.look(setup)}


# --- limits -----------------------------------------------------------------------------------------------------------


def test_a_session_and_a_service_with_enough_files_are_right_whoever_set_it(host: Make) -> None:
    assert seen(KernelLimits(make_plan()), host(open_files={"root": (65536, 65536)})) == {}


def test_a_limit_that_nobody_set_is_a_default_and_one_in_a_file_is_somebodys(host: Make) -> None:
    told = {"open_files": {"openemm": (1024, 4096), "root": (1024, 4096)}, "default_open_files": (1024, 524288)}
    assert seen(KernelLimits(make_plan()), host(**told)) == {
        "limits.nofile": ("1024", False), "limits.nofile.root": ("1024", False), "limits.nofile.services": ("1024", False),
    }  # fmt: skip
    texts = {
        "/etc/security/limits.conf": "#* soft nofile 1\n* soft nofile 1024 # all\n",
        "/etc/security/limits.d/90-openemm.conf": "root - nofile 5\n",
        "/etc/systemd/system.conf.d/10-site.conf": "[Manager]\nDefaultLimitNOFILE=1024\n",
    }  # fmt: skip
    assert seen(KernelLimits(make_plan()), host(texts=texts, **told)) == {
        "limits.nofile": ("1024 (/etc/security/limits.conf)", True), "limits.nofile.root": ("1024", False),
        "limits.nofile.services": ("1024 (/etc/systemd/system.conf.d/10-site.conf)", True),
    }  # fmt: skip


# --- logging ----------------------------------------------------------------------------------------------------------

JOURNALD = {"/etc/systemd/journald.conf.d/90-openemm.conf": "RateLimitIntervalSec=10s\nRateLimitBurst=10000\n"}
RSYSLOG = {"/etc/rsyslog.conf": "mail.* -/var/log/maillog\n"}
ROTATION = {"/etc/logrotate.d/openemm-maillog": "/var/log/maillog {\n create 0644\n}\n"}
LOG = {"/var/log/maillog": ""}
RIGHT = {**JOURNALD, **RSYSLOG, **ROTATION, **LOG}


def test_logging_that_is_right_differs_in_nothing(host: Make) -> None:
    assert seen(Logging(make_plan()), host(texts=RIGHT, units={"rsyslog.service": RUNS})) == {}


def test_a_host_without_rsyslog_differs_and_raises_nothing(host: Make) -> None:
    assert list(seen(Logging(make_plan()), host(Family.DEBIAN))) == [
        "logging.journald", "logging.rsyslog", "logging.maillog", "logging.maillog-mode", "logging.logrotate",
    ]  # fmt: skip


def test_settings_that_a_service_has_not_read_yet_are_a_difference(host: Make) -> None:
    stale = ["systemd-journald.service", "rsyslog.service"]
    found = seen(Logging(make_plan()), host(texts=RIGHT, units={"rsyslog.service": RUNS}, stale=stale))
    assert found == {"logging.journald": ("not read yet", False), "logging.rsyslog": ("runs with older settings", False)}


def test_limits_and_modes_that_somebody_set_are_his(host: Make) -> None:
    texts = {
        **LOG, "/etc/systemd/journald.conf": "[Journal]\nRateLimitBurst=500\n",
        "/etc/rsyslog.conf": 'module(load="imjournal" ratelimit.burst="5")\nmail.* -/var/log/maillog\n',
        "/etc/logrotate.d/syslog": "/var/log/maillog {\n create 0600\n}\n",
    }  # fmt: skip
    found = seen(Logging(make_plan()), host(texts=texts, units={"rsyslog.service": RUNS}))
    assert found == {
        "logging.journald": ("500 messages in default", True),
        "logging.imjournal": ("5 messages in default s (/etc/rsyslog.conf)", True),
        "logging.logrotate": ("create 0600 (/etc/logrotate.d/syslog)", True),
    }


def test_on_sles_the_mail_log_is_a_link_and_what_it_delivers_is_nobodys(host: Make) -> None:
    texts = {**JOURNALD, "/etc/rsyslog.conf": "mail.* -/var/log/mail;x\n", "/var/log/mail": "",
             "/etc/logrotate.d/syslog": "/var/log/mail /var/log/mail.info {\n create 640 root root\n}\n"}  # fmt: skip
    setup = host(Family.SUSE, texts=texts, units={"rsyslog.service": RUNS})
    assert seen(Logging(make_plan()), setup) == {
        "logging.maillog-link": (None, False), "logging.logrotate": ("create 0640 (/etc/logrotate.d/syslog)", False),
    }  # fmt: skip
    setup.files.links["/var/log/maillog"] = "mail"
    setup.files.modes["/var/log/mail"] = 0o640
    assert seen(Logging(make_plan()), setup)["logging.maillog-mode"] == ("0640", False)


# --- account ----------------------------------------------------------------------------------------------------------


def test_an_account_that_is_right_differs_in_nothing(host: Make) -> None:
    setup = host(user=ACCOUNT)
    setup.files.modes[HOME] = 0o711
    assert seen(OpenemmAccount(make_plan()), setup) == {}


def test_another_home_or_shell_is_the_administrators(host: Make) -> None:
    setup = host(user=(1000, "users", "/srv/openemm", "/bin/sh"))
    setup.files.modes[HOME] = 0o700
    setup.files.owners[HOME] = "root:root"
    assert seen(OpenemmAccount(make_plan()), setup) == {
        "account.home-shell-group": ("group users, home /srv/openemm, shell /bin/sh", True),
        "account.home-owner": ("root:root", False), "account.home-passable": ("0700", False),
    }  # fmt: skip


def test_on_sles_new_users_need_usr_sbin_in_their_path(host: Make) -> None:
    profile = {"/etc/skel/.profile": "x\nexport PATH=$PATH:/usr/sbin\n"}
    assert "account.path" in seen(OpenemmAccount(make_plan()), host(Family.SUSE))
    assert "account.path" not in seen(OpenemmAccount(make_plan()), host(Family.SUSE, texts=profile))
    assert "account.path" not in seen(OpenemmAccount(make_plan()), host(Family.RHEL))


# --- firewall ---------------------------------------------------------------------------------------------------------


def test_ports_that_are_closed_are_opened_and_tls_only_with_a_certificate(host: Make) -> None:
    forwards = ["port=80:proto=tcp:toport=8080"]
    told = {"ports": ["20-30/tcp", "8080/udp"], "forwards": forwards}
    assert list(seen(OpenFirewall(make_plan()), host(**told))) == ["firewall.port.8080"]
    with_tls = OpenFirewall(make_plan(certificate="/c.pem"))
    assert list(seen(with_tls, host(**told))) == ["firewall.port.8080", "firewall.port.8443", "firewall.forward.443"]


def test_a_host_without_firewalld_and_an_administrator_without_wish_differ_in_nothing(host: Make) -> None:
    assert seen(OpenFirewall(make_plan()), host(firewalld=False)) == {}
    assert seen(OpenFirewall(make_plan(firewall=False)), host()) == {}


@pytest.mark.parametrize(
    ("opened", "port", "has"),
    [("25/tcp", "25/tcp", True), ("25/udp", "25/tcp", False), ("8000-8080/tcp", "8080/tcp", True), ("1-24/tcp", "25/tcp", False)],
)
def test_a_range_covers_the_ports_in_it(opened: str, port: str, has: bool) -> None:
    assert covers(opened, port) is has


# --- unit -------------------------------------------------------------------------------------------------------------


def on(text: str, **told: Any) -> dict[str, Any]:
    """Told of a host with that unit."""
    return {"texts": {unit.PATH: text}, "units": {unit.NAME: told.pop("unit", RUNS)}, **told}


def test_the_guides_own_unit_is_right_where_the_database_is_on_another_host(host: Make) -> None:
    assert seen(StartupUnit(make_plan()), host(**on(GUIDE_UNIT, database=None))) == {}


def test_a_unit_that_starts_before_its_database_is_the_administrators_to_change(host: Make) -> None:
    assert seen(StartupUnit(make_plan()), host(**on(GUIDE_UNIT))) == {"unit.openemm": ("other in After", True)}


def test_a_drop_in_counts_as_the_unit_does(host: Make) -> None:
    told = on(GUIDE_UNIT)
    told["texts"][f"{unit.PATH}.d/site.conf"] = "[Unit]\nAfter=mariadb.service\n[Service]\nUser=news\n"
    assert seen(StartupUnit(make_plan()), host(**told)) == {"unit.openemm": ("other in User", True)}


def test_a_unit_that_systemd_has_not_read_or_that_is_disabled_differs(host: Make) -> None:
    plan = make_plan()
    text = StartupUnit(plan).text(host())
    assert seen(StartupUnit(plan), host(**on(text))) == {}
    assert seen(StartupUnit(plan), host(**on(text, reload_needed=True))) == {"unit.read": ("not read yet", False)}
    off = UnitState(exists=True, enabled=False)
    assert seen(StartupUnit(plan), host(**on(text, unit=off))) == {"unit.enabled": (None, False)}
    assert seen(StartupUnit(make_plan(start=False)), host(**on(text, unit=off))) == {}
    assert list(seen(StartupUnit(plan), host(**on(text, unit=ABSENT)))) == ["unit.read", "unit.enabled"]


def test_the_unit_comes_after_the_services_that_this_host_has_and_bears_blanks_in_its_home(host: Make) -> None:
    plan = replace(make_plan(), home="/srv/open emm 100%")
    text = StartupUnit(plan).text(host(database="rh-mariadb102-mariadb.service"))
    found = settings(text)
    assert {"postfix.service", "mariadb.service", "rh-mariadb102-mariadb.service"} < set(found["After"].split())
    assert 'ExecStart="/srv/open emm 100%%/bin/openemm.sh" start' in text.splitlines()


# --- log rotation -----------------------------------------------------------------------------------------------------


def test_any_file_that_rotates_catalina_out_is_right(host: Make) -> None:
    step = LogRotation(make_plan())
    assert seen(step, host()) == {"rotation.catalina": (None, False)}
    assert seen(step, host(texts={logrotate.PATH: step.text()})) == {}
    assert seen(step, host(texts={"/etc/logrotate.d/mine": f"{HOME}/logs/*.out {{\n}}\n"})) == {}
    assert seen(step, host(texts={logrotate.PATH: "/other {\n}\n"})) == {"rotation.catalina": ("rotates something else", True)}


def test_a_text_that_its_owner_refuses_is_not_written(host: Make) -> None:
    setup, ctx = host(), cast("Context", None)
    setup.system.verify_logrotate = lambda text: ["error: unknown option"]
    setup.units.verify = lambda name, text: ["Unknown key"]
    for step in (LogRotation(make_plan()), StartupUnit(make_plan())):
        with pytest.raises(WorkflowError) as caught:
            step.change(ctx, setup, step.look(setup))
        assert caught.value.error_key == "file-refused", "MemoryFiles could not have written it"


# --- home -------------------------------------------------------------------------------------------------------------

JAVAS = [("/java17", "17.0.1"), ("/java11", "11.0.2"), ("/java8", "1.8.0_392")]
SETENV = f'export JAVA_HOME="%s"\nexport CATALINA_HOME="{HOME}/opt/tomcat"\n. scripts/config.sh\n'


def java(host: Make, named: str, javas: Any = JAVAS, **answered: Any) -> dict[str, tuple[str | None, bool]]:
    """What differs of a home that names that Java."""
    setup = host(javas=javas, texts={f"{HOME}/bin/setenv.sh": SETENV % named, f"{HOME}/tomcat/conf/server.xml": ""})
    found = seen(HomeFiles(make_plan(**answered)), setup)
    return {key: value for key, value in found.items() if key != "home.folders"}


def test_a_java_that_is_named_and_fits_is_right_whichever_it_is(host: Make) -> None:
    assert java(host, "/java8") == {}
    assert java(host, "/java11") == {}


def test_a_java_that_does_not_fit_is_asked_about_where_one_is_that_does(host: Make) -> None:
    assert java(host, "/java17") == {"home.setenv.JAVA_HOME": ("/java17", True)}
    assert java(host, "/java17", javas=JAVAS[:1]) == {}
    assert java(host, "/java17", java="17") == {}
    assert java(host, "/java8", java_home="/java17") == {"home.setenv.JAVA_HOME": ("/java8", True)}
    assert java(host, "/gone") == {"home.setenv.JAVA_HOME": ("/gone", False)}


def test_a_home_with_nothing_in_it_differs_and_raises_nothing(host: Make) -> None:
    assert list(seen(HomeFiles(make_plan()), host(tomcat=None))) == [
        "home.folders", "home.setenv.JAVA_HOME", "home.setenv.CATALINA_HOME", "home.setenv.config", "home.server-xml",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("links", "path", "is_inside"),
    [
        ({}, "bin/setenv.sh", True),
        ({"tomcat": "tomcat9"}, "tomcat/conf/server.xml", True),
        ({"tomcat": "release/runtime/x/tomcat"}, "tomcat/logs", True),
        ({"tomcat": "/home/openemm/tomcat9", "tomcat9/conf": "../x"}, "tomcat/conf/server.xml", True),
        ({"bin": "/etc"}, "bin/setenv.sh", False),
        ({"bin/setenv.sh": "../../../etc/shadow"}, "bin/setenv.sh", False),
        ({"var": "loop", "loop": "var"}, "var/run", False),
    ],
)
def test_a_link_in_the_home_may_lead_about_in_it_but_not_out_of_it(
    host: Make, links: dict[str, str], path: str, is_inside: bool
) -> None:
    setup = host()
    setup.files.links = {f"{HOME}/{name}": target for name, target in links.items()} | {"/home": "export/home"}
    assert places.inside(setup, f"{HOME}/{path}", HOME) is is_inside


def test_what_a_link_leads_to_out_of_the_home_is_neither_given_away_nor_written(host: Make) -> None:
    setup = host(texts={f"{HOME}/bin/setenv.sh": "", f"{HOME}/var/run": ""})
    setup.files.owners = {f"{HOME}/bin/setenv.sh": "root:root", f"{HOME}/var/run": "root:root"}
    step = HomeFiles(make_plan())
    assert "home.owner" in seen(step, setup)
    setup.files.links = {f"{HOME}/bin/setenv.sh": "/etc/shadow", f"{HOME}/var": "/"}
    assert "home.owner" not in seen(step, setup)
    config = [difference for difference in step.look(setup) if difference.key == "home.setenv.config"]
    ctx: Any = SimpleNamespace(facts_of=lambda step: {})
    with pytest.raises(RefusedError, match="leads out of /home/openemm"):
        step.change(ctx, setup, config)
