"""Specs as plain dicts (for files) and as short texts (for links).

What a page is about is one of the PAGES (dlcore.specs.pages): an experiment, a neuron. Only what differs from the
defaults is written. Reading is strict for files and lenient for links: an unknown or impossible value becomes the
nearest valid one, and a `Mend` says so.
"""

import json
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import Any, get_type_hints

from dlcore.errors import N_, DerinError, SpecError
from dlcore.specs import learning
from dlcore.specs.changes import DEVICE, MAX_CHANGES, Change, is_step
from dlcore.specs.fields import Rule, rule_of
from dlcore.specs.model import BLOCKS, MAX_BLOCKS, Network
from dlcore.specs.pages import PAGES

MAX_LINK = 20_000


@dataclass(frozen=True)
class Mend:
    """What was put right in a link: the field, what was given, what is used instead.

    Where the whole of it did not go together, `given` is what was wrong in English, and `error` the same for a page.
    """

    field: str
    given: str
    used: str
    error: DerinError | None = None


def to_dict(spec: Any, whole: bool = False) -> dict:
    """Return a spec as a plain dict: `whole`, or only what differs from its defaults; the `kind` of a block and of
    the whole always stays."""
    plain = {"kind": spec.kind} if spec.kind in BLOCKS or spec.kind in PAGES else {}
    for declared in fields(spec):
        value = getattr(spec, declared.name)
        if declared.name != "kind" and (whole or value != _default(declared)):
            plain[declared.name] = _plain(value, whole)
    return plain


def _plain(value: Any, whole: bool) -> Any:
    if isinstance(value, Change):
        return [value.step, value.field, value.value]
    if isinstance(value, tuple):
        return [_plain(item, whole) for item in value]
    return to_dict(value, whole) if is_dataclass(value) else value


def _default(declared: Any) -> Any:
    return declared.default_factory() if declared.default_factory is not MISSING else declared.default


def to_link(spec: Any) -> str:
    """Return what a page is about as the text that goes into the address bar."""
    return json.dumps(to_dict(spec), separators=(",", ":"), ensure_ascii=True)


def from_dict(plain: Any, kind: str | None = None) -> Any:
    """Read a spec from a plain dict, of the kind that it says (an experiment, where it says none).

    SpecError at the first field that is unknown or impossible.
    """
    kind = kind or _told_kind(plain)
    reader = _Reader(kind)
    spec = reader.read(PAGES[kind].spec, plain, "")
    if reader.mends:
        first = reader.mends[0]
        raise SpecError(first.field, N_("{name} cannot be {given}. It could be {used}."), name=first.field,
                        given=first.given, used=first.used)
    PAGES[kind].check(spec)
    return spec


def _told_kind(plain: Any) -> str:
    told = plain.get("kind") if isinstance(plain, dict) else None
    return told if isinstance(told, str) and told in PAGES else "experiment"


def from_link(text: str, kind: str = "experiment") -> tuple[Any, tuple[Mend, ...]]:
    """Read a spec from the address bar; what cannot be used becomes the nearest valid setting, and is told."""
    reader, page = _Reader(kind), PAGES[kind]
    spec = reader.read(page.spec, _parse(text, kind, reader), "")
    for name, used, repair in (*page.repairs, (kind, "default", lambda _broken: page.spec())):
        try:
            page.check(spec)
        except DerinError as error:
            if (repaired := repair(spec)) != spec:
                reader.mends.append(Mend(name, str(error), used, error))
                spec = repaired
    return spec, tuple(reader.mends)


def _parse(text: str, kind: str, reader: "_Reader") -> Any:
    try:
        if len(text) > MAX_LINK:
            raise ValueError("too long")
        return json.loads(text)
    except (ValueError, RecursionError):
        reader.mend(kind, text, "default")
        return {}


