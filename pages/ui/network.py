"""A network on screen: its short form in the sidebar, its editor, and the table of its layers."""

from dataclasses import fields, replace

import streamlit as st

from dlcore.errors import NetworkError
from dlcore.specs.data import ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.fields import rule_of
from dlcore.specs.model import BLOCKS, MAX_BLOCKS, PRESETS, Block, Network, with_classes
from dlcore.specs.shapes import LayerRow, check_network, layer_table, rows_so_far
from pages.ui import state, words
from pages.ui.language import _, localise, number, told

PRESET_DATA = {"my_net": {"size": 48, "channels": 3}}  # what a preset was made for
PRESET_TRAINING = {"my_net": {"batch_size": 64, "optimizer": "adam", "learning_rate": 1e-3, "weight_decay": 1e-4,
                              "schedule": "constant"},
                   "lenet5": {"learning_rate": 0.003}, "mlp": {"learning_rate": 0.003}}
AUGMENT_LIKE = {"my_net": {"rotation": 10.0, "brightness": 0.2, "contrast": 0.2}}


def preset_of(experiment: Experiment) -> str:
    """Return the preset that the network equals, or "own"."""
    now, classes = experiment.network.blocks, experiment.data.classes
    return next((name for name, blocks in PRESETS.items() if with_classes(blocks, classes) == now), "own")


def apply_preset(experiment: Experiment, name: str) -> Experiment:
    """Return the experiment with a preset's network, and with the data and training it was made for."""
    usual, told = Experiment(), experiment.data.told
    as_it_is = {"size": told.side, "channels": told.channels}
    augment = replace(usual.data.augment, **AUGMENT_LIKE.get(name, {}))
    return replace(
        experiment, network=Network(blocks=with_classes(PRESETS[name], len(told.classes))), changes=(),
        data=replace(experiment.data, augment=augment, **as_it_is | PRESET_DATA.get(name, {})),
        training=replace(experiment.training, **{
            field: getattr(usual.training, field)
            for field in ("batch_size", "optimizer", "learning_rate", "weight_decay", "schedule")
        } | PRESET_TRAINING.get(name, {})))


def problem(experiment: Experiment) -> NetworkError | None:
    """Return why the network cannot be built, or None."""
    try:
        check_network(experiment.network, experiment.data, experiment.training.batch_size)
    except NetworkError as error:
        return error
    return None


def show_network(page: str) -> None:
    """Draw the network's short form, its presets and the button that opens the editor."""
    experiment = state.experiment(page)
    error = problem(experiment)
    count = "" if error else _("{n} parameters").format(n=number(sum(
        row.parameters for row in layer_table(experiment.network, experiment.data))))
    with st.expander(f"**{_('Network')}** :small[:gray[{count}]]", expanded=True, key=f"{page}.network_group"):
        _choose_preset(page, experiment)
        st.html(_short_form(experiment, error))
        if error:
            st.error(told(error))
        st.button(_("Edit the network"), key=f"{page}.edit_network", icon=":material/edit:", width="stretch",
                  on_click=_set_editing, args=(page, True))
    if st.session_state.get(f"_editing.{page}"):
        _open_editor(page)


def _choose_preset(page: str, experiment: Experiment) -> None:
    key, now = f"{page}.preset", preset_of(experiment)
    st.session_state[key] = now
    options = [*PRESETS, "own"] if now == "own" else list(PRESETS)
    st.selectbox(_("Preset"), options, key=key, format_func=words.option, on_change=_take_preset, args=(page,),
                 label_visibility="collapsed")


def _take_preset(page: str) -> None:
    chosen = st.session_state[f"{page}.preset"]
    if chosen in PRESETS:
        state.remember(page, apply_preset(state.experiment(page), chosen))


def _short_form(experiment: Experiment, error: NetworkError | None) -> str:
    """Return the blocks as a list; what takes no room of its own stands with the block before it."""
    lines: list[list[tuple[int, Block]]] = []
    for index, block in enumerate(experiment.network.blocks):
        if block.kind in ("activation", "batch_norm") and lines:
            lines[-1].append((index, block))
        elif block.kind != "flatten":
            lines.append([(index, block)])
    return f'<ol class="derin-blocks">{"".join(_short_line(line, error) for line in lines)}</ol>'


def _short_line(line: list[tuple[int, Block]], error: NetworkError | None) -> str:
    wrong = error is not None and error.block in [index for index, _block in line]
    names = ", ".join(words.short_name(block) for _index, block in line)
    values = words.block_values(line[0][1])
    return f'<li class="{"wrong" if wrong else ""}"><span>{names}</span><code>{values}</code></li>'


# the editor


def _set_editing(page: str, editing: bool) -> None:
    st.session_state[f"_editing.{page}"] = editing


def _open_editor(page: str) -> None:
    """Open the editor; it stays open when a run that ends draws the page anew."""
    dialog = st.dialog(_("Network"), width="large", on_dismiss=lambda: _set_editing(page, False))
    dialog(_edit)(page)


def _edit(page: str) -> None:
    experiment = state.experiment(page)
    rows, error = _rows(experiment)
    for index, block in enumerate(experiment.network.blocks):
        _edit_block(page, index, block, next((row for row in rows if row.block == index), None), error)
    _add_block(page)
    if error and error.block is None:
        st.error(told(error))
    if st.button(_("Done"), key=f"{page}.network_done", type="primary"):
        _set_editing(page, False)
        st.rerun()


