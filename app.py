"""The door: `streamlit run app.py`.

Streamlit takes `app` from here once, to serve it, and runs this file again for each visitor and click.
"""

if __name__ == "__main__":
    from pages.ui.shell import navigate

    navigate().run()
else:
    from starlette.middleware import Middleware
    from streamlit.starlette import App

    from pages.ui import serving, visitors

    serving.open_engine()
    app = App(__file__, routes=serving.routes(), lifespan=serving.keep_open,
              middleware=[Middleware(serving.Parting), Middleware(serving.Ahead),
                          Middleware(visitors.Introduction, path=serving.base() or "/")],
              on_script_error=serving.show_failure)
