"""What is to be drawn out of noise, and how: a prompt or a digit, the sampler, its steps, the guidance, the noise."""

from dataclasses import replace

import streamlit as st

from dlcore.diffusion.prompts import read_prompt
from dlcore.specs.diffusion import Diffusion
from dlcore.specs.sampling import NAMES, SAMPLERS, USUAL, Sampling, sampler_of, why_not
from pages.ui import state
from pages.ui.diffusion.prompting import say_unknown, show_vocabulary
from pages.ui.diffusion.words import sampler_name
from pages.ui.forms import Form
from pages.ui.language import _, number

ASKED = "sampling"  # keys, address and spec are those of a page of this name
STEPS = [1, 2, 5, 10, 20, 50, 100, 250, 500, 1000]
GUIDANCE = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0]
COUNTS = [1, 4, 9, 16]
ANY = -1  # no digit in particular


def asked(page: str = ASKED) -> Sampling:
    """Return what is asked for."""
    return state.page_spec(page, "sampling")


def settled(spec: Diffusion, page: str = ASKED) -> Sampling:
    """Return what is asked of a network: a sampler that does not belong to it gives way to the usual one."""
    wanted = asked(page)
    return wanted if why_not(wanted.sampler, spec.process.target) is None else replace(wanted, sampler=USUAL)


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
            form.press("digit", tuple(range(ANY, 10)), format_func=_digit_name, label_visibility="collapsed")
        case "prompt":
            form.write("prompt", placeholder=_("empty: whatever comes"), label_visibility="collapsed")
        case _:
            st.caption(_("It was told nothing in training: whatever comes."))


def _digit_name(digit: int) -> str:
    return _("any") if digit == ANY else str(digit)


def _edit_how(form: Form, spec: Diffusion) -> None:
    target = spec.process.target
    form.experiment = replace(form.experiment, sampler=sampler_of(settled(spec), target))
    form.choose("sampler", SAMPLERS[target], format_func=sampler_name)
    others = [sampler for sampler in NAMES if sampler not in SAMPLERS[target]]
    st.caption(f":gray[~~{', '.join(map(sampler_name, others))}~~] {_(why_not(others[0], target))}")
    form.pick("steps", STEPS, format_func=number)
    if spec.condition != "none":
        form.pick("guidance", GUIDANCE, format_func="{:g}".format, help=_(
            "1 is the condition alone; more goes further away from what comes without it."))
    if form.experiment.sampler == "ddim":
        form.slide("eta", 0.1, help=_("0 adds no noise on the way, 1 as much as DDPM."))
    _edit_count()
    if spec.condition == "prompt":
        form.write("negative", placeholder=_("what it shall not be"))
        with st.expander(_("Vocabulary"), key=f"{ASKED}.vocabulary"):
            show_vocabulary()


def _edit_count() -> None:
    key = f"{ASKED}.count"
    st.session_state[key] = asked().count
    st.select_slider(_("Pictures"), sorted({*COUNTS, asked().count}), key=key, on_change=_take_count, args=(key,))


def _take_count(key: str) -> None:
    state.remember(ASKED, replace(asked(), count=int(st.session_state[key])))


def _draw_noise() -> None:
    spec = asked()
    state.remember(ASKED, replace(spec, seed=(spec.seed + 1) % 2**31))
