"""The Jobs of the Diffusion page, with the prompted model that comes with the project."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dlcore.data import images
from dlcore.diffusion.schedules import spaced
from dlcore.errors import EngineError, SpecError
from dlcore.explain.requests import REQUESTS
from dlcore.explain.snapshot import load
from dlcore.specs.denoiser import list_parts
from dlcore.specs.sampling import Sampling
from dlcore.training.diffusion_jobs import slerp
from dlcore.training.diffusion_measure import Nearest
from dlcore.training.jobs import JOBS
from tests.closeness import close

pytestmark = pytest.mark.usefixtures("one_thread")

PROMPTS = {"pretrained": "prompts"}
HERE = Path(".")
SEVEN = {"prompt": "a thick seven", "steps": 6, "seed": 5}


def run(kind: str, **request) -> dict:
    job = JOBS[kind]({"model": PROMPTS, **request}, HERE)
    while not job.finished:
        job.advance(1)
    return job.result


@pytest.fixture(scope="module")
def seven() -> dict:
    torch.set_num_threads(1)
    return run("diffusion_walk", sampling=SEVEN)


def pictures(walk: dict) -> np.ndarray:
    return np.clip((walk["x"].astype(np.float32) + 1) * 127.5, 0, 255).round().astype(np.uint8)


def reads(picture: np.ndarray) -> int:
    return int(REQUESTS["read"](load({"pretrained": "digits"}, HERE), {"images": picture[None]})["scores"].argmax())


def test_every_step_of_a_walk_is_eulers_and_its_parts_belong_together(seven):
    """x_next = x + Δs·u, x̂₀ = x − s·u, and u = unconditional + 2·(conditional − unconditional), all from one result."""
    for step, (t, t_next) in enumerate(spaced(6)):
        x, told = seven["x"][step].astype(np.float32), seven["told"][step].astype(np.float32)
        assert seven["t"][step] == t
        assert np.allclose(seven["x"][step + 1], x + (t_next - t) / 1000 * told, atol=6e-3)
        assert np.allclose(seven["x0"][step], x - t / 1000 * told, atol=6e-3)
        both = [seven[name][step].astype(np.float32) for name in ("conditional", "unconditional")]
        assert np.allclose(told, both[1] + 2 * (both[0] - both[1]), atol=2e-2)
    assert reads(pictures(seven)[-1]) == 7


def test_the_shares_of_attention_add_up_over_the_words(seven):
    words = len(seven["prompt"]["symbols"])
    for name, side in (("coarse", 7), ("fine", 14)):
        maps = seven["attention"][name].astype(np.float32)
        assert maps.shape == (6, 12, side, side)
        assert np.allclose(maps.sum(1), 1, atol=5e-3) and (maps[:, words:] == 0).all()


def test_a_branch_shares_its_beginning_to_the_bit_and_ends_elsewhere(seven):
    branched = run("diffusion_walk", sampling=SEVEN, branch={"step": 2, "sampling": {"prompt": "ince bir üç"}})
    assert np.array_equal(branched["x"][:3], seven["x"][:3]) and not np.allclose(branched["x"][3], seven["x"][3])
    assert branched["branch"] == 2 and branched["branch_prompt"]["asked"]["digit"] == 3
    nothing = run("diffusion_walk", sampling=SEVEN, branch={"step": 3, "sampling": {}})
    assert np.array_equal(nothing["x"], seven["x"])


def test_what_is_not_drawn_anew_stays_and_a_picture_can_be_the_beginning(seven):
    image, mask = pictures(seven)[-1], np.zeros((28, 28), bool)
    mask[:, 14:] = True
    filled = pictures(run("diffusion_walk", sampling={**SEVEN, "strength": 1, "seed": 9}, image=image, mask=mask))[-1]
    assert np.abs(filled[:, :14].astype(int) - image[:, :14]).max() <= 1 and (filled != image)[:, 14:].any()
    begun = run("diffusion_walk", sampling={**SEVEN, "strength": 0.3}, image=image)
    assert begun["t"][0] == 300 and len(begun["t"]) == 3
    assert np.abs(pictures(begun)[-1].astype(int) - image).mean() < 25


@pytest.mark.parametrize(("model", "sampler"), [(PROMPTS, "heun"), ({"pretrained": "velocity"}, "ddpm"),
                                                ({"pretrained": "velocity"}, "dpm_solver")])
def test_any_part_can_be_erased_and_what_is_known_is_there_to_the_pixel_at_the_end(seven, model, sampler):
    image, draws = pictures(seven)[-1], np.random.default_rng(4)
    for erased in (draws.random((28, 28)) < 0.5, np.eye(28, dtype=bool), np.ones((28, 28), bool)):
        walk = run("diffusion_walk", model=model, image=image, mask=erased.tolist(),
                   sampling={**SEVEN, "sampler": sampler, "strength": 1, "steps": 3, "seed": 9})
        assert np.array_equal(pictures(walk)[-1][~erased], image[~erased])
        assert (pictures(walk)[-1][erased] != image[erased]).any()


@pytest.mark.parametrize("mask", [np.zeros((28, 28), bool), np.ones((14, 28), bool), [[True], [True, False]]])
def test_what_is_no_mask_is_said(seven, mask):
    with pytest.raises(EngineError, match="pixels|erased"):
        run("diffusion_walk", sampling=SEVEN, image=pictures(seven)[-1], mask=mask)


def test_many_pictures_are_the_same_whether_drawn_alone_or_together():
    together = run("diffusion_many", sampling={**SEVEN, "count": 18}, ways=[{}, {"sampler": "heun", "steps": 3}])
    euler, heun = together["ways"]
    assert (euler["sampler"], heun["sampler"], heun["steps"]) == ("euler", "heun", 3)
    assert euler["film"].shape == (7, 18, 28, 28) and heun["film"].shape == (4, 18, 28, 28)
    alone = run("diffusion_many", sampling={**SEVEN, "count": 1})["ways"][0]["film"]
    assert np.abs(alone[:, 0].astype(int) - euler["film"][:, 0]).max() <= 1
    assert np.array_equal(euler["film"][0], heun["film"][0])


def test_a_film_of_many_steps_keeps_its_ends():
    film = run("diffusion_many", sampling={**SEVEN, "steps": 60, "count": 1})["ways"][0]
    assert film["film"].shape[0] == len(film["t"]) == 26 and film["t"][0] == 1000 and film["t"][-1] == 0


def test_a_walk_between_two_prompts_ends_at_both():
    told = run("diffusion_between", sampling={**SEVEN, "prompt": "seven"}, other={**SEVEN, "prompt": "zero", "seed": 8},
               count=3)
    for place, prompt, seed in ((0, "seven", 5), (-1, "zero", 8)):
        alone = run("diffusion_many", sampling={**SEVEN, "prompt": prompt, "seed": seed, "count": 1})
        end = alone["ways"][0]["film"][-1, 0]
        assert np.abs(told["pictures"][place].astype(int) - end).mean() < 2
    assert (reads(told["pictures"][0]), reads(told["pictures"][-1])) == (7, 0)


def test_noise_between_two_noises_is_as_long_as_they_are():
    one, other = torch.randn(2, 1, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    assert slerp(one, other, 0.5).norm() == pytest.approx((one.norm() + other.norm()).item() / 2, rel=0.05)
    assert torch.allclose(slerp(one, other, 0.0), one) and torch.allclose(slerp(one, other, 1.0), other, atol=1e-5)


def test_pictures_are_read_measured_and_compared_with_the_training_digits():
    told = run("diffusion_measure", sampling={**SEVEN, "count": 8})
    assert told["asked"] == {"digit": 7, "stroke": 1, "slant": None, "width": None}
    assert told["right"].sum() >= 6 and np.array_equal(told["right"], told["read"] == 7)
    assert told["kept"]["stroke"] == pytest.approx((told["thirds"][:, 0] == 2).mean())
    train = images.load("mnist").train_images
    away = (told["pictures"] / 255 - train[told["nearest"]["numbers"]] / 255).reshape(8, -1)
    assert np.allclose(np.sqrt((away**2).mean(1)), told["nearest"]["distances"], atol=1e-3)
    assert np.array_equal(told["nearest"]["pictures"], train[told["nearest"]["numbers"]])


def test_the_nearest_are_those_of_the_plain_differences():
    train = images.load("mnist").test_images
    search = Nearest(train[:5])
    search.look(train[100:250]), search.look(train[250:400])
    distances = np.sqrt((((train[:5, None] - train[None, 100:400].astype(float)) / 255) ** 2).mean((2, 3)))
    assert np.array_equal(search.numbers, distances.argmin(1))
    assert np.allclose(search.distances, distances.min(1), atol=1e-4)


@pytest.mark.parametrize(("request_", "refused"), [
    ({"sampling": {"sampler": "ddim"}}, SpecError), ({"model": {"pretrained": "digits"}}, EngineError),
    ({"model": {"spec": {"kind": "diffusion", "data": {"dataset": "swirl"}}}}, EngineError)])
def test_what_does_not_belong_together_is_refused(request_, refused):
    with pytest.raises(refused):
        run("diffusion_walk", **request_)


def test_clothes_are_not_read_by_a_network_that_has_learned_digits():
    model = {"spec": {"kind": "diffusion", "data": {"dataset": "fashion_mnist"}, "network": {"width": 8}}}
    with pytest.raises(EngineError, match="other pictures"):
        run("diffusion_measure", model=model, sampling={"count": 1, "steps": 1})


def test_an_empty_prompt_is_the_unconditional_model_and_bad_values_are_mended():
    told = run("diffusion_walk", sampling={"prompt": "lorem ipsum", "steps": 2, "guidance": 99, "count": "many"})
    assert close(told["conditional"], told["unconditional"], roundings=2)  # two places of a batch may round apart
    assert told["prompt"]["unknown"] == ["lorem", "ipsum"] and told["prompt"]["empty"]
    assert {field for field, _given, _used in told["mends"]} == {"guidance", "count"}


def test_the_text_encoder_is_told_symbol_by_symbol():
    told = REQUESTS["diffusion_prompt"](load(PROMPTS, HERE), {"text": "ince bir üç zebra"})
    assert told["symbols"] == ["·", "ince", "bir", "üç"] and told["unknown"] == ["zebra"]
    assert told["embedding"].shape == told["encoded"].shape == (4, 64)
    assert np.allclose(told["attention"].sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize("model", [PROMPTS, {"pretrained": "velocity"}])
def test_the_parts_of_the_unet_show_what_they_give_out_on_the_way(seven, model):
    """The oracle is the network itself, cut off behind the first convolution, and its whole answer."""
    snapshot, x = load(model, HERE), seven["x"][2]
    told = REQUESTS["diffusion_features"](snapshot, {"x": x, "t": 600.0, "sampling": {"prompt": "seven", "digit": 7}})
    parts = {part.name: part for part in list_parts(snapshot.spec.network, snapshot.spec.condition, False)}
    seen = {}
    assert [level["side"] for level in told["levels"]] == [28, 14, 7]
    for level in told["levels"]:
        for part in level["parts"]:
            maps = level["maps"][part["first"]: part["first"] + part["count"]]
            assert maps.shape == parts[part["name"]].shape and part["role"] == parts[part["name"]].role
            seen[part["name"]] = (maps.astype(np.float32) - 128) / 127 * part["limit"], part["limit"]
    assert seen.keys() == {name for name, part in parts.items() if len(part.shape) == 3}
    given = torch.from_numpy(x.astype(np.float32))[None, None]
    with torch.inference_mode():
        stem = snapshot.module.stem(torch.nn.functional.pixel_unshuffle(given, 2))[0].numpy()
        answer = snapshot.module(given, torch.tensor([600.0]), snapshot.tell(Sampling(prompt="seven", digit=7)))[0]
    for name, wanted in (("stem", stem), ("out", answer.numpy())):
        maps, limit = seen[name]
        assert np.abs(maps - wanted.clip(-limit, limit)).max() < limit / 100, name


@pytest.mark.parametrize("x", [None, [1, 2], np.full((28, 28), np.nan), "no"])
def test_what_is_no_picture_has_no_maps(x):
    with pytest.raises(EngineError, match="28 x 28"):
        REQUESTS["diffusion_features"](load(PROMPTS, HERE), {"x": x, "t": 600})
