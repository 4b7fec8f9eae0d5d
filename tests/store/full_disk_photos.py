"""Fill the disk under the photos of a city, on a small disk of its own: what is said and stands.

Run as ``unshare -rm python full_disk_photos.py FOLDER``: the disk is mounted on the folder for this
process alone. It tells what it found as JSON.
"""

import hashlib
import io
import json
import subprocess
import sys
import uuid
from pathlib import Path

import numpy as np
from PIL import Image

from stationmap.city.photos import MAX_PIECE, Photos
from stationmap.errors import RegisterError


def noisy(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (700, 900, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def main() -> None:
    disk = Path(sys.argv[1])
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)]
    subprocess.run(mount, check=True)
    ballast = disk / "ballast"
    ballast.write_bytes(b"\0" * 3_000_000)
    photos, kept, failed = Photos(disk), {}, None
    while failed is None:
        data, own = noisy(len(kept)), str(uuid.uuid4())
        try:
            kept[own] = photos.take_in(data, photo_id=own, by="a1").picture
        except RegisterError as error:
            failed = error
    found = {"why": failed.params["why"], "said": failed.render("zh"), "kept": len(kept)}
    names = {own: picture.sha256 for own, picture in kept.items()}
    found["problems"] = [str(problem) for problem in photos.problems(names)]
    found["parts"] = [path.name for path in disk.rglob("*.tmp")]
    stands = photos.incoming(own, by="a1")
    found["offset"] = stands.offset if stands else 0
    ballast.unlink()
    # the phone goes on from where it stood
    sha256 = hashlib.sha256(data).hexdigest()
    stands = photos.begin(own, by="a1", size=len(data), sha256=sha256)
    while stands.picture is None:
        piece = data[stands.offset : stands.offset + MAX_PIECE]
        stands = photos.append(own, piece, by="a1", offset=stands.offset)
    found["again"] = not list(photos.problems({own: stands.picture.sha256}))
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
