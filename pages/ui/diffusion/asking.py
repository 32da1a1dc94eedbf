"""What is to be drawn out of noise, and how: a prompt or a digit, the sampler, its steps, the guidance, the noise."""

from dataclasses import replace

import streamlit as st

from dlcore.diffusion.prompts import read_prompt
from dlcore.diffusion.samplers import SAMPLERS
from dlcore.specs.diffusion import Diffusion
from dlcore.specs.sampling import COUNTS, Sampling
from pages.ui import state
from pages.ui.diffusion.prompting import say_unknown, show_vocabulary
from pages.ui.diffusion.words import sampler_name
from pages.ui.forms import Form
from pages.ui.language import _, number

ASKED = "sampling"  # keys, address and spec are those of a page of this name
STEPS = [1, 2, 5, 10, 20, 50, 100, 250, 500, 1000]
GUIDANCE = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0]
ANY = 10  # no digit in particular


def asked() -> Sampling:
    """Return what is asked for."""
    return state.page_spec(ASKED, ASKED)


def settled(spec: Diffusion) -> Sampling:
    """Return what is asked of a network: a sampler that does not belong to it gives way to the first that does."""
    wanted, fitting = asked(), SAMPLERS[spec.process.target]
    return wanted if wanted.sampler in fitting else replace(wanted, sampler=fitting[0])


def edit_asked(spec: Diffusion) -> None:
    """Draw the controls for a network."""
    form = Form(ASKED, kind=ASKED)
    with st.container(key="sampling_of", horizontal=True, vertical_alignment="bottom"):
        _edit_subject(form, spec)
        st.button(_("New noise"), key=f"{ASKED}.new_noise", icon=":material/casino:", on_click=_draw_noise)
        with st.popover(_("How"), icon=":material/tune:", key=f"{ASKED}.how"):
            _edit_how(form, spec)
    if spec.condition == "prompt" and (said := say_unknown(read_prompt(form.experiment.prompt))):
        st.markdown(said)


def _edit_subject(form: Form, spec: Diffusion) -> None:
    match spec.condition:
        case "class":
            form.press("digit", tuple(range(ANY + 1)), format_func=_digit_name, label_visibility="collapsed")
        case "prompt":
            form.write("prompt", placeholder=_("empty: whatever comes"), label_visibility="collapsed")
        case _:
            st.caption(_("It was told nothing in training: whatever comes."))


def _digit_name(digit: int) -> str:
    return _("any") if digit == ANY else str(digit)


def _edit_how(form: Form, spec: Diffusion) -> None:
    fitting = SAMPLERS[spec.process.target]
    if form.experiment.sampler not in fitting:
        form.experiment = settled(spec)
    form.choose("sampler", fitting, format_func=sampler_name)
    form.pick("steps", STEPS, format_func=number)
    if spec.condition != "none":
        form.pick("guidance", GUIDANCE, format_func="{:g}".format, help=_(
            "1 is the condition alone; more goes further away from what comes without it."))
    if settled(spec).sampler == "ddim":
        form.slide("eta", 0.1, help=_("0 adds no noise on the way, 1 as much as DDPM."))
    form.press("pictures", COUNTS, format_func=str)
    if spec.condition == "prompt":
        form.write("against", placeholder=_("what it shall not be"))
        with st.expander(_("Vocabulary"), key=f"{ASKED}.vocabulary"):
            show_vocabulary()


def _draw_noise() -> None:
    spec = asked()
    state.remember(ASKED, replace(spec, seed=(spec.seed + 1) % 2**31))
