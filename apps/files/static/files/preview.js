// What is in a file, as far as a browser shows it without running any of it.
import { h, icon } from "./dom.js";
import { rowsOf } from "./csv.js";
import { isServed, kindOf, size, STATES } from "./words.js";

/** Of a text only its beginning is fetched. */
const TEXT_BYTES = 64 * 1024;
const MOST_ROWS = 200;
const LARGE_BYTES = 1_000_000;

/** Show a file in a place: `view` is where a browser shows it, null if it may not; `read` where a script reads it on
 * this origin; `pages` a picture of its first page. */
export async function preview(place, file, { view, read, pages }) {
  place.replaceChildren();
  if (!isServed(file.state) || !view) {
    const [label, meaning] = STATES[file.state];
    place.append(nothing(file, `${label}. ${meaning}`));
    return;
  }
  const kind = kindOf(file.contentType);
  const make = { image: picture, pdf: firstPage, audio: sound, video: film, text, table }[kind];
  place.append(make ? await make(file, { view, read, pages }) : nothing(file, "There is no preview of this type. Download it to see it."));
}

function nothing(file, words) {
  return h("div", { class: "files-nothing" }, icon(kindOf(file.contentType)), h("p", {}, words));
}

/** Show the first of these pictures that is there, or words if none is. */
function shown(file, sources, words) {
  const [src, ...others] = sources;
  const image = h("img", { src, alt: `Preview of ${file.name}`, class: "files-picture" });
  image.addEventListener("error", () => {
    if (others.length) image.src = others.shift();
    else image.replaceWith(nothing(file, words));
  });
  return image;
}

/** A large picture is not fetched to be looked at, if there is a smaller one of it. */
const picture = (file, { view, pages }) =>
  shown(file, Number(file.sizeBytes) > LARGE_BYTES ? [pages, view] : [view, pages], "This picture cannot be shown. Download it to see it.");

const firstPage = (file, { pages }) => shown(file, [pages], "There is no picture of its first page yet. Download it to read it.");

const sound = (file, { view }) => h("audio", { src: view, controls: true, preload: "metadata", "aria-label": file.name });

const film = (file, { view }) => h("video", { src: view, controls: true, preload: "metadata", class: "files-picture", "aria-label": file.name });

async function beginning(file, { read }) {
  // A part of another version is not to be taken for a part of this one.
  const response = await fetch(read, { cache: "no-store", headers: Number(file.sizeBytes) ? { Range: `bytes=0-${TEXT_BYTES - 1}` } : {} });
  if (!response.ok) throw new Error(`the server says ${response.status}`);
  return response.text();
}

async function text(file, at) {
  try {
    const found = await beginning(file, at);
    return h("div", {}, h("pre", { class: "files-text", tabindex: 0, role: "region", "aria-label": `Text of ${file.name}` }, found), cut(file));
  } catch {
    return nothing(file, "It cannot be read just now.");
  }
}

async function table(file, at) {
  try {
    const found = await beginning(file, at);
    const [heads = [], ...rows] = rowsOf(found, file.contentType.includes("tab") ? "\t" : undefined, MOST_ROWS);
    const head = h("tr", {}, heads.map((cell) => h("th", { scope: "col" }, cell)));
    const body = rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell))));
    const shownTable = h("table", {}, h("thead", {}, head), h("tbody", {}, body));
    return h("div", {}, h("div", { class: "files-csv", tabindex: 0, role: "region", "aria-label": `Table of ${file.name}` }, shownTable), cut(file, rows.length >= MOST_ROWS - 1 ? `The first ${rows.length} rows.` : ""));
  } catch {
    return nothing(file, "It cannot be read just now.");
  }
}

const cut = (file, words = "") => {
  const more = words || (Number(file.sizeBytes) > TEXT_BYTES ? `The first ${size(TEXT_BYTES)} of ${size(file.sizeBytes)}.` : "");
  return more && h("p", { class: "files-quiet" }, more);
};
