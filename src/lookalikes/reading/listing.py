"""What lies below a folder: the files of a data folder, and which of them are images."""

import os
import stat
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from PIL import Image

from lookalikes.words import join, join_clauses, say, translate

# Pillow registers these too, but they are documents, films and measured data, not images that a person means.
NOT_IMAGES = {".pdf", ".ps", ".mpg", ".mpeg", ".h5", ".hdf", ".grib", ".bufr", ".iim"}
HEIF = {".heic", ".heif", ".hif", ".avif"}
# Kinds of pictures that Pillow can't open, each with the name of what it is.
FOREIGN = {
    "raw photos": {
        ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dng", ".erf", ".iiq", ".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw",
        ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
    },
    "JPEG XL pictures": {".jxl"},
    "SVG drawings": {".svg", ".svgz"},
    "DICOM pictures": {".dcm", ".dicom"},
    "OpenEXR pictures": {".exr"},
}  # fmt: skip
READERS = {
    "raw photos": "rawpy, darktable",
    "JPEG XL pictures": "pillow-jxl-plugin, djxl",
    "SVG drawings": "cairosvg, inkscape",
    "DICOM pictures": "pydicom",
    "OpenEXR pictures": "OpenEXR, imageio",
}
"""Of each kind of pictures that Pillow can't open: programs and packages that turn them into others."""
TABLES = {".json", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather", ".tsv", ".xls", ".xlsx"}
# Many pictures in one file, each kind for a program of its own.
UNREAD = {".npy", ".npz", ".h5", ".hdf5", ".mat", ".tfrecord", ".tfrecords", ".nii", ".zip", ".tar", ".parquet", ".pkl"}
# What is never an image whatever its bytes: thousands of label files are not to be opened one by one.
NEVER_OPENED = {
    ".txt", ".xml", ".csv", ".npy", ".npz", ".md", ".rst", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".log", ".py",
    ".ipynb", ".js", ".css", ".html", ".htm", ".php", ".sh", ".bat", ".zip", ".gz", ".bz2", ".xz", ".tgz", ".tar",
    ".rar", ".7z", ".mp3", ".wav", ".flac", ".ogg", ".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".doc", ".docx",
    ".ppt", ".pptx", ".odt", ".rtf", ".tex", ".pt", ".pth", ".pkl", ".pickle", ".joblib", ".onnx", ".safetensors",
    ".ckpt", ".pb", ".tfrecord", ".tfrecords", ".record", ".lmdb", ".mdb", ".db", ".sqlite", ".mat", ".nii", ".mha",
    ".mhd", ".obj", ".ply", ".stl", ".pcd", ".bin", ".dat", ".exe", ".dll", ".so", ".aae", ".xmp", ".thm", ".lnk",
    ".url", ".names", ".cache", ".pbtxt", ".geojson", ".kml", ".gpx", ".srt", ".vtt", ".sha1", ".md5",
}  # fmt: skip
DROPPED = "_dropped"
"""The folder where the README's recipe puts what was decided against."""
SYSTEM_FOLDERS = {
    "$recycle.bin",
    "@eadir",
    "#recycle",
    "lost+found",
    "__macosx",
    "thumbnails",
    "system volume information",
    DROPPED,
}
HIDDEN, UNOPENED = "hidden", "folder that can't be opened"


class Listing(NamedTuple):
    """What lies below a folder, as relative paths with `/`, and whether any of it is a link."""

    files: list[str]
    folders: list[str]
    linked: bool


def list_all(folder: str) -> Listing:
    """All that lies below a folder, real folders before linked ones, each folder once.

    A folder that can't be opened ends in `/` among the files; an empty one with an image's name counts as a file, so
    that it is told. The folders have no `/` at the end.
    """
    files: list[str] = []
    known: list[str] = []
    seen: set[tuple[int, int]] = set()
    folders, links, linked = [""], list[str](), False
    while folders or links:
        below = folders.pop() if folders else links.pop(0)
        place = f"{folder}/{below}"
        if below:
            known.append(below[:-1])
        try:
            status = os.stat(place)
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(place) as scan:
                entries = list(scan)
        except OSError:
            if not below:
                raise
            files.append(below)
            continue
        if not entries and below and has_image_suffix(below[:-1]):
            files.append(below[:-1])
        names: list[str] = []
        within: dict[str, list[str]] = {}
        for entry in entries:
            if entry.is_file(follow_symlinks=False):  # as most are
                names.append(entry.name)
            elif entry.is_symlink():
                linked = True
                # DirEntry.is_dir raises for a link to itself, os.path.isdir doesn't
                if os.path.isdir(entry.path):
                    within[f"{below}{entry.name}/"] = links
                else:
                    names.append(entry.name)
            elif entry.is_dir():
                within[f"{below}{entry.name}/"] = folders
            else:
                names.append(entry.name)
        files += [below + name for name in sorted(names)]
        for name in sorted(within):
            within[name].append(name)
    return Listing(files, known, linked)


@cache
def image_suffixes() -> frozenset[str]:
    Image.init()
    kinds = frozenset(Image.registered_extensions()) - NOT_IMAGES | HEIF
    return kinds - frozenset().union(*FOREIGN.values())


def suffix_of(name: str) -> str:
    """As `os.path.splitext` has it, in small letters; a name that is a dot and letters has none."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot > name.rfind("/") + 1 else ""


def has_image_suffix(name: str) -> bool:
    return suffix_of(name) in image_suffixes()


def is_hidden(name: str) -> bool:
    """Whether a path leads through a hidden folder or one that the system or a program keeps for itself."""
    folder, _, file = name.rpartition("/")
    return file.startswith(".") or file.lower() in SYSTEM_FOLDERS or (folder != "" and _is_hidden_folder(folder))


@cache
def _is_hidden_folder(folder: str) -> bool:
    return any(step.startswith(".") or step.lower() in SYSTEM_FOLDERS for step in folder.split("/"))


def why_left_out(name: str, root: str = "") -> str | None:
    """Why a file is no image: its suffix, `without suffix`, `hidden` or a folder that can't be opened; None for images.

    Where the suffix tells nothing, the first bytes of the file, below `root`, decide; without a `root`, none is opened.
    """
    if name.endswith("/"):
        return UNOPENED
    if is_hidden(name):
        return HIDDEN
    suffix = suffix_of(name)
    if suffix in image_suffixes():
        return None
    if root and suffix not in _known_suffixes() and begins_like_an_image(f"{root}/{name}"):
        return None
    return suffix or "without suffix"


@cache
def _known_suffixes() -> frozenset[str]:
    return frozenset(NEVER_OPENED | TABLES | NOT_IMAGES).union(*FOREIGN.values())


def begins_like_an_image(path: str) -> bool:
    """Whether a regular file begins as a JPEG, PNG, GIF, WebP, TIFF, BMP, HEIC, AVIF or JPEG 2000 does."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False
        with open(path, "rb") as file:
            head = file.read(32)
    except (OSError, ValueError):
        return False
    begins = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"\0\0\0\x0cjP  \r\n")
    return (
        head.startswith(begins)
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head[:2] == b"BM" and head[6:10] == bytes(4))
        or (head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"heif", b"mif1", b"msf1", b"avif", b"avis"})
    )


