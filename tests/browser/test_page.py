"""The saved page, opened from disk in a real Chromium: what a person sees, and what the keys do."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kmeans_widget.session import KMeansSession
from saved import save

LAST = 11  # half-steps of the walkthrough
PIXELS = "(canvas) => canvas.toDataURL()"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save(KMeansSession(), tmp_path_factory.mktemp("saved") / "run.html").as_uri()


@pytest.fixture
def page(browser: Browser, file: str) -> Iterator[Page]:
    """The page, without the network, in a window without motion; an error on it fails the test."""
    context = browser.new_context(reduced_motion="reduce", offline=True)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("request", lambda request: wrong.append(request.url) if "http" in request.url else None)
    page.goto(file)
    yield page
    context.close()
    assert wrong == []


def words(page: Page) -> str:
    return page.locator("#words").inner_text()


def picture(page: Page) -> str:
    """Return a hash of the map; its words and its slider must belong to it."""
    assert page.locator("#map").get_attribute("aria-label") == words(page)
    at = page.locator("#cursor").input_value()
    assert page.locator("#at").inner_text() == f"{at} / {LAST}"
    return hashlib.sha256(page.locator("#map").evaluate(PIXELS).encode()).hexdigest()


def wait_until_still(page: Page) -> None:
    page.evaluate(
        "() => new Promise((done) => {"
        " const look = () => (moving ? requestAnimationFrame(look) : done()); look(); })"
    )


def test_it_opens_at_the_start(page: Page) -> None:
    assert words(page).startswith("Start: 2 points are the first centroids")
    assert page.locator("#inertia").inner_text() == "–"
    expect(page.locator("#back")).to_be_disabled()
    expect(page.locator("#first")).to_be_disabled()


def test_the_arrows_go_a_half_step_on_and_back(page: Page) -> None:
    start = picture(page)
    page.keyboard.press("ArrowRight")
    assert words(page).startswith("Iteration 1, assign: each of the 30 points joined")
    assigned = picture(page)
    assert assigned != start
    page.keyboard.press("ArrowRight")
    assert words(page).startswith("Iteration 1, recalculate:")
    assert picture(page) not in {start, assigned}
    page.keyboard.press("ArrowLeft")
    assert picture(page) == assigned
    page.keyboard.press("ArrowLeft")
    assert picture(page) == start


def test_home_and_end_go_to_the_ends(page: Page) -> None:
    start = picture(page)
    page.keyboard.press("End")
    assert "K-means has converged after 6 iterations" in words(page)
    assert page.locator("#iteration").inner_text() == "6"
    assert page.locator("#inertia").inner_text() == "89.97"
    assert page.locator("#clusters li").all_inner_texts() == ["0\n16", "1\n14"]
    expect(page.locator("#next")).to_be_disabled()
    page.keyboard.press("ArrowRight")
    assert "converged" in words(page)
    page.keyboard.press("Home")
    assert picture(page) == start


def test_the_slider_scrubs_and_its_own_keys_count_once(page: Page) -> None:
    slider = page.locator("#cursor")
    slider.fill("5")
    assert words(page).startswith("Iteration 3, assign: 6 of 30 points changed cluster")
    slider.press("ArrowRight")
    assert words(page).startswith("Iteration 3, recalculate:")
    slider.press("End")
    assert slider.get_attribute("aria-valuetext") == f"Half-step {LAST} of {LAST}"
    slider.press("Home")
    assert words(page).startswith("Start")


def test_the_chart_is_a_way_to_go(page: Page) -> None:
    box = page.locator("#chart").bounding_box()
    assert box is not None
    page.locator("#chart").click(position={"x": box["width"] - 9, "y": 50})
    assert "converged" in words(page)


def test_space_plays_and_pauses(page: Page) -> None:
    page.keyboard.press(" ")
    expect(page.locator("#play")).to_have_text("Pause")
    assert page.locator("#words").get_attribute("aria-live") == "off"
    expect(page.locator("#cursor")).to_have_value("2", timeout=10_000)
    page.keyboard.press(" ")
    expect(page.locator("#play")).to_have_text("Play")
    assert page.locator("#words").get_attribute("aria-live") == "polite"
    rested = picture(page)
    page.wait_for_timeout(1500)
    assert picture(page) == rested


def test_playing_stops_at_the_end_and_begins_anew(page: Page) -> None:
    page.locator("#cursor").fill(str(LAST - 1))
    page.locator("#play").click()
    assert "converged" in words(page)
    expect(page.locator("#play")).to_have_text("Play", timeout=10_000)
    page.locator("#play").click()
    assert words(page).startswith("Start")
    page.locator("#play").click()


def test_the_buttons_do_what_they_say(page: Page) -> None:
    for name, begin in (
        ("To the end", "Iteration 6, assign"),
        ("Back", "Iteration 5, recalculate"),
        ("To the start", "Start"),
        ("Step", "Iteration 1, assign"),
    ):
        page.get_by_role("button", name=name, exact=True).click()
        assert words(page).startswith(begin)


def test_lines_and_regions_can_be_switched_off(page: Page) -> None:
    page.keyboard.press("End")
    seen = {picture(page)}
    for name in ("Lines", "Regions"):
        page.get_by_role("checkbox", name=name).uncheck()
        seen.add(picture(page))
    assert len(seen) == 3


def test_it_follows_the_theme_of_the_reader(page: Page) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="light")
    light = picture(page)
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) == "rgb(21, 25, 30)"
    page.wait_for_timeout(100)
    assert picture(page) != light


@pytest.mark.parametrize("width", [320, 400, 760, 1400])
def test_it_fits_any_width(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator("#map").bounding_box()
    assert box is not None
    assert box["width"] > 0.6 * min(width, 1000)


def test_a_glide_ends_in_the_picture_that_stays(browser: Browser, file: str, page: Page) -> None:
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    context = browser.new_context()
    moving = context.new_page()
    moving.goto(file)
    for _ in range(2):
        moving.keyboard.press("ArrowRight")
    wait_until_still(moving)
    assert picture(moving) == picture(page)
    context.close()


def test_ten_thousand_points_are_drawn_in_no_time(browser: Browser, tmp_path: Path) -> None:
    from kmeans_widget import datasets

    session = KMeansSession(datasets.blobs(30, 10_000, random_state=2).X, 30, max_iter=10)
    context = browser.new_context()
    page = context.new_page()
    page.goto(save(session, tmp_path / "many.html").as_uri())
    page.keyboard.press("ArrowRight")
    expect(page.locator("#words")).to_contain_text("each of the 10,000 points joined")
    wait_until_still(page)
    spent = page.evaluate(
        "() => { const begin = performance.now(); for (let i = 0; i < 10; i++)"
        " drawMap(frames[1], frames[2], 0.5); return (performance.now() - begin) / 10; }"
    )
    assert spent < 60  # milliseconds; 2 on an idle machine
    context.close()


def test_the_name_of_an_axis_has_the_whole_of_it_as_a_tooltip(page: Page) -> None:
    map_ = page.locator("#map")
    box = map_.bounding_box()
    assert box is not None
    for x, y, title in ((200, box["height"] - 8, "x"), (8, 90, "y"), (200, 90, "")):
        map_.hover(position={"x": x, "y": y})
        assert map_.get_attribute("title") == title
    expect(map_).to_have_accessible_description("Horizontal axis: x; vertical axis: y.")
