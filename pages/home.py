"""What this is: a pad that reads the digit being drawn, and the pages there are."""

from pages.ui.language import _
from pages.ui.shell import open_page

open_page(_("See deep learning happen"), _("Draw a digit: a small network reads it while you draw."))