def tell_files(images: Sequence[str], left_out: Mapping[str, str]) -> str:
    """What is there, in a clause for an error: `are 8 .jpg, such as '0001.jpg'; 3 .dicom, which can't be read`."""
    kinds = Counter(os.path.splitext(name)[1].lower() or "without suffix" for name in images).most_common(5)
    reasons = Counter(left_out.values())
    tables = reasons.pop(".csv", 0)  # which is no news beside others
    told = [say("error.files.such_as", told=_count(kinds), example=min(images))] if images else []
    told += [say("error.files.unread", told=_count(reasons.most_common(5)))] if reasons else []
    told += [] if told else [_count([(".csv", tables)] * bool(tables))]
    readers = [
        say("named", name=say(f"error.files.{kind}"), told=reader)
        for kind, reader in READERS.items()
        if set(left_out.values()) & FOREIGN[kind]
    ]
    remedy = say("error.files.remedy", told=join_clauses(readers)) if readers else ""
    first = (kinds or reasons.most_common(1) or [(".csv", tables)])[0][1]
    return say("error.files.is" if first < 2 else "error.files.are", told=join_clauses(told)) + remedy


def _count(kinds: Sequence[tuple[str, int]]) -> str:
    told = [say("error.files.count", count=count, kind=translate(kind, "reason.")) for kind, count in kinds]
    return join(told) or say("error.files.none")
