"""The pages that are made, looked at in a real Chromium: 'make test-browser'."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flowathena import Client
from flowathena.report.report import Report
from tests.cases import LogFile, record, write_project
from tests.shell import Shell

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_PHONE = {"width": 390, "height": 844}
_DESK = {"width": 1360, "height": 900}
_SINCE, _UNTIL = "2026-11-01", "2026-11-08"
_OWN = ("file:", "data:", "blob:")


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """A Chromium of this machine; one for all tests."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - needs an extra

    path = next(filter(None, map(shutil.which, _NAMES)), None)
    assert path, f"no browser: install one of {', '.join(_NAMES)}"
    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=path)
        yield chromium
        chromium.close()


@dataclass
class Visit:
    """A page with what it did that a page should not do."""

    page: "Page"
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def check_quiet(self) -> None:
        """It said nothing on the console, and asked for nothing but itself."""
        assert self.messages == []
        assert [url for url in self.requests if not url.startswith(_OWN)] == []


@pytest.fixture
def visit(browser: "Browser") -> Iterator[Any]:
    """Opens files; what a page says and asks for is kept."""
    contexts: list[BrowserContext] = []

    def opened(file: Path, **options: Any) -> Visit:  # noqa: ANN401 - playwright's own
        context = browser.new_context(offline=True, **{"viewport": _DESK, **options})
        contexts.append(context)
        visited = Visit(context.new_page())
        page = visited.page
        page.on("console", lambda message: visited.messages.append(message.text))
        page.on("pageerror", lambda error: visited.messages.append(str(error)))
        page.on("request", lambda request: visited.requests.append(request.url))
        page.goto(file.as_uri())
        return visited

    yield opened
    for context in contexts:
        context.close()


@dataclass(frozen=True)
class Made:
    """A report and its file."""

    report: Report
    file: Path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A week of sample logs of version 5."""
    folder = tmp_path_factory.mktemp("browser")
    shell = Shell(folder)
    shell.run(
        *("sample", "logs", "--version", "5", "--days", "7", "--records", "60000"),
        *("--seed", "3", "--until", _UNTIL),
    )
    shell.run("init", "./logs", "--target", "production")
    shell.run("partitions", "sync", "--all")
    config = folder / "flowathena.toml"
    client = Client(config_path=config, clock=lambda: datetime(2026, 11, 8, 6, tzinfo=UTC))
    report = client.report(since=_SINCE, until=_UNTIL)
    report.save(folder / "report.html")
    return Made(report, folder / "report.html")


def violations(page: "Page") -> list[str]:
    """What axe finds, on the page as it is shown now."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - needs an extra

    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]


def test_a_page_that_asks_for_something_is_noticed(visit: Any, tmp_path: Path) -> None:  # noqa: ANN401
    (tmp_path / "asks.html").write_text('<img src="https://example.com/x.png" alt="">')
    with pytest.raises(AssertionError):
        visit(tmp_path / "asks.html").check_quiet()


def test_every_panel_is_filled_and_nothing_leaves_the_page(visit: Any, made: Made) -> None:  # noqa: ANN401
    visited = visit(made.file)
    page = visited.page
    for answer in made.report.answers:
        panel = page.locator(f"section#{answer.panel.name}")
        assert panel.locator("h2").inner_text() == answer.panel.title
        rows = 0 if answer.result is None else len(answer.result)
        shown = panel.locator("tbody tr")
        assert shown.count() == rows, answer.panel.name
        if rows:
            picture = panel.locator("figure svg:visible")
            assert picture.count() == 1, answer.panel.name
            assert picture.locator("path").count() > 1
            assert picture.get_attribute("role") == "img"
            assert picture.locator("title").first.text_content()
    visited.check_quiet()


def test_questions_that_find_nothing_say_so(visit: Any, tmp_path: Path) -> None:  # noqa: ANN401
    lines = (record("2026-11-01T10:00:00"),)
    write_project(tmp_path, LogFile("2026-11-01", lines), registered=True)
    client = Client(config_path=tmp_path / "flowathena.toml")
    client.report(since="2026-11-01", until="2026-11-02").save(tmp_path / "few.html")
    visited = visit(tmp_path / "few.html")
    assert "needs traffic_path" in visited.page.locator("section#paths").inner_text()
    assert "No records." in visited.page.locator("section#rejected_sources").inner_text()
    visited.check_quiet()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [_DESK, _PHONE], ids=["desk", "phone"])
