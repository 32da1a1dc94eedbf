"""Own pictures become a data set: a dialog that takes a zip, or files and photographs class by class.

The pictures wait in this session; reading and splitting them is a Job (dlcore/data/collecting.py).
"""

import streamlit as st

from dlcore.data.collecting import HELD_OUT, LEAST_PICTURES, MOST_CLASSES, MOST_PICTURES, leave_upload
from dlcore.data.pictures import MOST_BYTES, MOST_PIXELS
from dlcore.data.zips import MOST_ZIP, levels_of, look_into, name_folder, open_zip, pack
from dlcore.errors import DerinError
from dlcore.specs.datasets import OWN_SIDE, describe
from dlcore.specs.experiment import learn_from
from pages.ui import state, thumbnails
from pages.ui.foreign import one_line, plain
from pages.ui.language import N_, _, ngettext, number, percent, told
from pages.ui.waking import say_work

PAUSE = 0.2  # seconds between two looks at the Job
ENDINGS = ["png", "jpg", "jpeg", "jfif", "gif", "bmp", "webp", "tif", "tiff", "heic", "heif"]  # of the last two is said
# that they are not read
WAYS = {"classes": N_("Class by class"), "zip": N_("A zip with one folder for each class")}
MOST_LINES, LINE = 5, 24  # names of refused files before one scrolls, and pixels of each
SHOWN = 6  # names of classes at a level of folders
SETS = "_own_sets"  # names of the data sets that were collected in this session


def show_button(page: str) -> None:
    """Draw the button that opens the dialog."""
    st.button(_("Own pictures"), key=f"{page}.own_pictures", icon=":material/add_a_photo:", width="stretch",
              on_click=_set_open, args=(page, True))


def show_dialog(page: str) -> None:
    """Draw the dialog while it is open."""
    if st.session_state.get(f"_collecting.{page}"):
        st.dialog(_("Own pictures"), width="large", on_dismiss=lambda: _set_open(page, False))(_collect)(page)


def _set_open(page: str, is_open: bool) -> None:
    st.session_state[f"_collecting.{page}"] = is_open
    st.session_state[f"_uncollected.{page}"] = ""


