"""Zip files that visitors bring: the pictures in them by folder, with nothing taken on trust."""

import io
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from os.path import commonprefix
from pathlib import PurePosixPath

from dlcore.data.encodings import guess_code_page
from dlcore.data.pictures import MOST_BYTES
from dlcore.errors import N_, DataError

MOST_ZIP = 50 * 2**20       # bytes of the file itself
MOST_UNPACKED = 400 * 2**20  # bytes of all that is in it
MOST_ENTRIES = 5_000
MOST_RATIO = 150            # of a file's size to its packed size, from SURELY on; photographs hardly pack at all
SURELY = 2**20
ENDINGS = (".png", ".jpg", ".jpeg", ".jfif", ".jpe", ".gif", ".bmp", ".dib", ".webp", ".tif", ".tiff", ".apng", "")
APPLE = (".heic", ".heif", ".hif")
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst")
LEFTOVERS = frozenset((  # what systems leave in folders, beside all that begins with a point
    "__macosx", "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "$recycle.bin", "recycler", "recycled",
    "system volume information", "found.000", "lost.dir", "lost+found", "@eadir", "@tmp", "@recycle", "@__thumb",
    "@recently-snapshot", "#recycle", "#snapshot", "network trash folder", "temporary items", "__pycache__", "icon\r",
    "synology_photos_thumb"))
SPLITS = frozenset(("train", "training", "test", "testing", "val", "valid", "validation", "dev", "eval",
                    "eğitim", "egitim", "doğrulama", "dogrulama", "sınama", "sinama"))
OUTSIDE = re.compile(r"^/|^[A-Za-z]:|\0")
NAME_IN_UTF8 = 0x800   # the flag of a member
UNICODE_PATH = 0x7075  # the extra field that says a member's name in UTF-8 once more

NO_ZIP = N_("This is no zip file that can be read. Pack the folders once more and try again.")
HEIC = N_("it is in Apple's HEIC format, which is not read here: save it as JPEG")
NO_PICTURE = N_("a file of this kind is no picture that is read here")
BESIDE = N_("it lies beside the folders of the classes, not in one of them")
BOMB = N_("{name} in the zip unpacks to many times its size, as a zip bomb does. Nothing was read.")


