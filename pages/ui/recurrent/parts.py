"""The components of the Recurrent page, each registered once."""

from pages.ui.panels import register

unroll = register("unroll", 346)
equation = register("equation", 150)
timebars = register("timebars", 176)
nextbars = register("nextbars", 160)
forecast = register("forecast", 150)
verdict = register("verdict", 150)
