import errno
import os
import shutil
import socket
import struct

import numpy as np
import PIL
import pytest
from PIL import ExifTags, Image, PngImagePlugin, UnidentifiedImageError

from lookalikes.reading import pictures
from lookalikes.reading.pictures import Unreadable, explain, load_upright, open_image

# What undoes each EXIF orientation, so that every stored picture below looks the same upright.
STORED_AS = {
    1: [],
    2: [Image.Transpose.FLIP_LEFT_RIGHT],
    3: [Image.Transpose.ROTATE_180],
    4: [Image.Transpose.FLIP_TOP_BOTTOM],
    5: [Image.Transpose.TRANSPOSE],
    6: [Image.Transpose.ROTATE_90],
    7: [Image.Transpose.TRANSVERSE],
    8: [Image.Transpose.ROTATE_270],
}


def store_turned(image, path, orientation):
    for turn in STORED_AS[orientation]:
        image = image.transpose(turn)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    image.save(path, exif=exif)
    return str(path)


def reason_of(path):
    with pytest.raises(Unreadable) as caught, open_image(str(path)) as image:
        image.load()
    return str(caught.value)


def test_open_image_gives_what_pillow_gives(picture):
    with open_image(picture) as ours, Image.open(picture) as theirs:
        assert ours.tobytes() == theirs.tobytes()
        assert (ours.mode, ours.size, ours.format) == (theirs.mode, theirs.size, theirs.format)


def test_a_large_file_is_read_where_it_lies(picture, monkeypatch):
    monkeypatch.setattr(pictures, "_LARGE_BYTES", 10)
    with open_image(picture) as ours, Image.open(picture) as theirs:
        assert ours.tobytes() == theirs.tobytes()


def test_a_large_picture_waits_for_its_turn_and_gives_it_back(picture, monkeypatch):
    monkeypatch.setattr(pictures, "_LARGE_PIXELS", 10)
    for _ in range(2):
        with open_image(picture):
            assert pictures._DECODING_LARGE.locked()
    with pytest.raises(Unreadable), open_image(picture):
        raise ValueError
    assert not pictures._DECODING_LARGE.locked()


def test_reasons_of_what_is_no_regular_file(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "dangling.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    assert reason_of(tmp_path / "missing.jpg") == "there is no such file"
    assert reason_of(tmp_path / "dangling.jpg") == "a link that leads nowhere"
    assert reason_of(tmp_path / "folder.jpg") == "a folder, not a file"
    assert reason_of(tmp_path / "empty.jpg") == "the file is empty"
    assert "symbolic links" in reason_of(tmp_path / "loop.jpg")


def test_pipes_sockets_and_devices_are_never_opened(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.jpg")
    monkeypatch.chdir(tmp_path)  # the name of a socket may not be long
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.jpg")
        for path in ("pipe.jpg", "socket.jpg", "/dev/zero"):
            assert reason_of(path).startswith("not a regular file")


def test_no_permission(tmp_path, picture):
    path = tmp_path / "secret.png"
    shutil.copy(picture, path)
    path.chmod(0)
    if os.access(path, os.R_OK):
        assert explain(PermissionError(errno.EACCES, "Permission denied"), str(path)) == "no permission to read it"
    else:
        assert reason_of(path) == "no permission to read it"


def test_reasons_of_broken_contents(tmp_path, paint):
    (tmp_path / "text.jpg").write_text("no picture")
    paint(300, 300).save(tmp_path / "whole.jpg")
    whole = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    paint(300, 300).save(tmp_path / "whole.png")
    changed = bytearray((tmp_path / "whole.png").read_bytes())
    changed[200:260] = bytes(60)
    (tmp_path / "changed.png").write_bytes(changed)
    assert reason_of(tmp_path / "text.jpg").startswith("not an image")
    assert reason_of(tmp_path / "cut.jpg") == "the file is cut short (truncated)"
    assert reason_of(tmp_path / "changed.png").startswith("its data is broken (")


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path, paint, monkeypatch):
    paint(300, 300).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40_000)
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("decoded"))
    refused = pytest.raises(
        Unreadable, match=r"more than 0 megapixels; a higher limit \(--max-pixels, limit_pixels\) allows it"
    )
    with refused, open_image(str(tmp_path / "bomb.png")):
        pytest.fail("opened")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("bad"),
        TypeError("bad"),
        SyntaxError("bad"),
        IndexError("bad"),
        KeyError("bad"),
        NotImplementedError("bad"),
        struct.error("bad"),
        OSError("bad"),
        RuntimeError("bad"),
        EOFError("bad"),
        ZeroDivisionError("bad"),
        OverflowError("bad"),
    ],
    ids=repr,
)
def test_whatever_a_decoder_raises_is_a_reason(picture, error):
    with pytest.raises(Unreadable) as caught, open_image(picture):
        raise error
    assert type(error).__name__ in str(caught.value) and "bad" in str(caught.value)
    assert caught.value.__cause__ is error


