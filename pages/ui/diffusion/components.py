"""The components of the parts of the Diffusion page that train, each registered once."""

from pages.ui.panels import register

flowplane = register("flowplane", 520)
timeloss = register("timeloss", 140)
denoise = register("denoise", 344)
unet = register("unet", 440)
onestep = register("onestep", 330)
eraser = register("eraser", 380)
