"""The steps that bring software: what they bring, what they refuse, and that undo takes exactly that away again."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.command import run
from orchestrator.files import tree_digest
from state.journal import RunRecord
from tests.integration.os_packages.os_package_kit import Small, build_deb
from tests.integration.software.software_kit import World, java_home, key_of, tomcat_archive, tomcat_files, tomcat_folder, wheel
from tests.remedies.follow import follow, seen
from tests.system.lab import python_source
from workflows.host.os_packages import Repository
from workflows.host.units import UnitState
from workflows.model.answers import Verdict
from workflows.model.errors import WorkflowError
from workflows.model.plans import Need
from workflows.rules.packages import require_obtainable
from workflows.steps.machine import python
from workflows.steps.machine.java import Java
from workflows.steps.machine.os_packages import OperatingSystemPackages
from workflows.steps.machine.python import Python
from workflows.steps.machine.tomcat import Tomcat
from workflows.steps.machine.wkhtmltox import Wkhtmltox

pytestmark = pytest.mark.integration
SMALL = ["alpha", "beta", "gamma"]


def test_packages_are_installed_cron_runs_and_undo_leaves_what_was_there(world: World) -> None:
    world.packages.install(["gamma"])
    world.offer("os-base", "alpha", "gamma")
    world.units.states["crond.service"] = UnitState(exists=True, enabled=False)
    step = OperatingSystemPackages(world.plan())
    assert world.look(step) == [
        ("os.packages.os-base", None, "alpha"), ("os.cron", "not started at boot", "running"),
    ]  # fmt: skip
    engine, record = world.run(step)
    assert key_of(record) == "made-to-fail"
    assert world.look(step) == []
    assert set(world.packages.installed(SMALL)) == set(SMALL)  # beta came along
    assert record.steps[0].intent["added"] == ["alpha", "beta"]
    assert engine.undo().state == "undone"
    assert set(world.packages.installed(SMALL)) == {"gamma"}
    assert world.units.state("crond.service") == UnitState(exists=True, enabled=False)


def test_what_a_cut_off_attempt_brought_is_taken_away_with_the_rest(world: World) -> None:
    world.offer("os-base", "alpha", "gamma")
    world.units.states["crond.service"] = UnitState(exists=True, enabled=True, state="active")
    install = world.packages.install

    def cut_off(packages: Any) -> None:
        install(["beta"])
        raise WorkflowError("cannot go on: the power is gone", key="cut-off")

    world.packages.install = cut_off  # type: ignore[method-assign]
    engine, record = world.run(OperatingSystemPackages(world.plan()))
    assert key_of(record) == "cut-off"
    world.packages.install = install  # type: ignore[method-assign]
    record = engine.run()
    assert key_of(record) == "made-to-fail"
    assert set(world.packages.installed(SMALL)) == set(SMALL)
    assert engine.undo().state == "undone"
    assert world.packages.installed(SMALL) == {}


def test_half_of_a_package_is_completed_before_anybody_asks_what_it_is_like(world: World, offered: Path) -> None:
    world.offer("os-base", "gamma")
    world.units.states["crond.service"] = UnitState(exists=True, enabled=True, state="active")
    step = OperatingSystemPackages(world.plan())

    def cut_off(packages: Any) -> None:
        run(["dpkg", "--root", str(world.root), "--unpack", str(offered / "gamma_1.0_all.deb")], timeout=60)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.packages, "install", cut_off)
        with pytest.raises(KeyboardInterrupt):
            world.run(step)
    assert "gamma" in audit(world)
    looked = []

    def look(self: OperatingSystemPackages, host: Any) -> list[Any]:
        looked.append(audit(world))
        return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OperatingSystemPackages, "look", look)
        record = world.resumed(step)
    assert (key_of(record), set(looked)) == ("made-to-fail", {""})
    assert world.packages.installed(SMALL) == {"gamma": "1.0"}


def test_a_package_somebody_else_came_to_need_stops_the_undo_and_says_so(world: World) -> None:
    world.offer("os-base", "beta")
    world.units.states["crond.service"] = UnitState(exists=True, enabled=True, state="active")
    engine, _ = world.run(OperatingSystemPackages(world.plan()))
    world.packages.install(["alpha"])
    assert engine.undo().state == "undo-failed"
    assert set(world.packages.installed(SMALL)) == {"alpha", "beta"}
    world.packages.remove(["alpha"])
    assert engine.undo().state == "undone"
    assert world.packages.installed(SMALL) == {}


@pytest.mark.parametrize(
    ("package", "patterns", "key"),
    [("absent", ("*legacy*",), "repository-missing"), ("absent", ("here/*",), "package-not-found"),
     ("absent", (), "package-not-found")],
)  # fmt: skip
def test_what_cannot_be_had_is_named_with_its_repository(world: World, package: str, patterns: tuple[str, ...], key: str) -> None:
    repository = Repository("legacy", patterns, "SUSEConnect -p sle-module-legacy/15.1/x86_64") if patterns else None
    world.offer("os-base", package, repository=repository)
    world.units.states["crond.service"] = UnitState(exists=True, enabled=True, state="active")
    _, record = world.run(OperatingSystemPackages(world.plan()))
    assert key_of(record) == key
    assert record.headline is not None
    assert package in record.headline["message"]
    assert "enabled: here/main" in record.headline["detail"]
    if key == "repository-missing":
        assert "legacy" in record.headline["message"]
        assert record.headline["next"][0].startswith("SUSEConnect")
    assert world.packages.installed(SMALL) == {}


def test_what_could_only_come_instead_of_another_is_not_installed(world: World) -> None:
    world.packages.install(["gamma"])
    world.offer("os-base", "delta")
    _, record = world.run(OperatingSystemPackages(world.plan()))
    assert key_of(record) == "packages-would-go"
    assert record.headline is not None
    assert "gamma" in record.headline["message"]
    assert set(world.packages.installed(["gamma", "delta"])) == {"gamma"}


def test_what_the_distribution_does_not_have_is_told_in_its_own_words(world: World) -> None:
    world.offer("os-base", note="this distribution does not offer it")
    with pytest.raises(WorkflowError, match="cannot install os-base: this distribution does not offer it") as caught:
        require_obtainable(world.host, ["os-base"])
    assert caught.value.error_key == "capability-not-offered"


def test_cron_that_nobody_knows_is_an_error_of_its_own(world: World) -> None:
    _, record = world.run(OperatingSystemPackages(world.plan()))
    assert key_of(record) == "cron-missing"


# --- Java ---------------------------------------------------------------------------------------------------------------


def _javas(world: World, tmp_path: Path, *versions: str) -> None:
    for version in versions:
        java_home(tmp_path / f"jvm/java-{version.partition('.')[0]}-openjdk-{version}", version)


def test_a_java_that_fits_is_taken_even_when_a_newer_one_is_there(world: World, tmp_path: Path) -> None:
    _javas(world, tmp_path, "17.0.1", "11.0.20")
    step = Java(world.plan())
    assert world.look(step) == []
    assert step.evidence(world.host) == {
        "java_home": f"{tmp_path}/jvm/java-11-openjdk-11.0.20", "version": "11.0.20", "tested": True,
    }  # fmt: skip
    assert Java(world.plan(java="17")).evidence(world.host)["version"] == "17.0.1"


def test_the_newest_java_that_fits_is_installed_and_taken_away_again(world: World, tmp_path: Path) -> None:
    world.offer("java-17", "gamma", version="17")
    world.offer("java-11", "beta", version="11")
    step = Java(world.plan())
    assert world.look(step) == [("java.package", None, "11")]
    install = world.packages.install

    def and_a_java(packages: Any) -> None:
        install(packages)
        _javas(world, tmp_path, "11.0.20")

    world.packages.install = and_a_java  # type: ignore[method-assign]
    engine, record = world.run(step)
    assert key_of(record) == "made-to-fail"
    assert record.steps[0].facts["java_home"] == f"{tmp_path}/jvm/java-11-openjdk-11.0.20"
    assert set(world.packages.installed(SMALL)) == {"beta"}
    engine.undo()
    assert world.packages.installed(SMALL) == {}


def test_a_java_that_does_not_fit_is_asked_about_and_taken_when_it_may(world: World, tmp_path: Path) -> None:
    _javas(world, tmp_path, "17.0.1")
    assert world.look(Java(world.plan())) == [("java.version", "17.0.1", "8 or 11")]
    assert key_of(world.run(Java(world.plan()), "ASKS")[1]) == "difference-unanswered"
    replaced = Java(world.plan(differences={"java.version": Verdict.REPLACE}))
    assert key_of(world.run(replaced, "REPL")[1]) == "java-version-unfit"
    kept = Java(world.plan(differences={"java.version": Verdict.KEEP}))
    assert world.run(kept, "KEEP")[1].steps[0].facts["tested"] is False


def test_a_java_home_without_java_is_named(world: World, tmp_path: Path) -> None:
    step = Java(world.plan(java_home=str(tmp_path)))
    assert world.look(step) == [("java.home", None, "a JDK or JRE")]
    assert key_of(world.run(step)[1]) == "java-missing"


# --- Tomcat -------------------------------------------------------------------------------------------------------------


def test_a_tomcat_is_unpacked_for_its_user_linked_and_taken_away_again(world: World, tmp_path: Path) -> None:
    archive = tomcat_archive(tmp_path / "apache-tomcat-9.0.43.tar.gz")
    step = Tomcat(world.plan(tomcat=str(archive)))
    before = tree_digest(world.home)
    assert [key for key, _, _ in world.look(step)] == ["tomcat.software", "tomcat.link"]
    engine, record = world.run(step)
    assert record.steps[0].facts["version"] == "9.0.43"
    link = world.home / "opt/tomcat"
    assert str(link.readlink()) == f"{world.home}/opt/apache-tomcat-9.0.43"
    assert os.access(link / "bin/startup.sh", os.X_OK)
    assert (link / "lib/catalina.jar").owner() == "daemon"
    assert world.look(step) == []
    assert world.look(Tomcat(world.plan())) == []  # the one that is there does
    engine.undo()
    assert tree_digest(world.home) == before


def test_a_link_to_another_tomcat_is_asked_about_replaced_and_put_back(world: World, tmp_path: Path) -> None:
    old, new = tomcat_folder(tmp_path / "old", "9.0.12"), tomcat_folder(tmp_path / "new", "9.0.43")
    (world.home / "opt").mkdir()
    (world.home / "opt/tomcat").symlink_to(old)
    assert world.look(Tomcat(world.plan())) == []
    asked = Tomcat(world.plan(tomcat=str(new)))
    assert world.look(asked) == [("tomcat.link", str(old), str(new))]
    assert key_of(world.run(asked, "ASKS")[1]) == "difference-unanswered"
    engine, _ = world.run(Tomcat(world.plan(tomcat=str(new), differences={"tomcat.link": Verdict.REPLACE})), "REPL")
    assert (world.home / "opt/tomcat").resolve() == new
    engine.undo()
    assert (world.home / "opt/tomcat").resolve() == old


def test_a_tomcat_of_another_major_is_asked_about(world: World, tmp_path: Path) -> None:
    folder = tomcat_folder(tmp_path / "ten", "10.1.60")
    step = Tomcat(world.plan(tomcat=str(folder)))
    assert ("tomcat.major", "10.1.60", "9") in world.look(step)
    assert key_of(world.run(step, "ASKS")[1]) == "difference-unanswered"
    refused = Tomcat(world.plan(tomcat=str(folder), differences={"tomcat.major": Verdict.REPLACE}))
    assert key_of(world.run(refused, "REPL")[1]) == "tomcat-major-unfit"
    kept = Tomcat(world.plan(tomcat=str(folder), differences={"tomcat.major": Verdict.KEEP}))
    assert world.run(kept, "KEEP")[1].steps[0].facts["version"] == "10.1.60"


def test_a_folder_in_the_place_of_the_link_is_put_aside_as_it_says(world: World, tmp_path: Path) -> None:
    (world.home / "opt/tomcat").mkdir(parents=True)
    answered = {"tomcat.link": Verdict.REPLACE, "tomcat.software": Verdict.REPLACE}
    step = Tomcat(world.plan(tomcat=str(tomcat_folder(tmp_path / "nine")), differences=answered))
    engine, record = world.run(step)
    assert key_of(record) == "tomcat-is-a-folder"
    assert record.headline
    aside, resumes = record.headline["next"]
    follow(aside)
    seen(resumes)
    assert key_of(engine.run()) == "made-to-fail"
    assert (world.home / "opt/tomcat.mine").is_dir()


def test_the_distributions_tomcat_is_linked_where_it_lies(world: World, tmp_path: Path) -> None:
    world.offer("tomcat", "alpha", path=str(tmp_path / "share"), version="9.0")
    install = world.packages.install

    def and_a_tomcat(packages: Any) -> None:
        install(packages)
        tomcat_folder(tmp_path / "share")

    world.packages.install = and_a_tomcat  # type: ignore[method-assign]
    engine, record = world.run(Tomcat(world.plan()))
    assert record.steps[0].facts == {
        "changed": True, "catalina_home": f"{world.home}/opt/tomcat", "version": "9.0.43",
    }  # fmt: skip
    engine.undo()
    assert world.packages.installed(SMALL) == {}
    assert not (world.home / "opt").exists()


def test_where_nobody_offers_a_tomcat_the_distributions_note_is_told(world: World) -> None:
    world.offer("tomcat", note="name one of Apache's own")
    _, record = world.run(Tomcat(world.plan()))
    assert key_of(record) == "tomcat-missing"
    assert record.headline is not None
    assert record.headline["detail"] == ["name one of Apache's own"]


def test_what_is_no_tomcat_is_refused_before_anything_is_written(world: World, tmp_path: Path) -> None:
    before = tree_digest(world.home)
    files = tomcat_files()
    del files["bin/startup.sh"]
    archive = tomcat_archive(tmp_path / "half.tar.gz", files)
    evil = tomcat_archive(tmp_path / "evil.tar.gz", {**tomcat_files(), "../../out": b"x"})
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(tomcat_archive(tmp_path / "whole.tar.gz").read_bytes()[:-40])
    (tmp_path / "empty").mkdir()
    keys = {archive: "not-a-tomcat", evil: "package-unsafe-member", cut: "package-cut-short", tmp_path / "empty": "not-a-tomcat",
            tmp_path / "absent.tar.gz": "not-a-tomcat"}  # fmt: skip
    for number, (path, key) in enumerate(keys.items()):
        _, record = world.run(Tomcat(world.plan(tomcat=str(path))), f"BAD{number}")
        assert key_of(record) == key
    assert tree_digest(world.home) == before


def test_a_tomcat_that_was_cut_off_while_it_was_unpacked_is_unpacked_anew(world: World, tmp_path: Path) -> None:
    archive = tomcat_archive(tmp_path / "apache-tomcat-9.0.43.tar.gz")
    half = world.home / "opt/.apache-tomcat-9.0.43.part/lib"
    half.mkdir(parents=True)
    _, record = world.run(Tomcat(world.plan(tomcat=str(archive))))
    assert record.steps[0].facts["version"] == "9.0.43"
    assert sorted(path.name for path in (world.home / "opt").iterdir()) == ["apache-tomcat-9.0.43", "tomcat"]


# --- Python -------------------------------------------------------------------------------------------------------------


def test_an_environment_is_made_as_its_user_with_its_modules_and_undo_takes_what_each_run_added(
    world: World, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python, "STANDARD", ("zlib",))
    monkeypatch.setattr(python, "REQUIRED", {"needed_one": "needed-one", "needed_two": "needed-two"})
    monkeypatch.setattr(python, "WANTED", {"nice_to_have": "nice-to-have"})
    wheel(wheels, "needed-one", "needed_one")
    world.offer("python", "alpha", path="/usr/bin/python3", version="3.11")
    world.offer("python-modules", "gamma", "absent")
    step = Python(world.plan())
    before = tree_digest(world.home)
    assert [key for key, _, _ in world.look(step)] == ["python.environment"]
    first, record = world.run(step, "ONE")
    assert key_of(record) == "python-modules-missing"
    assert record.headline is not None
    assert "needed_two" in record.headline["message"]
    assert "needed-two" in record.headline["detail"][0]  # what pip says

    wheel(wheels, "needed-two", "needed_two")
    seen(record.headline["next"][0])
    record = first.run()
    assert key_of(record) == "made-to-fail"
    program = f"{world.home}/opt/python3/bin/python3"
    assert record.steps[0].facts["python"] == program
    assert record.steps[0].facts["modules_missing"] == ["nice_to_have"]
    said = as_config_sh_imports(world, program, "needed_one")
    assert Path(said).owner() == "daemon"
    assert set(world.packages.installed(SMALL)) == set(SMALL)
    assert world.look(step) == []

    present = sorted(world.software.python_distributions(program))
    assert {"needed-one", "needed-two"} <= set(present)
    monkeypatch.setattr(python, "REQUIRED", {"needed_later": "needed-later"})
    monkeypatch.setattr(python, "WANTED", {})
    wheel(wheels, "needed-later", "needed_later")
    assert world.look(step) == [("python.modules", None, "needed_later")]
    second, record = world.run(step, "TWO")
    assert sorted(world.software.python_distributions(program)) == sorted([*present, "needed-later"])
    assert second.undo().state == "undone"
    assert sorted(world.software.python_distributions(program)) == present

    assert first.undo().state == "undone"
    assert tree_digest(world.home) == before
    assert world.packages.installed(SMALL) == {}


def as_config_sh_imports(world: World, program: str, module: str) -> str:
    """Where a module lies that is imported in a virtual environment of its own, made from opt/python3 as the vendor does it."""
    venv = world.home / ".venv.3.x.y.final.0"
    user = ["runuser", "-u", world.user, "--", "env", f"HOME={world.home}"]
    run([*user, program, "-m", "venv", "--without-pip", "--system-site-packages", str(venv)], timeout=120)
    said = run([*user, f"{venv}/bin/python3", "-c", f"import {module}; print({module}.__file__)"], timeout=30, cwd="/").stdout
    shutil.rmtree(venv)
    return said.strip()


def test_the_module_of_a_line_to_come_is_brought_when_it_is_named(
    world: World, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python, "STANDARD", ("zlib",))
    monkeypatch.setattr(python, "REQUIRED", {})
    monkeypatch.setattr(python, "WANTED", {})
    world.offer("python", "alpha", path="/usr/bin/python3", version="3.11")
    world.run(Python(world.plan(python="/usr/bin/python3")), "ONE")
    step = Python(world.plan(python="/usr/bin/python3", python_for="21.04"))
    assert world.look(step) == [("python.modules", None, "mariadb")]
    wheel(wheels, "mariadb", "mariadb")
    world.run(step, "TWO")
    assert world.look(step) == []


def test_modules_of_a_virtual_environment_in_opt_do_not_count(
    world: World, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python, "STANDARD", ("zlib",))
    monkeypatch.setattr(python, "REQUIRED", {"needed_one": "needed-one"})
    monkeypatch.setattr(python, "WANTED", {})
    wheel(wheels, "needed-one", "needed_one")
    (world.home / "opt").mkdir()
    environment = world.home / "opt/python-3"
    run(["/usr/bin/python3", "-m", "venv", "--system-site-packages", str(environment)], timeout=120)
    run([str(environment / "bin/pip"), "install", "--quiet", "--no-index", f"--find-links={wheels}", "needed-one"], timeout=120)
    run(["chown", "-R", "daemon:daemon", str(world.home / "opt")], timeout=30)
    (world.home / "opt/python3").symlink_to("python-3")
    world.offer("python", path="/usr/bin/python3")
    step = Python(world.plan())
    assert world.look(step) == [("python.modules", None, "needed_one")]  # although opt/python3 can import it
    _, record = world.run(step)
    assert key_of(record) == "made-to-fail", record.headline
    assert world.look(step) == []
    assert as_config_sh_imports(world, f"{world.home}/opt/python3/bin/python3", "needed_one").startswith(f"{world.home}/.local/")


def test_a_python_is_built_from_its_source_and_undo_takes_it_away(world: World, tmp_path: Path) -> None:
    source, digest = python_source.build(tmp_path, "/usr/bin/python3")
    world.offer("python-source", "alpha")
    step = Python(world.plan(python_source=str(source), python_source_sha256=digest))
    before = tree_digest(world.home)
    assert world.look(step) == [("python.environment", None, f"Python 3.9.2, built from {source}")]
    engine, record = world.run(step)
    assert key_of(record) == "made-to-fail", record.headline
    assert record.steps[0].facts["version"] == "3.9.2"
    assert (world.home / "opt/python3").readlink() == Path("Python-3.9.2")
    assert world.look(step) == []
    assert world.look(Python(world.plan())) == []  # the one that is there does
    engine.undo()
    assert tree_digest(world.home) == before
    assert world.packages.installed(SMALL) == {}


def test_a_newer_source_is_asked_about_built_beside_and_taken_back(world: World, tmp_path: Path) -> None:
    for version, run_id in (("3.9.2", "OLD"), ("3.9.21", "NEW")):
        source, digest = python_source.build(tmp_path, "/usr/bin/python3", version=version)
        plan = world.plan(python_source=str(source), python_source_sha256=digest)
        if run_id == "NEW":
            assert world.look(Python(plan)) == [("python.version", "3.9.2", f"3.9.21, built from {source}")]
            assert key_of(world.run(Python(plan), "ASKS")[1]) == "difference-unanswered"
            answers = replace(plan.answers, differences={"python.version": Verdict.REPLACE})
            plan = replace(plan, answers=answers)
        engine, record = world.run(Python(plan), run_id)
        assert record.steps[0].facts["version"] == version
    engine.undo()
    assert (world.home / "opt/python3").readlink() == Path("Python-3.9.2")
    assert world.look(Python(world.plan())) == []


def test_a_build_that_fails_is_resumed_or_taken_back(world: World, tmp_path: Path) -> None:
    before = tree_digest(world.home)
    broken = {"stand-in/lib/x": "x", "configure": "#!/bin/sh\necho no C compiler\nexit 1\n"}
    source, digest = python_source.build(tmp_path, "/usr/bin/python3", changed=broken)
    engine, record = world.run(Python(world.plan(python_source=str(source), python_source_sha256=digest)))
    assert key_of(record) == "python-build-failed"
    assert record.headline is not None
    assert "no C compiler" in record.headline["detail"]
    (work,) = (world.home / "opt").glob(".Python-*")
    (work / "configure").write_text(python_source.CONFIGURE)
    assert key_of(engine.run()) == "made-to-fail"
    engine.undo()
    assert tree_digest(world.home) == before


@pytest.mark.parametrize(
    ("needs", "answers", "key"),
    [
        (("3.8",), {"python_source_sha256": "0" * 64}, "python-version-unfit"),
        (("3.9",), {"python_source_sha256": "0" * 64}, "python-source-other"),
        (("3.9",), {}, "python-source-unpinned"),
        (("3.0",), {"python_source": None}, "python-version-unfit"),
    ],
)
def test_a_python_that_does_not_fit_or_nobody_vouches_for_is_not_built(
    world: World, tmp_path: Path, needs: tuple[str, ...], answers: dict[str, Any], key: str
) -> None:
    source, _ = python_source.build(tmp_path, "/usr/bin/python3")
    before = tree_digest(world.home)
    plan = world.plan(**{"python_source": str(source), **answers})
    rules = replace(plan.hop.rules, needs=(Need("python", needs, stops=True, source="facts 24.1"),))
    _, record = world.run(Python(replace(plan, hop=replace(plan.hop, rules=rules))))
    assert key_of(record) == key
    opt = world.home / "opt"
    assert not opt.exists() or list(opt.iterdir()) == []
    assert opt.exists() or tree_digest(world.home) == before


def test_another_python_is_taken_when_it_is_answered_as_it_says(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python, "STANDARD", ("zlib",))
    monkeypatch.setattr(python, "REQUIRED", {})
    source, digest = python_source.build(tmp_path, "/usr/bin/python3")
    _, here = world.software.python("/usr/bin/python3") or ("", "")

    def step(*needs: str, **answers: str) -> Python:
        plan = world.plan(**answers)
        rules = replace(plan.hop.rules, needs=(Need("python", needs, stops=True, source="facts 24.1"),))
        return Python(replace(plan, hop=replace(plan.hop, rules=rules)))

    def refused(unfit: Python, run_id: str) -> list[str]:
        """The ways on; nothing is left of the run."""
        engine, record = world.run(unfit, run_id)
        assert engine.undo().state == "undone"
        return ways_of(record)[1:]

    good = {"python_source": str(source), "python_source_sha256": digest}
    builds, _ = refused(step("3.9", python="/usr/bin/python3"), "UNFIT")
    (other_digest,) = refused(step("3.9", python_source=str(source), python_source_sha256="0" * 64), "OTHER")
    with pytest.raises(WorkflowError) as not_one:  # as a plan looks
        step("3.9", python_source=str(tomcat_archive(tmp_path / "other.tgz"))).look(world.host)
    for way in (builds, other_digest, *not_one.value.next):
        seen(way)
    engine, record = world.run(step("3.9", **good), "BUILDS")
    assert (key_of(record), record.steps[0].facts["version"]) == ("made-to-fail", "3.9.2")
    assert engine.undo().state == "undone"

    _, takes = refused(step(here, **good), "SOURCE")
    seen(takes)
    _, record = world.run(step(here, python="/usr/bin/python3"), "TAKES")
    assert (key_of(record), record.steps[0].facts["version"]) == ("made-to-fail", here)


def test_what_a_python_lacks_of_itself_is_told_by_importing_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python, "STANDARD", ("part_that_is_not_there",))
    monkeypatch.setattr(python, "REQUIRED", {})
    engine, record = world.run(Python(world.plan(python="/usr/bin/python3")))
    assert key_of(record) == "python-incomplete"
    tells, _ = ways_of(record)
    assert "No module named 'part_that_is_not_there'" in follow(tells, expect=(1,)).stderr
    monkeypatch.setattr(python, "STANDARD", ("zlib",))  # it is installed
    assert key_of(engine.run()) == "made-to-fail"


def ways_of(record: RunRecord) -> list[str]:
    """What is said to come next."""
    assert record.headline
    return list(record.headline["next"])


def test_a_python_that_is_none_is_named(world: World, tmp_path: Path) -> None:
    for name, code in (("old", "print('2.7.18')"), ("none", "exit 1")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{code}\n")
        (tmp_path / name).chmod(0o755)
        _, record = world.run(Python(world.plan(python=str(tmp_path / name))), name.upper())
        assert key_of(record) == "python-missing"


def test_what_lies_in_a_folder_of_somebody_else_is_run_as_him(world: World) -> None:
    program = world.home / "python3"
    program.write_text(f"#!/bin/sh\nid -u >{world.home}/who\necho 3.9.1\n")
    program.chmod(0o755)
    shutil.chown(program, "root")
    assert world.software.python(str(program)) == (str(program), "3.9.1")
    assert (world.home / "who").read_text().strip() != "0"


# --- wkhtmltox ----------------------------------------------------------------------------------------------------------


def test_the_package_of_a_file_is_installed_and_without_one_it_is_left_out_and_said(world: World, tmp_path: Path) -> None:
    build_deb(tmp_path, Small("wkhtmltox", "0.12.6-1", {"Depends": "beta"}), tmp_path)
    file = str(tmp_path / "wkhtmltox_0.12.6-1_all.deb")
    assert "left_out" in Wkhtmltox(world.plan()).evidence(world.host)
    step = Wkhtmltox(world.plan(wkhtmltox=file))
    assert world.look(step) == [("wkhtmltox.package", None, "0.12.6-1")]
    engine, record = world.run(step)
    assert record.steps[0].intent["added"] == ["beta", "wkhtmltox"]
    assert world.look(step) == []
    engine.undo()
    assert world.packages.installed(["beta", "wkhtmltox"]) == {}


def test_another_version_that_is_installed_is_not_replaced(world: World, tmp_path: Path) -> None:
    for version in ("0.12.5", "0.12.6"):
        build_deb(tmp_path, Small("wkhtmltox", version), tmp_path)
    world.packages.install([str(tmp_path / "wkhtmltox_0.12.5_all.deb")])
    answered = {"differences": {"wkhtmltox.package": Verdict.REPLACE}}
    file = str(tmp_path / "wkhtmltox_0.12.6_all.deb")
    engine, record = world.run(Wkhtmltox(world.plan(wkhtmltox=file, **answered)))
    assert key_of(record) == "wkhtmltox-of-other-version"
    assert world.packages.installed(["wkhtmltox"]) == {"wkhtmltox": "0.12.5"}
    _, keeps, _ = ways_of(record)
    seen(keeps)
    assert engine.undo().state == "undone"
    kept = Wkhtmltox(world.plan(wkhtmltox=file, differences={"wkhtmltox.package": Verdict.KEEP}))
    assert key_of(world.run(kept, "KEEP")[1]) == "made-to-fail"
    assert world.packages.installed(["wkhtmltox"]) == {"wkhtmltox": "0.12.5"}


def audit(world: World) -> str:
    """What dpkg says of its packages that are not whole."""
    return run(["dpkg", "--root", str(world.root), "--audit"], timeout=60).stdout
