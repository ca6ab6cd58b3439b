"""A program: reads weights, sizes and texts as JSON, opens a window, and writes how large Dear ImGui finds the texts."""

from __future__ import annotations

import json
import sys

import dearpygui.dearpygui as dpg

from graphide.editor.text.metrics import face


def main() -> None:
    asked = json.load(sys.stdin)
    dpg.create_context()
    dpg.create_viewport(width=200, height=100)
    with dpg.font_registry():
        fonts = {
            (weight, size): dpg.add_font(str(face(weight).path), size)
            for weight in asked["weights"]
            for size in asked["sizes"]
        }
    dpg.setup_dearpygui()
    dpg.show_viewport()
    for _ in range(3):  # fonts are there from the second frame on
        dpg.render_dearpygui_frame()
    found = [
        [weight, size, text, *dpg.get_text_size(text, font=font)]
        for (weight, size), font in fonts.items()
        for text in asked["texts"]
    ]
    json.dump(found, sys.stdout)
    dpg.destroy_context()


if __name__ == "__main__":
    main()
