#!/usr/bin/env python3
"""Proves an exported ledger with the standard library of Python 3.8 or later, and nothing else.

Usage: python3 verify.py [CHECKPOINT]. Beside it lies entries.jsonl: a line an entry, its canonical JSON (RFC 8785). Its hash
is SHA-256 over a tag, seq, prev and the canonical JSON of all else, one line feed between them. Ends with 1 at the first wrong
entry. Give it a checkpoint kept elsewhere: only that shows a cut end, or that all was written anew; else it takes the one here.
"""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

TAG = "openemm-orchestrator/ledger/1"
FIELDS = {"actor", "boot_id", "component", "evidence", "from", "hash", "kind", "prev", "run", "seq", "site", "time", "to"}


def canonical(value: Any, depth: int = 65) -> str:
    """The value as RFC 8785 writes it: names by their UTF-16 code units, numbers as JavaScript prints them."""
    if depth == 0 and isinstance(value, (dict, list)):
        raise ValueError("too deep")
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
        return "{" + ",".join(canonical(name) + ":" + canonical(item, depth - 1) for name, item in items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(item, depth - 1) for item in value) + "]"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f") if 1e-6 <= abs(value) < 1e-4 else repr(value).replace("e-0", "e-")
    return json.dumps(value, ensure_ascii=False)


def wrong(line: bytes, seq: int, prev: str) -> tuple[str | None, str]:
    """What is wrong with the line that should hold this entry, or None; and its hash."""
    try:
        entry = json.loads(line.decode("utf-8"))
        time = datetime.fromisoformat(entry["time"][:-1]).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
        fit = {**entry, "time": time, "actor": {**entry["actor"]}, "evidence": {**entry["evidence"]}}
        if (canonical(fit) + "\n").encode() != line or set(entry) != FIELDS:
            return "it is not an entry in canonical JSON", ""
        rest = {name: entry[name] for name in FIELDS - {"seq", "prev", "hash"}}
        digest = hashlib.sha256("\n".join([TAG, str(entry["seq"]), entry["prev"], canonical(rest)]).encode()).hexdigest()
    except (ValueError, TypeError, LookupError, RecursionError):
        return "it cannot be read", ""
    if entry["seq"] != seq:
        return f"it says it is entry {entry['seq']}: entries were removed, inserted or reordered", ""
    if digest != entry["hash"]:
        return "changed: its hash does not fit it", ""
    if entry["prev"] != prev:
        return "it does not follow the entry before it: one was changed, removed, inserted or reordered", ""
    if seq == 1 and entry["kind"] != "genesis":
        return "the ledger does not begin with its genesis", ""
    return None, digest


def main() -> None:
    """Follow the chain from its first entry to its last, then hold it against the checkpoint."""
    folder = Path(__file__).resolve().parent
    checkpoint = Path(sys.argv[1]) if len(sys.argv) > 1 else folder / "checkpoint.json"
    kept = (said := json.loads(checkpoint.read_text(encoding="utf-8"))).get("checkpoint", said)  # a backup's manifest has one
    seq, prev = 0, "0" * 64
    with (folder / "entries.jsonl").open("rb") as lines:
        for seq, line in enumerate(lines, 1):
            problem, prev = wrong(line, seq, prev)
            if problem is None and seq == kept["seq"] and prev != kept["hash"]:
                problem = f"its hash is not the one in {checkpoint}"
            if problem is not None:
                sys.exit(f"BROKEN at entry {seq}: {problem}")
    if seq < kept["seq"]:
        sys.exit(f"BROKEN at entry {seq + 1}: it and what follows were cut off; {checkpoint} knows {kept['seq']}")
    print(f"sound: {seq} entries, head {prev}, held against checkpoint {kept['seq']}")


if __name__ == "__main__":
    main()
