"""The Neuron page without a browser: every control, what it changes, and what is said of the numbers."""


def test_the_page_opens(app_test, awake):
    app = app_test("neuron.py")
    assert app.title[0].value == "Neuron"
