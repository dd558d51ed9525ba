// The themes of a tenant: colours, type and a logo, tried while they are chosen.
import { h } from "../kernel/elements.js";
import { NAMED, announce, button, change, field, form, graph, told } from "./api.js";
import { chooseFile } from "./files.js";
import { Listing, emptiness } from "./listing.js";
import { Trial, acts, remove, tried } from "./looks.js";

const page = document.querySelector("[data-documents]");
const FIELDS = "id name size color accent stripe logoVersion logo { id }";
const READ = `query($after: String) { documentThemes(order: NAME, first: 50, after: $after) { nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } } }`;
const USUAL = { name: "", size: 10, color: "#1a1a1a", accent: "#1d4ed8", stripe: "#f3f4f6", logoId: null, logoVersion: null };
const COLOURS = { color: "Text", accent: "Links and lines", stripe: "Every other row" };
const IMAGES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const SAMPLE = JSON.stringify({ rows: [{ name: "Tea", price: "2.50" }, { name: "Cake", price: "3.20" }, { name: "Bread", price: "4.00" }] });

/** A template that shows what a theme does; a grey square stands for the logo. */
function tasteOf({ size, color, accent, stripe, logoId }) {
  const columns = [
    { title: "Item", value: "row.name" },
    { title: "Price", value: "row.price", align: "end" },
  ];
  const blocks = [
    logoId && { type: "image", asset: "logo", alt: "Logo", width: 18 },
    { type: "heading", level: 1, text: "A heading" },
    { type: "paragraph", text: ["Running text, and ", { text: "a link", link: "https://example.com" }, "."] },
    { type: "table", over: "rows", as: "row", stripes: true, columns },
  ];
  const look = { size: Number(size), color, accent, stripe };
  return { body: JSON.stringify({ septet: 1, title: "Theme", page: { size: [120, 90], margins: [8, 10, 8, 10] }, theme: look, blocks: blocks.filter(Boolean) }), sample: SAMPLE };
}

function swatch(colour) {
  const shown = h("span", { class: "docs-swatch", "aria-hidden": "true" });
  // By the script: a style in the markup is forbidden to the page.
  shown.style.background = colour;
  return shown;
}

/** The colours of a theme, for those who see them; their values are for everybody. */
const colours = (theme) =>
  h("span", { class: "docs-swatches" }, Object.keys(COLOURS).map((name) => [swatch(theme[name]), h("code", {}, theme[name])]));

const row = (theme) =>
  h(
    "li",
    {},
    h("div", {}, h("strong", {}, theme.name), h("p", { class: "docs-quiet" }, `${theme.size} pt`, theme.logoId && " · a logo", " "), colours(theme)),
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

async function edit(theme) {
  const now = theme ?? USUAL;
  const logo = new Logo(now, () => trial.soon());
  const given = () => ({ ...Object.fromEntries(new FormData(fields.closest("form"))), logoId: logo.logoId });
  const trial = new Trial("What the theme does", () => tasteOf(given()));
  const pickers = Object.entries(COLOURS).map(([name, label]) => h("label", {}, label, h("input", { type: "color", name, class: "docs-colour", value: now[name] })));
  const fields = h(
    "div",
    { class: "docs-beside" },
    h("div", { class: "docs-fields", oninput: () => trial.soon() }, field("Name, for programs", "name", { ...NAMED, value: now.name }), field("Size of type, in points", "size", { type: "number", min: 5, max: 30, step: 0.5, required: true, value: now.size }), h("div", { class: "docs-colours" }, pickers), logo.place),
    trial.place,
  );
  const save = async ({ size, ...more }) => {
    const kept = { ...more, size: Number(size), logoId: logo.logoId, logoVersion: logo.logoVersion };
    await (theme ? change("updateDocumentTheme", { id: theme.id, ...kept }, "documentTheme { id }") : change("createDocumentTheme", kept, "documentTheme { id }"));
  };
  const asking = form(theme ? `Theme ${theme.name}` : "New theme", fields, { yes: theme ? "Keep it" : "Create it", kind: "docs-wide", says: theme ? "What was published keeps the theme that it has." : "", save });
  trial.show();
  if (!(await asking)) return;
  await list.load();
  announce("The theme is kept.");
}

async function read(after) {
  const { nodes, pageInfo } = (await graph(READ, { after })).documentThemes;
  return { nodes: nodes.map(({ logo, ...more }) => ({ ...more, logoId: logo?.id ?? null })), pageInfo };
}

const nothing = () => (told.mayWrite ? emptiness("There are no themes yet.", "A theme gives templates their colours, their type and a logo.", button("New theme", () => edit(null), { kind: "docs-primary" })) : emptiness("There are no themes yet.", "Whoever may write templates has made none yet."));
const list = new Listing(page.querySelector("[data-list]"), { read, row, nothing });
if (told.mayWrite) page.querySelector("[data-acts]").append(button("New theme", () => tried(() => edit(null)), { kind: "docs-primary" }));
list.load();
