"""The scripts of the Transformer page, by themselves in a browser: where heads, tokens and beams lie."""

import numpy as np
import pytest

from tests.browser.script_bench import open_bench, run_with

pytestmark = pytest.mark.browser

MODULES = ("headmaps", "arcs", "headmatrix", "beams")


@pytest.fixture(scope="module")
def bench(chromium):
    """An empty page from which the scripts can be imported."""
    opened = open_bench(chromium)
    yield opened
    opened.close()


def run(bench, script: str, argument: object = None) -> object:
    """Run a script in which `painter` is a canvas' own and `theme` has a font."""
    paper = "const painter = document.createElement('canvas').getContext('2d'); const theme = { mono: 'monospace' };"
    return run_with(bench, MODULES, paper + script, argument)


def groups(*shapes: tuple[int, int, int, int]) -> list[dict]:
    """Return groups of (layers, heads, rows, columns) as a message has them, one behind the other."""
    found, start = [], 0
    for index, (layers, heads, rows, columns) in enumerate(shapes):
        found.append({"name": f"part{index}", "title": "", "layers": layers, "heads": heads, "start": start,
                      "rows": [f"r{at}" for at in range(rows)], "columns": [f"c{at}" for at in range(columns)],
                      "self": rows == columns, "causal": False})
        start += layers * heads * rows * columns
    return found


@pytest.mark.parametrize("width", [280, 380, 700])
@pytest.mark.parametrize("shapes", [[(4, 4, 9, 9)], [(2, 4, 5, 5), (2, 4, 7, 7), (2, 4, 7, 5)], [(1, 1, 3, 3)],
                                    [(6, 8, 4, 4), (6, 8, 4, 4), (6, 8, 4, 4)]])
def test_a_click_in_the_middle_of_a_small_map_finds_its_head(bench, shapes, width):
    wanted, found, inside = run(bench, """
        const plan = headmaps.layOutHeads(given.groups, given.width, 240);
        const wanted = [], found = [], inside = [];
        for (const { name, layers, heads } of given.groups) for (let at = 0; at < layers * heads; at++) {
          const [layer, head] = [Math.floor(at / heads), at % heads];
          const [x, y, side] = headmaps.squareOf(plan, name, layer, head);
          wanted.push({ cell: name, layer, unit: head });
          found.push(headmaps.headAt(plan, x + side / 2, y + side / 2));
          inside.push(x >= 0 && x + side <= given.width && y >= 0 && y + side <= plan.tall && side >= 6);
        }
        return [wanted, found, inside];""", {"groups": groups(*shapes), "width": width})
    assert found == wanted and all(inside)


def test_each_head_gets_its_own_bytes(bench):
    given = groups((2, 3, 4, 4), (1, 3, 5, 4))
    sheet = np.random.default_rng(0).integers(0, 256, 2 * 3 * 16 + 3 * 20, np.uint8)
    found = run(bench, """
        const told = { groups: given.groups, arrays: { sheet: new Uint8Array(given.sheet) } };
        const each = (count) => [...Array(count).keys()];
        return given.groups.map((group) => each(group.layers).map((layer) => each(group.heads)
          .map((head) => [...headmaps.mapOf(told, group, layer, head)])));""",
                {"groups": given, "sheet": sheet.tolist()})
    assert np.array_equal(np.array(found[0]).reshape(2, 3, 4, 4), sheet[:96].reshape(2, 3, 4, 4))
    assert np.array_equal(np.array(found[1]).reshape(1, 3, 5, 4), sheet[96:].reshape(1, 3, 5, 4))


def test_a_place_that_the_network_does_not_have_becomes_the_nearest(bench):
    found = run(bench, """
        return [[null, 0, 0], ["part0", 9, 9], ["lstm", 1, 2]].map(([cell, layer, unit]) => {
          const found = headmaps.settle({ groups: given }, { cell, layer, unit }, "part1");
          return [found.group.name, found.layer, found.head];
        });
        """, groups((2, 4, 3, 3), (3, 4, 3, 2)))
    assert found == [["part1", 0, 0], ["part0", 1, 3], ["part1", 1, 2]]


@pytest.mark.parametrize(("rows", "columns"), [(6, 6), (7, 4), (60, 60)])
def test_the_token_that_is_pointed_at_is_the_one_that_stands_there(bench, rows, columns):
    found = run(bench, """
        const [group] = given;
        const frame = arcs.layOutArcs(painter, group, 520, 300, theme);
        const rows = frame.rows.map(({ x, y }) => arcs.tokenAt(frame, x, y + 8));
        const columns = frame.columns.map(({ x, y }) => arcs.tokenAt(frame, x, y + 8));
        const matrix = headmatrix.layOutMatrix(painter, group, 520, 300, theme);
        const { left, top, side } = matrix;
        const cells = group.rows.map((_, at) => headmatrix.cellAt(matrix, left + 1.5 * side, top + (at + 0.5) * side));
        return { rows, columns, cells, wide: frame.wide };""", groups((1, 1, rows, columns)))
    assert found["rows"] == [{"row": at} for at in range(rows)]
    assert found["columns"] == [{"row" if rows == columns else "column": at} for at in range(columns)]
    assert found["cells"] == [{"row": at, "column": 1} for at in range(rows)]
    assert found["wide"] >= 520


def test_no_two_beams_lie_on_each_other_and_the_likeliest_stands_on_top(bench):
    nodes = [{"text": "s", "parent": None, "depth": 0, "logp": 0}]
    nodes += [{"text": t, "parent": 0, "depth": 1, "logp": p} for t, p in (("b", -2.0), ("a", -1.0), ("c", -3.0))]
    nodes += [{"text": t, "parent": 2, "depth": 2, "logp": p} for t, p in (("d", -1.5), ("e", -1.2))]
    places = run(bench, "return beams.layOutBeams(given, () => 30).places;", nodes)
    spots = [(place["x"], place["y"]) for place in places]
    assert len(set(spots)) == len(nodes)
    assert spots[2][1] < spots[1][1] < spots[3][1] and spots[5][1] < spots[4][1]
    assert all(places[node["parent"]]["x"] + 30 < places[at]["x"] for at, node in enumerate(nodes) if at)
