"""The files of the web page: sent with a policy, never from anywhere but their folder, and without a word of another host."""

from __future__ import annotations

import re

import pytest
from server.serving import Served

from graphide.server.page import page_files


def test_files_come_with_a_policy_and_are_not_sent_twice(server: Served) -> None:
    first = server.client.get("/page/main.js", headers={"Authorization": ""})
    assert first.status_code == 200 and first.headers["content-type"] == "text/javascript; charset=utf-8"
    assert (
        "default-src 'self'" in first.headers["content-security-policy"]
        and "unsafe" not in first.headers["content-security-policy"]
    )
    again = server.get("/page/main.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name", ["nothing.js", "..%2fpage.py", "%2e%2e/page.py", "page.py", "OFL-Inter.txt", "main.js%00"]
)
def test_a_name_that_is_not_a_file_of_the_page_is_not_found(server: Served, name: str) -> None:
    assert server.client.get(f"/page/{name}").status_code in (400, 401, 404)


def test_no_file_names_another_host_or_writes_markup() -> None:
    for name, file in page_files().items():
        if file.path.suffix in (".js", ".html", ".css"):
            text = file.path.read_text("utf-8")
            assert "innerHTML" not in text and "insertAdjacentHTML" not in text and "eval(" not in text, name
            assert set(re.findall(r"https?://[\w.]+", text)) <= {"http://www.w3.org"}, name
