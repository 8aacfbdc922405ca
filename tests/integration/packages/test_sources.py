"""What a folder and a web site offer."""

from __future__ import annotations

import ssl
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from package_kit import GUI, Place, complete, gui, runtime, sha256, tarball
from web_kit import Handler, Site

from orchestrator.command import run
from orchestrator.data import distributions
from orchestrator.releases.errors import SourceError
from orchestrator.releases.source import HttpSource
from tests.remedies.follow import follow
from workflows.model.plans import PackageKind

LINES = ("20.04", "20.10")


def read(url: str) -> dict[str, tuple[PackageKind, str, str | None]]:
    return {ref.file: (ref.kind, ref.location, ref.sha256) for ref in HttpSource(url, LINES).read().packages}


def failing(url: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        HttpSource(url, LINES).read()
    return caught.value


def test_a_folder_offers_its_packages_with_their_digests_and_names_the_rest(place: Place) -> None:
    data = tarball(gui())
    place.packages.joinpath(GUI).write_bytes(data)
    for name in ("openemm-backend-rdir-20.04.000.200.tar.gz", "README", "openemm-20.10.000.152.tar.gz"):
        place.packages.joinpath(name).write_bytes(b"")
    place.packages.joinpath("SHA256SUMS").write_text(f"{sha256(data)}  {GUI}\n")
    site = place.site()
    found = {ref.file: ref for ref in site.available()}
    assert set(found) == {GUI, "openemm-20.10.000.152.tar.gz"}
    assert (found[GUI].location, found[GUI].sha256, found[GUI].size) == (str(place.packages / GUI), sha256(data), len(data))
    assert found["openemm-20.10.000.152.tar.gz"].sha256 is None
    assert site.ignored() == ("openemm-backend-rdir-20.04.000.200.tar.gz",)


def test_on_sles_the_backend_built_for_it_is_offered(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, sles = "openemm-backend-20.04.000.200.tar.gz", "openemm-backend-suse-20.04.000.200.tar.gz"
    for name in (plain, sles):
        place.packages.joinpath(name).touch()
    release = tmp_path / "os-release"
    monkeypatch.setattr(distributions, "OS_RELEASE", release)
    for text, expected in (('ID="sles"\nID_LIKE="suse"\n', sles), ("ID=debian\n", plain)):
        release.write_text(text)
        assert [ref.file for ref in place.site().available()] == [expected]


def test_a_folder_that_is_not_there_is_an_unreachable_source(place: Place, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        place.site(str(tmp_path / "nowhere")).available()
    assert caught.value.error_key == "source-unreachable"
    assert caught.value.next


def test_a_folder_without_a_package_for_openemm_is_empty(place: Place) -> None:
    place.packages.joinpath("openemm-tomcat-9.0.43.tar.gz").touch()
    with pytest.raises(SourceError) as caught:
        place.site().available()
    assert caught.value.error_key == "source-empty"
    assert "tomcat" in caught.value.detail[0]


def test_a_broken_sums_file_does_not_pass_for_none(place: Place) -> None:
    place.packages.joinpath(GUI).touch()
    place.packages.joinpath("SHA256SUMS").write_text("<html>")
    with pytest.raises(SourceError) as caught:
        place.site().available()
    assert caught.value.error_key == "sums-malformed"
    follow(caught.value.next[0], cwd=place.packages)
    assert place.site().available()


def test_a_version_list_names_packages_beside_it_and_elsewhere(web: Site) -> None:
    web.answers.files = {
        "/p/version.txt": b"runtime: 20.10.012\nfrontend: 20.10.000.152 https://host/dl/openemm-20.10.000.152.tar.gz?x=1\n"
        b"manual: 20.10.003 files/get.php\njava: 11.0.13\n",
        "/p/SHA256SUMS": f"{'a' * 64}  openemm-runtime-20.10.012.tar.gz\n".encode(),
    }
    assert read(web.url("/p/version.txt")) == {
        "openemm-runtime-20.10.012.tar.gz": (
            PackageKind.RUNTIME, web.url("/p/openemm-runtime-20.10.012.tar.gz"), "a" * 64
        ),
        "openemm-20.10.000.152.tar.gz": (
            PackageKind.COMPLETE, "https://host/dl/openemm-20.10.000.152.tar.gz?x=1", None
        ),
        "openemm-manual-20.10.003.tar.gz": (PackageKind.MANUAL, web.url("/p/files/get.php"), None),
    }  # fmt: skip
    assert HttpSource(web.url("/p/version.txt"), LINES).read().ignored == ("java 11.0.13",)


def test_a_list_in_a_folder_as_the_vendor_has_it_finds_packages_on_the_site(web: Site) -> None:
    web.answers.files = {"/openemm-version-20.10/": b"runtime: 20.10.012"}
    for url in (web.url("/openemm-version-20.10/"),):
        assert read(url)["openemm-runtime-20.10.012.tar.gz"][1] == web.url("/openemm-runtime-20.10.012.tar.gz")


def test_a_site_is_asked_for_every_known_line_and_a_line_that_it_lacks_is_no_error(web: Site) -> None:
    web.answers.files = {
        "/s/openemm-version-20.10/": b"runtime: 20.10.012",
        "/s/openemm-version-20.10/SHA256SUMS": f"{'b' * 64}  openemm-runtime-20.10.012.tar.gz\n".encode(),
    }
    assert read(web.url("/s/")) == {
        "openemm-runtime-20.10.012.tar.gz": (
            PackageKind.RUNTIME, web.url("/s/openemm-runtime-20.10.012.tar.gz"), "b" * 64
        )
    }  # fmt: skip
    assert "/s/openemm-version-20.04/" in [path for path, _ in web.answers.requests]


def test_the_lists_key_says_what_a_package_is_and_not_the_end_of_its_address(web: Site) -> None:
    web.answers.files = {"/v": b"emm: 20.10.000.152 https://host/openemm-20.10.000.152.tar.gz"}
    assert [ref.file for ref in HttpSource(web.url("/v"), LINES).read().packages] == ["openemm-gui-20.10.000.152.tar.gz"]


def test_a_site_without_any_list_is_empty(web: Site) -> None:
    assert failing(web.url("/nothing/")).error_key == "source-empty"


def test_a_list_that_is_not_there_is_an_unreachable_source(web: Site) -> None:
    assert failing(web.url("/nothing")).error_key == "source-unreachable"


@pytest.mark.parametrize("path", ["/list", "/SHA256SUMS"])
def test_a_failing_server_does_not_pass_for_a_missing_file(web: Site, path: str) -> None:
    web.answers.files = {"/list": b"runtime: 20.10.012"}
    web.answers.status[path] = 503
    error = failing(web.url("/list"))
    assert error.error_key == "source-unreachable"
    assert "503" in error.message


@pytest.mark.parametrize("body", [b"<html>runtime: 20.10.012</html>", b"runtime: \xff", b"runtime: x", b"# " + b"x" * (2 << 20)])
def test_what_is_no_version_list_is_told_as_such(web: Site, body: bytes) -> None:
    web.answers.files = {"/list": body}
    assert failing(web.url("/list")).error_key == "version-list-malformed"


def test_a_server_that_does_not_answer_is_an_unreachable_source(web: Site) -> None:
    url = web.url("/list")
    web.close()
    error = failing(url)
    assert error.error_key == "source-unreachable"
    assert "refused" in error.message


def test_a_connection_that_breaks_off_is_an_unreachable_source(web: Site) -> None:
    web.answers.files = {"/list": b"runtime: 20.10.012"}
    web.answers.cut_after = [5]
    assert failing(web.url("/list")).error_key == "source-unreachable"


@pytest.mark.parametrize("url", ["ftp://host/x", "http:///x", "https://[::1", "http://host:port/"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(SourceError):
        HttpSource(url, LINES)


def test_a_password_in_the_address_goes_to_that_site_only_and_is_never_kept(web: Site) -> None:
    other = Site()
    try:
        web.answers.redirects = {"/list": other.url("/list")}
        other.answers.files = {"/list": b"runtime: 20.10.012"}
        source = HttpSource(f"http://admin:s3cret@{web.host}/list", LINES)
        (ref,) = source.read().packages
        assert web.answers.authorizations[0] is not None
        assert other.answers.authorizations == [None]
        assert "s3cret" not in repr(ref)
        web.answers.redirects = {}
        with pytest.raises(SourceError) as caught:
            source.read()
        assert "s3cret" not in str(caught.value.as_dict())
    finally:
        other.close()


def test_redirects_without_end_are_an_unreachable_source(web: Site) -> None:
    web.answers.redirects = {"/list": "/list"}
    assert "redirects" in failing(web.url("/list")).message


class Secure:
    """A server with a certificate that nobody vouches for."""

    def __init__(self, folder: Path, redirect: str) -> None:
        key, cert = folder / "key.pem", folder / "cert.pem"
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
             str(key), "-out", str(cert), "-days", "1", "-subj", "/CN=sources", "-addext", "subjectAltName=IP:127.0.0.1"],
            timeout=30)  # fmt: skip
        self.cert = cert
        site = Site()
        site.close()
        site.answers.redirects = {"/list": redirect}
        site.answers.files = {"/good": b"runtime: 20.10.012"}
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"answers": site.answers}))
        self._server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def url(self, path: str) -> str:
        return f"https://127.0.0.1:{self._server.server_address[1]}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def test_a_certificate_that_nobody_vouches_for_is_refused_and_https_never_leads_to_http(
    web: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    web.answers.files = {"/list": b"runtime: 20.10.012"}
    secure = Secure(tmp_path, web.url("/list"))
    try:
        error = failing(secure.url("/good"))
        assert error.error_key == "source-unreachable"
        assert "certificate" in error.message.lower()
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure.cert))
        assert list(read(secure.url("/good"))) == ["openemm-runtime-20.10.012.tar.gz"]
        assert failing(secure.url("/list")).error_key == "source-insecure"
        assert web.answers.requests == []
    finally:
        secure.close()


def test_a_release_is_fetched_and_staged_from_a_site(place: Place, web: Site) -> None:
    packages = {
        "openemm-runtime-20.10.012.tar.gz": tarball(runtime()),
        "openemm-20.10.000.152.tar.gz": tarball(complete()),
    }
    web.answers.files = {
        "/s/openemm-version-20.10/": b"runtime: 20.10.012\nopenemm: 20.10.000.152\n",
        "/s/SHA256SUMS": "".join(f"{sha256(data)}  {name}\n" for name, data in packages.items()).encode(),
        **{f"/s/{name}": data for name, data in packages.items()},
    }
    site = place.site(web.url("/s/"))
    artefacts = [site.fetch(ref, None, lambda done, total: None) for ref in site.available()]
    assert {artefact.trust for artefact in artefacts} == {"sums"}
    kinds = {tree.kind.value for artefact in artefacts for tree in site.stage(artefact)}
    assert kinds == {"runtime", "gui", "statistics", "webservices", "backend"}
