"""The components of the Transformer page, each registered once."""

from pages.ui.panels import register

answer = register("answer", 34)
beams = register("beams", 180)
headbars = register("headbars", 150)
heads = register("heads", 250)
inside = register("inside", 420)
nextbars = register("nextbars", 130)
nexttoken = register("nexttoken", 330)
onehead = register("onehead", 336)
positions = register("positions", 330)
tokenbars = register("tokenbars", 150)
