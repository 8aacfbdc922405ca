"""Files that a step changed, put back as they were unless somebody has edited them since (DESIGN 3.10)."""

from __future__ import annotations

from collections.abc import Sequence

from workflows.host.files import KeptFile, Register
from workflows.model.errors import WorkflowError
from workflows.model.step import Facts


def put_back(register: Register, intent: Facts) -> None:
    """Put a step's files back: `files` of its intent are as before, `written` as the step left them, where it came so far.

    Raises:
        WorkflowError: "file-changed" when somebody edited one since it was written; none is put back then.
    """
    files = _kept(intent["files"])
    ours = set(register.changed(files)) & set(register.changed(_kept(intent.get("written", ()))))
    if edited := [path for path in sorted(ours) if not register.missing(path)]:
        raise WorkflowError(
            f"cannot put {edited[0]} back: it was changed after this run wrote it", key="file-changed",
            unharmed=[f"{', '.join(edited)}: with the change"],
            next=[f"mv {path} {path}.mine    keep it aside" for path in edited] + ["orchestrate abort    go on"],
        )  # fmt: skip
    register.restore(files)


def _kept(found: Sequence[Facts]) -> list[KeptFile]:
    return [KeptFile(**data) for data in found]