def test_everybody_can_read_it(
    visit: Any,  # noqa: ANN401
    made: Made,
    scheme: str,
    size: dict[str, int],
) -> None:
    visited = visit(made.file, color_scheme=scheme, viewport=size)
    page = visited.page
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 25, 29)"}[scheme]
    visited.check_quiet()


def test_a_phone_gets_pictures_of_its_size(visit: Any, made: Made) -> None:  # noqa: ANN401
    page = visit(made.file, viewport=_PHONE).page
    for picture in page.locator("figure svg:visible").all():
        box = picture.bounding_box()
        assert box
        assert box["width"] <= _PHONE["width"]
        drawn = float(picture.get_attribute("width") or 0)
        assert box["width"] > 0.75 * drawn  # so that letters are not much smaller


def _column(page: "Page", panel: str, number: int) -> list[str]:
    cells = page.locator(f"section#{panel} tbody tr td:nth-child({number})")
    return [each.text_content() or "" for each in cells.all()]


def test_tables_are_sorted_by_their_heads(visit: Any, made: Made) -> None:  # noqa: ANN401
    visited = visit(made.file)
    page = visited.page
    talkers = page.locator("section#talkers")
    talkers.locator("summary").first.click()

    def numbers(texts: list[str]) -> list[int]:
        return [int(text.replace(",", "")) for text in texts]

    assert numbers(_column(page, "talkers", 4)) == sorted(
        numbers(_column(page, "talkers", 4)), reverse=True
    )
    flows = talkers.get_by_role("button", name="flows")
    before = numbers(_column(page, "talkers", 2))
    flows.click()
    assert numbers(_column(page, "talkers", 2)) == sorted(before, reverse=True)
    head = talkers.locator("th").nth(1)
    assert head.get_attribute("aria-sort") == "descending"
    flows.focus()
    page.keyboard.press("Enter")
    assert numbers(_column(page, "talkers", 2)) == sorted(before)
    assert head.get_attribute("aria-sort") == "ascending"
    talkers.get_by_role("button", name="address").click()
    addresses = [text.split(".") for text in _column(page, "talkers", 1) if "." in text]
    assert addresses == sorted(addresses, key=lambda parts: [int(part) for part in parts])
    assert head.get_attribute("aria-sort") is None
    visited.check_quiet()


def test_what_is_missing_stands_last_in_either_order(visit: Any, made: Made) -> None:  # noqa: ANN401
    page = visit(made.file).page
    paths = page.locator("section#paths")
    paths.locator("summary").first.click()
    prices = _column(page, "paths", 6)
    missing = prices.count("–")
    assert 0 < missing < len(prices)
    for _ in range(2):
        paths.get_by_role("button", name="transfer_usd").click()
        assert _column(page, "paths", 6)[-missing:] == ["–"] * missing


def test_links_lead_to_panels(visit: Any, made: Made) -> None:  # noqa: ANN401
    page = visit(made.file).page
    page.get_by_role("link", name="Who is refused most?").click()
    assert page.url.endswith("#rejected_sources")
    assert page.locator("section#rejected_sources").is_visible()


def test_it_can_be_printed(visit: Any, made: Made) -> None:  # noqa: ANN401
    page = visit(made.file).page
    assert page.pdf().startswith(b"%PDF-")


def test_a_page_of_one_chart_is_readable_too(visit: Any, made: Made) -> None:  # noqa: ANN401
    shell = Shell(made.file.parent)
    words = ("--since", _SINCE, "--until", _UNTIL, "-o", "one.html")
    for query in ("top_talkers", "traffic_by_day_and_hour", "traffic_by_hour"):
        shell.run("run", query, *words)
        for scheme in ("light", "dark"):
            visited = visit(made.file.parent / "one.html", color_scheme=scheme, viewport=_PHONE)
            assert violations(visited.page) == []
            assert visited.page.locator("svg:visible").count() == 1
            visited.check_quiet()


def test_a_picture_of_it_for_the_documentation(visit: Any, made: Made, tmp_path: Path) -> None:  # noqa: ANN401
    # 'make picture' keeps it as docs/report.png.
    kept = Path(os.environ.get("FLOWATHENA_TEST_PICTURE") or tmp_path / "report.png")
    page = visit(made.file, viewport={"width": 1400, "height": 1000}).page
    page.evaluate("document.querySelectorAll('header dl').forEach((each) => each.remove())")
    page.screenshot(path=kept)
    assert kept.read_bytes().startswith(b"\x89PNG")
