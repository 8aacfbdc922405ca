"""Remedies that need a whole host, done on a booted one as they are printed: what was wrong before is right then."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.remedies.follow import command, seen
from tests.system.lab.host import Host, Layers
from tests.system.lab.lab import Lab

pytestmark = pytest.mark.system
SECONDS = 240.0
WAITS = "find /var/spool/postfix/deferred /var/spool/postfix/hold -type f | head -1"
LOOKS = (
    "alternatives --display mta    what is registered",
    "dnf repolist    which one does not answer",
    "dnf repolist    then add the one that does",
    "journalctl -u mariadb.service    why",
    "journalctl -u openemm.service    what the scripts said",
    "mailq    is it empty? then remove exim's packages",
    "postcat $WAITS    what it is",
    "postfix check    what it is about",
    "systemctl list-unit-files 'cron*'",
    "systemctl list-unit-files 'm*'    is there one of another name?",
    "systemctl status mariadb",
    "systemctl status mariadb    is it running?",
    "systemctl status mariadb    is the server running?",
    "systemctl status openemm.service    why",
    "tail /var/log/maillog    what it says",
)
SILENT = ("mailq", "postfix check")
READ_ONLY = "mkdir -p /mnt/shut; mount -t tmpfs -o ro none /mnt/shut"
HELD = "find /var/spool/postfix/hold -type f | grep -q ."
ON, OFF = "systemctl enable --now postfix", "! systemctl is-active postfix"
MC = "^DAEMON_OPTIONS.*Addr=127.0.0.1"
OPEN = "touch /mnt/shut/file && umount /mnt/shut"
CHANGES = (  # what is wrong, the remedy, how one sees that it helped
    ("hostname localhost", "hostnamectl set-hostname HOST.DOMAIN    and the same name in /etc/hosts", "hostname -f | grep -q ."),
    ("hostname localhost", "hostnamectl set-hostname $FULL    and the same name in /etc/hosts", "hostname -f | grep -q ."),
    ("hostname other", "hostnamectl set-hostname $FULL    or the same command with --name other.lab.test", "hostname -f"),
    (READ_ONLY, "mount -o remount,rw /mnt/shut    dmesg says why it is", OPEN),
    (READ_ONLY, "mount -o remount,rw /mnt/shut", OPEN),
    ("systemctl stop mariadb", "systemctl start mariadb", "mariadb -e 'SELECT 1'"),
    ("rpm -e --nodeps sendmail-milter", "dnf install sendmail-milter", "rpm -q sendmail-milter"),
    ("rpm -e --nodeps sendmail-milter", "dnf install sendmail-milter    then configure it as guide 4.2 and 4.3 say",
     "rpm -q sendmail-milter"),
    ("true", "dnf upgrade    before, or at another time", "rpm -q postfix"),
    ("systemctl stop postfix", "postfix start", "postfix status; postfix stop; systemctl start postfix"),
    ("postsuper -h ALL", "postsuper -H ALL    lets them go", f"! {HELD}"),
    ("true", "postsuper -h $NAME    put it aside, or move the file away", HELD),
    (ON, "systemctl disable --now postfix.service    or the other", OFF),
    (ON, "systemctl disable --now postfix.service    where it is not, and mailq is empty; then orchestrate resume", OFF),
    (ON, "systemctl disable --now postfix.service    when mailq is empty; where OpenEMM runs, orchestrate mta switch sendmail",
     OFF),
    (ON, "systemctl disable --now postfix.service", OFF),
    ("true", "make -C /etc/mail sendmail.cf    what it is about", "test -s /etc/mail/sendmail.cf"),
    (f"grep -q '{MC}' /etc/mail/sendmail.mc",
     f"sed -i '/{MC}/s/^/dnl /' /etc/mail/sendmail.mc && make -C /etc/mail && systemctl restart sendmail",
     "ss -Hltn 'sport = :25' | grep -qE '0.0.0.0:25|\\*:25'"),
    ("rm -rf /var/spool/mqueue", "install -d -m 0700 /var/spool/mqueue && orchestrate restart", "test -d /var/spool/mqueue"),
    ("rm -f /etc/my.cnf.d/x", "mkdir -p /etc/my.cnf.d && echo '!includedir /etc/my.cnf.d' >> /etc/my.cnf",
     "echo '[client]' >/etc/my.cnf.d/x.cnf && mariadb --defaults-file=/etc/my.cnf --print-defaults"),
    ("rm -f all.sql", "mariadb-dump --all-databases > all.sql    then set it by hand and load that: names become lower case",
     "tail -1 all.sql | grep -q completed"),
    ("rm -f openemm.sql",
     "mariadb-dump --databases openemm > openemm.sql    save it, then drop it by hand when nobody needs it",
     "tail -1 openemm.sql | grep -q completed"),
    ("echo SELINUX=enforcing >/etc/selinux/config", "sed -i 's/^SELINUX=.*/SELINUX=disabled/' /etc/selinux/config",
     "grep -qx SELINUX=disabled /etc/selinux/config"),
    ("echo SELINUX=enforcing >/etc/selinux/config",
     "sed -i 's/^SELINUX=.*/SELINUX=disabled/' /etc/selinux/config    from the next boot on",
     "grep -qx SELINUX=disabled /etc/selinux/config"),
    ("echo SELINUX=enforcing >/etc/selinux/config",
     "sed -i 's/^SELINUX=.*/SELINUX=disabled/' /etc/selinux/config    from the next boot on; setenforce 0 until then",
     "grep -qx SELINUX=disabled /etc/selinux/config"),
)  # fmt: skip


@pytest.fixture(scope="module")
def host(lab: Lab, installed: Layers) -> Iterator[Host]:
    """A host with both mail servers, of which Postfix runs and has a mail that waits."""
    made = lab.host(installed)
    try:
        made.boot()
        made.know({"127.0.1.1": [made.full_name, made.short_name]})
        made.run(["dnf", "-y", "-q", "install", "postfix", "sendmail", "sendmail-cf", "sendmail-milter"], 240)
        made.run(["sh", "-c", "mkdir -p /etc/selinux; alternatives --set mta /usr/sbin/sendmail.postfix"])
        made.run(["sh", "-c", "postconf -e myhostname=$(hostname -f) defer_transports=smtp; systemctl enable --now postfix"])
        made.run(["sh", "-c", "logger -p mail.info begins; echo x | sendmail nobody@unreachable.test"])
        made.run(["sh", "-c", f'until test -n "$({WAITS})"; do sleep 0.1; done'], 60)
        yield made
    finally:
        made.close()


def on(host: Host, script: str) -> str:
    full, waits = host.full_name, f"$({WAITS})"
    for word, value in (("HOST.DOMAIN", full), ("$FULL", full), ("$WAITS", waits), ("$NAME", f"$(basename {waits})")):
        script = script.replace(word, value)
    return host.run(["bash", "-c", f"cd /root; {script}"], SECONDS).stdout


@pytest.mark.timeout(1800)
def test_each_look_and_each_change_is_done_as_it_is_printed(host: Host) -> None:
    for remedy in LOOKS:
        seen(remedy.replace("$WAITS", "FILE"))
        assert on(host, command(remedy)) or remedy.startswith(SILENT), remedy
    for before, remedy, well in CHANGES:
        seen(remedy.replace("$FULL", "openemm.lab.test").replace("$NAME", "4X"))
        on(host, before)
        on(host, command(remedy))
        on(host, well)
