// Copying: a button that says that it did.

import { announce, el, fill } from "./dom.js";
import { icon } from "./icons.js";

/** Return a button that copies what `text()` gives when it is pressed. */
export function copyButton(text, label = "Copy") {
  const button = el("button", { type: "button", class: "ghost small", "aria-label": label, title: label }, icon("copy"));
  button.addEventListener("click", async () => {
    const done = await copied(text());
    fill(button, icon(done ? "check" : "alert"));
    announce(done ? "Copied" : "Could not be copied");
    setTimeout(() => fill(button, icon("copy")), 1500);
  });
  return button;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByHand(text); // the clipboard is there only for pages of this machine, or by https
  }
}

function copiedByHand(text) {
  const area = el("textarea", { class: "unseen", "aria-hidden": "true" });
  const before = document.activeElement;
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus();
  return done;
}
