"""What is to be drawn out of noise, and how: a prompt or a digit, the sampler, its steps, the guidance, the noise."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st

from dlcore.diffusion.prompts import read_prompt
from dlcore.specs.diffusion import Diffusion
from dlcore.specs.sampling import NAMES, SAMPLERS, USUAL, Sampling, sampler_of, why_not
from pages.ui import shell, state
from pages.ui.diffusion.prompting import say_unknown, show_vocabulary
from pages.ui.diffusion.words import sampler_name
from pages.ui.foreign import plain
from pages.ui.forms import Form
from pages.ui.language import _, number, short
from pages.ui.words import class_names

ASKED = "sampling"  # keys, address and spec are those of a page of this name
STEPS = [1, 2, 5, 10, 20, 50, 100, 250, 500, 1000]
GUIDANCE = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0]
MOST_FLOW = 100  # steps of points on a plane, all of which are kept
ANY = -1  # no digit in particular


def asked(page: str = ASKED) -> Sampling:
    """Return what is asked for."""
    return state.page_spec(page, "sampling")


def settled(spec: Diffusion, page: str = ASKED) -> Sampling:
    """Return what is asked of a network: a sampler that does not belong to it gives way to the usual one."""
    wanted = asked(page)
    return wanted if why_not(wanted.sampler, spec.process.target) is None else replace(wanted, sampler=USUAL)


def show_notices(page: str, name: str = ASKED) -> None:
    """Say what the link of a part held that could not be used, of what it trains and of what is drawn."""
    asked(name)
    for part in (page, name):
        shell.show_notices(part)


def edit_asked(spec: Diffusion) -> None:
    """Draw the controls for a network that draws pictures."""
    form = Form(ASKED, kind="sampling")
    with st.container(key="sampling_of", horizontal=True, vertical_alignment="bottom"):
        _edit_subject(form, spec)
        edit_how(ASKED, spec)
    if spec.condition == "prompt" and (said := say_unknown(read_prompt(form.experiment.prompt))):
        st.markdown(said)


def _edit_subject(form: Form, spec: Diffusion) -> None:
    match spec.condition:
        case "class":
            form.press("digit", tuple(range(ANY, 10)), format_func=partial(_class_name, spec.data.dataset),
                       label_visibility="collapsed")
        case "prompt":
            form.write("prompt", placeholder=_("empty: whatever comes"), label_visibility="collapsed", width=360)
        case _:
            st.caption(_("It was told nothing in training: whatever comes."))


def _class_name(dataset: str, number: int) -> str:
    return _("any") if number == ANY else plain(class_names(dataset)[number])


def edit_how(page: str, spec: Diffusion, touched: Callable[[], None] = lambda: None) -> None:
    """Draw the buttons for new noise and for how it is led to the data; `touched` is called when one is used."""
    st.button(_("New noise"), key=f"{page}.new_noise", icon=":material/casino:", on_click=_draw_noise,
              args=(page, touched))
    with st.popover(_("How"), icon=":material/tune:", key=f"{page}.how"):
        form = Form(page, touched=lambda _path, _value: touched(), kind="sampling")
        target = spec.process.target
        form.experiment = replace(form.experiment, sampler=sampler_of(settled(spec, page), target))
        form.choose("sampler", SAMPLERS[target], format_func=sampler_name)
        others = [sampler for sampler in NAMES if sampler not in SAMPLERS[target]]
        st.caption(f":gray[~~{', '.join(map(sampler_name, others))}~~] {_(why_not(others[0], target))}")
        form.pick("steps", [count for count in STEPS if count <= MOST_FLOW or not spec.data.on_plane],
                  format_func=number)
        if form.experiment.sampler == "ddim":
            form.slide("eta", 0.1, help=_("0 adds no noise on the way, 1 as much as DDPM."))
        if spec.condition != "none":
            form.pick("guidance", GUIDANCE, format_func=short, help=_(
                "1 is the condition alone; more goes further away from what comes without it."))
        if spec.condition == "prompt":
            form.write("negative", placeholder=_("what it shall not be"))
            with st.expander(_("Vocabulary"), key=f"{page}.vocabulary"):
                show_vocabulary()


def _draw_noise(page: str, touched: Callable[[], None]) -> None:
    spec = asked(page)
    state.remember(page, replace(spec, seed=(spec.seed + 1) % 2**31))
    touched()
