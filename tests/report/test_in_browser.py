"""The page in a real browser: no complaint, filters that filter, and the numbers of the run's files."""

import json

import browser
import pytest
from run_files import make_run, report_of

from trl_rlvr.report import read_run, write_page

pytestmark = pytest.mark.skipif(browser.installed() is None, reason="no chromium on this machine; apt install chromium")

ROWS = "[...document.querySelectorAll('#table tbody tr')].map(row => [...row.children].map(cell => cell.textContent))"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = make_run(tmp_path_factory.mktemp("runs") / "first", steps=6)
    write_page(read_run(folder))
    return folder


@pytest.fixture(scope="module")
def tab():
    with browser.tab() as opened:
        yield opened


@pytest.fixture(params=[1400, 420], ids=["wide", "narrow"])
def page(tab, run, request):
    tab.open(run / "report.html", width=request.param)
    return tab


def fill(page, **values):
    for name, value in values.items():
        page.run(f"document.forms.filters.elements.{name}.value = {json.dumps(value)}")
    page.run("document.forms.filters.dispatchEvent(new Event('input', {bubbles: true}))")
    return page.run(ROWS)


def test_the_page_is_used_without_a_complaint(page, run):
    assert len(page.run(ROWS)) == 48
    assert {row[0] for row in fill(page, step="3")} == {"3"}
    assert {row[2] for row in fill(page, step="", verdict="passed", judged="apart")} == {"passed"}
    assert [row[6] for row in fill(page, verdict="", judged="", hack="exit")] == ["exit"] * 6
    assert {row[0] for row in fill(page, hack="", text="return x + 5")} == {"1", "2", "3", "4", "5", "6"}
    assert fill(page, text="nowhere") == []

    page.run("document.querySelector('#filters [type=reset]').click()")
    page.run("document.querySelector('#histogram button').click()")
    assert {row[4] for row in page.run(ROWS)} == {"0.250"}

    page.run("document.querySelector('#table tbody tr').click()")
    detail = page.run("document.getElementById('detail').innerText")
    assert "wrong_answer: expected 2, got <3>" in detail
    assert "</script><img src=x" in detail
    assert page.run("document.querySelectorAll('#detail .keyword').length") > 0

    assert {row[2] for row in fill(page, low="", high="", judged="together")} <= {
        "passed (together)",
        "wrong_answer (together)",
    }
    assert fill(page, judged="apart", step="1")[0][2] == "wrong_answer"
    page.run("document.querySelector('#filters [type=reset]').click()")

    width = page.run("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert (width, page.complaints) == (0, [])


def test_the_tests_of_a_completion_and_its_turns_are_told_apart(page):
    fill(page, step="1", text="return x + 5", judged="", verdict="", hack="", low="", high="", task="")
    page.run("document.querySelector('#table tbody tr').click()")

    turns = page.run("[...document.querySelectorAll('#detail .turns li')].map(item => item.innerText)")
    tests = page.run("[...document.querySelectorAll('#detail ol:not(.turns) > li')].map(item => item.innerText)")
    assert [turn.splitlines()[0] for turn in turns] == [
        "Turn 1: wrong_answer, 0 of 1 visible tests, 9 tokens",
        "Turn 2: passed, 1 of 1 visible tests, 12 tokens",
    ]
    assert "assert inc(1) == 2" in turns[0]
    assert tests == ["passed visible", "passed hidden"]


def test_a_verdict_that_could_be_forged_is_marked(page):
    fill(page, step="1", judged="together", text="", verdict="", hack="", low="", high="", task="")
    page.run("document.querySelector('#table tbody tr').click()")

    assert "this verdict could be forged" in page.run("document.getElementById('detail').innerText")


def test_a_click_on_a_curve_shows_the_completions_of_that_update(page):
    page.run(
        "{ const svg = document.querySelector('figure svg'), box = svg.getBoundingClientRect();"
        "  const at = {clientX: box.right - 10, clientY: box.top + 20, bubbles: true};"
        "  svg.dispatchEvent(new PointerEvent('pointermove', at)); svg.dispatchEvent(new MouseEvent('click', at)); }"
    )

    assert {row[0] for row in page.run(ROWS)} == {"6"}
    assert page.run("document.querySelector('figure output').textContent").endswith(" at 6")


def test_its_numbers_are_those_of_the_files(page, run):
    shown = page.run(
        "[...document.querySelectorAll('[data-metric=\"pass@1\"] td')].map(cell => cell.textContent).filter(Boolean)"
    )
    report = report_of(run)
    before, after = (report[side]["pass_at"]["1"] for side in ("baseline", "rlvr"))

    assert [shown[0], shown[2], shown[4]] == [
        f"{100 * before:.1f} %",
        f"{100 * after:.1f} %",
        f"{100 * (after - before):+.1f}pp",
    ]
    assert page.run("document.getElementById('count').textContent") == "48 of 48"
