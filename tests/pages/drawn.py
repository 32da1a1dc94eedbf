"""What the charts of a page under AppTest hold."""


def rows_of(app, key: str) -> list[dict]:
    """Return the rows of a chart, as they were handed to Altair; it must be on the page."""
    assert any(key in chart.proto.id for chart in app.get("vega_lite_chart")), key
    return app.session_state[f"_chart.{key}"][1]["data"]["values"]
