"""The scripts of the playground's diagram and plane, by themselves in a browser: geometry, names, colours, wishes."""

import numpy as np
import pytest

from dlcore.plots.theme import DARK, LIGHT, diverge, parse_colour
from dlcore.specs.plane_network import parameter_names
from tests.browser.script_bench import open_bench, run_with

pytestmark = pytest.mark.browser

MODULES = ("netplan", "netvalues", "surface", "wishes")


@pytest.fixture(scope="module")
def bench(chromium):
    """An empty page from which the scripts can be imported."""
    opened = open_bench(chromium)
    yield opened
    opened.close()


def run(bench, script: str, argument: object = None) -> object:
    return run_with(bench, MODULES, script, argument, "?v=1")


def theme(palette) -> dict:
    return {"background": palette.background, "surface": palette.surface, "orange": palette.orange,
            "blue": palette.blue, "diverging": list(palette.diverging), "categorical": list(palette.categorical)}


# geometry


@pytest.mark.parametrize("width", [360, 620, 900])
@pytest.mark.parametrize("counts", [[7, 4, 2, 1], [7, 1], [7, *[16] * 8, 5], [7, 16, 1, 16, 5]])
def test_every_map_has_a_place_of_its_own_inside_the_diagram(bench, counts, width):
    columns = run(bench, "return netplan.plan(given.counts, given.width, 360).columns;",
                  {"counts": counts, "width": max(width, 60 + 52 * len(counts))})
    boxes = [(node["x"], node["y"], node["size"]) for column in columns for node in column["nodes"]]
    assert len(boxes) == sum(counts) and min(size for _x, _y, size in boxes) >= 13
    assert all(0 <= x and x + size <= max(width, 60 + 52 * len(counts)) and -1 <= y and y + size <= 361
               for x, y, size in boxes)
    apart = [abs(x - x2) >= min(size, size2) or abs(y - y2) >= min(size, size2)
             for i, (x, y, size) in enumerate(boxes) for x2, y2, size2 in boxes[:i]]
    assert all(apart)


def test_a_link_is_found_where_the_browser_itself_paints_it(bench):
    """The oracle is the canvas: a point in the stroke of the curve that paintLinks draws."""
    missed = run(bench, """
        const plan = netplan.plan([7, 5, 3, 1], 620, 360);
        const painter = document.createElement("canvas").getContext("2d");
        const wrong = [];
        for (const [layer, to, from] of [[0, 4, 1], [0, 0, 6], [1, 2, 0], [2, 0, 2]]) {
          const { x1, y1, x2, y2 } = netplan.ends(plan, layer, to, from);
          const curve = new Path2D();
          curve.moveTo(x1, y1);
          curve.bezierCurveTo((x1 + x2) / 2, y1, (x1 + x2) / 2, y2, x2, y2);
          painter.lineWidth = 4;
          for (let share = 0.05; share < 1; share += 0.05) {
            const x = x1 + share * (x2 - x1);
            const y = netplan.heightAt({ x1, y1, x2, y2 }, x);
            if (!painter.isPointInStroke(curve, x, y)) wrong.push([layer, to, from, share]);
            const isThere = (l, t, f) => l === layer && t === to && f === from;
            const found = netplan.linkAt(plan, x, y, { weightOf: () => 0, isThere });
            if (!found || found.to !== to || found.from !== from) wrong.push("not found");
            const none = netplan.linkAt(plan, x, y, { weightOf: () => 0, isThere: () => false });
            if (none) wrong.push("a link that is not there");
          }
        }
        return wrong;""")
    assert missed == []


def test_of_two_links_that_cross_the_thicker_one_is_met(bench):
    met = run(bench, """
        const plan = netplan.plan([2, 2, 1], 620, 360);
        const [up, down] = [netplan.ends(plan, 0, 0, 1), netplan.ends(plan, 0, 1, 0)];
        let x = up.x1;
        while (netplan.heightAt(up, x) > netplan.heightAt(down, x)) x += 0.25;
        const y = netplan.heightAt(up, x);
        const weightOf = (thick) => (_layer, to) => (to === thick ? 5 : 0.5);
        const at = (thick) => netplan.linkAt(plan, x, y, { isThere: () => true, weightOf: weightOf(thick) });
        return [at(0).to, at(1).to];""")
    assert met == [0, 1]


# names and values


