"""Our side of Postfix against a real one: its queue read file by file, its configuration edited, mails put into it."""

from __future__ import annotations

import fcntl
import json
import time
from pathlib import Path

import pytest

from orchestrator.hosts.files.register import ContentStore
from tests.integration.mail.conftest import PrivatePostfix
from workflows.host.mail import QueuedMail
from workflows.model.errors import WorkflowError

MAILS = {
    "plain": (b"Hello\n", ["a@y.test"]),
    "eight": (b"Gr\xc3\xbc\xc3\x9fe \xff\xfe\x80\n", ["a@y.test"]),
    "dots": (b".\n..\nFrom here\n>From there\n", ["a@y.test"]),
    "long": (b"x" * 20000 + b"\n", ["a@y.test"]),
    "empty": (b"", ["a@y.test"]),
    "many": (b"to many\n", [f"r{n}@y.test" for n in range(120)]),
    "large": (b"0123456789abcde\n" * 100000, ["a@y.test"]),
    "bounce": (b"it came back\n", ["back@y.test"]),
}


def fill(postfix: PrivatePostfix) -> list[QueuedMail]:
    """One mail of each kind, all of them deferred."""
    for name, (body, recipients) in MAILS.items():
        header = f"Message-ID: <{name}@x>\nSubject: {name}\n\tfolded\n\n".encode()
        postfix.send("" if name == "bounce" else "news@x.test", recipients, header + body)
    until = time.monotonic() + 60
    server = postfix.server()
    while time.monotonic() < until:
        mails = list(server.queue())
        if len(mails) == len(MAILS) and all(mail.queue == "deferred" and mail.reason for mail in mails):
            return mails
        time.sleep(0.05)
    raise AssertionError(f"{[(mail.message_id, mail.queue) for mail in mails]}")


def test_the_queue_read_from_its_files_is_the_one_postfix_tells(private_postfix: PrivatePostfix) -> None:
    mails = fill(private_postfix)
    private_postfix.ask("postsuper", "-h", mails[0].id)
    told = {one["queue_id"]: one for one in map(json.loads, private_postfix.ask("postqueue", "-j").splitlines())}
    read = {mail.id: mail for mail in private_postfix.server().queue()}
    assert read.keys() == told.keys()
    for name, mail in read.items():
        assert mail.sender == told[name]["sender"].replace("MAILER-DAEMON", "")
        assert sorted(mail.recipients) == sorted(one["address"] for one in told[name]["recipients"])
        assert (mail.queue, mail.held) == (told[name]["queue_name"], told[name]["queue_name"] == "hold")
        assert int(mail.arrived.timestamp()) == told[name]["arrival_time"]
    assert "Connection refused" in str(read[mails[1].id].reason)


def test_a_mails_content_is_what_postcat_prints(private_postfix: PrivatePostfix) -> None:
    server = private_postfix.server()
    for mail in fill(private_postfix):
        if mail.message_id != "<eight@x>":  # its bytes are no text
            assert server.content(mail).decode() == private_postfix.ask("postcat", "-bhq", mail.id)


def test_mails_made_beside_the_queue_are_the_same_and_it_takes_them_over_at_its_start(private_postfix: PrivatePostfix) -> None:
    server = private_postfix.server()
    before = fill(private_postfix)
    private_postfix.stop()
    contents = [(f"0{n:013x}", mail, server.content(mail)) for n, mail in enumerate(before)]
    server.remove(before)
    server.remove(before)
    assert server.queue() == []
    for _ in range(2):
        server.make(contents)
    assert server.queue() == []
    assert {key: mail.fingerprint for key, mail in server.made().items()} == {k: mail.fingerprint for k, mail, _ in contents}
    server.unmake([contents[0][0]])
    server.make(contents[:1])
    assert server.publish() == len(before)
    assert {mail.queue for mail in server.queue()} == {"maildrop"}
    assert sorted(mail.fingerprint for mail in server.queue()) == sorted(mail.fingerprint for mail in before)
    private_postfix.start()
    until = time.monotonic() + 60
    while {mail.queue for mail in server.queue()} != {"deferred"} and time.monotonic() < until:
        time.sleep(0.05)
    assert sorted(mail.fingerprint for mail in server.queue()) == sorted(mail.fingerprint for mail in before)


