"""Own pictures as a browser brings them: a zip becomes a data set, is trained on, and a new picture is read."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from dlcore.specs.codec import from_link
from dlcore.specs.subject import read_pixels
from tests.browser.digits_page import PATIENCE, button
from tests.conftest import settled

pytestmark = pytest.mark.browser

COLOURS = {"red": (210, 40, 40), "green": (40, 180, 60)}


def picture(name: str, number: int, form: str = "PNG") -> bytes:
    noise = np.random.default_rng(number).integers(-30, 30, (80, 100, 3))
    written = io.BytesIO()
    Image.fromarray(np.clip(np.array(COLOURS[name]) + noise, 0, 255).astype(np.uint8)).save(written, form)
    return written.getvalue()


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in COLOURS:
            for number in range(12):
                archive.writestr(f"{name}/{number}.png", picture(name, number))
        archive.writestr("red/broken.png", b"no picture")
    return packed.getvalue()


def experiment_of(tab) -> object:
    return from_link(tab.evaluate("new URL(location.href).searchParams.get('experiment')"))[0]


def test_a_zip_becomes_a_data_set_is_learned_and_a_new_picture_is_read(page, app_url):
    page.goto(f"{app_url}/digits")
    settled(page)
    page.locator(".st-key-digits-data_group summary").click()
    page.locator(".st-key-digits-own_pictures button").click()
    page.get_by_text("A zip with one folder for each class").click()
    page.locator(".st-key-digits-zip input[type=file]").set_input_files(
        {"name": "mine.zip", "mimeType": "application/zip", "buffer": zipped()})
    page.locator(".st-key-digits-collect button").click()
    notice = page.get_by_text("Collected: green 12, red 12.")
    notice.wait_for(timeout=PATIENCE)
    expect(page.get_by_text("red/broken.png")).to_be_visible()
    page.wait_for_function("location.href.includes('own-2-20-4-')")
    data = experiment_of(page).data
    assert data.dataset.startswith("own-2-20-4-") and (data.size, data.channels) == (48, 3)
    button(page, "Train").click()
    expect(page.get_by_text("Finished", exact=True)).to_be_visible(timeout=PATIENCE)
    page.locator(".st-key-digits-bring button").first.click()
    page.locator(".st-key-digits-brought input[type=file]").set_input_files(
        {"name": "new.jpg", "mimeType": "image/jpeg", "buffer": picture("green", 99, "JPEG")})
    reader = page.locator(".st-key-digits-reader")
    expect(reader.get_by_text("your picture")).to_be_visible(timeout=PATIENCE)
    expect(reader.get_by_text("It reads: green", exact=True)).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Escape")
    page.locator(".st-key-digits-bring button").first.click()
    page.locator(".st-key-digits-brought input[type=file]").set_input_files(
        {"name": "broken.png", "mimeType": "image/png", "buffer": b"no picture at all"})
    expect(page.get_by_text("This is no picture that can be read").first).to_be_visible(timeout=PATIENCE)


def test_a_photograph_becomes_the_picture_that_the_network_looks_at_and_the_camera_speaks_turkish(
        open_tab, app_url, awake):
    page = open_tab(locale="tr-TR")
    page.goto(f"{app_url}/convolution")
    settled(page)
    page.locator(".st-key-convolution-picture button").nth(2).click()
    expect(page.get_by_role("button", name="Yükle", exact=True)).to_be_visible()
    expect(page.get_by_text("dosya başına 10 MB")).to_be_visible()
    page.locator(".st-key-convolution-bring_camera label").first.click()
    page.wait_for_function("document.querySelector('video')?.videoWidth > 0", timeout=PATIENCE)
    page.get_by_role("button", name="Fotoğraf çek", exact=True).click()
    expect(page.get_by_role("button", name="Fotoğrafı sil", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("öğrendiği rakamlar gibi")).to_be_visible(timeout=PATIENCE)
    page.get_by_text("Olduğu gibi").click()
    expect(page.get_by_text("gri olarak 28×28 pikselde")).to_be_visible(timeout=PATIENCE)
    asked = from_link(page.evaluate("new URL(location.href).searchParams.get('convolution')"), "convolution")[0]
    assert (asked.subject.picture, asked.subject.own_way) == ("own", "plain")
    assert max(read_pixels(asked.subject.pixels)) > 0
