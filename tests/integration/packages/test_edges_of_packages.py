"""What an attacker, or chance, would put into a package, its sums, or the answers of its server: refused, at once, by name."""

from __future__ import annotations

import gzip
import os
import random
import socket
import struct
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from package_kit import (
    GUI,
    Member,
    Place,
    backend,
    complete,
    file,
    folder,
    gui,
    hard_link,
    link,
    ref_for,
    sha256,
    silent,
    special,
    tarball,
)  # fmt: skip
from web_kit import Site

from orchestrator.files import remove_tree
from orchestrator.releases import download, errors, names, staging
from orchestrator.releases import web as web_module
from orchestrator.releases.archive import Limits
from orchestrator.releases.download import Downloads
from orchestrator.releases.errors import PackageError, SourceError
from orchestrator.releases.sums import parse_sums
from orchestrator.releases.unpack import open_package
from orchestrator.releases.version_list import parse_version_list
from orchestrator.releases.web import Web
from workflows.model.errors import UsageError, WorkflowError
from workflows.model.plans import PackageKind, PackageRef
from workflows.model.version import Version

SEED = 20260301
BLOCK = 512
SUM = "ab" * 32
ARABIC = {ord("0") + digit: 0x660 + digit for digit in range(10)}


def header(name: bytes, size: bytes, kind: bytes = b"0", extra: bytes = b"") -> bytes:
    """One header as tar writes it, its size field as given (12 bytes)."""
    block = bytearray(BLOCK)
    block[: len(name)] = name
    block[100:136] = b"0000644\0" + b"0000000\0" * 2 + size
    block[136:157] = b"00000000000\0" + b" " * 8 + kind
    block[257:265] = b"ustar\x0000"
    block[345 : 345 + len(extra)] = extra
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def base256(size: int) -> bytes:
    return (b"\x80" if size >= 0 else b"\xff") + (size % (1 << 88)).to_bytes(11, "big")


def octal(size: int) -> bytes:
    return b"%011o\0" % size


