"""Fill the disk under a register, on a small disk of its own, and see what is said and what stands.

Run as ``unshare -rm python full_disk.py FOLDER``: the disk is mounted on the folder for this
process alone. It tells what it found as JSON.
"""

import json
import subprocess
import sys
import uuid
from pathlib import Path

from stationmap.errors import RegisterError
from stationmap.store import Change, Register, backup
from stationmap.store.verify import verify


def main() -> None:
    disk = Path(sys.argv[1])
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    subprocess.run(mount, check=True)
    ballast = disk / "ballast"
    ballast.write_bytes(b"\0" * 1_500_000)
    register = Register.open(disk / "register.sqlite")
    acknowledged, failed = [], None
    while failed is None:
        ask = {"action": str(uuid.uuid4()), "by": "a1", "kind": "edit"}
        changes = [Change("station", f"S-{ask['action']}-{n}", {"name": "站" * 200})
                   for n in range(20)]  # fmt: skip
        try:
            register.write(changes, **ask)
            acknowledged.append(ask["action"])
        except RegisterError as error:
            failed = error
    found = {"why": failed.params["why"], "said": failed.render("zh"), "times": len(acknowledged)}
    found["readable"] = len(register.rows("station"))
    found["snapshot"] = len(register.snapshot().frames["station"])
    try:
        backup.backup(register.engine, disk / "out" / "saved.sqlite")
    except RegisterError as error:
        found["backup"] = error.params["why"]
    found["left"] = sorted(path.name for path in (disk / "out").iterdir())
    try:
        Register.open(disk / "other.sqlite")
    except RegisterError as error:
        found["open"] = error.params["why"]
    ballast.unlink()
    (disk / "other.sqlite").unlink(missing_ok=True)
    # the same again, as the sentence says
    found["again"] = register.write(changes, **ask).again
    found["stations"] = len(register.rows("station"))
    found["problems"] = [str(problem) for problem in verify(register.engine).problems]
    register.close()
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
