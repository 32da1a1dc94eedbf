"""The Transformer page in a real browser: what is pointed at, training and rewinding, the lines, a phone."""

import pytest
from playwright.sync_api import expect

from dlcore.specs.codec import to_link
from dlcore.specs.texts import TextData
from dlcore.specs.transformer import Transformer, TransformerNetwork, TransformerTraining
from tests.conftest import settled, wait_until

pytestmark = pytest.mark.browser

SMALL = TransformerNetwork(layers=2, heads=2, width=16, context=32)
QUICK = Transformer(data=TextData(task="reverse", length=5), network=SMALL,
                    training=TransformerTraining(epochs=2, batch_size=256, warmup=2))
PLAYS = Transformer(data=TextData(task="plays"), network=SMALL)
PATIENCE = 120_000


def open_page(tab, app_url: str, engine, spec: Transformer, text: str) -> None:
    wait_until(lambda: engine.status().ready, 120, "the engine did not wake")
    tab.goto(f"{app_url}/transformer?transformer={to_link(spec)}&text={text}")
    settled(tab)
    expect(large(tab).locator(".title")).to_contain_text("layer 1", timeout=PATIENCE)


def large(tab):
    return tab.locator(".st-key-transformer-onehead")


def token(tab, place: float) -> dict:
    """Return where a token of the lower row stands, `place` being a share of the picture's width."""
    box = large(tab).locator("canvas").bounding_box()
    return {"x": box["width"] * place, "y": box["height"] - 10}


def test_a_token_that_is_pointed_at_tells_whom_it_looks_at_and_a_small_map_becomes_large(app_url, engine, page):
    open_page(page, app_url, engine, PLAYS, "abcde")
    reading = large(page).locator(".reading")
    large(page).locator("canvas").hover(position=token(page, 0.5))
    expect(reading).to_contain_text("c → ")
    expect(page.locator(".st-key-transformer-next .title")).to_have_text("Next after “abc”")
    maps = page.locator(".st-key-transformer-all_heads canvas")
    maps.click(position={"x": 14 + 100, "y": 18 + 100})
    expect(large(page).locator(".title")).to_contain_text("layer 2 · head 2")
    maps.press("ArrowUp")
    expect(large(page).locator(".title")).to_contain_text("layer 1 · head 2")
    large(page).get_by_role("button", name="Matrix").click()
    large(page).get_by_role("button", name="Rollout").click()
    expect(large(page).locator(".title")).to_contain_text("rollout", timeout=PATIENCE)


def test_a_translator_is_trained_and_the_pictures_are_rewound(app_url, engine, page):
    open_page(page, app_url, engine, QUICK, "abcde")
    answer = page.locator(".st-key-transformer-answer .tokens")
    expect(answer).to_contain_text("%", timeout=PATIENCE)
    before = answer.inner_text()
    page.get_by_role("button", name="Train").click()
    expect(page.locator(".st-key-transformer-live .pill")).to_have_text("Finished", timeout=120_000)
    expect(answer).not_to_have_text(before, timeout=PATIENCE)
    slider = page.locator(".st-key-transformer-rewind input")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator(".st-key-transformer-rewind .text")).to_contain_text("step 0 of", timeout=PATIENCE)
    wait_until(lambda: bool(page.wait_for_timeout(100)) or answer.inner_text() == before, 20,
               "the first answer did not come back")
    page.locator(".st-key-transformer-text input").fill("edcba")
    expect(large(page).locator("canvas")).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0


def test_the_steps_inside_a_head_follow_the_chosen_head(app_url, engine, page):
    open_page(page, app_url, engine, QUICK, "abcde")
    page.get_by_role("tab", name="Inside a head").click()
    inside = page.locator(".st-key-transformer-inside")
    expect(inside.locator("table")).to_contain_text("a", timeout=PATIENCE)
    shares = inside.locator("table").inner_text()
    inside.get_by_role("button", name="Encoder self-attention · layer 2 · head 1").click()
    expect(inside.locator(".title")).to_contain_text("Encoder self-attention · layer 2", timeout=PATIENCE)
    expect(inside.locator("table")).not_to_have_text(shares, timeout=PATIENCE)
    inside.get_by_role("button", name="Layer norm").click()
    expect(inside).to_contain_text("μ =")
    inside.get_by_role("button", name="Logits, softmax").click()  # a block of the diagram opens its numbers
    expect(inside.locator("section button[aria-expanded=true]").last).to_contain_text("Logits", timeout=PATIENCE)
    told = inside.locator("section").filter(has_text="Logits").locator("table tr").nth(1).inner_text().split()[0]
    expect(inside.locator(".block.end").last).to_contain_text(told)


def test_a_text_is_written_token_by_token_and_taken_back(app_url, engine, page):
    open_page(page, app_url, engine, PLAYS, "ROMEO")
    page.get_by_role("tab", name="Write").click()
    writer = page.locator(".st-key-transformer-token")
    text = writer.locator(".text")
    expect(text).to_have_text("ROMEO", timeout=PATIENCE)
    chosen = writer.locator("tbody tr").nth(2).locator("button")
    symbol = chosen.inner_text()
    chosen.click()
    expect(text.locator("b")).to_have_count(1, timeout=PATIENCE)
    assert text.locator("b").inner_text().strip() == symbol.replace("·", " ").strip()
    writer.get_by_role("button", name="Accept").click()
    expect(text.locator("b")).to_have_count(2, timeout=PATIENCE)
    writer.get_by_role("button", name="Go back").click()
    expect(text.locator("b")).to_have_count(1, timeout=PATIENCE)
    writer.locator("input.find").fill("Q")
    expect(writer.locator("tbody tr")).to_have_count(2, timeout=PATIENCE)  # what is found, and all others
    writer.locator("input.find").press("Enter")
    expect(text.locator("b").nth(1)).to_have_text("Q", timeout=PATIENCE)


def test_on_a_phone_nothing_is_wider_than_the_screen(app_url, engine, open_tab):
    tab = open_tab(390, 844, has_touch=True)
    open_page(tab, app_url, engine, PLAYS, "abcde")
    assert tab.evaluate("document.scrollingElement.scrollWidth") <= 390
    large(tab).locator("canvas").tap(position=token(tab, 0.5))
    expect(large(tab).locator(".reading")).to_contain_text("c → ")
