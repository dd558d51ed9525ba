// The themes of a tenant: colours, type and a logo, tried while they are chosen.
import { h } from "../kernel/elements.js";
import { NAMED, announce, button, change, field, form, graph, told } from "./api.js";
import { chooseFile } from "./files.js";
import { Listing, emptiness } from "./listing.js";
import { Trial, acts, remove, tried } from "./looks.js";

const page = document.querySelector("[data-documents]");
const FIELDS = "id name size color accent stripe logoVersion logo { id } fonts { state family faces { style fileId fileVersion } findings { place message } }";
const READ = `query($after: String) { documentThemes(order: NAME, first: 50, after: $after) { nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } } }`;
const USUAL = { name: "", size: 10, color: "#1a1a1a", accent: "#1d4ed8", stripe: "#f3f4f6", logoId: null, logoVersion: null };
const COLOURS = { color: "Text", accent: "Links and lines", stripe: "Every other row" };
const STYLES = { REGULAR: "Regular", BOLD: "Bold", ITALIC: "Italic", BOLD_ITALIC: "Bold italic" };
/** What the API calls the file of a style. */
const GIVEN = { REGULAR: "regular", BOLD: "bold", ITALIC: "italic", BOLD_ITALIC: "boldItalic" };
const FONT = /\.(ttf|otf)$/i;
const LOOK_AGAIN = 1_500;
const IMAGES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const SAMPLE = JSON.stringify({ rows: [{ name: "Tea", price: "2.50" }, { name: "Cake", price: "3.20" }, { name: "Bread", price: "4.00" }] });

/** A template that shows what a theme does. */
function tasteOf({ size, color, accent, stripe, logoId, logoVersion }) {
  const columns = [
    { title: "Item", value: "row.name" },
    { title: "Price", value: "row.price", align: "end" },
  ];
  const blocks = [
    logoId && { type: "image", asset: "logo", alt: "Logo", height: 12 },
    { type: "heading", level: 1, text: "A heading" },
    { type: "paragraph", text: ["Running text, and ", { text: "a link", link: "https://example.com" }, "."] },
    { type: "table", over: "rows", as: "row", stripes: true, columns },
  ];
  const look = { size: Number(size), color, accent, stripe };
  return { body: JSON.stringify({ septet: 1, title: "Theme", page: { size: [120, 90], margins: [8, 10, 8, 10] }, theme: look, blocks: blocks.filter(Boolean) }), sample: SAMPLE, assets: logoId ? [{ name: "logo", fileId: logoId, version: logoVersion }] : [] };
}

function swatch(colour) {
  const shown = h("span", { class: "docs-swatch", "aria-hidden": "true" });
  // By the script: a style in the markup is forbidden to the page.
  shown.style.background = colour;
  return shown;
}

/** The colours of a theme, for those who see them; their values are for everybody. */
const colours = (theme) =>
  h("span", { class: "docs-swatches" }, Object.entries(COLOURS).map(([name, shown]) => h("span", {}, swatch(theme[name]), ` ${shown} `, h("code", {}, theme[name]))));

/** What is to be said of the fonts of a theme. */
function typeOf({ fonts }) {
  if (!fonts) return "";
  if (fonts.state === "READY") return ` · set in ${fonts.family}`;
  return fonts.state === "CHECKING" ? " · its fonts are looked through" : " · its fonts are refused";
}

/** Why the fonts of a theme are of no use, style by style. */
const wrongWith = ({ fonts }) =>
  fonts?.state === "REFUSED" && h("ul", { class: "docs-wrong" }, fonts.findings.map(({ place, message }) => h("li", {}, `${STYLES[place.slice(1).toUpperCase()] ?? "Fonts"}: ${message}`)));

const row = (theme) =>
  h(
    "li",
    {},
    h("div", {}, h("strong", {}, theme.name), h("p", { class: "docs-quiet" }, `${theme.size} pt`, theme.logoId && " · a logo", typeOf(theme)), wrongWith(theme), colours(theme)),
    told.mayWrite && acts(theme.name, () => edit(theme), () => remove("Theme", theme, "What was published with it stays as it is.", () => list.load())),
  );

/** The logo of a theme, to be chosen among the files. */
class Logo {
  constructor({ logoId, logoVersion }, changed) {
    Object.assign(this, { logoId, logoVersion, changed });
    this.place = h("div", { class: "docs-bar" });
    this.draw();
  }

  draw() {
    const says = this.logoId ? `Version ${this.logoVersion} of a file` : "None";
    this.place.replaceChildren(h("span", { class: "docs-label" }, "Logo"), h("span", { class: "docs-quiet" }, says), button("Choose a picture", () => this.choose(), { kind: "docs-small" }), this.logoId ? button("Remove the logo", () => this.take(null), { kind: "docs-small" }) : "");
  }

  take(file) {
    this.logoId = file?.id ?? null;
    this.logoVersion = file?.version ?? null;
    this.draw();
    this.place.querySelector("button").focus();
    this.changed();
  }

  async choose() {
    const file = await chooseFile("Choose a logo", "Its version of now stays in the theme, whatever becomes of the file.", ({ contentType }) => IMAGES.has(contentType));
    if (file) this.take(file);
  }
}

