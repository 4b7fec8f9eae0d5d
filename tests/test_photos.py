"""Photos: whatever is sent, a whole picture of pixels alone is kept, or a sentence is said."""

import hashlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from conftest import need
from PIL import Image, PngImagePlugin

from stationmap.city import City, photos, pictures
from stationmap.city.photos import MAX_BYTES, Photos, TooLargeError
from stationmap.city.pictures import FORMATS, SIDE, UnreadablePhotoError, remade
from stationmap.cli.run import run
from stationmap.errors import Conflict, InputError
from stationmap.store import Change

ORIENTATION, GPS, MAKE, DESCRIPTION = 0x0112, 0x8825, 0x010F, 0x010E
OWNER = "a1b2"


def saved(image, kind="JPEG", **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def noisy(width=800, height=600, *, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def opened(data):
    return Image.open(io.BytesIO(data))


def new():
    return str(uuid.uuid4())


def digest(data):
    return hashlib.sha256(data).hexdigest()


def send(store, data, *, own=None, pieces=None, by=OWNER):
    """Send a photo in pieces that end at some offsets; its id and what it became."""
    own = own or new()
    found = store.begin(own, by=by, size=len(data), sha256=digest(data))
    ends = [*(pieces or []), len(data)]
    for end in ends:
        found = store.append(own, data[found.offset : end], by=by, offset=found.offset)
    return own, found.picture


def files(store_folder):
    return sorted(p.name for p in (store_folder / "photos").glob("??/*.jpg"))


# -- what is kept ------------------------------------------------------------------------------


def test_nothing_but_pixels_is_kept():
    exif = Image.Exif()
    exif[MAKE], exif[DESCRIPTION] = "SecretPhone", "13800138000"
    exif.get_ifd(GPS)[1], exif.get_ifd(GPS)[2] = "N", (28.0, 57.0, 1.0)
    data = saved(noisy(64, 48), exif=exif, comment=b"secret comment", icc_profile=b"secret icc")
    assert b"SecretPhone" in data
    assert b"secret comment" in data
    for made in (remade(data).full, remade(data).thumb):
        assert not opened(made).getexif()
        for mark in (b"Secret", b"secret", b"13800138000", b"Exif", b"http"):
            assert mark not in made
        assert set(opened(made).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_what_a_png_says_beside_its_pixels_is_gone():
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "secret")
    words.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>secret</x:xmpmeta>")
    assert b"secret" not in remade(saved(noisy(32, 32), "PNG", pnginfo=words)).full


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stands_upright_whatever_way_the_phone_was_held(orientation):
    upright = Image.new("RGB", (60, 40), "white")
    upright.paste("red", (0, 0, 30, 20))  # the corner above, to the left
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    held = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    for kind in ("JPEG", "PNG", "WEBP"):
        made = remade(saved(held, kind, exif=exif))
        assert (made.width, made.height) == (60, 40)
        red, green, _ = opened(made.full).getpixel((10, 8))
        assert red > 200 > 100 > green
        assert min(opened(made.full).getpixel((50, 30))) > 200


def test_a_large_photo_is_made_small_and_a_small_one_is_left():
    large = remade(saved(noisy(4000, 1500)))
    assert (large.width, large.height) == (SIDE, 960)
    assert max(opened(large.thumb).size) == pictures.THUMB_SIDE
    assert (remade(saved(noisy(50, 70))).width, remade(saved(noisy(50, 70))).height) == (50, 70)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "F"])
def test_every_kind_of_pixel_is_read(mode):
    kind = {"CMYK": "JPEG", "F": "TIFF"}.get(mode, "PNG")
    image = noisy(40, 30)
    image = (
        Image.fromarray(np.full((30, 40), 40_000, np.uint16))
        if mode == "I;16"
        else image.convert(mode)
    )
    if kind == "TIFF":
        with pytest.raises(UnreadablePhotoError):
            remade(saved(image, kind))
        return
    assert opened(remade(saved(image, kind)).full).mode == "RGB"


def test_what_is_transparent_is_white():
    drawn = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    drawn.paste((10, 10, 10, 255), (0, 0, 20, 20))
    made = opened(remade(saved(drawn, "PNG")).full)
    assert min(made.getpixel((35, 35))) > 250
    assert max(made.getpixel((5, 5))) < 40


