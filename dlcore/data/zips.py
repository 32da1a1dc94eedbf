"""Zip files that visitors bring: the pictures in them by folder, with nothing taken on trust."""

import io
import re
import stat
import zipfile
import zlib
from pathlib import PurePosixPath

from dlcore.data.pictures import MOST_BYTES
from dlcore.errors import N_, DataError

MOST_ZIP = 50 * 2**20       # bytes of the file itself
MOST_UNPACKED = 400 * 2**20  # bytes of all that is in it
MOST_ENTRIES = 5_000
MOST_RATIO = 150            # of a file's size to its packed size, from SURELY on; photographs hardly pack at all
SURELY = 2**20
ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff")
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst")
LEFTOVERS = ("__MACOSX", "Thumbs.db", "desktop.ini")
OUTSIDE = re.compile(r"^[/\\]|^[A-Za-z]:|\\|\0")

NO_ZIP = N_("This is no zip file that can be read. Pack the folders once more and try again.")
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
    for member in members:
        _check(member)
    whole = sum(member.file_size for member in members)
    if whole > MOST_UNPACKED:
        raise DataError(N_("The zip unpacks to {size:.0f} MB, more than the {most} allowed. Make the pictures "
                           "smaller."), size=whole / 2**20, most=MOST_UNPACKED // 2**20)
    return opened


def _check(member: zipfile.ZipInfo) -> None:
    """Refuse what leads outside, hides, or is no picture but another archive."""
    name = member.orig_filename
    if OUTSIDE.search(name) or ".." in PurePosixPath(name).parts:
        raise DataError(N_("{name} in the zip leads outside of it. Nothing was read; pack the folders with an ordinary "
                           "program."), name=_short(name))
    if stat.S_ISLNK(member.external_attr >> 16):
        raise DataError(N_("{name} in the zip is a link to another place, not a picture. Pack the pictures "
                           "themselves."), name=_short(name))
    if member.flag_bits & 0x1:
        raise DataError(N_("The zip is locked with a password. Pack it without one."))
    if name.lower().endswith(ARCHIVES):
        raise DataError(N_("{name} in the zip is an archive itself. Unpack it, and pack the folders of pictures."),
                        name=_short(name))
    if member.file_size > SURELY and member.file_size > MOST_RATIO * max(member.compress_size, 1):
        raise DataError(BOMB, name=_short(name))


def pictures_in(opened: zipfile.ZipFile) -> list[tuple[str, zipfile.ZipInfo]]:
    """Return (folder, member) of every picture; the folder that it lies in is its class.

    DataError where one lies in no folder.
    """
    found = []
    for member in opened.infolist():
        path = PurePosixPath(member.filename)
        if member.is_dir() or path.name.startswith(".") or any(part in LEFTOVERS for part in path.parts):
            continue
        if path.suffix.lower() not in ENDINGS:
            continue
        if len(path.parts) < 2:
            raise DataError(N_("{name} lies in no folder. Put the pictures of each class into a folder that has the "
                               "class's name, and pack the folders."), name=_short(path.name))
        found.append((path.parts[-2], member))
    return found


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