def open_zip(content: bytes) -> zipfile.ZipFile:
    """Return a zip whose table of contents promises nothing that is refused; DataError, with what to do, else."""
    if len(content) > MOST_ZIP:
        raise DataError(N_("The zip has {size:.0f} MB, more than the {most} allowed. Make the pictures smaller, or "
                           "take fewer."), size=len(content) / 2**20, most=MOST_ZIP // 2**20)
    try:
        opened = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise DataError(NO_ZIP) from error
    members = opened.infolist()
    if len(members) > MOST_ENTRIES:
        raise DataError(N_("The zip holds {count} files, more than the {most} allowed. Take fewer pictures."),
                        count=len(members), most=MOST_ENTRIES)
    for path, member in paths_in(opened):
        _check(path, member)
    whole = sum(member.file_size for member in members)
    if whole > MOST_UNPACKED:
        raise DataError(N_("The zip unpacks to {size:.0f} MB, more than the {most} allowed. Make the pictures "
                           "smaller."), size=whole / 2**20, most=MOST_UNPACKED // 2**20)
    return opened


def _check(path: str, member: zipfile.ZipInfo) -> None:
    """Refuse what leads outside, hides, or is no picture but another archive."""
    if OUTSIDE.search(path) or ".." in path.split("/"):
        raise DataError(N_("{name} in the zip leads outside of it. Nothing was read; pack the folders with an ordinary "
                           "program."), name=_short(path))
    if stat.S_ISLNK(member.external_attr >> 16):
        raise DataError(N_("{name} in the zip is a link to another place, not a picture. Pack the pictures "
                           "themselves."), name=_short(path))
    if member.flag_bits & 0x1:
        raise DataError(N_("The zip is locked with a password. Pack it without one."))
    if path.lower().endswith(ARCHIVES):
        raise DataError(N_("{name} in the zip is an archive itself. Unpack it, and pack the folders of pictures."),
                        name=_short(path))
    if member.file_size > SURELY and member.file_size > MOST_RATIO * max(member.compress_size, 1):
        raise DataError(BOMB, name=_short(path))


# names, whatever system wrote them

def paths_in(opened: zipfile.ZipFile) -> list[tuple[str, zipfile.ZipInfo]]:
    """Return (path, member) of all that is in a zip: composed letters, and / between folders.

    A name that is not said to be in UTF-8 may be so all the same (macOS) or be in an old code page (Windows), the same
    one for all names.
    """
    members = opened.infolist()
    raw = [_bytes_of(member) for member in members]
    old = b"\n".join(name for name in raw if name is not None and not _is_utf8(name))
    page = guess_code_page(old) if old else "utf-8"
    names = [member.orig_filename if name is None else _decode(name, page)
             for member, name in zip(members, raw, strict=True)]
    return [(unicodedata.normalize("NFC", name).replace("\\", "/"), member)
            for name, member in zip(names, members, strict=True)]


def _bytes_of(member: zipfile.ZipInfo) -> bytes | None:
    """Return a name's bytes; None where the zip says that it is in UTF-8, as zipfile then has read it."""
    if member.flag_bits & NAME_IN_UTF8:
        return None
    name = member.orig_filename.encode("cp437", "replace")
    return _unicode_path(member.extra, name) or name


def _unicode_path(extra: bytes, name: bytes) -> bytes | None:
    """Return the name in UTF-8 that a member carries beside the old one, if it is that one's."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        field, extra = extra[4: 4 + size], extra[4 + size:]
        if kind == UNICODE_PATH and len(field) > 5 and struct.unpack_from("<L", field, 1)[0] == zlib.crc32(name):
            return field[5:]
    return None


def _is_utf8(name: bytes) -> bool:
    try:
        return bool(name.decode("utf-8")) or True
    except UnicodeDecodeError:
        return False


def _decode(name: bytes, page: str) -> str:
    return name.decode("utf-8") if _is_utf8(name) else name.decode(page, "replace")


# pictures, and which folders are their classes

@dataclass(frozen=True)
class Contents:
    """What is in a zip: `pictures` as (folders above it, path, member), how many are `hidden` in folders of systems,
    and the other files, which are `refused`, as (path, template of the reason, its values)."""

    pictures: tuple[tuple[tuple[str, ...], str, zipfile.ZipInfo], ...]
    refused: tuple[tuple[str, str, dict], ...] = ()
    hidden: int = 0


def look_into(opened: zipfile.ZipFile) -> Contents:
    """Return what is in a zip; DataError where no picture lies in a folder."""
    pictures, refused, hidden = [], [], 0
    for path, member in paths_in(opened):
        *folders, name = [part for part in path.split("/") if part not in ("", ".")] or [""]
        ending = PurePosixPath(name).suffix.lower()
        if path.endswith("/") or member.is_dir():
            continue
        if _is_hidden(name) or any(map(_is_hidden, folders)):
            hidden += bool(ending in ENDINGS and not _is_hidden(name))
        elif ending in ENDINGS:
            pictures.append((tuple(folders), path, member))
        else:
            refused.append((path, HEIC if ending in APPLE else NO_PICTURE, {}))
    loose = [(path, BESIDE, {}) for folders, path, _member in pictures if not folders]
    if loose and len(loose) == len(pictures):
        raise DataError(N_("{name} lies in no folder. Put the pictures of each class into a folder that has the "
                           "class's name, and pack the folders."), name=_short(loose[0][0]))
    return Contents(tuple(one for one in pictures if one[0]), (*refused, *loose), hidden)


def _is_hidden(part: str) -> bool:
    return part.startswith((".", "~$")) or part.casefold() in LEFTOVERS


def levels_of(contents: Contents) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Return (level, names) of the levels of folders that could be the classes, the outermost first.

    A folder around all, and one that says what is learned from and what tested on, are none.
    """
    folders = [folders for folders, _path, _member in _in_folders(contents)]
    deepest = min(map(len, folders), default=0)
    named = [(level, tuple(dict.fromkeys(one[level] for one in folders))) for level in range(deepest)]
    several = [one for one in named if len(one[1]) > 1]
    plain = [one for one in several if not {name.casefold() for name in one[1]} <= SPLITS]
    return tuple(plain or several or named[-1:])


def choose_level(contents: Contents, level: int | None) -> tuple[list[tuple[str, str, zipfile.ZipInfo]], list]:
    """Return (class, path, member) of every picture where the classes are a level of folders, by default the likeliest,
    and what is refused."""
    levels = [level for level, _names in levels_of(contents)]
    chosen = level if level in levels else (levels or [0])[0]
    found = _in_folders(contents)
    kept = {path for _folders, path, _member in found}
    beside = [(path, BESIDE, {}) for _folders, path, _member in contents.pictures if path not in kept]
    return [(folders[chosen], path, member) for folders, path, member in found], [*contents.refused, *beside]


def _in_folders(contents: Contents) -> list[tuple[tuple[str, ...], str, zipfile.ZipInfo]]:
    """Return the pictures without those that lie beside the folders of the classes, in the folder around them."""
    around = commonprefix([folders for folders, _path, _member in contents.pictures])
    inner = [one for one in contents.pictures if len(one[0]) > len(around)]
    return inner if len({one[0][len(around)] for one in inner}) > 1 else list(contents.pictures)


def read_member(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Return what a member holds, never more than it promised; DataError where it is broken or too large."""
    if member.file_size > MOST_BYTES:
        raise DataError(N_("it has {size:.0f} MB, more than the {most} allowed"), size=member.file_size / 2**20,
                        most=MOST_BYTES // 2**20)
    try:
        with opened.open(member) as file:
            return file.read(member.file_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise DataError(N_("it is broken in the zip")) from error


def name_folder(text: str) -> str:
    """Return what somebody calls a class as the name of a folder: nothing in it leads elsewhere or hides it."""
    name = " ".join(text.replace("/", " ").replace("\\", " ").split()).lstrip(".~ ")
    return f"{name} 1" if name and _is_hidden(name) else name or "1"


def pack(classes: dict[str, list[bytes]]) -> bytes:
    """Return pictures by class as a zip with one folder a class, not squeezed any further."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, contents in classes.items():
            for number, content in enumerate(contents):
                archive.writestr(f"{name}/{number}.png", content)  # what it really is the picture itself says
    return packed.getvalue()


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:57]}..."
