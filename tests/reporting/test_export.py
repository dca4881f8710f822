import json

import nbformat

from lookalikes.reporting.export import export_report, write_notebook


def make_notebook(*outputs: dict[str, str]) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_markdown_cell("# A title\n\n## A step")]
    for data in outputs:
        cells.append(nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("execute_result", data)]))
    return nbformat.v4.new_notebook(cells=cells)


def test_ready_html_comes_out_as_it_is():
    """Untouched, each in its place, whatever it holds; taking it apart took minutes where there was much of it."""
    ready = [r"<p>&#34;one&#34; \1<br>{{ 7 * 7 }}<img src=data:,></p>", "<p>two", "", "<p>four</p>"]
    page = export_report(make_notebook(*({"text/html": html} for html in ready)), name="x")
    places = [page.index(f'<div class="output">{html}</div>') for html in ready]
    assert places == sorted(places) and len(set(places)) == 4
    assert page.count("<p>two") == 1
    assert "<h1>A title</h1>" in export_report(make_notebook(), name="x")


def test_a_notebook_is_written_without_halves_of_characters_or_papermills_notes():
    notebook = make_notebook({"text/plain": "caf\udce9 写真 \ud83d"})
    notebook.metadata["papermill"] = {"parameters": {"DATA_DIR": "/caf\udce9"}}
    notebook.cells[1].source = 'DATA_DIR = "caf\\udce9"'
    written = json.loads(write_notebook(notebook).encode())
    assert "".join(written["cells"][1]["outputs"][0]["data"]["text/plain"]) == "caf‹0xE9› 写真 ‹U+D83D›"
    assert "".join(written["cells"][1]["source"]) == 'DATA_DIR = "caf\\udce9"'
    assert written["metadata"] == {} and "papermill" in notebook.metadata


def test_a_live_review_leaves_nothing_in_the_page():
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "AnyWidget-residue"}
    notebook = make_notebook({"text/html": "<p>gallery</p>"}, view)
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell("## Decide", metadata={"tags": ["live"]}))
    notebook.cells[2].metadata["tags"] = ["live"]
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": "widget-state"}}
    page = export_report(notebook, name="x")
    assert "Decide" not in page and "gallery" not in page and "widget" not in page.lower()
    assert len(notebook.cells) == 4
