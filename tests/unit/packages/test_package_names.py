"""What a file name says, and what a version list or SHA256SUMS says."""

from __future__ import annotations

import pytest

from orchestrator.releases.errors import SourceError
from orchestrator.releases.names import conventional, for_host, parse
from orchestrator.releases.sums import merge_sums, parse_sums
from orchestrator.releases.version_list import parse_version_list
from workflows.model.plans import PackageKind

K = PackageKind
A, B = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("file", "kind", "version"),
    [
        ("openemm-runtime-20.10.012.tar.gz", K.RUNTIME, "20.10.012"),
        ("openemm-gui-20.10.000.152.tar.gz", K.GUI, "20.10.000.152"),
        ("openemm-emm-20.10.000.152.tar.gz", K.GUI, "20.10.000.152"),
        ("openemm-statistics-20.10.000.152.tar.gz", K.STATISTICS, "20.10.000.152"),
        ("openemm-webservices-20.10.000.152.tar.gz", K.WEBSERVICES, "20.10.000.152"),
        ("openemm-webservices_20.10.000.152.tar.gz", K.WEBSERVICES, "20.10.000.152"),
        ("openemm-backend-20.10.000.126.tar.gz", K.BACKEND, "20.10.000.126"),
        ("openemm-backend-suse-20.10.000.126.tar.gz", K.BACKEND, "20.10.000.126"),
        ("openemm-manual-20.10.003.tar.gz", K.MANUAL, "20.10.003"),
        ("openemm-20.10.000.152.tar.gz", K.COMPLETE, "20.10.000.152"),
        ("openemm-25.11.078.tar.gz", K.COMPLETE, "25.11.078"),
        ("openemm-gui-19.10.000-hf3.tar.gz", K.GUI, "19.10.000-hf3"),
    ],
)
def test_a_name_of_the_vendor_is_understood(file: str, kind: PackageKind, version: str) -> None:
    name = parse(file)
    assert name is not None
    assert (name.kind, name.version, name.suse) == (kind, version, "-suse-" in file)


@pytest.mark.parametrize(
    "file",
    [
        "openemm-backend-runtime-20.10.001.tar.gz",
        "openemm-startup-20.10.001.tar.gz",
        "openemm-backend-rdir-20.10.000.126.tar.gz",
        "openemm-backend-one-20.10.000.126.tar.gz",
        "openemm-backend-console-20.10.000.126.tar.gz",
        "emm-mailloop-20.10.000.126.tar.gz",
        "openemm-rdir-20.10.000.152.tar.gz",
        "openemm-tomcat-9.0.43.tar.gz",
        "openemm-java-11.0.13.tar.gz",
        "notes-20.10.000.tar.gz",
        "openemm.tar.gz",
        "openemm-gui-latest.tar.gz",
        "openemm-gui-20.10.000.152.zip",
        "../openemm-gui-20.10.000.152.tar.gz",
        "openemm gui-20.10.000.152.tar.gz",
        ".openemm-gui-20.10.000.152.tar.gz",
    ],
)
def test_what_is_not_for_an_openemm_host_is_no_package(file: str) -> None:
    assert parse(file) is None


@pytest.mark.parametrize("kind", list(PackageKind))
def test_the_conventional_name_is_understood_again(kind: PackageKind) -> None:
    name = parse(conventional(kind, "20.10.000.152"))
    assert name is not None
    assert (name.kind, name.version) == (kind, "20.10.000.152")


def test_each_system_gets_the_backend_that_was_built_for_it() -> None:
    files = ["openemm-backend-20.10.000.107.tar.gz", "openemm-backend-20.10.000.126.tar.gz",
             "openemm-backend-suse-20.10.000.126.tar.gz", "openemm-gui-20.10.000.126.tar.gz"]  # fmt: skip
    found = [name for file in files if (name := parse(file))]
    assert [name.file for name in for_host(found, suse=False)] == [files[0], files[1], files[3]]
    assert [name.file for name in for_host(found, suse=True)] == [files[0], files[2], files[3]]


def test_sums_are_read_as_sha256sum_writes_them() -> None:
    text = f"# made today\n{A}  one.tar.gz\n\n{B.upper()} *./two.tar.gz\n"
    assert parse_sums(text, "SHA256SUMS") == {"one.tar.gz": A, "two.tar.gz": B}


@pytest.mark.parametrize(
    "text", [f"{A[:-1]}  one.tar.gz", f"{A} one.tar.gz", "<html>", f"{A}  one.tar.gz\n{B}  one.tar.gz", "one.tar.gz"]
)
def test_sums_that_cannot_be_read_in_full_are_no_sums(text: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_sums(text, "SHA256SUMS")
    assert caught.value.error_key == "sums-malformed"


def test_two_lists_may_agree_but_not_differ() -> None:
    known = {"one.tar.gz": A}
    merge_sums(known, {"one.tar.gz": A, "two.tar.gz": B}, "more")
    assert known == {"one.tar.gz": A, "two.tar.gz": B}
    with pytest.raises(SourceError):
        merge_sums(known, {"one.tar.gz": B}, "more")


def test_a_version_list_is_read_as_the_vendor_writes_it() -> None:
    text = """# OpenEMM 20.10
runtime: 20.10.012 https://host/x/openemm-runtime-20.10.012.tar.gz
no entry at all
  openemm:20.10.000.152
backend-suse: 20.10.000.126   https://host/suse.tar.gz
new-release-notes: https://host/notes.txt
java: 11.0.13
"""
    assert [(e.key, e.version, e.url, e.kind, e.suse) for e in parse_version_list(text, "list")] == [
        ("runtime", "20.10.012", "https://host/x/openemm-runtime-20.10.012.tar.gz", K.RUNTIME, False),
        ("openemm", "20.10.000.152", None, K.COMPLETE, False),
        ("backend-suse", "20.10.000.126", "https://host/suse.tar.gz", K.BACKEND, True),
        ("new-release-notes", "https://host/notes.txt", None, None, False),
        ("java", "11.0.13", None, None, False),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE html><p>runtime: 20.10.012",
        "runtime: 20.10",
        "runtime:",
        "runtime: newest https://host/x.tar.gz",
        "runtime: 20.10.012 file:///etc/passwd",
        "runtime: 20.10.012 https://host/x y",
        "runtime: 20.10.012 https://[::1",
    ],
)
def test_a_version_list_with_a_wrong_entry_is_no_version_list(text: str) -> None:
    with pytest.raises(SourceError) as caught:
        list(parse_version_list(text, "https://host/list"))
    assert caught.value.error_key == "version-list-malformed"
    assert "https://host/list" in caught.value.message
