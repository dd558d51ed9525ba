// Elements of a page, made without markup: what is filled in is text and nothing else.
import { h } from "../kernel/elements.js";
import { announce, partsOf } from "../kernel/kit.js";

export { announce, h };
/** The page of one file has nothing of the others, and asks nothing. */
export const { ask, button } = partsOf(document.querySelector("[data-files]"), "files");

const SHAPES = {
  folder: "M3 6.5A1.5 1.5 0 0 1 4.5 5h4.6l2 2.2h8.4A1.5 1.5 0 0 1 21 8.7v8.8a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 17.5Z",
  image: "M4 5h16v14H4ZM4 16l4.5-4.5 4 4 2.5-2.5 5 5M15.5 9.5h.01",
  video: "M4 6h11v12H4Zm11 4.5 5-3v9l-5-3",
  audio: "M9 17.5V6l10-2v11.5M9 17.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Zm10-2a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Z",
  text: "M6 3h8l4 4v14H6Zm8 0v4h4M9 12h6M9 15.5h6",
  table: "M4 5h16v14H4Zm0 4.7h16M4 14.3h16M10 5v14",
  pdf: "M6 3h8l4 4v14H6Zm8 0v4h4M9 17c3-2 4-5 3.5-7-.5-1-1.5 0-1 1.5.7 2 2.5 3.5 4 4-2-.2-4.5.2-6.5 1.5Z",
  archive: "M5 4h14v16H5Zm6 0v2h2v2h-2v2h2v2h-2",
  file: "M6 3h8l4 4v14H6Zm8 0v4h4",
};

/** Make the icon of a kind of file. */
export function icon(kind) {
  const NS = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `files-icon files-icon-${kind}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(NS, "path");
  path.setAttribute("d", SHAPES[kind] ?? SHAPES.file);
  svg.append(path);
  return svg;
}

/** Whoever has pressed what is there no more goes on in the list. */
export function land() {
  (document.querySelector("[data-list] .files-open") ?? document.querySelector(".files-crumbs a"))?.focus();
}
