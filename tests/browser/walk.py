"""What every page owes everybody: no barrier that axe finds, light or dark, a quiet console, nothing that did not come."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What we neither write nor can style, by the narrowest selector, each with its reason.
LEFT_OUT: dict[str, str] = {}
AXE = """async ({tags, rules, leftOut, within}) => {
  const options = {resultTypes: ["violations"], runOnly: rules.length ? {type: "rule", values: rules} : {type: "tag", values: tags}};
  const found = await axe.run({include: [[within]], exclude: leftOut.map((one) => [one])}, options);
  return found.violations.flatMap((one) => one.nodes.map((node) => {
    const facts = [...node.any, ...node.all].map((check) => check.data).find((data) => data?.contrastRatio);
    const colours = facts ? ` ${facts.fgColor} on ${facts.bgColor} ${facts.contrastRatio}` : "";
    return `${one.id}${colours}: ${node.target.join(" ")} ${node.html.slice(0, 160)}`;
  }));
}"""
# The first paint of something to read, in ms since the address was asked for.
FIRST_PAINT = """() => new Promise((done) => {
  const look = () => {
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    if (paint) done(paint.startTime); else setTimeout(look, 20);
  };
  look();
})"""


def barriers(page: Page, *, within: str = "html") -> list[str]:
    """What axe finds on this page, or in a part of it; in the dark only colours differ."""
    page.evaluate(AXE_SCRIPT)
    found = []
    for scheme, rules in (("light", []), ("dark", ["color-contrast"])):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        page.evaluate(
            "() => Promise.all(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished.catch(() => 0)))"
        )
        given: dict[str, Any] = {
            "tags": TAGS,
            "rules": rules,
            "leftOut": list(LEFT_OUT),
            "within": within,
        }
        found += [f"{scheme} {one}" for one in page.evaluate(AXE, given)]
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return found


class Watch:
    """What goes wrong on a page while one walks from address to address."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.said: list[str] = []
        page.on("console", lambda one: self.said.extend([one.text] if one.type == "error" else []))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("requestfailed", self._failed)

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # leaving a page ends its live stream
            self.said.append(f"{request.url} {request.failure}")

    def visit(self, address: str, *, status: int = 200) -> list[str]:
        """Open it; return all that is wrong with it, and nothing of a page that is as it should be."""
        self.said.clear()
        answer = self.page.goto(address)
        if answer is None or answer.status != status:
            return [f"answered {answer and answer.status}"]
        self.page.wait_for_load_state()
        wrong = [one for one in self.said if status == 200 or f"status of {status}" not in one]
        self.page.evaluate(FIRST_PAINT)  # something to read came
        if not self.page.locator("main, #content").first.inner_text().strip():
            wrong.append("its main part is empty")
        return wrong + barriers(self.page)