class _Reader:
    """Reads specs of a kind, field by field, and remembers what it had to mend."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.mends: list[Mend] = []

    def mend(self, path: str, given: Any, used: Any) -> None:
        self.mends.append(Mend(_short(path), _short(given), _short(used)))

    def read(self, kind: type, plain: Any, path: str) -> Any:
        if not isinstance(plain, dict):
            self.mend(path or kind().kind, plain, "default")
            return kind()
        declared = {field.name: field for field in fields(kind)}
        for name in plain:
            if name not in declared or (name == "kind" and plain[name] != kind().kind):
                self.mend(f"{path}.{name}".lstrip("."), plain[name], kind().kind if name == "kind" else "—")
        given = {name: value for name, value in plain.items() if name in declared and name != "kind"}
        hints = _hints(kind)
        return kind(**{name: self._field(declared[name], hints[name], value, f"{path}.{name}".lstrip("."))
                       for name, value in given.items()})

    def _field(self, declared: Any, hint: Any, value: Any, path: str) -> Any:
        if rule := rule_of(declared):
            return self._value(rule, value, path, _default(declared))
        if declared.name == "blocks":
            return self._blocks(value, path)
        if "part" in declared.metadata:
            return self._parts(declared, value, path)
        if declared.name == "changes":
            return self._changes(value, path)
        if declared.name == "device":
            return self._device(value, path)
        return self.read(hint, value, path)

    def _value(self, rule: Any, value: Any, path: str, default: Any) -> Any:
        try:
            nearest = rule.nearest(value)
        except (ValueError, TypeError, OverflowError):
            nearest = default
        if not _same(nearest, value):
            self.mend(path, value, nearest)
        return nearest

    def _blocks(self, value: Any, path: str) -> tuple:
        if not isinstance(value, list):
            self.mend(path, value, "small")
            return Network().blocks
        blocks = []
        for index, plain in enumerate(value[:MAX_BLOCKS]):
            kind = plain.get("kind") if isinstance(plain, dict) else None
            if isinstance(kind, str) and kind in BLOCKS:
                blocks.append(self.read(BLOCKS[kind], plain, f"{path}[{index}]"))
            else:
                self.mend(f"{path}[{index}]", plain, "—")
        if len(value) > MAX_BLOCKS:
            self.mend(path, len(value), MAX_BLOCKS)
        return tuple(blocks)

    def _parts(self, declared: Any, value: Any, path: str) -> tuple:
        part, most = declared.metadata["part"], declared.metadata["most"]
        if not isinstance(value, list):
            self.mend(path, value, "default")
            return declared.default
        if len(value) > most:
            self.mend(path, len(value), most)
        return tuple(self.read(part, plain, f"{path}[{index}]") for index, plain in enumerate(value[:most]))

    def _changes(self, value: Any, path: str) -> tuple[Change, ...]:
        changes = []
        for item in value if isinstance(value, list) else [value]:
            match item:
                case [int(step), str(name), setting] if is_step(step) and (rule := self._live_rule(name)):
                    changes.append(Change(step, name, self._value(rule, setting, path, rule.nearest(0))))
                case _:
                    self.mend(path, item, "—")
        if len(changes) > MAX_CHANGES:
            self.mend(path, len(changes), MAX_CHANGES)
        return tuple(changes[:MAX_CHANGES])

    def _live_rule(self, path: str) -> Rule | None:
        return learning.KINDS[self.kind].live_rule(path) if self.kind in learning.KINDS else None

    def _device(self, value: Any, path: str) -> str:
        if isinstance(value, str) and DEVICE.fullmatch(value):
            return value
        self.mend(path, value, "cpu")
        return "cpu"


def _same(used: Any, given: Any) -> bool:
    if isinstance(used, tuple):
        return isinstance(given, list | tuple) and len(used) == len(given) and all(map(_same, used, given))
    return used == given and isinstance(used, bool) == isinstance(given, bool)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _short(value: Any) -> str:
    """Return a value as a short text that can be shown: half of a surrogate pair cannot."""
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        text = "[...]"
    text = text.encode(errors="replace").decode()
    return text if len(text) <= 80 else f"{text[:77]}..."