/** The fonts of a theme: a file for each style, to be chosen among the files. */
class Fonts {
  constructor(fonts) {
    this.faces = Object.fromEntries((fonts?.faces ?? []).map(({ style, fileId, fileVersion }) => [style, { fileId, version: fileVersion }]));
    this.names = {};
    this.before = JSON.stringify(this.faces);
    this.place = h("div", { class: "docs-fonts", role: "group", "aria-label": "Fonts" });
    this.draw();
  }

  /** What is sent: nothing where nothing is chosen anew. */
  get told() {
    if (JSON.stringify(this.faces) === this.before) return {};
    const given = Object.entries(this.faces).map(([style, face]) => [GIVEN[style], face]);
    return { fonts: given.length ? Object.fromEntries(given) : null };
  }

  draw() {
    // The others have somewhere to stand only beside the regular one.
    const shown = this.faces.REGULAR ? Object.entries(STYLES) : [["REGULAR", STYLES.REGULAR]];
    this.place.replaceChildren(h("span", { class: "docs-label" }, "Fonts"), h("p", { class: "docs-quiet" }, "Files of TrueType or OpenType. Ours are for the characters that they lack."), ...shown.map((one) => this.style(...one)));
  }

  style(style, label) {
    const face = this.faces[style];
    const says = face ? (this.names[style] ?? `Version ${face.version} of a file`) : style === "REGULAR" ? "Ours" : "The nearest that there is";
    return h(
      "div",
      { class: "docs-bar" },
      h("span", { class: "docs-style" }, label),
      h("span", { class: "docs-quiet" }, says),
      button("Choose", () => this.choose(style), { kind: "docs-small", "aria-label": `Choose a font: ${label}`, "data-style": style }),
      face ? button("Remove", () => this.take(style, null), { kind: "docs-small", "aria-label": `Remove the font: ${label}` }) : "",
    );
  }

  take(style, file) {
    this.names[style] = file?.name;
    if (file) this.faces[style] = { fileId: file.id, version: file.version };
    else if (style === "REGULAR") this.faces = {};
    else delete this.faces[style];
    this.draw();
    this.place.querySelector(`[data-style="${style}"]`).focus();
  }

  async choose(style) {
    const file = await chooseFile("Choose a font", "Its version of now is kept in the theme, whatever becomes of the file.", ({ name }) => FONT.test(name));
    if (file) this.take(style, file);
  }
}

async function edit(theme) {
  const now = theme ?? USUAL;
  const logo = new Logo(now, () => trial.soon());
  const given = () => ({ ...Object.fromEntries(new FormData(fields.closest("form"))), logoId: logo.logoId, logoVersion: logo.logoVersion });
  const fonts = new Fonts(now.fonts);
  // Fonts are shown once they are kept and looked through.
  const trial = new Trial("What the theme does", () => ({ ...tasteOf(given()), themeId: now.fonts?.state === "READY" ? now.id : null }));
  const pickers = Object.entries(COLOURS).map(([name, label]) => h("label", {}, label, h("input", { type: "color", name, class: "docs-colour", value: now[name] })));
  const fields = h(
    "div",
    { class: "docs-beside" },
    h("div", { class: "docs-fields", oninput: () => trial.soon() }, field("Name, for programs", "name", { ...NAMED, value: now.name }), field("Size of type, in points", "size", { type: "number", min: 5, max: 30, step: 0.5, required: true, value: now.size }), h("div", { class: "docs-colours" }, pickers), logo.place, fonts.place),
    trial.place,
  );
  const save = async ({ size, ...more }) => {
    const kept = { ...more, size: Number(size), logoId: logo.logoId, logoVersion: logo.logoVersion, ...fonts.told };
    await (theme ? change("updateDocumentTheme", { id: theme.id, ...kept }, "documentTheme { id }") : change("createDocumentTheme", kept, "documentTheme { id }"));
  };
  const asking = form(theme ? `Theme ${theme.name}` : "New theme", fields, { yes: theme ? "Keep it" : "Create it", kind: "docs-wide", says: theme ? "What was published keeps the theme that it has." : "", save });
  trial.show();
  if (!(await asking)) return;
  await list.load();
  announce("The theme is kept.");
}

/** Read the list again while fonts are looked through. */
function lookAgain(nodes) {
  clearTimeout(waiting);
  if (!nodes.some(({ fonts }) => fonts?.state === "CHECKING")) return;
  waiting = setTimeout(async () => {
    const at = list.place.contains(document.activeElement) && document.activeElement.getAttribute("aria-label");
    await list.load();
    if (at) list.place.querySelector(`[aria-label="${CSS.escape(at)}"]`)?.focus();
  }, LOOK_AGAIN);
}

let waiting = 0;

async function read(after) {
  const { nodes, pageInfo } = (await graph(READ, { after })).documentThemes;
  lookAgain(nodes);
  return { nodes: nodes.map(({ logo, ...more }) => ({ ...more, logoId: logo?.id ?? null })), pageInfo };
}

const nothing = () => (told.mayWrite ? emptiness("There are no themes yet.", "A theme gives templates their colours, their type and a logo.", button("New theme", () => edit(null), { kind: "docs-primary" })) : emptiness("There are no themes yet.", "Whoever may write templates has made none yet."));
const list = new Listing(page.querySelector("[data-list]"), { read, row, nothing });
if (told.mayWrite) page.querySelector("[data-acts]").append(button("New theme", () => tried(() => edit(null)), { kind: "docs-primary" }));
list.load();