POLYGLOTS = {
    "zip behind": lambda data: data + b"PK\x03\x04evil.sh" + b"PK\x05\x06" + b"\0" * 18,
    "page behind": lambda data: data + b"<html><script>alert(1)</script></html>",
    "page in a comment": lambda data: (
        data[:2] + b"\xff\xfe\x00\x2b<script>alert(document.domain)</script>   " + data[2:]
    ),
    "pdf behind": lambda data: data + b"%PDF-1.4 evil",
    "php behind": lambda data: data + b"<?php evil(); ?>",
}


@pytest.mark.parametrize("name", POLYGLOTS)
def test_what_else_a_file_is_does_not_come_in(name):
    made = remade(POLYGLOTS[name](saved(noisy(64, 48))))
    for mark in (b"evil", b"script", b"<?php", b"%PDF", b"PK\x03\x04"):
        assert mark not in made.full + made.thumb


def svg(text="<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"):
    return text.encode()


HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(range(256)) * 8
NO_PHOTOS = {
    "empty": b"",
    "text named .jpg": "这不是照片，是一段文字。".encode() * 50,
    "svg": svg(),
    "page": b"<!doctype html><img src=x onerror=alert(1)>",
    "gif": saved(noisy(20, 20), "GIF"),
    "bmp": saved(noisy(20, 20), "BMP"),
    "tiff": saved(noisy(20, 20), "TIFF"),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n",
    "jpeg cut short": saved(noisy())[:9_000],
    "only a jpeg's beginning": b"\xff\xd8\xff\xe0",
    "png with a broken row": saved(noisy(), "PNG")[:40_000] + b"\0" * 900,
    "riff that is no webp": b"RIFF\x00\x00\x00\x00WEBPVP8 " + b"\0" * 40,
}


@pytest.mark.parametrize("name", NO_PHOTOS)
def test_what_is_no_photo_is_refused_in_a_sentence(name):
    with pytest.raises(UnreadablePhotoError) as refused:
        remade(NO_PHOTOS[name])
    assert "仍在手机上" in refused.value.render("zh")


def test_heic_is_refused_with_the_way_out():
    with pytest.raises(UnreadablePhotoError) as refused:
        remade(HEIC)
    assert "HEIC" in refused.value.render("zh")
    assert "兼容性最佳" in refused.value.render("zh")


def test_any_damage_gives_a_picture_or_a_sentence():
    chance = random.Random(7)
    whole = {kind: saved(noisy(120, 90), kind) for kind in FORMATS}
    refused = 0
    for number in range(300):
        data = bytearray(whole[list(whole)[number % 3]])
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) :]
        try:
            assert opened(remade(bytes(data)).full).mode == "RGB"
        except UnreadablePhotoError:
            refused += 1
    assert 0 < refused < 300


def bomb(width, height):
    """A PNG of any size in a few bytes."""

    def chunk(kind, data):
        crc = zlib.crc32(kind + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + kind + data + crc

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    rows = zlib.compress(b"\0" * 1_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_bomb_of_pixels_is_refused_before_it_is_unpacked(tmp_path):
    (tmp_path / "bomb.png").write_bytes(bomb(30_000, 30_000))
    (tmp_path / "small.png").write_bytes(bomb(9_000, 9_000))
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from stationmap.city.pictures import UnreadablePhotoError, remade\n"
        "used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for name in sys.argv[1:]:\n"
        "    try:\n"
        "        remade(Path(name).read_bytes())\n"
        "    except UnreadablePhotoError as error:\n"
        "        print(error.render('zh'))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used)\n"
    )
    names = [str(tmp_path / name) for name in ("bomb.png", "small.png")]
    out = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *names],
        capture_output=True,
        text=True,
        check=True,
    )
    *sentences, grown_kb = out.stdout.splitlines()
    assert len(sentences) == 2
    assert all("百万像素" in sentence for sentence in sentences)
    assert int(grown_kb) < 64_000


# -- on the way --------------------------------------------------------------------------------


def test_a_photo_of_40_mb_is_refused_before_it_is_sent(tmp_path):
    with pytest.raises(TooLargeError) as refused:
        Photos(tmp_path).begin(new(), by=OWNER, size=40_000_000, sha256="0" * 64)
    assert "40 MB" in refused.value.render("zh")
    assert f"{MAX_BYTES // 1_000_000} MB" in refused.value.render("zh")
    assert not (tmp_path / "photos").exists()


