"""Signing in: the users' file, the form, the lock-out, and that nothing is left open."""

from __future__ import annotations

import asyncio
import base64
import io
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from chat_client import User
from chat_parts import running, service

from corpus.errors import InputError
from qa.chat import login, users
from qa.chat.labels import say
from qa.chat.options import Options
from qa.chat.server import _warn
from qa.chat.users import Users

PASSWORD = "报纸 pass:word?&=<b>"


@pytest.fixture(autouse=True, scope="module")
def quick() -> Iterator[None]:
    """Hashes that are quick to make: what is tested is not how slow they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, quick: None) -> Iterator[str]:
    path = tmp_path_factory.mktemp("users") / "用户.txt"
    for name in ("anna", "王芳", "locked", "raced"):
        users.set_password(path, name, PASSWORD)
    with pytest.MonkeyPatch.context() as patch, running(service(options=Options(rate=0, users=path))) as address:
        # All of these tests come from one address.
        patch.setattr(login, "CLIENT_TRIES", 10_000)
        yield address


@pytest.fixture
def browser(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, trust_env=False, timeout=60, headers={"accept-language": "zh-CN"}) as client:
        yield client


def sign_in(browser: httpx.Client, name: str, password: str = PASSWORD) -> httpx.Response:
    return browser.post("/login", data={"name": name, "password": password}, headers={"origin": str(browser.base_url)})


COVERED = [
    "/", "/?__theme=dark", "/config", "/theme.css", "/metrics", "/article/x", "/assets/x.js", "/static/img/x.png",
    "/svelte/x", "/favicon.ico", "/manifest.json", "/robots.txt", "/gradio_api/info",
    "/gradio_api/app_id", "/gradio_api/theme.css", "/gradio_api/startup-events", "/gradio_api/heartbeat/windowx",
    "/gradio_api/queue/data?session_hash=windowx", "/browse", "/browse/x", "/page", "/pages", "/pages/script.js",
    "/pages/read/x", "/export/x",
]  # fmt: skip
CALLS = ["queue/join", "run/predict", "cancel", "reset"]


def test_nothing_is_open_without_login(address: str, browser: httpx.Client) -> None:
    for path in COVERED:
        got = browser.get(path)
        assert (got.status_code, got.headers.get("location")) in ((401, None), (303, "/login")), path
        assert "Baowen" not in got.text and "set-cookie" not in got.headers
    for name in CALLS:
        body = {"data": ["问"], "fn_index": 0, "session_hash": "windowx"}
        got = browser.post(f"/gradio_api/{name}", json=body)
        assert got.status_code == 401 and got.json() == {"detail": say("zh", "login_first")}
    for path in ("/gradio_api/mcp/", "/gradio_api/mcp/schema", "/gradio_api/file=/etc/passwd", "/gradio_api/upload"):
        assert browser.get(path).status_code == 404
    assert [browser.get(path).status_code for path in ("/health", "/healthz", "/ready", "/login")] == [200] * 4


def test_every_address_that_is_open_to_the_window_is_covered() -> None:
    from qa.chat import doors

    tried = {path.split("?")[0] for path in COVERED}
    folders = tuple(doors._FOLDERS)
    assert doors._PAGES - login.OPEN - {"/login"} == {path for path in tried if not path.startswith(folders)}
    assert all(any(path.startswith(folder) for path in tried) for folder in folders)
    assert {path.rstrip("/") for path in doors._CALLS} == {f"/gradio_api/{name}" for name in CALLS}


@pytest.mark.parametrize("name", ["anna", "王芳"])
def test_signing_in_and_out(browser: httpx.Client, name: str) -> None:
    form = browser.get("/login")
    assert "<script" not in form.text and 'method="post"' in form.text and say("zh", "login_password") in form.text
    got = sign_in(browser, name)
    assert got.status_code == 303 and got.headers["location"] == "/"
    cookie = got.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and re.match(r"baowen_login_\d+=[\w-]{43};", cookie)
    assert browser.get("/").status_code == 200 and "baowen_ready" in browser.get("/metrics").text
    assert say("zh", "logout") in browser.get("/").text
    kept = dict(browser.cookies)
    assert browser.post("/logout").headers["location"] == "/login"
    assert browser.get("/").status_code == 303
    assert browser.get("/config", headers={"cookie": "; ".join(f"{k}={v}" for k, v in kept.items())}).status_code == 401


def test_who_has_signed_in_can_ask(address: str) -> None:
    async def run() -> None:
        user = User.of(address)
        form = {"name": "anna", "password": PASSWORD}
        assert (await user.client.post("/login", data=form)).status_code == 303
        await user.open()
        said = await user.ask("问")
        assert said.done and said.has(say("zh", "off_topic"))
        await user.close()

    asyncio.run(run())


def test_a_program_signs_in_with_each_request(address: str) -> None:
    right, wrong = ("anna", PASSWORD.encode()), ("anna", b"wrong password")
    for _ in range(20):
        assert httpx.get(address + "/metrics", auth=right, trust_env=False).status_code == 200
    assert httpx.get(address + "/metrics", auth=wrong, trust_env=False).status_code == 401
    for value in ("Basic", "Basic !!!", "Bearer x", "Basic " + base64.b64encode(b"\xff\xfe").decode()):
        got = httpx.get(address + "/metrics", headers={"authorization": value}, trust_env=False)
        assert got.status_code == 401 and "www-authenticate" not in got.headers


@pytest.mark.parametrize(
    ("name", "password"),
    [("anna", "wrong password"), ("nobody", PASSWORD), ("", ""), ("anna:", PASSWORD), ("<b>x</b>", "<img src=x>")],
)
def test_a_wrong_password_is_told_without_saying_which_was_wrong(
    browser: httpx.Client, name: str, password: str
) -> None:
    got = sign_in(browser, name, password)
    assert got.status_code == 401 and "set-cookie" not in got.headers
    assert say("zh", "login_wrong") in got.text and "<img" not in got.text and "<b>" not in got.text


def test_tries_are_counted_and_locked_for_the_name(browser: httpx.Client) -> None:
    for _ in range(login.TRIES):
        assert sign_in(browser, "locked", "wrong password").status_code == 401
    got = sign_in(browser, "locked", PASSWORD)
    assert got.status_code == 429 and "3分钟" in got.text
    assert sign_in(browser, "anna").status_code == 303


def test_many_tries_at_once_are_no_way_around(address: str) -> None:
    def attempt(number: int) -> int:
        form = {"name": "raced", "password": f"guess number {number}"}
        return httpx.post(address + "/login", data=form, trust_env=False, timeout=60).status_code

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(attempt, range(60)))
    assert found.count(401) == login.TRIES and found.count(429) == 60 - login.TRIES


def test_tries_are_counted_for_the_address_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "CLIENT_TRIES", 3)
    users.set_password(tmp_path / "users.txt", "anna", PASSWORD)
    with (
        running(service(options=Options(users=tmp_path / "users.txt"))) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as client,
    ):
        assert [sign_in(client, f"name{n}").status_code for n in range(5)] == [401, 401, 401, 429, 429]
        assert sign_in(client, "anna").status_code == 429


def test_a_form_of_another_site_is_refused(browser: httpx.Client) -> None:
    form = {"name": "anna", "password": PASSWORD}
    for origin in ("http://evil.example", "null"):
        got = browser.post("/login", data=form, headers={"origin": origin})
        assert got.status_code == 403 and "set-cookie" not in got.headers
        assert browser.post("/logout", headers={"origin": origin}).status_code == 403


def test_odd_forms_are_refused(browser: httpx.Client) -> None:
    for content in (b"", b"\xff", b"name=anna", b"name=a&" * 9, b"password=" + b"x" * 4000, b'{"name": "anna"}'):
        got = browser.post("/login", content=content, headers={"content-type": "application/x-www-form-urlencoded"})
        assert got.status_code in (401, 429) and "Traceback" not in got.text
    assert browser.post("/login", content=b"x" * 5000).status_code == 413


def test_the_users_file(tmp_path: Path) -> None:
    path = tmp_path / "文件 夹.txt"
    users.set_password(path, "anna", PASSWORD)
    users.set_password(path, "ben", "another password")
    users.set_password(path, "anna", "a new password")
    path.write_text("# who may\n\n" + path.read_text("utf-8"), "utf-8")
    found = Users.read(path)
    tried = [("anna", "a new password"), ("anna", PASSWORD), ("ben", "another password"), ("", ""), ("carl", "nobody")]
    assert [found.verify(*pair) for pair in tried] == [True, False, True, False, False]
    users.remove(path, "ben")
    assert not Users.read(path).verify("ben", "another password")
    assert "password" not in path.read_text("utf-8")


def test_a_new_users_file_is_its_owners_alone(tmp_path: Path) -> None:
    users.set_password(tmp_path / "users.txt", "anna", PASSWORD)
    assert (tmp_path / "users.txt").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("line", ["anna", "anna:", "anna:plain", "an na:$argon2id$x", ":$argon2id$", "a:$2b$12$abc"])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "users.txt"
    path.write_text(f"# first\n{line}\n", "utf-8")
    with pytest.raises(InputError, match=r"Line 2 of .*users\.txt is not NAME:HASH"):
        Users.read(path)


def test_a_missing_or_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Users.read(tmp_path / "none.txt")
    (tmp_path / "empty.txt").write_text("# nobody\n")
    with pytest.raises(InputError, match="names no user"):
        Users.read(tmp_path / "empty.txt")


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "users.txt")

    def run(typed: str, *arguments: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        return users.main([path, *arguments])

    assert run(PASSWORD + "\n", "anna") == 0
    assert Users.read(tmp_path / "users.txt").verify("anna", PASSWORD)
    for typed, name, told in (
        ("short\n", "ben", "has 5 characters; give 8 to 200"),
        (PASSWORD, "b:en", "cannot be used"),
        (PASSWORD, "x" * 65, "cannot be used"),
    ):
        assert run(typed, name) == 2
        said = capsys.readouterr().err
        assert told in said and said.count("\n") == 1
    assert run("", "ben", "--remove") == 2
    assert "has no user 'ben'" in capsys.readouterr().err
    assert run("", "anna", "--remove") == 0


def test_a_warning_where_everyone_can_listen(capsys: pytest.CaptureFixture[str]) -> None:
    _warn("0.0.0.0", Options())
    assert "there is no login" in capsys.readouterr().err
    _warn("127.0.0.1", Options())
    _warn("0.0.0.0", Options(users=Path("users.txt")))
    assert capsys.readouterr().err == ""