def test_an_interruption_is_no_reason(picture):
    with pytest.raises(KeyboardInterrupt), open_image(picture):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError(), "not enough memory to decode it"),
        (OSError(errno.EIO, "Input/output error"), "the disk or network failed: Input/output error"),
        (OSError("image file is truncated (7 bytes not processed)"), "the file is cut short (truncated)"),
        (EOFError(), "the file is cut short (truncated)"),
        (UnidentifiedImageError("cannot identify"), "not an image, or of a kind that Pillow can't open"),
        (
            ValueError("two\nlines\tof /home/me/secret/x.jpg \u202e"),
            "its data is broken (ValueError: two lines of x.jpg ‹U+202E›)",
        ),
    ],
)
def test_explain(error, reason):
    assert explain(error, "/home/me/secret/x.jpg") == reason


def test_a_reason_is_short(picture):
    assert len(explain(ValueError("x" * 5000), picture)) < 200


def test_heic_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "photo.HEIC").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    monkeypatch.setattr(pictures, "HEIF", False)
    if ".heic" in Image.registered_extensions():
        assert "pillow-heif" in explain(UnidentifiedImageError(), "photo.HEIC")
    else:
        assert "pillow-heif" in reason_of(tmp_path / "photo.HEIC")


@pytest.mark.parametrize("orientation", STORED_AS)
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff"])
def test_every_orientation_comes_out_upright(tmp_path, orientation, suffix):
    # Four quarters, each of its own colour: which is where tells how the picture is turned.
    quarters = np.array([[[220, 20, 20], [20, 220, 20]], [[20, 20, 220], [230, 230, 20]]], np.uint8)
    path = store_turned(Image.fromarray(quarters).resize((120, 80), 0), tmp_path / f"turned.{suffix}", orientation)
    upright = load_upright(path, 60)
    assert upright.picture.size == (60, 40)
    assert upright.stored_size == ((80, 120) if orientation >= 5 else (120, 80))
    assert upright.turned == (orientation >= 5)
    assert upright.bytes == os.path.getsize(path)
    assert np.abs(np.asarray(upright.picture, int)[10:31:20, 15:46:30] - quarters).max() < 40


def test_orientations_of_the_shared_photographs(shared):
    for kind in ("Landscape", "Portrait"):
        pictures = [
            load_upright(str(shared / "data/exif-orientation" / f"{kind}_{number}.jpg"), 64) for number in range(1, 9)
        ]
        greys = [np.asarray(upright.picture.convert("L"), int)[12:-12, 12:-12] for upright in pictures]
        assert len({grey.shape for grey in greys}) == 1
        assert all(np.corrcoef(greys[0].ravel(), grey.ravel())[0, 1] > 0.9 for grey in greys)


def test_no_metadata_stays(tmp_path, paint):
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    paint().save(tmp_path / "told.jpg", exif=exif, icc_profile=b"a profile of mine", comment=b"secret")
    picture = load_upright(str(tmp_path / "told.jpg"), 50).picture
    assert picture.info == {} and not picture.getexif()


