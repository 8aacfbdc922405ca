"""The mail server OpenEMM sends and receives with (guide 4.2, 4.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import ClassVar

from workflows.host import Host
from workflows.host import mail as mta_host
from workflows.host.files import KeptFile
from workflows.host.mail import Source
from workflows.host.system import Family
from workflows.model.answers import Mta, Verdict
from workflows.model.errors import RefusedError, WorkflowError
from workflows.model.installation import Difference
from workflows.model.step import Context, Done, Facts, LedgerNote
from workflows.model.version import Version
from workflows.rules.mta import LAST_WITH_SENDMAIL, PORT, capabilities, is_ours
from workflows.rules.packages import lacking
from workflows.steps.machine import packages, places
from workflows.steps.mail.begin import restore_alternative, restore_units
from workflows.steps.setup import SetupStep

PACKAGES, OTHER, TAKEN = "mail.packages", "mail.other", "mail.port"
ALTERNATIVE, TLS, MAPS, SETTING, SERVICES = "mail.alternative", "mail.tls", "mail.maps", "mail.main.", "mail.services"
CONFIGURATION, ENABLED, RUNNING = "mail.configuration", "mail.enabled", "mail.running"
MADE_BY_PACKAGES = ("/etc/aliases", "/etc/aliases.db", "/etc/mailname", "/etc/mail/access", "/etc/mail/local-host-names")
TLS_FILES = ("/etc/pki/tls/certs/mail.crt", "/etc/pki/tls/private/mail.key", "/etc/pki/tls/certs/cacert.pem")
TLS_FOLDERS = ("/etc/pki", "/etc/pki/tls", "/etc/pki/tls/certs", "/etc/pki/tls/private")
LOOK_SECONDS, START_SECONDS = 5.0, 30.0
SHIPPED = {  # what the distributions' own main.cf sets; everything else in there was set by somebody
    "inet_interfaces": ("all", "localhost", "loopback-only"),
    "inet_protocols": ("all", "ipv4"),
    "mailbox_command": ('procmail -a "$EXTENSION"', "/usr/bin/procmail"),
    "mailbox_size_limit": ("0",),
    "message_size_limit": ("0",),
    "relay_domains": ("", "$mydestination"),
    "smtp_tls_security_level": ("may", ""),
    "smtpd_tls_cert_file": ("/etc/ssl/certs/ssl-cert-snakeoil.pem", "/etc/pki/tls/certs/postfix.pem", ""),
    "smtpd_tls_key_file": ("/etc/ssl/private/ssl-cert-snakeoil.key", "/etc/pki/tls/private/postfix.key", ""),
    "smtpd_tls_security_level": ("may",),
    "smtpd_use_tls": ("no",),
    "transport_maps": ("",),
}
_CHANGE = re.compile(r"main\.cf: (\w+) = (.*?)   \((?:was (.*)|stood .*)\)")
_EXPLICIT = r"^{}\s*="


@dataclass(frozen=True)
class MailServer(SetupStep):
    """Install, configure, choose and start it; what an administrator set in main.cf is asked about, and stays as a comment.

    ours: its configuration came with packages of this run, so that nobody has set anything in it.
    """

    ours: bool = False
    part: ClassVar[str] = "mail-server"
    label: ClassVar[str] = "mail server"
    guide: ClassVar[tuple[str, ...]] = ("4.2", "4.3")

    def look(self, host: Host) -> Sequence[Difference]:
        """Packages, another server in its place, configuration, maps, and whether it greets.

        Raises:
            RefusedError: "sendmail-not-on-sles", "sendmail-unsupported".
            WorkflowError: its present configuration cannot be used.
        """
        mta = self.plan.answers.mta
        self._require_fit(host)
        server = host.mail.server(mta)
        found = list(self._others(host))
        if missing := self._missing(host):
            found.append(Difference(PACKAGES, f"packages for {mta.label}", None, ", ".join(missing)))
        alternative = host.mail.alternatives.current()
        if alternative.registered and alternative.target != server.program:
            found.append(Difference(ALTERNATIVE, "alternatives", alternative.target, server.program))
        if lacking := [path for path, target in self._tls(host).items() if host.files.read_link(path) != target]:
            found.append(Difference(TLS, "TLS files of the mail server", None, ", ".join(lacking)))
        found += self._configuration(host, server)
        domain = self.plan.answers.mailloop_domain
        maps = server.files()[len(server.config_files()) :]
        unmade = [path for path in maps if not path.endswith("access.db") and host.files.mode(path) is None]
        if domain not in server.mailloop_domains() or unmade:
            found.append(Difference(MAPS, "the mailloop domain", None, domain))
        if not host.units.state(server.units[0]).enabled:
            found.append(Difference(ENABLED, f"{mta.label} at boot", None, "started"))
        if not server.processes() or host.network.greeting(PORT, LOOK_SECONDS) is None:
            found.append(Difference(RUNNING, mta.label, None, f"answers on port {PORT}"))
        return found

    def files(self, host: Host) -> Sequence[str]:
        """Its configuration, its maps, and what its packages make and leave behind."""
        return [*host.mail.server(self.plan.answers.mta).files(), *MADE_BY_PACKAGES]

    def seen(self, host: Host) -> Facts:
        """Alternatives, units, folders and links."""
        server = host.mail.server(self.plan.answers.mta)
        alternative = host.mail.alternatives.current()
        states = {unit: host.units.state(unit) for unit in server.units}
        return {
            "alternative": {"target": alternative.target, "manual": alternative.manual},
            "units": {unit: [state.enabled, state.active] for unit, state in states.items()},
            "folders": places.missing(host, [*TLS_FOLDERS, *self._folders()]),
            "links": {path: host.files.read_link(path) for path in self._tls(host)},
        }

    def change(self, ctx: Context, host: Host, differences: Sequence[Difference]) -> None:
        """The server is stopped while its configuration is written, so that one that runs has read it.

        Raises:
            RefusedError: "mta-other-active", "port-taken", or as `packages.add`.
            WorkflowError: "mta-silent".
        """
        self._require_place(host)
        server = host.mail.server(self.plan.answers.mta)
        keys = {difference.key for difference in differences}
        packages.add(ctx, host, self._capabilities(host))
        if host.mail.alternatives.current().registered and host.mail.alternatives.current().target != server.program:
            host.mail.alternatives.set(server.program)
        self._link_tls(host)
        for folder in self._folders():
            host.files.make_folder(folder, owner=f"{self.plan.user}:{self.plan.user}")
        keep = self._kept()
        if keys & {PACKAGES, TLS} or server.changes(self.plan.answers.name, keep):
            server.stop()
            server.configure(self.plan.answers.name, keep)
        server.write_maps([self.plan.answers.mailloop_domain])
        server.start()
        self._await_greeting(ctx, host, server)

    def do(self, ctx: Context) -> Done:
        """As every step of an installation; what a package of ours brought is no administrator's."""
        path = ctx.host.mail.server(self.plan.answers.mta).config_files()[0]
        ours = any(file["path"] == path and file["sha256"] is None for file in ctx.intent["files"])
        return super(MailServer, replace(self, ours=ours)).do(ctx)

    def undo(self, ctx: Context) -> Sequence[LedgerNote]:
        """Stop it before its configuration goes."""
        if ctx.intent.get("changed"):
            server = ctx.host.mail.server(self.plan.answers.mta)
            if server.processes():
                server.stop()
        return super().undo(ctx)

    def take_back(self, ctx: Context, host: Host) -> None:
        """Remove what was added; then alternatives, links and units as they stood."""
        was, server = ctx.intent, host.mail.server(self.plan.answers.mta)
        packages.take_back(ctx, host)
        if was.get("added"):
            host.register.restore([KeptFile(**file) for file in was["files"]])  # what the packages took along on their way out
        restore_alternative(host.mail, was["alternative"])
        for path, target in was["links"].items():
            if target is None:
                host.files.remove_link(path)
            else:
                host.files.write_link(path, target)
        places.remove(host, was["folders"])
        restore_units(host.units, server, was["units"])

    def evidence(self, host: Host) -> Facts:
        """Which one it is."""
        server = host.mail.server(self.plan.answers.mta)
        return {"mta": self.plan.answers.mta.value, "version": server.version()}

    # --- what differs -------------------------------------------------------------------------------------------------

    def _require_fit(self, host: Host) -> None:
        if self.plan.answers.mta is not Mta.SENDMAIL:
            return
        ways = ["the same command with --mta postfix"]
        family = host.system.distribution().family
        if family is Family.SUSE:
            raise RefusedError("cannot install Sendmail: SLES does not offer it (guide 4.3)", key="sendmail-not-on-sles",
                               unharmed=["nothing was changed"], next=ways)  # fmt: skip
        if family is Family.DEBIAN:
            raise RefusedError("cannot install Sendmail: OpenEMM does not know the places where Debian puts it",
                               key="sendmail-not-on-debian", unharmed=["nothing was changed"], next=ways)  # fmt: skip
        if Version.parse(Version.parse(self.plan.target).line) > LAST_WITH_SENDMAIL:
            raise RefusedError(f"cannot install Sendmail: OpenEMM {self.plan.target} works with Postfix only",
                               key="sendmail-unsupported", unharmed=["nothing was changed"], next=ways)  # fmt: skip

    def _others(self, host: Host) -> Iterator[Difference]:
        """A server that is in its place: the other one, a third, or a stranger on port 25."""
        mta = self.plan.answers.mta
        other = host.mail.server(mta.other)
        if pids := other.processes():
            now = f"{mta.other.label} runs (process {pids[0]})"
            yield Difference(OTHER, "the mail server", now, mta.label, by_admin=True)
        elif third := self._third(host):
            yield Difference(OTHER, "the mail server", third, mta.label, by_admin=True)
        if stranger := self._stranger(host):
            yield Difference(TAKEN, f"port {PORT}", stranger, f"free for {mta.label}", by_admin=True)

    def _third(self, host: Host) -> str | None:
        known = {one.value for one in Mta}
        clues = (clue for clue in host.mail.clues() if clue.source is Source.ALTERNATIVES)
        return next((clue.says for clue in clues if clue.says is not None and clue.says not in known), None)

    def _stranger(self, host: Host) -> str | None:
        ours = {pid for mta in Mta for pid in host.mail.server(mta).processes()}
        strangers = [one for one in host.network.listeners(PORT) if not is_ours(one, ours)]
        return f"{strangers[0].program or 'an unknown program'} (process {strangers[0].pid})" if strangers else None

    def _missing(self, host: Host) -> list[str]:
        return [name for capability in self._capabilities(host) for name in lacking(host, capability)]

    def _capabilities(self, host: Host) -> list[str]:
        return capabilities(self.plan.answers.mta, procmail=host.software.program("procmail") is not None)

    def _tls(self, host: Host) -> dict[str, str]:
        """The guide's paths of TLS files that are links to those of the answers; files that lie there are the site's own."""
        answers = self.plan.answers
        if answers.certificate is None or answers.certificate_key is None:
            return {}
        targets = (answers.certificate, answers.certificate_key, answers.certificate_chain or answers.certificate)
        pairs = dict(zip(TLS_FILES, targets, strict=True))
        free = {path for path in pairs if host.files.mode(path) is None or host.files.read_link(path) is not None}
        return pairs if free == set(pairs) else {}

    def _configuration(self, host: Host, server: mta_host.MailServer) -> Iterator[Difference]:
        """A setting of main.cf is one difference each; all others are one together."""
        mta, path = self.plan.answers.mta, server.config_files()[0]
        text = host.files.read(path)
        if server.version() is None or text is None:
            yield Difference(CONFIGURATION, f"configuration of {mta.label}", None, "as guide 4.2 and 4.3 say")
            return
        others = []
        for line in server.changes(self.plan.answers.name, self._kept()):
            if (match := _CHANGE.fullmatch(line)) is None:
                others.append(line)
                continue
            name, wanted, now = match[1], match[2], match[3]
            explicit = re.search(_EXPLICIT.format(name), text, re.MULTILINE) is not None
            shipped = name == "myhostname" or now in ("empty", *SHIPPED.get(name, ()))
            by_admin = explicit and now is not None and not shipped and not self.ours
            yield Difference(SETTING + name, f"main.cf: {name}", now, wanted, by_admin=by_admin)
        if others:
            yield Difference(SERVICES, f"configuration of {mta.label}", None, "; ".join(others))

    def _kept(self) -> set[str]:
        """Settings of main.cf that the administrator keeps."""
        answered = self.plan.answers.differences.items()
        return {key.removeprefix(SETTING) for key, verdict in answered if key.startswith(SETTING) and verdict is Verdict.KEEP}

    # --- changing -----------------------------------------------------------------------------------------------------

    def _require_place(self, host: Host) -> None:
        """No other server, whatever was answered.

        Raises:
            RefusedError: "mta-other-active", "port-taken".
        """
        mta = self.plan.answers.mta
        other = host.mail.server(mta.other)
        if other.processes():
            raise RefusedError(
                f"{mta.other.label} is the active mail server, and its queue may hold mail", key="mta-other-active",
                unharmed=[f"{mta.other.label}, and its queue"],
                next=[f"orchestrate mta switch {mta}    where OpenEMM is installed",
                      f"systemctl disable --now {other.units[0]}    where it is not, and mailq is empty; then orchestrate resume",
                      f"the same command with --mta {mta.other}    keeps it"],
            )  # fmt: skip
        if third := self._third(host):
            raise RefusedError(
                f"{third} is this host's mail server; OpenEMM works with Postfix and Sendmail only", key="mta-other-active",
                unharmed=[f"{third}, and its queue"],
                next=[f"mailq    is it empty? then remove {third}'s packages", "orchestrate resume    once it is gone"],
            )  # fmt: skip
        if stranger := self._stranger(host):
            raise RefusedError(
                f"port {PORT} is taken by {stranger}", key="port-taken", unharmed=["it runs on"],
                next=[f"ss -ltnp 'sport = :{PORT}'    who it is; stop it, and disable its unit", "orchestrate resume"],
            )  # fmt: skip

    def _link_tls(self, host: Host) -> None:
        links = self._tls(host)
        for folder in TLS_FOLDERS if links else ():
            host.files.make_folder(folder, mode=0o700 if folder.endswith("private") else 0o755)
        for path, target in links.items():
            if host.files.read_link(path) != target:
                host.files.write_link(path, target)

    def _folders(self) -> list[str]:
        """For its maps; the application's own start makes them otherwise."""
        return [f"{self.plan.home}/var", f"{self.plan.home}/var/run"]

    def _await_greeting(self, ctx: Context, host: Host, server: mta_host.MailServer) -> None:
        deadline = monotonic() + START_SECONDS
        while host.network.greeting(PORT, LOOK_SECONDS) is None:
            if monotonic() >= deadline:
                raise WorkflowError(
                    f"{server.mta.label} does not answer on port {PORT} after its start", key="mta-silent",
                    next=[f"journalctl -u {server.units[0]}    why", "orchestrate resume    once it is mended",
                          "orchestrate abort    takes the run back"],
                )  # fmt: skip
            ctx.host.application.wait(0.2)