def pax(*records: bytes, kind: bytes = b"x") -> bytes:
    text = b"".join(b"%d %s" % (len(record) + 4, record) for record in records)
    return header(b"PaxHeader", octal(len(text)), kind) + text.ljust(-(-len(text) // BLOCK) * BLOCK, b"\0")


def packed(*headers: bytes) -> bytes:
    return gzip.compress(b"".join(headers) + bytes(2 * BLOCK), mtime=0)


RAW: dict[str, bytes] = {
    "a size of 2**86 in 80 bytes": packed(header(b"WEB-INF/big", base256(1 << 86))),
    "a size of 2**86 by a pax header": packed(pax(b" size=%d\n" % (1 << 86)), header(b"WEB-INF/big", octal(0))),
    "a negative size": packed(header(b"WEB-INF/big", base256(-512)), header(b"WEB-INF/next", octal(0))),
    "a negative size by a pax header": packed(pax(b" size=-512\n"), header(b"WEB-INF/big", octal(0))),
    "a long name of 2**86 bytes": packed(header(b"././@LongLink", base256(1 << 86), b"L"), header(b"x", octal(0))),
    "a long name of a negative size": packed(header(b"././@LongLink", base256(-512), b"L"), header(b"x", octal(0))),
    "a pax header of 2**86 bytes": packed(header(b"PaxHeader", base256(1 << 86), b"x"), header(b"x", octal(0))),
    "a folder of 2**86 bytes": packed(header(b"WEB-INF", base256(1 << 86), b"5")),
    "a link of 2**86 bytes": packed(header(b"WEB-INF/x", base256(1 << 86), b"2")),
    "a sparse file whose map goes on behind the end": gzip.compress(header(b"sparse", octal(0), b"S", b"\0" * 137 + b"\1")),
    "a sparse file whose map has no end": packed(header(b"sparse", octal(0), b"S", b"\0" * 137 + b"\1") * 9),
    "a pax header within a pax header, 2000 deep": packed(*[pax(b" comment=x\n")] * 2000),
    "nothing but pax headers": packed(pax(b" path=x\n")),
    "a size that is no number": packed(header(b"WEB-INF/x", b"99999999999\0")),
    "a gzip header with a name of 3 MB": b"\x1f\x8b\x08\x08" + bytes(6) + os.urandom(1).hex().encode() * (3 << 19) + b"\0",
    "100,000 empty gzip files in a row": gzip.compress(b"") * 100_000,
    "a gzip file without a tar": gzip.compress(b"no tar"),
}
MEMBERS: dict[str, list[Member]] = {
    "a path 2000 folders deep": [file("/".join("d" * 2000))],
    "a path of 3000 bytes": [file("/".join(["d" * 100] * 30))],
    "a name of 256 bytes": [file("n" * 256)],
    "a name of 100 kB": [file("n" * 100_000)],
    "a link to 100 kB": [link("l", "n" * 100_000)],
    "10,001 links": [link(f"l{number}", "WEB-INF") for number in range(10_001)],
    "links that grow with each other": [link(f"l{n}", "/".join([f"l{n + 1}"] * 50)) for n in range(30)],
    "8,000 files for the version": [file(f"{n}/WEB-INF/classes/emm.properties", b"#" * 1_000) for n in range(1_200)],
    "a version file of 2 MB": [file("emm/WEB-INF/classes/emm.properties", b"#" * (2 << 20))],
}
VERSIONS: dict[str, tuple[str, list[Member]]] = {
    "a version that cannot be read": (GUI, gui("20.04.000.200evil")),
    "a second version, which Java would take": (GUI, gui("20.04.000.200\nApplicationVersion=19.10.000.170")),
    "a version in Arabic digits": (GUI, gui("20.04.000.200".translate(ARABIC))),
    "a version file that is a link": (GUI, [*(m for m in gui() if "emm.prop" not in m[0].name), file("x"),
                                            hard_link("WEB-INF/classes/emm.properties", "x")]),
    "a backend whose folder is no version": ("openemm-backend-20.10.000.126.tar.gz", backend("20.10.000.126-evil")),
}  # fmt: skip


def refused(path: Path, name: str = GUI, limits: Limits | None = None) -> PackageError:
    """The error for the package; it comes at once."""
    named = names.parse(name)
    assert named is not None
    began = time.monotonic()
    with pytest.raises(PackageError) as caught:
        open_package(path, ref_for(path, named.kind, named.version), limits)
    assert time.monotonic() - began < 20
    assert caught.value.unharmed
    assert caught.value.next
    return caught.value


@pytest.mark.parametrize("attack", RAW)
def test_bytes_that_lie_are_refused(tmp_path: Path, attack: str) -> None:
    path = tmp_path / GUI
    path.write_bytes(RAW[attack])
    assert refused(path).error_key.startswith("package-")


@pytest.mark.parametrize("attack", MEMBERS)
def test_members_that_would_not_end_are_refused(tmp_path: Path, attack: str) -> None:
    path = tmp_path / GUI
    path.write_bytes(tarball(gui(extra=MEMBERS[attack])))
    assert refused(path).error_key in {"package-unsafe-member", "package-bomb"}


@pytest.mark.parametrize("attack", VERSIONS)
def test_a_version_that_cannot_be_read_is_no_match(tmp_path: Path, attack: str) -> None:
    name, members = VERSIONS[attack]
    path = tmp_path / name
    path.write_bytes(tarball(members))
    assert refused(path, name).error_key == "package-version-mismatch"


def test_a_pipe_with_the_name_of_a_package_is_not_waited_for(place: Place) -> None:
    os.mkfifo(place.packages / GUI)
    assert refused(place.packages / GUI).error_key == "package-unusable"
    (place.home / "release/emm").mkdir(parents=True)
    os.mkfifo(place.home / "release/emm" / GUI)
    assert place.site(packages=str(place.state)).shipped("20.04.000.200") is None


def test_a_pipe_for_the_sums_is_not_waited_for(place: Place) -> None:
    place.add(GUI, gui())
    os.mkfifo(place.packages / "SHA256SUMS")
    with pytest.raises(WorkflowError, match="not a file"):
        place.site().available()


def test_packages_inside_of_one_share_what_one_may_be(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    big = [file("emm/WEB-INF/big", random.Random(SEED).randbytes(2 << 20))]
    name = "openemm-20.10.000.152.tar.gz"
    parts = [m for m in complete() if "-gui-" not in m[0].name and "-statistics-" not in m[0].name]
    large = tarball(gui("20.10.000.152", big, "emm/"))
    parts += [file(f"openemm-{kind}-20.10.000.152.tar.gz", large) for kind in ("gui", "statistics")]
    artefact = place.artefact(name, parts)
    real = staging.open_package
    monkeypatch.setattr(staging, "open_package", lambda path, ref, limits=None: real(path, ref, limits or Limits(size=7 << 20)))
    with pytest.raises(PackageError) as caught:
        place.site().stage(artefact)
    assert caught.value.error_key == "package-bomb"
    assert not any(path.is_file() for path in place.home.rglob("*"))


@pytest.mark.parametrize("depth", [5, 1100])
def test_a_tree_of_any_depth_is_removed_and_nothing_beside_it(tmp_path: Path, depth: int) -> None:
    outside, tree = tmp_path / "outside", tmp_path / "tree"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    tree.mkdir()
    here = os.open(tree, os.O_RDONLY)
    for _ in range(depth):
        for name in ("d", "e"):
            os.mkdir(name, dir_fd=here)
        os.symlink(outside, "link", dir_fd=here)
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
        here, before = os.open("d", os.O_RDONLY, dir_fd=here), here
        os.close(before)
    os.close(here)
    remove_tree(tree)
    assert not tree.exists()
    assert (outside / "kept").read_text() == "kept"


LISTS: dict[str, str] = {
    "an entry behind a line separator in a comment": f"# see\u2028{SUM}  {GUI}\n",
    "an entry behind a form feed in a comment": f"# see\x0c{SUM}  {GUI}\n",
    "an entry behind a next line in a comment": f"# see\x85{SUM}  {GUI}\n",
    "an entry behind a carriage return in a comment": f"# see\r{SUM}  {GUI}\n",
    "an entry behind a file separator in a name": f"{SUM}  other\x1c{'cd' * 32}  {GUI}\n",
}


@pytest.mark.parametrize("attack", LISTS)
def test_sums_end_a_line_at_a_newline_only(attack: str) -> None:
    assert GUI not in parse_sums(LISTS[attack], "SHA256SUMS")
    with_key = LISTS[attack].replace(f"{SUM}  {GUI}", "runtime: 20.10.012").replace(f"{SUM}  other", "# ")
    assert not list(parse_version_list(with_key.replace(f"{'cd' * 32}  {GUI}", "runtime: 20.10.012"), "list"))


@pytest.mark.parametrize("text", ["20.10.000.152".translate(ARABIC), "20.10.000.15\u00b2", "20.10.000.152\u200b"])
def test_versions_have_ascii_digits_alone(text: str) -> None:
    with pytest.raises(UsageError):
        Version.parse(text)
    assert names.parse(f"openemm-gui-{text}.tar.gz") is None
    with pytest.raises(SourceError):
        list(parse_version_list(f"runtime: {text}\n", "list"))


class Wicked:
    """A server that says, for each connection, what it is told; then it holds the line."""

    def __init__(self, say: Callable[[socket.socket], None]) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._say, self.asked = say, 0
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/{GUI}"

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        self.asked += 1
        try:
            with connection:
                connection.recv(65536)
                self._say(connection)
        except OSError:
            pass  # the client hung up


def trickling(start: bytes, drop: bytes, pause: float = 0.02) -> Callable[[socket.socket], None]:
    def say(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(drop)
            if pause:
                time.sleep(pause)

    return say


def one_byte_more(connection: socket.socket) -> None:
    """Each connection brings one byte of another file."""
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nETag: "%d"\r\n\r\n' % time.monotonic_ns())
    connection.sendall(b"x" * (2 + time.monotonic_ns() % 3))


OK = b"HTTP/1.1 200 OK\r\n"
SERVERS: dict[str, tuple[Callable[[socket.socket], None], str]] = {
    "a head that trickles": (trickling(OK, b"X: y\r\n", 0.2), "source-unreachable"),
    "100 Continue without end": (trickling(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "source-unreachable"),
    "a redirect with a body without end":
        (trickling(b"HTTP/1.1 302 Found\r\nLocation: /other\r\n\r\n", b"x" * 65536, 0), "source-unreachable"),
    "a body that trickles": (trickling(OK + b"Content-Length: 1000\r\n\r\n", b"x"), "package-cut-short"),
    "a body that trickles and tells no length": (trickling(OK + b"\r\n", b"x"), "package-cut-short"),
    "trailers without end":
        (trickling(OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"X: y\r\n"), "package-cut-short"),
    "a length of 10**17": (trickling(OK + b"Content-Length: 100000000000000000\r\n\r\n", b"x"), "download-failed"),
    "a length of 5000 digits": (trickling(OK + b"Content-Length: %s\r\n\r\n" % (b"9" * 5000), b"x" * 4096), "package-cut-short"),
    "a body without end": (trickling(OK + b"\r\n", b"x" * 65536, 0), "download-failed"),
    "more than it said, in chunks":
        (trickling(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n", 0), "download-failed"),
    "another file at each connection": (one_byte_more, "package-cut-short"),
}  # fmt: skip


@pytest.mark.parametrize("attack", SERVERS)
def test_a_server_does_not_hold_a_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str) -> None:
    say, key = SERVERS[attack]
    monkeypatch.setattr(web_module, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(download, "SECONDS", 1.0)
    monkeypatch.setattr(download, "LARGEST", 1 << 20)
    server = Wicked(say)
    ref = PackageRef(GUI, PackageKind.GUI, "20.04.000.200", server.url())
    began = time.monotonic()
    try:
        with pytest.raises(WorkflowError) as caught:
            Downloads(tmp_path / "downloads", Web(server.url())).fetch(ref, None, silent)
    finally:
        server.close()
    assert caught.value.error_key == key
    assert time.monotonic() - began < 12
    assert server.asked <= download.ATTEMPTS
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) <= 2 << 20
    assert not (tmp_path / "downloads" / GUI).exists()


@pytest.mark.parametrize("attack", ["a head that trickles", "a body that trickles", "a body without end"])
def test_a_server_does_not_hold_the_version_list(monkeypatch: pytest.MonkeyPatch, attack: str) -> None:
    monkeypatch.setattr(web_module, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(web_module, "TEXT_SECONDS", 1.0)
    server = Wicked(SERVERS[attack][0])
    try:
        with pytest.raises(SourceError):
            Web(server.url()).text(server.url())
    finally:
        server.close()


def test_a_download_leaves_the_reserve_of_the_disk(tmp_path: Path, web: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tarball(gui())
    web.answers.files[f"/{GUI}"] = data
    free = errors.shutil.disk_usage(tmp_path).free
    monkeypatch.setattr(download, "RESERVE", free - len(data) + 1)
    ref = PackageRef(GUI, PackageKind.GUI, "20.04.000.200", web.url(f"/{GUI}"), sha256(data))
    with pytest.raises(PackageError) as caught:
        Downloads(tmp_path / "downloads", Web(web.url())).fetch(ref, None, silent)
    assert caught.value.error_key == "no-room"


def mutants(seed: int, count: int) -> Iterator[bytes]:
    """Packages with bytes of their headers changed at random."""
    chance = random.Random(seed)
    extra = [folder("WEB-INF/lib"), link("WEB-INF/l", "lib"), hard_link("WEB-INF/h", "WEB-INF/web.xml"), file("a" * 120)]
    whole = gzip.decompress(tarball(gui(extra=extra)))
    heads = [at for at in range(0, len(whole), BLOCK) if whole[at + 257 : at + 262] == b"ustar"]
    for _ in range(count):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            at = chance.choice(heads)
            begin, end = chance.choice([(0, 100), (100, 108), (124, 136), (136, 148), (156, 157), (157, 257), (345, 500)])
            value = chance.choice([base256(chance.getrandbits(chance.randint(1, 87))), base256(-chance.getrandbits(40)),
                                   chance.randbytes(end - begin), chance.choice(b"0123456LKSxgXV").to_bytes(1, "big"),
                                   struct.pack(">Q", chance.getrandbits(64)), b"../" * 9, b"/etc/x\0", b"7" * 11])  # fmt: skip
            data[at + begin : at + end] = value[: end - begin].ljust(end - begin, b"\0")
            data[at + 148 : at + 156] = b" " * 8
            data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + BLOCK])
        if chance.random() < 0.3:
            data = data[: chance.randrange(len(data))]
        yield gzip.compress(bytes(data), 1, mtime=0)


def test_whatever_is_changed_in_a_package_it_is_staged_inside_or_refused_by_name(place: Place) -> None:
    outcomes: set[str] = set()
    before = {path for path in place.home.parent.rglob("*") if not path.is_relative_to(place.home)}
    for number, data in enumerate(mutants(SEED, 250)):
        path = place.packages / GUI
        path.write_bytes(data)
        began = time.monotonic()
        try:
            artefact = place.fetch(place.ref(GUI))
            place.site().unstage(place.site().stage(artefact))
            outcomes.add("staged")
        except PackageError as error:
            outcomes.add(error.error_key)
        assert time.monotonic() - began < 10, f"mutant {number} of {SEED}"
        assert not [path for path in place.home.rglob("*") if not path.is_dir()], f"mutant {number} of {SEED}"
    after = {path for path in place.home.parent.rglob("*") if not path.is_relative_to(place.home)}
    assert {path.name for path in after - before} <= {"state", "staged", GUI, "downloads"}
    assert {"staged", "package-unsafe-member", "package-cut-short", "package-damaged", "package-bomb"} <= outcomes
    assert outcomes <= {"staged", "package-unsafe-member", "package-cut-short", "package-damaged", "package-bomb",
                        "unpack-failed", "package-kind-mismatch", "package-version-mismatch", "package-incomplete"}  # fmt: skip


def test_a_special_member_is_never_counted_as_nothing(tmp_path: Path) -> None:
    path = tmp_path / GUI
    path.write_bytes(tarball(gui(extra=[special("WEB-INF/x", tarfile.CONTTYPE)])))
    open_package(path, ref_for(path, PackageKind.GUI, "20.04.000.200"))  # a contiguous file is a file
