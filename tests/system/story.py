"""What a host tells of itself when a test on it failed: the run's own report, its packages, its units, its journal."""

from __future__ import annotations

from tests.system.lab.host import Host, HostError

SECONDS = 30.0
ASKED = (
    "orchestrate runs",
    "orchestrate run",
    "orchestrate run --log --json",
    "dpkg --audit; dpkg-query -W -f '${db:Status-Abbrev} ${Package}\\n' | grep -v ^ii; ls /var/lib/dpkg/updates",
    "tail -n 40 /var/log/dpkg.log /var/log/apt/term.log /var/log/dnf.log",
    "cat /proc/locks",
    "systemctl --failed --no-legend --plain; systemctl list-jobs --no-legend",
    "ps -eo pid,ppid,stat,etimes,args --forest",
    "journalctl --no-pager --lines 250",
)


def story(host: Host) -> str:
    """Everything that is asked of a host, as far as it answers; a host that is off has only its console."""
    told = [f"{host.full_name}, {'on' if host.running else 'off'}"]
    for asked in ASKED if host.running else ():
        told.append(f"$ {asked}")
        try:
            said = host.run(["sh", "-c", asked], SECONDS, check=False)
        except HostError as error:  # it hangs, or is just ending
            told.append(f"no answer: {error}")
        else:
            told.append(said.stdout + said.stderr)
    return "\n".join([*told, "console:", host.console()])
