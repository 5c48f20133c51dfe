"""A page whose text is there before its scripts: what somebody quick has written already is not lost."""

from playwright.sync_api import Route, expect


def test_what_was_pasted_before_the_scripts_came_is_read_all_the_same(office, sit_down):
    lin = sit_down("0826")
    waiting: list[Route] = []
    held = True

    def hold(route: Route) -> None:
        if held:
            waiting.append(route)
        else:
            route.continue_()

    lin.route("**/*.js", hold)
    lin.goto(f"{office.url}/new/", wait_until="commit")
    lin.get_by_role("textbox", name="原文").fill("快递 880612047781 三天没动了，电话 13800004545")
    held = False
    assert waiting
    for route in waiting:
        route.continue_()

    recognised = lin.get_by_role("region", name="识别结果")
    expect(recognised).to_contain_text("识别到 1 个单号")
