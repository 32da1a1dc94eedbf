"""How the code reads, kept so: sizes, names, docstrings, and what must not be in it."""

import ast
import re
import statistics
import subprocess
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
CODE = sorted([ROOT / "app.py", *(ROOT / "dlcore").rglob("*.py"), *(ROOT / "pages").rglob("*.py")])
EVERYTHING = [*CODE, *sorted((ROOT / "tests").rglob("*.py"))]
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
TEXTS = {".py", ".js", ".css", ".md", ".toml", ".txt", ".po", ".svg", ".html", ".json", ""}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, FUNCTION)]


def length(function: ast.FunctionDef) -> int:
    return function.end_lineno - function.lineno + 1


def tracked_texts() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True,
                            capture_output=True, check=True).stdout.splitlines()
    files = [ROOT / name for name in listed if not name.startswith(("assets/datasets/", "assets/models/"))]
    return [path for path in files if path.suffix in TEXTS and path.is_file()]


def test_modules_are_named_after_what_they_hold():
    nameless = re.compile(r"(utils?|helpers?|common|managers?|misc|stuff)\.py")
    assert [named(path) for path in CODE if nameless.fullmatch(path.name)] == []


def test_modules_stay_under_three_hundred_lines():
    lengths = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in CODE}
    assert {name: lines for name, lines in lengths.items() if lines > 300} == {}


def test_functions_are_short():
    lengths = {f"{named(path)}:{one.name}": length(one) for path in CODE for one in functions(path)}
    assert {name: lines for name, lines in lengths.items() if lines > 60} == {}
    assert statistics.median(lengths.values()) < 10


def test_public_functions_and_classes_say_what_they_are_for():
    bare = [f"{named(path)}:{node.name}" for path in CODE for node in tree(path).body
            if isinstance(node, (*FUNCTION, ast.ClassDef)) and not node.name.startswith("_")
            and not ast.get_docstring(node)]
    assert bare == []


def test_modules_say_what_they_are_for():
    assert [named(path) for path in CODE if path.name != "__init__.py" and not ast.get_docstring(tree(path))] == []


def test_nothing_is_asserted_outside_the_tests():
    asserting = [named(path) for path in CODE if any(isinstance(node, ast.Assert) for node in ast.walk(tree(path)))]
    assert asserting == []


def test_no_exception_is_swallowed_whole():
    bare = [f"{named(path)}:{node.lineno}" for path in EVERYTHING for node in ast.walk(tree(path))
            if isinstance(node, ast.ExceptHandler) and node.type is None]
    assert bare == []


def test_the_core_does_not_print():
    """What speaks to a terminal is `python -m dlcore` alone."""
    calls = [(path, node) for path in CODE if path.name != "__main__.py" for node in ast.walk(tree(path))
             if isinstance(node, ast.Call)]
    assert [f"{named(path)}:{call.lineno}" for path, call in calls if getattr(call.func, "id", "") == "print"] == []


def test_there_is_no_emoji():
    emoji = re.compile("[\U0001F000-\U0001FAFF\u2600-\u26FF\u2700-\u27BF\uFE0F]")
    assert [named(path) for path in tracked_texts() if emoji.search(path.read_text(encoding="utf-8"))] == []


def test_there_is_no_path_of_one_machine():
    place = re.compile(r"(?<![\w.])/(home|Users|root|work)/\w")
    found = [f"{named(path)}: {match.group()}" for path in tracked_texts() if path != Path(__file__)
             for match in place.finditer(path.read_text(encoding="utf-8"))]
    assert found == []


def test_nothing_is_loaded_by_unpickling():
    """Weights are safetensors; a pickle can run code of whoever wrote it."""
    loaders = {"pickle.load", "pickle.loads", "pickle.Unpickler", "torch.load", "joblib.load", "shelve.open"}
    found = [f"{named(path)}:{node.lineno}" for path in CODE for node in ast.walk(tree(path))
             if isinstance(node, ast.Attribute) and ast.unparse(node) in loaders
             or isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False"]
    assert found == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pinned_to_compatible_releases(name):
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    pinned = re.compile(r"[\w-]+~=[\d.]+")
    assert [line for line in lines if line and not line.startswith("-r ") and not pinned.fullmatch(line)] == []


def locked(name: str) -> dict[str, set[str]]:
    """Return the versions that a lock file names, by package; each must have hashes and nothing may have an address."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|--(extra-)?index|--find-links", text)
    versions: dict[str, set[str]] = {}
    for block in re.split(r"\n(?=[a-z0-9])", text.replace("\\\n", " ")):
        package, version = re.match(r"([\w.-]+)==([\w.]+)", block).groups()
        assert "--hash=sha256:" in block, block
        versions.setdefault(package, set()).add(version)
    return versions


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_what_is_locked_lies_within_the_ranges(name):
    """After a change of the ranges: `make lock`."""
    versions, ranges = locked(f"{name}.lock"), (ROOT / f"{name}.txt").read_text(encoding="utf-8")
    for package, wanted in re.findall(r"^([\w-]+)(~=[\d.]+)", ranges, re.MULTILINE):
        assert versions[package] and all(version in SpecifierSet(wanted) for version in versions[package]), package


def test_the_app_is_tested_with_the_versions_that_it_is_installed_with():
    app, tested = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {package: versions for package, versions in app.items() if tested.get(package) != versions} == {}


def test_tests_have_a_title_that_is_a_sentence():
    short = [f"{named(path)}:{one.name}" for path in (ROOT / "tests").rglob("test_*.py") for one in functions(path)
             if one.name.startswith("test_") and one.name.count("_") < 2]
    assert short == []