@pytest.mark.parametrize(("sizes", "active"), [((2, 4, 2, 1), [0, 1]), ((3, 2, 5), [1, 2, 6]), ((1, 1), [3])])
def test_weights_are_read_by_the_names_that_the_spec_gives_them(bench, sizes, active):
    """The oracle is dlcore: the weight at place n of the message has the n-th name."""
    names = list(parameter_names(sizes))
    told = run(bench, """
        const { sizes, active } = given;
        const flat = Float32Array.from({ length: given.count }, (_, at) => at);
        const values = netvalues.readValues(sizes, active, [], flat);
        const found = {};
        for (let layer = 1; layer < sizes.length; layer++) {
          for (let to = 0; to < sizes[layer]; to++) {
            found[netvalues.biasName(layer, to)] = values.bias(layer, to);
            for (let from = 0; from < sizes[layer - 1]; from++) {
              const row = layer === 1 ? active[from] : from;
              found[netvalues.weightName(active, layer - 1, to, row)] = values.weight(layer - 1, to, row);
            }
          }
        }
        return [values.whole, found];""", {"sizes": sizes, "active": active, "count": len(names)})
    assert told == [True, {name: place for place, name in enumerate(names)}]


def test_what_is_switched_off_or_removed_has_no_links(bench):
    there = run(bench, """
        const values = netvalues.readValues([2, 2, 1], [0, 4], ["1.2"], new Float32Array(9));
        const links = [[0, 0, 0], [0, 0, 1], [0, 0, 4], [0, 1, 0], [1, 0, 0], [1, 0, 1]];
        return links.map((link) => values.hasLink(...link));""")
    assert there == [True, False, True, False, True, False]


# colours


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_the_plane_is_bare_where_no_class_leads_and_never_stronger_than_its_points(bench, palette):
    even, sure, discrete = run(bench, """
        const bytes = new Uint8Array([85, 0, 100, 85, 255, 80, 85, 0, 75]);
        const paint = (discrete) => [...new Uint8Array(surface.classPixels(bytes, 3, given, discrete).buffer)];
        const shown = [false, true].map(paint);
        return [shown[0].slice(0, 3), shown[0].slice(4, 7), shown[1].slice(8, 11)];""", theme(palette))
    ground, orange, blue = (np.array(parse_colour(getattr(palette, name))) for name in ("background", "orange", "blue"))
    assert even == pytest.approx(ground, abs=1)
    assert sure == pytest.approx(ground + 0.74 * (blue - ground), abs=1)
    assert discrete == pytest.approx(ground + 0.74 * (orange - ground), abs=1)


def test_a_map_has_the_colours_of_the_plots_and_two_classes_part_at_one_half(bench):
    pixels, shares = run(bench, """
        const bytes = Uint8Array.from({ length: 255 }, (_, at) => at + 1);
        return [[...new Uint8Array(surface.signedPixels(bytes, given).buffer)], [1, 128, 255].map(surface.shareOf)];""",
                         theme(LIGHT))
    assert np.reshape(pixels, (255, 4)) == pytest.approx(diverge(np.arange(-127, 128), LIGHT, 127).astype(int), abs=1)
    assert shares == [0, 0.5, 1]


# wishes


def test_a_wish_that_was_overtaken_is_sent_again_until_it_is_answered(bench):
    sent = run(bench, """
        const sent = [];
        const queue = wishes.openWishes(10, 80);
        const wait = (ms) => new Promise((done) => setTimeout(done, ms));
        queue.connect((list) => sent.push(list.map(({ seq, do: what }) => `${seq}${what}`).join(" ")));
        queue.wish({ do: "a" });
        queue.wish({ do: "b" });
        await wait(40);
        queue.answered(1);
        await wait(120);
        queue.answered(2);
        await wait(120);
        queue.end();
        return sent;""")
    assert sent == ["1a", "1a 2b", "2b"]


def test_of_wishes_for_one_weight_the_newest_counts_and_numbers_go_on_after_a_remount(bench):
    sent = run(bench, """
        const sent = [];
        const queue = wishes.openWishes(20, 10000);
        const wait = (ms) => new Promise((done) => setTimeout(done, ms));
        queue.connect((list) => sent.push(list.map(({ seq, value }) => [seq, value])));
        queue.answered(41);
        for (const value of [1, 2, 3]) queue.wish({ do: "weight", value }, "w1.1.1");
        queue.wish({ do: "weight", value: 9 }, "b1.1");
        const waits = [queue.waits("w1.1.1"), queue.waits("w1.1.2")];
        await wait(60);
        queue.answered(45);
        return [sent, waits, queue.waiting];""")
    assert sent == [[[[42, 1]], [[44, 3], [45, 9]]], [True, False], False]
