"""The Diffusion page without a browser: what its messages hold, its controls, and bad input."""

import json

import numpy as np
import pytest

from dlcore.data.images import load_test
from dlcore.diffusion.schedules import alpha_bar
from dlcore.specs.codec import from_link, to_link
from dlcore.specs.noising import SCHEDULES, STEPS, Noising
from dlcore.specs.subject import Subject, write_pixels
from pages.ui.diffusion import forward


def told(app, key: str) -> tuple[dict, dict]:
    """Return the last message to a component of the page: (meta, arrays)."""
    message = next(one for one in app.get("bidi_component") if one.proto.id.endswith(key)).proto.bytes
    header = json.loads(message[4: 4 + int.from_bytes(message[:4], "little")])
    arrays = {name: np.frombuffer(message, kind, int(np.prod(shape)), offset).reshape(shape)
              for name, (kind, shape, offset) in header["arrays"].items()}
    return header["meta"], arrays


def linked(app) -> Noising:
    return from_link(app.query_params["noising"], "noising")[0]


def noise(app_test, **asked):
    return app_test("diffusion.py", noising=to_link(Noising(**asked)))


def test_the_first_view_shows_a_test_digit_its_noise_and_four_schedules(app_test):
    meta, arrays = told(app_test("diffusion.py"), "noising.process")
    assert np.allclose(arrays["picture"], load_test("mnist").test_images[0].ravel() / 127.5 - 1)
    assert arrays["signals"].shape == arrays["spreads"].shape == (4, STEPS + 1)
    assert arrays["signals"][meta["chosen"]] ** 2 == pytest.approx(alpha_bar("cosine"), abs=1e-6)
    assert (arrays["signals"][:3] ** 2 + arrays["spreads"][:3] ** 2) == pytest.approx(1, abs=1e-5)
    assert (arrays["signals"][3] + arrays["spreads"][3]) == pytest.approx(1, abs=1e-6)  # the straight line
    assert abs(arrays["noise"].mean()) < 0.15 and 0.9 < arrays["noise"].std() < 1.1
    assert meta["t"] == Noising().t


def test_the_chain_begins_with_the_picture_and_ends_in_noise_that_is_not_the_slider_s(app_test):
    _meta, arrays = told(app_test("diffusion.py"), "noising.process")
    begin, end = arrays["chain"][[0, -1]] / 127.5 - 1
    assert np.abs(begin - arrays["picture"]).max() < 0.005
    assert abs(np.corrcoef(end, arrays["picture"])[0, 1]) < 0.15
    assert abs(np.corrcoef(end, arrays["noise"])[0, 1]) < 0.15


def test_one_pixel_has_the_same_spread_at_once_and_step_by_step(app_test):
    _meta, arrays = told(app_test("diffusion.py"), "noising.process")
    alphas = alpha_bar("cosine")[::forward.EVERY]
    closed, spread, walked, walked_spread = arrays["moments"].T
    for mean, deviation in ((closed, spread), (walked, walked_spread)):
        assert mean == pytest.approx(np.sqrt(alphas), abs=0.12)
        assert deviation == pytest.approx(np.sqrt(1 - alphas), abs=0.08)
    width = 2 * forward.REACH / forward.BINS
    assert arrays["closed"].sum(1) * width == pytest.approx(1, abs=1e-3)


def test_another_schedule_and_new_noise_are_kept_in_the_link(app_test):
    app = app_test("diffusion.py")
    _meta, before = told(app, "noising.process")
    app.button_group(key="noising.schedule").set_value("linear").run()
    assert linked(app).schedule == "linear"
    app.button(key="noising.new_noise").click().run()
    assert linked(app).seed == 1
    meta, after = told(app, "noising.process")
    assert meta["chosen"] == SCHEDULES.index("linear")
    assert not np.allclose(before["noise"], after["noise"])


def test_a_drawing_from_a_link_is_noised(app_test):
    pixels = np.zeros((28, 28), np.uint8)
    pixels[10:18, 4:24] = 255
    subject = Subject(picture="drawing", pixels=write_pixels(pixels.tobytes()))
    _meta, arrays = told(noise(app_test, subject=subject), "noising.process")
    assert np.array_equal(arrays["picture"], pixels.ravel() / np.float32(127.5) - 1)


@pytest.mark.parametrize("said, kept", [(700, 700), (-1, 380), (1001, 380), (True, 380), ("9", 380), (None, 380)])
def test_a_time_from_the_browser_is_believed_only_where_it_can_be(app_test, monkeypatch, said, kept):
    held = {"noising.process": {"t": said}}
    monkeypatch.setattr(forward.st, "session_state", held)
    spec = [Noising()]
    monkeypatch.setattr(forward.state, "page_spec", lambda page, kind: spec[-1])
    monkeypatch.setattr(forward.state, "remember", lambda page, changed: spec.append(changed))
    forward._take_time()
    assert spec[-1].t == kept


def test_a_broken_link_is_mended_and_said(app_test):
    app = app_test("diffusion.py", noising='{"t": 5000, "schedule": "steep"}')
    assert linked(app).t == STEPS
    assert any("5000" in said.value and "steep" in said.value for said in app.info)


def test_the_page_speaks_turkish(app_test):
    app = app_test("diffusion.py", locale="tr-TR")
    assert app.title[0].value == "Difüzyon"
    assert told(app, "noising.process")[0]["words"]["chain"] == "adım adım"
