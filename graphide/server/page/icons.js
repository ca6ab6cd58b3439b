// The icons of the page: lines in a box of 24, in the colour of the text beside them.

import { svg } from "./dom.js";

const LINES = {
  graph: "M5 4h5v5H5zM14 15h5v5h-5zM7.5 9v4.5a3 3 0 0 0 3 3H14",
  chat: "M4 6a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-7l-5 4v-4a2 2 0 0 1-2-2z",
  chip: "M7 7h10v10H7zM10 10h4v4h-4zM9.5 3.5V7M14.5 3.5V7M9.5 17v3.5M14.5 17v3.5M3.5 9.5H7M3.5 14.5H7M17 9.5h3.5M17 14.5h3.5",
  sun: "M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M20 14.2A8.2 8.2 0 1 1 9.8 4a6.6 6.6 0 0 0 10.2 10.2z",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M15.2 15.2L20 20",
  play: "M7.5 5l11 7l-11 7z",
  stop: "M6.5 6.5h11v11h-11z",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  check: "M4.5 12.5l5 5l10-11",
  plus: "M12 5v14M5 12h14",
  trash: "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 12.5h9l1-12.5M10 11v5M14 11v5",
  again: "M19.5 12a7.5 7.5 0 1 1-2.2-5.3M19.5 3.5V8H15",
  send: "M12 19V5M6 11l6-6l6 6",
  menu: "M4 7h16M4 12h16M4 17h16",
  key: "M8 11.5a4 4 0 1 0 0 8a4 4 0 1 0 0-8M11 12.8L19.5 4.5M16 8l3 3",
  back: "M14.5 5.5L8 12l6.5 6.5",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  larger: "M12 6v12M6 12h12",
  smaller: "M6 12h12",
  alert: "M12 4L2.8 19.5h18.4zM12 10v4.5M12 17v.2",
  spark: "M12 3.5l1.9 6.6l6.6 1.9l-6.6 1.9L12 20.5l-1.9-6.6L3.5 12l6.6-1.9z",
  eject: "M12 5l7 8.5H5zM5 18h14",
  leave: "M10 4H5v16h5M14 8l4.5 4l-4.5 4M18 12H9",
};

/** Return an icon; it is decoration, the button around it has a name of its own. */
export function icon(name) {
  const line = svg("path", { d: LINES[name] });
  return svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, line);
}