def test_a_photo_cut_anywhere_goes_on_from_there(tmp_path):
    store, data = Photos(tmp_path), saved(noisy(320, 240, seed=1))
    expected = remade(data).full
    size = len(data)
    chance = random.Random(3)
    cuts = [0, 1, 2, size // 2, size - 2, size - 1, *(chance.randrange(size) for _ in range(12))]
    for cut in cuts:
        own = new()
        found = store.begin(own, by=OWNER, size=size, sha256=digest(data))
        found = store.append(own, data[:cut], by=OWNER, offset=0)
        assert (found.offset, found.picture) == (cut, None)
        # the answer was lost: the piece comes again, longer; then one from too far on
        overlap = max(0, cut - 5)
        found = store.append(own, data[overlap : cut + 7], by=OWNER, offset=overlap)
        here = min(size, cut + 7)
        if here < size:
            assert found.offset == here
            assert store.append(own, b"x", by=OWNER, offset=here + 1).offset == here
            found = Photos(tmp_path).append(own, data[here:], by=OWNER, offset=here)
        assert found.picture.sha256 == digest(expected)
    assert len(files(tmp_path)) == 2
    assert store.path(digest(expected)).read_bytes() == expected


def test_begun_again_it_is_the_same_photo_and_another_one_is_a_conflict(tmp_path):
    store, data = Photos(tmp_path), saved(noisy(seed=2))
    own, picture = send(store, data, pieces=[10])
    again = store.begin(own, by=OWNER, size=len(data), sha256=digest(data))
    assert (again.offset, again.picture) == (len(data), picture)
    assert store.append(own, b"more", by=OWNER, offset=len(data)).picture == picture
    with pytest.raises(Conflict):
        store.begin(own, by=OWNER, size=len(data) + 1, sha256=digest(data))
    # another account has photos of its own, whatever their ids
    assert store.incoming(own, by="other") is None
    assert store.picture(own, by="other") is None


def test_bytes_that_are_not_those_announced_are_sent_anew(tmp_path):
    store, data = Photos(tmp_path), saved(noisy(seed=4))
    own = new()
    store.begin(own, by=OWNER, size=len(data), sha256=digest(data))
    with pytest.raises(UnreadablePhotoError):
        store.append(own, b"x" * len(data), by=OWNER, offset=0)
    assert store.incoming(own, by=OWNER).offset == 0
    assert store.append(own, data, by=OWNER, offset=0).picture
    assert files(tmp_path)


def test_what_is_no_photo_leaves_nothing(tmp_path):
    store = Photos(tmp_path)
    for data in (b"text", HEIC, saved(noisy())[:5_000]):
        with pytest.raises(UnreadablePhotoError):
            send(store, data)
    assert not files(tmp_path)
    assert not list((tmp_path / "photos" / "incoming" / OWNER).iterdir())


@pytest.mark.parametrize("own", ["../../etc/passwd", "..", "", "a\0b", "con", "x" * 500])
def test_an_id_is_never_a_path(tmp_path, own):
    store = Photos(tmp_path)
    with pytest.raises(InputError):
        store.begin(own, by=OWNER, size=3, sha256="0" * 64)
    assert store.picture(own, by=OWNER) is None
    assert not (tmp_path / "photos").exists()


@pytest.mark.parametrize("by", ["../x", "..", "a/b", ""])
def test_an_account_is_never_a_path(tmp_path, by):
    with pytest.raises(ValueError):
        Photos(tmp_path).begin(new(), by=by, size=3, sha256="0" * 64)


def test_one_account_cannot_fill_the_disk_with_beginnings(tmp_path, monkeypatch):
    monkeypatch.setattr(photos, "MAX_WAITING", 3)
    store = Photos(tmp_path)
    for _ in range(3):
        store.begin(new(), by=OWNER, size=9, sha256="0" * 64)
    with pytest.raises(InputError, match="3 photos"):
        store.begin(new(), by=OWNER, size=9, sha256="0" * 64)
    store.begin(new(), by="other", size=9, sha256="0" * 64)


def test_one_account_cannot_fill_the_disk_with_what_is_never_whole(tmp_path, monkeypatch):
    data = saved(noisy(seed=8))
    monkeypatch.setattr(photos, "MAX_UNDERWAY", 2 * len(data))
    store = Photos(tmp_path)
    for _ in range(3):
        # what is here as a whole is made anew, and no longer counts
        store.take_in(data, photo_id=new(), by=OWNER)
    for _ in range(2):
        store.begin(new(), by=OWNER, size=len(data), sha256="0" * 64)
    with pytest.raises(InputError, match="5 photos"):
        store.begin(new(), by=OWNER, size=len(data), sha256="0" * 64)


def test_the_sweep_takes_what_is_old_and_named_by_nothing(tmp_path):
    store = Photos(tmp_path)
    old, kept = send(store, saved(noisy(seed=5)))[1], send(store, saved(noisy(seed=6)))[1]
    begun = new()
    store.begin(begun, by=OWNER, size=99, sha256="0" * 64)
    past = time.time() - photos.KEPT_S - 60
    for path in (tmp_path / "photos").rglob("*"):
        if path.is_file():
            os.utime(path, (past, past))
    fresh_id, fresh = send(store, saved(noisy(seed=7)))
    # the same picture as an old one, just now
    twin_id, twin = send(store, saved(noisy(seed=5)))
    assert twin.sha256 == old.sha256
    assert store.sweep(lambda sha256: sha256 == kept.sha256) == 3
    for picture in (kept, fresh, twin):
        assert store.path(picture.sha256).is_file()
    assert store.picture(fresh_id, by=OWNER) == fresh
    assert store.picture(twin_id, by=OWNER) == twin
    assert store.incoming(begun, by=OWNER) is None
    past_twin = [store.path(twin.sha256), store.path(twin.sha256, thumb=True)]
    for path in [*past_twin, tmp_path / "photos" / "incoming" / OWNER / twin_id / "record.json"]:
        os.utime(path, (past, past))
    assert store.sweep(lambda _: False) == 1
    assert not store.path(twin.sha256).exists()


def test_a_picture_is_on_the_disk_before_its_record_says_so(tmp_path, monkeypatch):
    done, sync, rename = [], os.fsync, Path.replace

    def told_sync(handle):
        sync(handle)
        done.append(("sync", Path(f"/proc/self/fd/{handle}").resolve()))

    def told_rename(self, target):
        done.append(("rename", Path(target)))
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", told_sync)
    monkeypatch.setattr(Path, "replace", told_rename)
    store = Photos(tmp_path)
    own, picture = send(store, saved(noisy(seed=9)))
    path = store.path(picture.sha256)
    for one in (path, store.path(picture.sha256, thumb=True)):
        named = done.index(("rename", one))
        assert done.index(("sync", one.with_name(f".{one.name}.tmp"))) < named
        assert ("sync", one.parent) in done[named:]
    # every folder on the way to it, too
    for folder in (path.parent, path.parent.parent):
        assert ("sync", folder.parent) in done[: done.index(("rename", path))]
    record = tmp_path / "photos" / "incoming" / OWNER / own / "record.json"
    says_so = len(done) - done[::-1].index(("rename", record)) - 1
    assert ("sync", path.parent) in done[done.index(("rename", path)) : says_so]


def test_many_at_once_keep_the_same_picture_whole(tmp_path):
    data = saved(noisy(seed=8))
    own = new()

    def whole(number):
        store = Photos(tmp_path)
        mine = own if number % 2 else new()
        store.begin(mine, by=OWNER, size=len(data), sha256=digest(data))
        found = store.incoming(mine, by=OWNER)
        while found.picture is None:
            piece = data[found.offset : found.offset + 50_000]
            found = store.append(mine, piece, by=OWNER, offset=found.offset)
        return found.picture.sha256

    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(whole, range(24)))
    assert len(digests) == 1
    assert len(files(tmp_path)) == 2
    assert not list(Photos(tmp_path).problems(dict.fromkeys(digests, digests.copy().pop())))