def _collect(page: str) -> None:
    st.markdown(_("Collect pictures of two things or more, train on them, and see what the network makes of new ones. "
                  "One picture in {part} of each class is held out to test it.").format(part=HELD_OUT))
    job = st.session_state.get(f"_collect_job.{page}")
    way = st.segmented_control(_("Way"), list(WAYS), format_func=lambda way: _(WAYS[way]), default="classes",
                               required=True, key=f"{page}.collect_way", label_visibility="collapsed")
    content = _take_zip(page) if way == "zip" else _take_classes(page)
    if failure := st.session_state.get(f"_uncollected.{page}"):
        st.error(failure)
    if job:
        st.fragment(_watch, run_every=PAUSE)(page, job)
    else:
        st.button(_("Make the data set"), key=f"{page}.collect", type="primary", icon=":material/dataset:",
                  disabled=content is None, on_click=_start, args=(page, way))
    st.caption(_("At most {pictures} pictures in {classes} classes, {megabytes} MB in all; a picture has at most "
                 "{each} MB and {pixels} million pixels, a class {least} pictures at least. Of each picture the middle "
                 "square is kept, at {side}×{side} pixels in colour. The pictures stay on this server, and whoever has "
                 "the link can see them.").format(
        pictures=number(MOST_PICTURES), classes=MOST_CLASSES, megabytes=MOST_ZIP // 2**20, each=MOST_BYTES // 2**20,
        pixels=MOST_PIXELS // 10**6, least=LEAST_PICTURES, side=OWN_SIDE))


def _take_zip(page: str):
    file = st.file_uploader(_("Zip"), type="zip", key=f"{page}.zip", max_upload_size=MOST_ZIP // 2**20,
                            label_visibility="collapsed")
    if file is not None and len(levels := _levels(page, file)) > 1:
        names = {level: ", ".join(map(plain, found[:SHOWN])) + (" …" if len(found) > SHOWN else "")
                 for level, found in levels}
        st.radio(_("Which folders are the classes?"), list(names), key=f"{page}.zip_level", format_func=names.get,
                 help=_("There are folders inside folders. Choose the level whose folders are the classes."))
    return file


def _levels(page: str, file) -> tuple:
    """Return the levels of folders in a zip that could be the classes; none where it cannot be read."""
    kept = st.session_state.get(f"_zip_levels.{page}")
    if kept is None or kept[0] != file.file_id:
        try:
            with open_zip(file.getvalue()) as opened:
                kept = file.file_id, levels_of(look_into(opened))
        except DerinError:
            kept = file.file_id, ()  # what is wrong with it is said once the data set is made
        st.session_state[f"_zip_levels.{page}"] = kept
    return kept[1]


# class by class


def classes_of(page: str) -> dict[str, list[bytes]]:
    """Return the pictures that were taken so far, by class."""
    return st.session_state.setdefault(f"_classes.{page}", {})


def _take_classes(page: str) -> dict | None:
    held, turn = classes_of(page), st.session_state.get(f"_collect_turn.{page}", 0)
    name = st.text_input(_("Class"), key=f"{page}.class_name", max_chars=24, placeholder=_("such as: cup"))
    left, right = st.columns(2)
    left.file_uploader(_("Files"), type=ENDINGS, accept_multiple_files=True, key=f"{page}.files_{turn}",
                       max_upload_size=MOST_BYTES // 2**20, on_change=_add_files, args=(page,),
                       disabled=not name.strip())
    with right:
        if st.toggle(_("Camera"), key=f"{page}.camera_on", disabled=not name.strip()):
            st.camera_input(_("Camera"), key=f"{page}.camera_{turn}", on_change=_add_photo, args=(page,),
                            label_visibility="collapsed")
    thumbnails.take_away(page, held)
    if reasons := thumbnails.take_glances(page, held):
        st.session_state[f"_uncollected.{page}"] = "  \n".join(dict.fromkeys(reasons))
    for index, (held_name, contents) in enumerate(list(held.items())):
        with st.container(horizontal=True, vertical_alignment="center", key=f"{page}.class_{index}"):
            count = ngettext("{n} picture", "{n} pictures", len(contents)).format(n=number(len(contents)))
            st.text(f"{one_line(held_name)} · {count}")
            st.button("", key=f"{page}.forget_{index}", icon=":material/close:", type="tertiary", help=_("Remove"),
                      on_click=_forget, args=(page, held_name))
        thumbnails.show_thumbnails(page, held_name, held, index)
    thumbnails.await_glances(page)
    enough = [contents for contents in held.values() if len(contents) >= LEAST_PICTURES]
    return held if len(enough) == len(held) >= 2 else None


def _add_files(page: str) -> None:
    turn = st.session_state.get(f"_collect_turn.{page}", 0)
    _add(page, [(file.name, file.getvalue()) for file in st.session_state.get(f"{page}.files_{turn}") or ()])
    st.session_state[f"_collect_turn.{page}"] = turn + 1  # an empty uploader for the next class


def _add_photo(page: str) -> None:
    turn = st.session_state.get(f"_collect_turn.{page}", 0)
    if photo := st.session_state.get(f"{page}.camera_{turn}"):
        _add(page, [(photo.name, photo.getvalue())])
    st.session_state[f"_collect_turn.{page}"] = turn + 1  # the camera is ready for the next one


def _add(page: str, files: list[tuple[str, bytes]]) -> None:
    """Keep pictures for the class that is named, as long as there is room."""
    held, st.session_state[f"_uncollected.{page}"] = classes_of(page), ""
    name = name_folder(st.session_state[f"{page}.class_name"])
    taken = [(file, content) for file, content in files if _keep(held, name, content)]
    if len(taken) < len(files):
        st.session_state[f"_uncollected.{page}"] = _("There is no room for more pictures.")
    if taken:
        thumbnails.glance_at(page, taken)


def _keep(held: dict[str, list[bytes]], name: str, content: bytes) -> bool:
    """Keep a picture for a class; say whether there was room for it."""
    every = [one for contents in held.values() for one in contents]
    room = len(every) < MOST_PICTURES and sum(map(len, every)) + len(content) < MOST_ZIP * 0.98
    if not room or (name not in held and len(held) >= MOST_CLASSES):
        return False
    held.setdefault(name, []).append(content)
    return True


def _forget(page: str, name: str) -> None:
    classes_of(page).pop(name, None)


# the Job


def _start(page: str, way: str) -> None:
    content = st.session_state[f"{page}.zip"].getvalue() if way == "zip" else pack(classes_of(page))
    try:
        path = leave_upload(state.engine().home, content)
    except DerinError as error:
        st.session_state[f"_uncollected.{page}"] = told(error)
        return
    request = {"kind": "collect", "path": path, "owner": state.owner()}
    if way == "zip" and (level := st.session_state.get(f"{page}.zip_level")) is not None:
        request["level"] = level
    st.session_state[f"_collect_job.{page}"] = state.engine().start_job(state.visitor(), request)
    st.session_state[f"_uncollected.{page}"] = ""


def _watch(page: str, job: str) -> None:
    view = state.engine().job(job)
    if view is not None and not view.finished:
        st.progress(view.progress, text=say_work(
            _("Reading the pictures, {share}").format(share=percent(view.progress, 0)), view))
        st.button(_("Stop"), key=f"{page}.stop_collecting", icon=":material/stop:", on_click=_stop, args=(page, job))
        return
    st.session_state[f"_collect_job.{page}"] = None
    if view is None or view.error:
        st.session_state[f"_uncollected.{page}"] = told(view.error) if view else _(
            "The work was interrupted. Press “Make the data set” once more.")
    else:
        _finish(page, view.result)
    st.rerun()


def _stop(page: str, job: str) -> None:
    state.engine().cancel(job)


def _finish(page: str, result: dict) -> None:
    """Show the new data set on the page."""
    sets = st.session_state.setdefault(SETS, [])
    if result["dataset"] not in sets:
        sets.append(result["dataset"])
    st.session_state[f"_collected.{page}"] = result
    st.session_state[f"_classes.{page}"] = {}
    thumbnails.forget(page)
    _set_open(page, False)
    state.remember(page, learn_from(state.experiment(page), result["dataset"]))


def show_collected(page: str) -> None:
    """Say what became of the pictures that were collected last, while their data set is on the page."""
    result = st.session_state.get(f"_collected.{page}")
    if result is None or state.experiment(page).data.dataset != result["dataset"]:
        return
    known, lines = describe(result["dataset"]), []
    counts = ", ".join(f"{plain(name)} {count}" for name, count in result["counts"].items())
    lines.append(_("Collected: {counts}. The network learns from {train} of them and is tested on {test}.").format(
        counts=counts, train=number(known.train), test=number(known.test)))
    if result["twice"]:
        lines.append(_("{n} are there more than once and were taken once.").format(n=number(result["twice"])))
    if hidden := result.get("hidden"):
        lines.append(ngettext("{n} picture in a hidden folder was passed over.",
                              "{n} pictures in hidden folders were passed over.", hidden).format(n=number(hidden)))
    st.info("  \n".join(lines), icon=":material/dataset:")
    if result["refused"]:
        _show_refused(result["refused"])


def _show_refused(refused: list[tuple[str, str, dict]]) -> None:
    """Name all files that were not taken, with the reason."""
    reasons: dict[str, list[str]] = {}
    for file, template, values in refused:
        reasons.setdefault(told(DerinError(template, **values)), []).append(file)
    with st.expander(_("Refused: {n}").format(n=number(len(refused))), expanded=True, icon=":material/block:"):
        for reason, files in reasons.items():
            st.caption(reason[:1].upper() + reason[1:])
            st.code("\n".join(map(one_line, files)), language=None, height=min(MOST_LINES, len(files)) * LINE + LINE)