def _rows(experiment: Experiment) -> tuple[tuple[LayerRow, ...], NetworkError | None]:
    """Return the layers that can be built, and what is wrong with the next one."""
    error = problem(experiment)
    upto = len(experiment.network.blocks) if error is None or error.block is None else error.block
    try:
        return rows_so_far(experiment.network.blocks[:upto], experiment.data), error
    except NetworkError as earlier:
        return (), earlier


def _edit_block(page: str, index: int, block: Block, row: LayerRow | None, error: NetworkError | None) -> None:
    with st.container(key=f"{page}.block_{index}", horizontal=True, vertical_alignment="bottom", gap="small"):
        st.markdown(f"**{index + 1}** {_(words.BLOCKS[block.kind])}", width=130)
        for declared in fields(block):
            if rule := rule_of(declared):
                _edit_value(page, index, block, declared.name, rule)
        st.markdown(f":small[:gray[{_cost(row)}]]" if row else "", width="stretch")
        _moves(page, index)
    if error is not None and error.block == index:
        st.error(told(error))


def _edit_value(page: str, index: int, block: Block, name: str, rule) -> None:
    key = f"{page}.block_{index}_{block.kind}_{name}"
    st.session_state[key] = getattr(block, name)
    how = {"label": words.field_name(name), "key": key, "on_change": _take_value, "args": (page, index, name, key)}
    if rule.options:
        st.selectbox(options=rule.options, format_func=words.option, width=130, **how)
    else:
        step = 1 if rule.type is int else 0.05
        st.number_input(min_value=rule.type(rule.low), max_value=rule.type(rule.high), step=step, width=110, **how)


def _cost(row: LayerRow) -> str:
    shape = "×".join(map(str, row.shape))
    return f"{shape} · {localise(row.formula)} = {number(row.parameters)}" if row.parameters else shape


def _moves(page: str, index: int) -> None:
    for name, icon, text in (("up", "arrow_upward", _("Move up")), ("down", "arrow_downward", _("Move down")),
                             ("remove", "close", _("Remove"))):
        st.button("", key=f"{page}.block_{index}_{name}", icon=f":material/{icon}:", help=text, type="tertiary",
                  on_click=_rearrange, args=(page, index, name))


def _add_block(page: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(_("New block"), list(BLOCKS), key=f"{page}.new_block", width=200,
                            format_func=lambda kind: _(words.BLOCKS[kind]))
        st.button(_("Add"), key=f"{page}.add_block", icon=":material/add:", on_click=_append, args=(page, kind),
                  disabled=len(state.experiment(page).network.blocks) >= MAX_BLOCKS)


def _take_value(page: str, index: int, name: str, key: str) -> None:
    blocks = list(state.experiment(page).network.blocks)
    blocks[index] = replace(blocks[index], **{name: st.session_state[key]})
    _set_blocks(page, blocks)


def _rearrange(page: str, index: int, move: str) -> None:
    blocks = list(state.experiment(page).network.blocks)
    block = blocks.pop(index)
    if move != "remove":
        blocks.insert(max(0, index - 1) if move == "up" else index + 1, block)
    _set_blocks(page, blocks)


def _append(page: str, kind: str) -> None:
    """Put a new block before the last one, for the last one gives the classes; the first linear block is flattened."""
    experiment = state.experiment(page)
    blocks = list(experiment.network.blocks)
    _set_blocks(page, [*blocks[:-1], BLOCKS[kind](), *blocks[-1:]])


def _set_blocks(page: str, blocks: list[Block]) -> None:
    experiment = state.experiment(page)
    state.remember(page, replace(experiment, network=Network(blocks=tuple(blocks)), changes=()))


def layer_rows(experiment: Experiment) -> dict[str, list]:
    """Return the table of the layers as columns in the visitor's language; sizes are for one picture."""
    rows = layer_table(experiment.network, experiment.data)
    return {
        _("Layer"): [row.name for row in rows],
        _("Output"): ["×".join(map(str, row.shape)) for row in rows],
        _("Parameters"): [f"{localise(row.formula)} = {number(row.parameters)}" if row.parameters else "0"
                          for row in rows],
        _("Multiply-adds"): [number(row.multiply_adds) for row in rows],
        _("Memory"): [f"{number(row.memory / 1024, 1)} KiB" for row in rows],
        _("Receptive field"): [f"{row.receptive_field}×{row.receptive_field}" for row in rows],
    }


def show_layers(experiment: Experiment, page: str) -> None:
    """Draw the table of the layers and its totals."""
    if error := problem(experiment):
        st.error(told(error))
        return
    data: ImageData = experiment.data
    rows = layer_table(experiment.network, data)
    st.caption(_("Input {size}×{size}×{channels} · {parameters} parameters · {adds} multiply-adds a picture").format(
        size=data.size, channels=data.channels, parameters=number(sum(row.parameters for row in rows)),
        adds=number(sum(row.multiply_adds for row in rows))))
    st.dataframe(layer_rows(experiment), hide_index=True, key=f"{page}.layers", height="content")