def test_killed_at_any_moment_no_picture_is_half_there(tmp_path):
    """A program that keeps photos is killed many times: what its records call done is whole."""
    code = (
        "import sys, uuid\n"
        "from pathlib import Path\n"
        "from stationmap.city.photos import Photos\n"
        "data = [p.read_bytes() for p in sorted(Path(sys.argv[2]).iterdir())]\n"
        "store = Photos(Path(sys.argv[1]))\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    for one in data:\n"
        "        own = str(uuid.uuid4())\n"
        "        store.take_in(one + own.encode(), photo_id=own, by='a1')\n"
        "        print(own, flush=True)\n"
    )
    sources = tmp_path / "sources"
    sources.mkdir()
    for seed in range(3):
        (sources / str(seed)).write_bytes(saved(noisy(200, 150, seed=seed)))
    city, chance, done = tmp_path / "city", random.Random(1), []
    for _ in range(3):
        command = [sys.executable, "-c", code, str(city), str(sources)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            child.stdout.readline()
            time.sleep(chance.random() * 0.15)
            child.send_signal(signal.SIGKILL)
            said = child.stdout.read().splitlines(keepends=True)
        done += [line.strip() for line in said if line.endswith("\n")]
        store = Photos(city)
        named = {own: store.picture(own, by="a1") for own in done}
        assert all(named.values())
        assert not list(store.problems({own: p.sha256 for own, p in named.items()}))
        records = (city / "photos" / "incoming" / "a1").glob("*/record.json")
        for record in records:
            found = store.incoming(record.parent.name, by="a1")
            if found.picture:
                assert not list(store.problems({found.id: found.picture.sha256}))
        for path in (city / "photos").glob("??/*.jpg"):
            opened(path.read_bytes()).load()
    assert done


def test_a_full_disk_is_told_and_the_phone_goes_on_from_where_it_stood(tmp_path):
    alone = ["unshare", "-rm"]
    mount = [*alone, "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)]
    can = shutil.which("unshare") and subprocess.run(mount, check=False).returncode == 0
    need(bool(can), "a mount namespace")
    script = Path(__file__).parent / "store" / "full_disk_photos.py"
    out = subprocess.run(
        [*alone, sys.executable, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(out.stdout)
    assert found["why"] == "full"
    assert "磁盘已满" in found["said"]
    assert found["kept"] >= 1
    assert not found["problems"]
    assert found["again"]


# -- with the register -------------------------------------------------------------------------


@pytest.fixture
def city(tmp_path, monkeypatch):
    """A city whose register names two photos."""
    monkeypatch.setenv("STATIONMAP_LANG", "zh")
    made = City.create(tmp_path / "city", standard="quzhou-2018")
    store = Photos(made.path)
    for seed in range(2):
        own, picture = send(store, saved(noisy(seed=seed)))
        row = {"sha256": picture.sha256, "bytes": picture.bytes, "station_id": "S1"}
        change = Change("photo", own, row, expects=0)
        made.register.write([change], action=new(), by=OWNER, kind="inspect")
    made.register.close()
    return made.path


def db(capsys, *words):
    code = run(["db", *map(str, words)])
    return code, *capsys.readouterr()


def full_pictures(city):
    return sorted(p for p in (city / "photos").glob("??/*.jpg") if "thumb" not in p.name)


def test_verify_finds_a_picture_that_is_gone_and_one_that_is_damaged(city, capsys):
    assert db(capsys, "verify", city)[0] == 0
    gone, damaged = full_pictures(city)
    gone.unlink()
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    code, out, err = db(capsys, "verify", city)
    assert (code, out) == (2, "")
    assert "的文件不见了" in err
    assert "的文件已损坏" in err


def test_a_backup_takes_the_photos_along_and_a_restore_brings_them_back(city, tmp_path, capsys):
    out = tmp_path / "usb"
    found = json.loads(db(capsys, "backup", city, "--out", out / "one.sqlite", "--json")[1])
    assert (found["photos"], found["photos_copied"], found["sound"]) == (2, 2, True)
    found = json.loads(db(capsys, "backup", city, "--out", out / "two.sqlite", "--json")[1])
    assert (found["photos"], found["photos_copied"]) == (2, 0)
    before = {p.name: p.read_bytes() for p in full_pictures(city)}
    shutil.rmtree(city / "photos")
    assert db(capsys, "verify", city)[0] == 2
    found = json.loads(db(capsys, "restore", city, out / "two.sqlite", "--json")[1])
    assert (found["photos"], found["photos_copied"], found["sound"]) == (2, 2, True)
    assert {p.name: p.read_bytes() for p in full_pictures(city)} == before
    assert db(capsys, "verify", city)[0] == 0
    assert db(capsys, "verify", city, out / "one.sqlite")[0] == 0
    full_pictures(out)[0].unlink()
    assert db(capsys, "verify", city, out / "one.sqlite")[0] == 2
