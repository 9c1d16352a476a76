"""The page of a run: its numbers are those of the run's files, and nothing that a model wrote becomes markup."""

import json
import re
from html.parser import HTMLParser

import pytest
from run_files import completion_rows, make_run, report_of

from trl_rlvr.errors import DataError
from trl_rlvr.json_lines import write_rows
from trl_rlvr.report import read_run, write_page
from trl_rlvr.report.page import embeddable
from trl_rlvr.report.samples import histogram, tokens


class Page(HTMLParser):
    """Tags of a page with their attributes, and the text of each script."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self._inside = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._inside = tag == "script"

    def handle_data(self, data):
        if self._inside:
            self.scripts.append(data)
            self._inside = False

    @property
    def data(self):
        return json.loads(self.scripts[0])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "first")


@pytest.fixture(scope="module")
def text(run):
    return write_page(read_run(run)).read_text()


def test_the_table_has_the_numbers_of_the_report(run, text):
    report = report_of(run)

    cells = re.findall(r'<tr data-metric="pass@1">.*?</tr>', text, re.DOTALL)[0]

    assert [float(value) for value in re.findall(r'data-value="([^"]+)"', cells)] == pytest.approx(
        [report[side]["pass_at"]["1"] for side in ("baseline", "rlvr")] + [report["improvement"]["pass_at_1"]]
    )
    low, high = report["improvement"]["pass_at_1_interval"]
    assert f"{100 * low:+.1f}pp to {100 * high:+.1f}pp" in cells


def test_the_table_has_a_row_for_the_format_where_it_was_measured(tmp_path):
    folder = make_run(tmp_path / "run")
    report = report_of(folder)
    report["baseline"]["format_mended_pass_at_1"], report["rlvr"]["format_mended_pass_at_1"] = 0.5, 0.625
    (folder / "rlvr_report.json").write_text(json.dumps(report))

    row = re.findall(
        r'<tr data-metric="pass@1, format mended">.*?</tr>', write_page(read_run(folder)).read_text(), re.DOTALL
    )

    assert re.findall(r'data-value="([^"]+)"', row[0]) == ["0.5", "0.625", "0.125"]


def test_problems_gained_and_lost_are_listed_apart(text):
    gained, lost = re.findall(r"<h3>(?:Gained|Lost)</h3>(.*?)</div>", text, re.DOTALL)

    assert re.findall(r"<tr><th>(\w)</th>", gained) == ["a", "b"]
    assert re.findall(r"<tr><th>(\w)</th>", lost) == ["c"]


def test_every_curve_has_the_points_of_its_metric(run, text):
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    curves = {a["data-name"]: json.loads(a["data-points"]) for tag, a in Page(text).tags if tag == "path"}

    assert curves["pass_rate"] == [[row["step"], row["pass_rate"]] for row in rows]
    for key in (
        "reward",
        "pass_rate/visible",
        "pass_rate/hidden",
        "heldout/pass@1",
        "extraction/code",
        "entropy",
        "frac_reward_zero_std",
        "step_time",
    ):
        assert key in curves
    assert "reward_hacking/hard_coded" in curves


def test_nothing_that_a_model_wrote_becomes_markup(text):
    page = Page(text)

    assert [tag for tag, _ in page.tags if tag == "img"] == []
    assert len(page.scripts) == 2
    assert page.data["rows"][0]["error"] in ("", "expected 2, got <3>")
    assert any("</script><img" in part for code in page.data["codes"] for part in code[1::2])


def test_nothing_is_loaded_and_only_its_own_script_may_run(text):
    page = Page(text)
    policy = next(a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    addresses = [a.get("src") or a.get("href") for _, a in page.tags if "src" in a or "href" in a]

    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert addresses == ["completions/"]
    assert [a for _, a in page.tags if "style" in a or any(name.startswith("on") for name in a)] == []


def test_a_run_of_twenty_thousand_completions_makes_a_page_of_few_megabytes(tmp_path):
    run = make_run(tmp_path / "long", steps=20, count=1)
    rows = completion_rows(1, 200)
    for path in (run / "completions").iterdir():
        write_rows(path, [row | {"code": f"# {n} {path.stem}\n" + row["code"] * 20} for n, row in enumerate(rows * 5)])

    page = Page(write_page(read_run(run), most_rows=100).read_text())

    assert (len(page.data["rows"]), len({row["step"] for row in page.data["rows"]})) == (100, 1)
    assert sum(int(a["data-count"]) for tag, a in page.tags if "data-count" in a) == 20_000
    assert (run / "report.html").stat().st_size < 25e6


def test_a_run_that_goes_on_has_a_page_as_well(tmp_path):
    run = make_run(tmp_path / "going", steps=2)
    (run / "rlvr_report.json").unlink()

    assert "Nothing is measured yet." in write_page(read_run(run)).read_text()


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"holds no run.*give the output_dir"):
        read_run(tmp_path)


def test_rewards_are_counted_by_value_or_in_bins_of_equal_width():
    few, many = histogram([1.0, -0.5, 1.0]), histogram([float(place) for place in range(101)])

    assert [(bar.low, bar.high, bar.count) for bar in few] == [(-0.5, -0.5, 1), (1.0, 1.0, 2)]
    assert (len(many), sum(bar.count for bar in many), many[-1].count) == (20, 101, 6)
    assert histogram([]) == []


def test_highlighting_keeps_every_character():
    for code in ("def f(x):\n\n    return 'a'  # why\n", "  broken (", "\n\n", ""):
        assert "".join(tokens(code)[1::2]) == code


def test_embedded_json_cannot_end_its_script():
    assert "<" not in embeddable({"a": "</script><!--"})
