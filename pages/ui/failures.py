"""What a page shows in place of what went wrong in it: a sentence, ways on, and the details for whoever mends it.

Streamlit calls `show_failure` for whatever a page, a fragment of it or a callback raises (see app.py), with the cursor
where that was. A page that can say more by itself does: this is for what nobody has thought of.
"""

import logging
import sys
import time
import traceback
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from streamlit.errors import StreamlitAPIException

from dlcore.errors import DerinError
from pages.ui import panels, state
from pages.ui.language import _, language, told
from pages.ui.live import pack

BOX = "failure"     # begins the key of each box, by which tests find it
ROOT = Path(__file__).parents[2]
QUIET = 60.0        # seconds for which the server's log does not repeat itself: some fragments run five times a second
MOST_LOGGED = 100

_details = panels.register("details", 35)
_logged: dict[str, float] = {}  # when what went wrong was last logged, by its place


def show_failure(error: Exception) -> bool:
    """Say that something went wrong, and offer ways on; True, so that Streamlit says nothing of it."""
    place = _place_of(error)
    page = st.session_state.get("_page", "")
    try:
        with st.container(key=f"{BOX}_{place}", border=True):
            _say(error)
            _offer(page, place, error)
    except StreamlitAPIException:
        pass  # two fragments failed at the same place in one run, and the first one's box stands for both
    return True


def _say(error: Exception) -> None:
    st.markdown(_("**Something went wrong here.** What was trained is kept, and the server's log tells more."))
    if isinstance(error, DerinError):
        st.markdown(told(error))


def _offer(page: str, place: str, error: Exception) -> None:
    """Draw the ways on: once more as it is, without the settings, and the details to be sent to whoever mends it."""
    with st.container(key=f"{BOX}_ways_{place}", horizontal=True, vertical_alignment="center"):
        st.button(_("Try again"), key=f"{BOX}_again_{place}", icon=":material/refresh:", on_click=st.rerun)
        st.button(_("Start over"), key=f"{BOX}_over_{place}", icon=":material/restart_alt:", on_click=_start_over,
                  args=(page, place), help=_("The page's settings become the usual ones again; your run stays."))
        _details(key=f"{BOX}_details_{place}", data=pack({
            "language": language(), "details": describe(error, page),
            "words": {"copy": _("Copy the details"), "copied": _("Copied"), "select": _("Copy the marked text:")},
        }))


def _start_over(page: str, place: str) -> None:
    """Forget the page's settings; where that did not help before, the run may be the cause and is left too."""
    again = st.session_state.get("_started_over") == (page, place)
    state.start_over(page, keep_run=not again)
    st.session_state["_started_over"] = page, place
    st.rerun()


def describe(error: BaseException, page: str) -> str:
    """Return what whoever mends it needs to know: when and where it was, and the traceback without places of files."""
    address = urlencode(st.query_params.to_dict())
    when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    lines = [f"Derin, {when}", f"/{page}?{address}"[:2000], "", *traceback.format_exception(error)]
    return _without_places("\n".join(line.rstrip("\n") for line in lines))


def _without_places(text: str) -> str:
    """Return a text in which files are named from the root of the app or of a package on."""
    for place in sorted({str(ROOT), *filter(None, sys.path)}, key=len, reverse=True):
        text = text.replace(f"{place}/", "")
    return text.replace(str(Path.home()), "~")


def _place_of(error: BaseException) -> str:
    """Return a short name of what went wrong and where, the same for the same fault."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = next((frame for frame in reversed(frames) if frame.filename.startswith(str(ROOT))), None)
    where = f"{Path(ours.filename).stem}_{ours.lineno}" if ours else "elsewhere"
    return f"{type(error).__name__}_{where}"


def _is_news(record: logging.LogRecord) -> bool:
    """Whether what went wrong has not been logged just now."""
    if not record.exc_info or record.exc_info[1] is None:
        return True
    place, now = _place_of(record.exc_info[1]), time.monotonic()
    if now - _logged.get(place, -QUIET) < QUIET:
        return False
    while len(_logged) >= MOST_LOGGED:
        del _logged[next(iter(_logged))]
    _logged[place] = now
    return True


logging.getLogger("streamlit.error_util").addFilter(_is_news)
