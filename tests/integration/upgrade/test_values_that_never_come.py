"""Values that cannot migrate: found before the stop, told, never waited for; every command that is printed works (24.2)."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import pytest
from upgrade_kit import GUI_20_04, MIDDLE, OLD, Answer, Stages, same

from orchestrator.sandbox.home import HOST_NAME, LOST_VALUES, SITE_VALUES, set_values
from tests.crash.bench import Picture
from tests.remedies.follow import follow, seen, shown

pytestmark = pytest.mark.integration
EMM = "WEB-INF/classes/emm.properties"
SITE = f"release/emm/openemm-gui-{OLD}/{EMM}"


def insert(host: Stages, key: str, value: str, name: str | None = None) -> None:
    group, _, rest = key.partition(".")
    host.query("INSERT INTO config_tbl (class, name, value, hostname) VALUES (%s, %s, %s, %s)", group, rest, value, name)


def do(host: Stages, commands: Sequence[str], **values: str) -> list[str]:
    """Run the `config set` among these commands as they are printed; values: what VALUE stands for, by key."""
    settings = [line for line in commands if line.startswith("orchestrate config set ")]
    for line in settings:
        seen(line)
        words = shlex.split(line.partition("    ")[0])[1:]
        words = [values[words[2].replace(".", "_")] if word == "VALUE" else word for word in words]
        answer = host.say(*words, "--yes")
        assert (answer.code, answer.last["changed"]) == (0, True), answer.all
    return settings


def findings(answer: Answer, severity: str) -> list[dict[str, str]]:
    return [found for found in answer.last["findings"] if (found["key"], found["severity"]) == ("site-values", severity)]


def test_a_badly_kept_site_is_told_before_the_stop_and_the_printed_commands_mend_it(
    installed: Stages, as_installed: Picture
) -> None:
    host = installed
    kept = (host.home / SITE).read_bytes()
    nothing = {
        "birt.drilldownurl": "http://[to be defined]",
        "mailaddress.error": "",
        "mailaddress.support": "openemm@example.com",
    }
    set_values(host.home / SITE, nothing)
    insert(host, "mailaddress.support", "[to be defined]")
    insert(host, "system.url", "", "mail1")
    before = host.picture()
    answer = host.say("check", "--to", "20.04")
    found = findings(answer, "inhibitor")
    assert answer.code == 3
    assert sorted(one["measured"] for one in found) == [
        "birt.drilldownurl is 'http://[to be defined]' in emm.properties",
        "mailaddress.error is empty in emm.properties",
        "mailaddress.support is '[to be defined]' in config_tbl",
        "system.url is empty in config_tbl for host mail1",
    ]
    assert all(str(host.home / SITE).removesuffix("/emm.properties") in one["why"] for one in found)
    host.say("upgrade", "--to", "20.04", "--yes").refused(3, "checks-failed")
    same(before, host.picture())
    assert len(do(host, [one["fix"] for one in found], system_url="https://one.sandbox.test")) == 4
    answer = host.say("check", "--to", "20.04")
    assert (answer.code, findings(answer, "inhibitor")) == (0, [])
    host.say("upgrade", "--to", "20.04", "--yes").completed()
    config = host.config()
    assert config["birt.drilldownurl"] == f"https://{HOST_NAME}"
    assert (config["mailaddress.error"], config["mailaddress.support"]) == ("news@sandbox.test",) * 2
    assert not [key for key, value in config.items() if "[to be defined]" in value and key.startswith(("mailaddress", "birt"))]
    assert kept != (host.home / SITE).read_bytes()


def test_what_no_release_keeps_is_told_in_the_plan_the_run_and_the_ledger(installed: Stages) -> None:
    host = installed
    plan = host.say("plan", "--to", "20.04")
    lost = [one for one in findings(plan, "warning") if one["title"] == "values that no release keeps"]
    assert [one["measured"] for one in lost] == sorted(LOST_VALUES)
    assert len(do(host, [one["fix"] for one in lost])) == 2
    kept = ["mailgun.ini.retries"]
    still = [one for one in findings(host.say("check", "--to", "20.04"), "warning") if one["title"] == lost[0]["title"]]
    assert [one["measured"] for one in still] == kept
    answer = host.say("upgrade", "--to", "20.04", "--yes")
    answer.completed()
    assert f"values that no release keeps: {', '.join(kept)}" in answer.all
    (evidence,) = [evidence for kind, evidence in host.ledger() if kind == "values-carried"]
    assert (evidence["lost"], evidence["compared"]) == (kept, True)
    assert {"mailout.ini.boundary", "mailout.ini.xmlback"} <= set(evidence["as_shipped"])
    config = host.config()
    assert set(evidence["carried"]) < set(config)
    assert (config["mailaddress.sender.name"], config["mailaddress.replyto.name"]) == ("Müller News", "Sandbox News")
    assert "mailout.ini.retries" not in config
    # what was as shipped is now as 20.04 ships it
    assert config["mailout.ini.xmlback"] == "${home}/bin/xmlback"
    assert config["mailout.ini.account_logfile"] == "${home}/log/account.log"
    assert config["mailout.ini.mailer"] == "Sandbox News"


def test_a_value_as_shipped_is_not_kept_for_good_and_without_the_package_what_is_known_is_told_apart(installed: Stages) -> None:
    host = installed
    set_values(
        host.home / SITE, {"mailgun.ini.mailer": "OpenEMM of the sandbox 19.10", "mailaddress.support": "openemm@example.com"}
    )
    said = findings(host.say("check", "--to", "20.04"), "warning")
    assert [one["measured"] for one in said if "as shipped" in one["title"]] == [
        "left as the release ships it: mailaddress.support"
    ]
    away = host.host / "away"
    away.mkdir()
    file = host.host / "packages" / f"openemm-gui-{OLD}.tar.gz"
    file.rename(away / file.name)
    said = findings(host.say("check", "--to", "20.04"), "warning")
    assert f"the package of {OLD} is not at hand" in [one["measured"] for one in said]
    assert "left as the release ships it: mailaddress.support" in [one["measured"] for one in said]
    (gives,) = (one["fix"] for one in said if one["fix"].startswith("put "))
    seen(gives)
    assert file.name in gives
    (away / file.name).rename(file)
    host.say("upgrade", "--to", "20.04", "--yes").completed()
    config = host.config()
    assert config["mailout.ini.mailer"] == "OpenEMM of the sandbox 20.04"
    assert config["mailaddress.support"] == "openemm@example.com"


def test_a_value_that_can_no_longer_come_ends_the_wait_and_the_printed_commands_go_on(
    one_hop: Stages, clean_20_04: Picture
) -> None:
    one_hop.put_back("one-hop")  # behind what clean_20_04 did to the host
    host = one_hop
    host.until("hop1.carry")
    wrong = {"mailaddress.error": "wrong@sandbox.test", "birt.url": "http://[to be defined]/birt"}
    set_values(host.home / GUI_20_04 / EMM, wrong)
    host.hook("value-lost", "mailaddress.sender mailout.ini.domain system.url")
    error = host.say("resume").failed("hop1.migrate", "values-missing")
    assert {line.split(":")[1].split()[0] for line in error["detail"] if line.startswith("config:")} == {
        "birt.url", "mailaddress.error", "mailaddress.sender", "mailout.ini.domain", "system.url",
    }  # fmt: skip
    *settings, last, resume = error["next"]
    assert len(do(host, settings)) == 4
    (way,) = shown(follow(last, site=host.host).stdout)
    seen(way)
    follow(resume, site=host.host)
    assert host.say("status").last["open_run"] is None
    config = host.config()
    assert {key: config[key] for key in wrong} == {key: SITE_VALUES[key] for key in wrong}
    assert host.picture().database == clean_20_04.database


def test_what_no_start_mends_is_taken_back_and_the_upgrade_begun_anew(one_hop: Stages, as_installed: Picture) -> None:
    one_hop.put_back("one-hop")
    host = one_hop
    host.hook("report-lost")
    host.hook("job-fails")
    host.query("DELETE FROM agn_dbversioninfo_tbl WHERE version_number = '20.01.018'")
    error = host.say("resume").failed("hop1.migrate", "migration-failed")
    said = " ".join(error["detail"])
    assert ("database-versions:" in said, "startup-jobs:" in said, "reports:" in said) == (True, True, True), error
    (way,) = error["next"]
    host.mend("report-lost")
    host.mend("job-fails")
    follow(way, site=host.host)
    same(as_installed, host.picture())
    host.say("upgrade", "--to", MIDDLE, "--yes").completed()
