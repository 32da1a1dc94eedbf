"""What the charts of a page under AppTest hold."""

import json


def rows_of(app, key: str) -> list[dict]:
    """Return the rows of a chart, as they were handed to Altair; it must be on the page."""
    told = app.session_state[f"_chart.{key}"][1]
    shown = [json.loads(chart.proto.spec).get("title") for chart in app.get("vega_lite_chart")]
    assert told["title"] in shown, shown
    (rows,) = told["datasets"].values()
    return rows