def test_mails_taken_out_of_its_queue_are_put_back_as_they_were(private_postfix: PrivatePostfix) -> None:
    server = private_postfix.server()
    fill(private_postfix)
    private_postfix.ask("postsuper", "-h", server.queue()[0].id)
    private_postfix.stop()
    before = {mail.id: mail for mail in server.queue()}
    assert server.take(working=True) == len(before) - 1
    assert [mail.queue for mail in server.queue()] == ["hold"]
    taken = {mail.id: mail for mail in server.taken()}
    assert all(mail.fingerprint == before[name].fingerprint for name, mail in taken.items())
    server.put_back()
    assert {mail.id: mail for mail in server.queue()} == before
    server.take(working=True)
    server.drop(server.taken())
    assert [mail.queue for mail in server.queue()] == ["hold"]
    notes = [path.name for path in (private_postfix.folder / "spool/defer").rglob("*") if path.is_file()]
    assert notes == [mail.id for mail in server.queue()]
    assert not (private_postfix.folder / "spool/.orchestrate").exists()


def test_a_mail_that_is_being_sent_is_left_and_told_as_in_hand(private_postfix: PrivatePostfix) -> None:
    server = private_postfix.server()
    mails = fill(private_postfix)
    private_postfix.stop()
    path = Path(mails[0].path)
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)  # as Postfix's agents do
        active = private_postfix.folder / "spool/active" / path.name
        path.rename(active)
        server.take(working=True)
        assert (server.busy(), [mail.path for mail in server.queue()]) == (1, [str(active)])
    server.take(working=True)
    assert (server.busy(), server.queue()) == (0, [])
    server.put_back()
    assert {mail.queue for mail in server.queue()} == {"deferred", "incoming"}


def test_a_mail_that_is_not_yet_taken_over_is_none(private_postfix: PrivatePostfix) -> None:
    mails = fill(private_postfix)
    private_postfix.stop()
    Path(mails[0].path).chmod(0o600)
    assert len(private_postfix.server().queue()) == len(mails) - 1


@pytest.mark.parametrize("keep", [0, 30, 200])
def test_a_queue_file_that_cannot_be_read_is_named_and_left_alone(private_postfix: PrivatePostfix, keep: int) -> None:
    path = Path(fill(private_postfix)[0].path)
    private_postfix.stop()
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(WorkflowError, match=path.name) as raised:
        private_postfix.server().queue()
    assert raised.value.error_key == "queue-unreadable"
    assert path.stat().st_size == keep


def test_what_an_administrator_set_is_commented_and_comes_back(private_postfix: PrivatePostfix, tmp_path: Path) -> None:
    private_postfix.stop()
    server, main = private_postfix.server(), private_postfix.config / "main.cf"
    text = main.read_text() + "# mine\nmessage_size_limit = 4711\nmaximal_queue_lifetime =\n  5d\nmessage_size_limit = 4712\n"
    main.write_text(text)
    main.chmod(0o640)
    store = ContentStore(tmp_path)
    kept = store.keep(server.files())
    assert any("twice" in line for line in server.warnings())
    promised = server.changes("host.private.test")
    assert main.read_text() == text
    assert server.configure("host.private.test") == promised
    edited = main.read_text().splitlines()
    assert {"#message_size_limit = 4711", "#message_size_limit = 4712", "# mine", "message_size_limit = 0"} <= set(edited)
    assert server.warnings() == []
    assert private_postfix.ask("postconf", "-h", "maximal_queue_lifetime", "myhostname").split() == ["1d", "host.private.test"]
    assert "argv=/usr/bin/procmail" in private_postfix.ask("postconf", "-M", "mailloop/unix")
    assert server.changes("host.private.test") == []
    store.restore(kept)
    assert (main.read_text(), main.stat().st_mode & 0o777) == (text, 0o640)
    assert store.changed(kept) == []


def test_a_configuration_that_postfix_refuses_is_told_before_a_file_is_written(private_postfix: PrivatePostfix) -> None:
    private_postfix.stop()
    main = private_postfix.config / "main.cf"
    main.write_text(main.read_text() + "mail_owner = nobody-of-that-name\n")
    before = main.read_bytes()
    with pytest.raises(WorkflowError) as raised:
        private_postfix.server().configure("host.private.test")
    assert raised.value.error_key == "postfix-check-failed"
    assert main.read_bytes() == before


def test_the_maps_hold_each_domain_once_and_an_administrators_lines_stay(private_postfix: PrivatePostfix) -> None:
    server = private_postfix.server()
    folder = private_postfix.folder / "home/var/run"
    (folder / "transport.maps").write_text("# mine\nother.test smtp:[10.0.0.1]\n")
    for _ in range(2):
        server.write_maps(["mailloop.x.test"])
    assert (folder / "transport.maps").read_text() == "# mine\nother.test smtp:[10.0.0.1]\nmailloop.x.test\tmailloop:\n"
    assert (folder / "relay.domains").read_text() == "mailloop.x.test\n"
    assert server.mailloop_domains() == ["mailloop.x.test"]
    found = private_postfix.ask("postmap", "-q", "mailloop.x.test", f"hash:{folder}/transport.maps")
    assert found.strip() == "mailloop:"