def test_transparent_pictures_lie_on_white(tmp_path):
    Image.new("RGBA", (9, 9), (200, 0, 0, 0)).save(tmp_path / "rgba.png")
    Image.new("LA", (9, 9), (7, 0)).save(tmp_path / "la.png")
    palette = Image.new("P", (9, 9), 3)
    palette.putpalette([10, 20, 30] * 16)
    palette.save(tmp_path / "p.png", transparency=3)
    palette.save(tmp_path / "p.gif", transparency=3)
    Image.new("RGB", (9, 9), (1, 2, 3)).save(tmp_path / "key.png", transparency=(1, 2, 3))
    Image.new("L", (9, 9), 4).save(tmp_path / "grey.png", transparency=4)
    for path in tmp_path.iterdir():
        assert load_upright(str(path), 9).picture.getpixel((4, 4)) == (255, 255, 255), path.name


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F", "YCbCr", "LAB"])
def test_every_mode_comes_out_as_rgb(tmp_path, mode):
    if mode == "YCbCr" and int(PIL.__version__.split(".")[0]) < 13:
        pytest.skip("this Pillow can't read back the YCbCr TIFF that it writes")
    grey = Image.linear_gradient("L").resize((40, 30))
    image = (
        Image.merge("LAB", [grey] * 3)
        if mode == "LAB"
        else grey.convert("RGB").convert(mode)
        if mode == "YCbCr"
        else grey.convert(mode)
    )
    image.save(tmp_path / "picture.tiff")
    picture = load_upright(str(tmp_path / "picture.tiff"), 20).picture
    assert (picture.mode, picture.size) == ("RGB", (20, 15))


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (7, 5), (2000, 30)])
def test_small_and_thin_pictures_keep_a_pixel(tmp_path, paint, size):
    paint(*size).save(tmp_path / "thin.png")
    picture = load_upright(str(tmp_path / "thin.png"), 100).picture
    assert 1 <= picture.width <= min(size[0], 100) and 1 <= picture.height <= min(size[1], 100)


def test_broken_exif_is_no_problem(tmp_path, paint):
    paint().save(tmp_path / "broken.png", pnginfo=_broken_exif())
    assert load_upright(str(tmp_path / "broken.png"), 50).stored_size == (96, 72)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 77
    paint().save(tmp_path / "odd.jpg", exif=exif)
    assert not load_upright(str(tmp_path / "odd.jpg"), 50).turned


def _broken_exif():
    chunks = PngImagePlugin.PngInfo()
    chunks.add(b"eXIf", b"no EXIF at all")
    return chunks


@pytest.mark.parametrize(("name", "dtype", "low", "high"), [
    ("a.png", np.uint16, 300, 48_000), ("a.tif", np.int32, -7, 90_000), ("a.tif", np.float32, -0.5, 0.25),
])  # fmt: skip
def test_deep_pictures_are_scaled_by_their_own_range(tmp_path, name, dtype, low, high):
    ramp = np.linspace(low, high, 60 * 40).reshape(40, 60).astype(dtype)
    Image.fromarray(ramp).save(tmp_path / name)
    shown = np.asarray(load_upright(str(tmp_path / name), 100).picture)[..., 0].astype(int)
    assert (shown[0, 0], shown[-1, -1]) == (0, 255)
    assert np.abs(shown.ravel() - np.linspace(0, 255, 60 * 40)).max() <= 1


def test_what_is_no_number_leaves_the_others_their_range(tmp_path):
    levels = np.linspace(0, 1, 60 * 40, dtype=np.float32).reshape(40, 60)
    levels[0, :3] = np.nan, np.inf, -np.inf
    Image.fromarray(levels).save(tmp_path / "a.tif")
    shown = np.asarray(load_upright(str(tmp_path / "a.tif"), 100).picture)[..., 0]
    assert shown[0, :4].tolist() == [0, 255, 0, 0]
    assert shown[-1, -1] == 255
    Image.fromarray(np.full((40, 60), np.nan, np.float32)).save(tmp_path / "b.tif")
    assert np.asarray(load_upright(str(tmp_path / "b.tif"), 100).picture).max() == 0
