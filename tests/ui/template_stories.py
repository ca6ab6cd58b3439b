"""A program: templates and settings as a person meets them, in two windows one after the other. See test_templates.

`python template_stories.py keep FOLDER` and then `python template_stories.py use FOLDER`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from graphide.editor.selection import Selection
from graphide.ui import safe
from tests.ui.dialog_stories import body
from tests.ui.driving import Driver, window


def keep(driver: Driver) -> None:
    """Keep a selection as a template, and change a setting."""
    session = driver.session
    session.new_from("rewrite_tone")
    driver.frames(4)
    session.select(Selection(("role", "task", "talk", "rewrite", "style")))
    session.act("save_part")
    body(driver)
    driver.type("Polite")
    driver.key("Tab")
    driver.key("Tab")
    driver.type("tone")
    driver.key("Return")
    driver.until(lambda: session.popups.dialog is None)
    assert session.toasts.shown[-1].message == "Kept among your templates: Polite"
    session.act("settings")
    form = body(driver)
    driver.key("ctrl+f")
    driver.type("steps")
    driver.frames(6)
    click(driver, form.fields["parallel"])
    driver.key("ctrl+a")
    driver.type("3")
    assert session.workspace.settings.parallel == 3
    driver.key("Escape")
    driver.key("ctrl+alt+t")
    assert session.look == "light"
    driver.app.remember()


def use(driver: Driver) -> None:
    """Find the template in the gallery, fill it in, put it into a graph and run it."""
    session = driver.session
    assert driver.app.look_name == "light" and session.workspace.settings.parallel == 3
    session.act("insert_template")
    gallery = body(driver)
    driver.type("polite")
    driver.frames(6)
    assert [(card.title, card.is_own, card.tags) for card in gallery.cards] == [("Polite", True, ("tone",))]
    driver.key("Return")
    driver.until(lambda: session.popups.dialog is not None and session.popups.dialog.what == "fill")
    form = body(driver).form
    driver.key("ctrl+a")
    driver.type("Go away.")
    assert form["text"].value == "Go away."
    driver.key("ctrl+Return")
    driver.until(lambda: session.popups.dialog is None and len(session.graph.nodes) > 5)
    session.act("run")
    driver.until(lambda: session.tab.runs.view.over)
    assert "Go away." in str(session.tab.runs.view.outputs["rewritten"])
    rename_and_delete(driver)


def rename_and_delete(driver: Driver) -> None:
    """Change the template in the gallery, delete it, and have it back."""
    session = driver.session
    session.act("templates")
    gallery = body(driver)
    driver.type("polite")
    driver.frames(6)
    click(driver, gallery.buttons_of["polite", "rename"])
    body(driver)
    driver.key("ctrl+a")
    driver.type("Gentle")
    driver.key("Return")
    driver.until(lambda: session.popups.dialog is gallery.dialog)
    driver.frames(8)
    assert not gallery.cards
    driver.key("ctrl+a")
    driver.type("gentle")
    driver.frames(6)
    click(driver, gallery.buttons_of["gentle", "delete"])
    driver.frames(8)
    assert not gallery.cards and session.deleted_template is not None
    click(driver, gallery.undo)
    driver.frames(8)
    assert [card.title for card in gallery.cards] == ["Gentle"]
    driver.key("Escape")
    assert session.popups.dialog is None


def click(driver: Driver, item: safe.Item) -> None:
    """Click in the middle of an item."""
    left, top, width, height = safe.rectangle(item)
    driver.click(left + width / 2, top + height / 2)


if __name__ == "__main__":
    with window(Path(sys.argv[2])) as at_the_window:
        globals()[sys.argv[1]](at_the_window)
