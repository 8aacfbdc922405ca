"""An authority, what it signed, and what it did not, made by the openssl program."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestrator.command import run

SECONDS = 60.0
NAME = "openemm.example.com"
CONFIG = """[ca]
default_ca = here
[here]
dir = {folder}
new_certs_dir = {folder}
database = {folder}/index.txt
serial = {folder}/serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:true
[server]
subjectAltName = DNS:{name}, DNS:www.example.com
"""


@dataclass(frozen=True)
class Authority:
    """A folder with authorities and certificates; each has NAME.pem and NAME.key."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Authority:
        """root signs middle, which signs servers; stranger has nothing to do with them."""
        (folder / "index.txt").touch()
        (folder / "serial").write_text("1000\n")
        (folder / "openssl.cnf").write_text(CONFIG.format(folder=folder, name=NAME))
        made = cls(folder)
        for name in ("root", "stranger"):
            made.sign(name, by=None, extensions="authority")
        made.sign("middle", by="root", extensions="authority")
        return made

    def path(self, name: str) -> str:
        """A file in the folder."""
        return str(self.folder / name)

    def key(self, name: str) -> str:
        """A new private key."""
        run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.path(f"{name}.key")],
            timeout=SECONDS)  # fmt: skip
        return self.path(f"{name}.key")

    def sign(
        self, name: str, *, by: str | None = "middle", extensions: str = "server", begins: timedelta = timedelta(days=-1),
        ends: timedelta = timedelta(days=90),
    ) -> str:  # fmt: skip
        """A certificate, from and to so far from now; by None: by itself."""
        key = self.key(name)
        request = self.path(f"{name}.csr")
        run(["openssl", "req", "-new", "-key", key, "-subj", f"/CN={NAME if by == 'middle' else name}", "-out", request],
            timeout=SECONDS)  # fmt: skip
        begin, end = (f"{datetime.now(UTC) + when:%Y%m%d%H%M%SZ}" for when in (begins, ends))
        signer = (
            ["-selfsign", "-keyfile", key]
            if by is None
            else ["-cert", self.path(f"{by}.pem"), "-keyfile", self.path(f"{by}.key")]
        )
        made = self.path(f"{name}.pem")
        run(["openssl", "ca", "-batch", "-config", self.path("openssl.cnf"), *signer, "-startdate", begin, "-enddate", end,
             "-extensions", extensions, "-notext", "-in", request, "-out", made], timeout=SECONDS)  # fmt: skip
        return made
