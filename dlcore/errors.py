"""The error tree.

    DerinError            anything that a person can be told in one sentence
    ├── SpecError         a setting that cannot be used; `field` says which
    │   └── NetworkError  a network that cannot be built; `block` says where
    ├── DataError         data that is missing or damaged
    ├── RecordingError    a recording that cannot be read or written
    └── EngineError       the engine cannot do what was asked
        ├── EngineAsleep  it is still waking
        ├── NotOwner      the run belongs to another browser
        ├── QueueFull     more is waiting than the engine takes
        └── HomeError     the folder of everything that is kept cannot be used, or another server uses it

Messages are templates with named values, so that a page can say them in its visitor's language.
"""


def N_(text: str) -> str:
    """Mark a text for translation; it is translated where it is shown."""
    return text


class DerinError(Exception):
    """Something that a person can be told: an English template and its values."""

    def __init__(self, template: str, **values: object):
        super().__init__(template)
        self.template = template
        self.values = values

    def __str__(self) -> str:
        return self.template.format(**self.values)

    def __reduce__(self):
        return _restore, (type(self), self.__dict__.copy())


def _restore(kind: type[DerinError], state: dict) -> DerinError:
    error = kind.__new__(kind)
    Exception.__init__(error, state["template"])
    error.__dict__.update(state)
    return error


class SpecError(DerinError):
    """A setting that cannot be used; `field` is its dotted path, such as "training.learning_rate"."""

    def __init__(self, field: str, template: str, **values: object):
        super().__init__(template, **values)
        self.field = field


class NetworkError(SpecError):
    """A network that cannot be built; `block` is the index of the block at fault, or None for the whole."""

    def __init__(self, block: int | None, template: str, **values: object):
        super().__init__("network.blocks" if block is None else f"network.blocks[{block}]", template, **values)
        self.block = block


class DataError(DerinError):
    """Data that is missing or damaged."""


class RecordingError(DerinError):
    """A recording that cannot be read or written."""


class EngineError(DerinError):
    """The engine cannot do what was asked."""


class EngineAsleep(EngineError):
    """The engine is still waking."""


class NotOwner(EngineError):
    """The run belongs to another browser; it can be watched and copied."""


class QueueFull(EngineError):
    """More is waiting than the engine takes."""


class HomeError(EngineError):
    """The folder of everything that is kept cannot be used, or another server uses it."""
