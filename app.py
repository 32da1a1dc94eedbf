"""The door: `streamlit run app.py`."""

from pages.ui.shell import navigate

navigate().run()
