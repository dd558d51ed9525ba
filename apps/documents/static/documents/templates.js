// The list of a tenant's templates: found, made, copied from files.
import { h } from "../kernel/elements.js";
import { NAMED, announce, ask, badge, button, change, field, graph, told } from "./api.js";
import { gallery } from "./gallery.js";
import { Listing, emptiness } from "./listing.js";

const page = document.querySelector("[data-documents]");
const place = page.querySelector("[data-list]");
const word = page.querySelector("#docs-word");
const QUERY = `query($search: String, $after: String) {
  documentTemplates(filter: {search: $search}, order: NAME, first: 50, after: $after) {
    nodes { id name title description archivedAt published { number } draft { number } }
    pageInfo { hasNextPage endCursor } } }`;
const editorOf = (id) => `/documents/templates/${id}/`;

function standing({ archivedAt, published, draft }) {
  if (archivedAt) return [badge("archived", "docs-warn")];
  return [published ? badge(`version ${published.number}`, "docs-good") : badge("not published"), draft && badge("draft", "docs-busy")];
}

const row = (one) =>
  h(
    "li",
    {},
    h("div", {}, h("a", { href: editorOf(one.id) }, one.title), " ", h("code", {}, one.name), one.description && h("p", { class: "docs-quiet" }, one.description)),
    h("div", { class: "docs-acts" }, standing(one)),
  );

const list = new Listing(place, {
  read: async (after) => {
    const { documentTemplates } = await graph(QUERY, { search: word.value.trim() || null, after });
    return documentTemplates;
  },
  row,
  nothing: () => nothing(),
});

async function load() {
  await list.load();
  if (word.value) announce(`${list.shown.length} found.`);
}

function nothing() {
  if (word.value) return emptiness("Nothing fits.", "Try fewer words.");
  if (!told.mayWrite) return emptiness("There are no templates yet.", "Whoever may write templates has written none yet.");
  return emptiness("There are no templates yet.", "Begin with one that is made: an invoice, a letter, a report with charts.", button("Look at the gallery", choose, { kind: "docs-primary" }));
}

async function go(work) {
  try {
    location.assign(editorOf((await work()).documentTemplate.id));
  } catch (error) {
    place.prepend(h("p", { class: "docs-problem", role: "alert" }, error.message));
  }
}

async function create() {
  const way = h("select", { name: "way", class: "docs-field" }, h("option", { value: "markdown" }, "Markdown"), h("option", { value: "json" }, "JSON, for everything that a page can hold"));
  const given = await ask("New template", [field("Title", "title", { required: true, maxlength: 255 }), field("Name, for programs", "name", NAMED), h("label", {}, "Written as", way)], { yes: "Create it" });
  if (!given) return;
  const head = { septet: 1, title: given.title };
  const heading = { type: "heading", level: 1, text: given.title };
  const texts =
    given.way === "markdown"
      ? { body: JSON.stringify(head, null, 2), markdown: `# ${given.title}\n\nDear {{ name }},\n` }
      : { body: JSON.stringify({ ...head, blocks: [heading, { type: "paragraph", text: "Dear {{ name }}," }] }, null, 2) };
  await go(() => change("createDocumentTemplate", { title: given.title, name: given.name, sample: '{\n  "name": "Ada"\n}', ...texts }, "documentTemplate { id }"));
}

async function choose() {
  try {
    const sample = await gallery();
    if (sample) await go(() => change("copyDocumentGalleryTemplate", sample, "documentTemplate { id }"));
  } catch (error) {
    place.prepend(h("p", { class: "docs-problem", role: "alert" }, error.message));
  }
}

function importFile() {
  const chooser = h("input", { type: "file", accept: ".json,application/json" });
  chooser.addEventListener("change", async () => {
    const [file] = chooser.files;
    if (file) await go(async () => change("importDocumentTemplate", { document: await file.text() }, "documentTemplate { id }"));
  });
  chooser.click();
}

if (told.mayWrite) page.querySelector("[data-acts]").append(button("Import", importFile), button("Gallery", choose), button("New template", create, { kind: "docs-primary" }));
let timer = 0;
word.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(() => load(), 250);
});
page.querySelector("[data-search]").addEventListener("submit", (event) => {
  event.preventDefault();
  load();
});
load();
