// The batches of a tenant: asked for, watched while they are made, taken.
import { h } from "../kernel/elements.js";
import { announce, ask, badge, button, change, dialogOf, field, form, graph, told } from "./api.js";
import { chooseFile } from "./files.js";
import { chooseImport } from "./imports.js";
import { Listing, emptiness } from "./listing.js";
import { tried } from "./looks.js";

const page = document.querySelector("[data-documents]");
const FIELDS = "id title state packing format total made failed pages createdAt error { code message } output { id } version { number }";
const READ = `query($after: String) { documentBatches(order: NEWEST_FIRST, first: 20, after: $after) { nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } } }`;
const ONE = `query($id: ID!) { documentBatch(id: $id) { ${FIELDS} } }`;
const FAILED = `query($id: ID!, $after: String) { documentBatchItems(filter: {batchId: $id, state: FAILED}, first: 50, after: $after) {
  nodes { position error { code message place } } pageInfo { hasNextPage endCursor } } }`;
const TEMPLATES = `{ documentTemplates(filter: {archived: false}, order: TITLE, first: 100) { nodes { id title formats published { number upload { kind } } } } }`;
const ADDRESS = "query($id: ID!) { file(id: $id) { signedUrl(seconds: 300) } }";
const STATES = { READING: ["reads items", "docs-busy"], RENDERING: ["is made", "docs-busy"], JOINING: ["becomes one file", "docs-busy"], READY: ["ready", "docs-good"], FAILED: ["failed", "docs-bad"], CANCELLED: ["stopped", "docs-warn"] };
const OPEN = new Set(["READING", "RENDERING", "JOINING"]);
const FORMATS = ["PDF", "XLSX", "DOCX", "HTML", "CSV"];
const ITEMS = /\.(jsonl|ndjson|csv|json)$/i;
/** While something is made it is looked at again. */
const LOOK_AGAIN = 1500;
let timer = 0;

function counted({ state, total, made, failed }) {
  if (state === "READING") return "Its items are counted while they are read";
  return `${made.toLocaleString()} of ${total.toLocaleString()} made${failed ? `, ${failed.toLocaleString()} failed` : ""}`;
}

function row(batch) {
  const [says, kind] = STATES[batch.state];
  const name = batch.title;
  const labelled = (text, act, more = {}) => button(text, () => tried(act), { kind: "docs-small", "aria-label": `${text}: ${name}`, ...more });
  const bar = OPEN.has(batch.state) && h("progress", { class: "docs-progress", max: Math.max(batch.total, 1), "aria-label": `How far ${name} is`, ...(batch.state === "READING" ? {} : { value: batch.made + batch.failed }) });
  const again = batch.state === "CANCELLED" || batch.state === "FAILED" || (batch.state === "READY" && batch.failed > 0);
  return h(
    "li",
    { "data-batch": batch.id },
    h("div", { class: "docs-grow" }, h("strong", {}, name), h("p", { class: "docs-quiet" }, `${batch.format}, ${batch.packing === "ZIP" ? "in a zip" : "as one"} · ${counted(batch)}`), bar, batch.error && h("p", { class: "docs-wrong" }, batch.error.message)),
    h(
      "div",
      { class: "docs-acts" },
      badge(says, kind),
      batch.output && labelled("Download", () => download(batch), { kind: "docs-small docs-primary" }),
      batch.failed > 0 && labelled("What failed", () => failures(batch)),
      told.mayWrite && OPEN.has(batch.state) && labelled("Stop", () => act("cancelDocumentBatch", batch, "It is stopped.")),
      told.mayWrite && again && labelled("Go on", () => act("resumeDocumentBatch", batch, "It goes on.")),
      told.mayWrite && labelled("Remove", () => drop(batch)),
    ),
  );
}

/** Show one anew where it stands; the focus stays on what was done. */
function redraw(batch) {
  const old = page.querySelector(`[data-batch="${batch.id}"]`);
  if (!old) return;
  const focused = old.contains(document.activeElement) && document.activeElement.textContent;
  const fresh = row(batch);
  old.replaceWith(fresh);
  list.shown = list.shown.map((one) => (one.id === batch.id ? batch : one));
  if (focused) ([...fresh.querySelectorAll("button")].find((one) => one.textContent === focused) ?? fresh.querySelector("button"))?.focus();
}

/** Look again at those that are being made, as long as there are some and the page is seen. */
function watch() {
  clearTimeout(timer);
  if (!list.shown.some(({ state }) => OPEN.has(state))) return;
  timer = setTimeout(async () => {
    if (!document.hidden) {
      for (const { id, state } of list.shown.filter((one) => OPEN.has(one.state))) {
        try {
          const { documentBatch: now } = await graph(ONE, { id });
          redraw(now);
          if (now.state !== state && !OPEN.has(now.state)) announce(`${now.title}: ${STATES[now.state][0]}.`);
        } catch (error) {
          if (error.code === "NOT_FOUND") await list.load();
        }
      }
    }
    watch();
  }, LOOK_AGAIN);
}

async function act(mutation, { id }, says) {
  const { documentBatch } = await change(mutation, { id }, `documentBatch { ${FIELDS} }`);
  redraw(documentBatch);
  announce(says);
  watch();
}

async function download({ output }) {
  const { file } = await graph(ADDRESS, { id: output.id }, "files");
  if (!file.signedUrl) throw new Error("The file is not given out yet: it is being scanned.");
  location.assign(file.signedUrl);
}

async function drop(batch) {
  if (!(await ask(`Remove ${batch.title}?`, [], { yes: "Remove it", says: "The file that it was made as stays among the files." }))) return;
  await change("deleteDocumentBatch", { id: batch.id }, "documentBatch { id }");
  await list.load();
  announce("The batch is removed.");
  page.querySelector("[data-acts] button, [data-list] button")?.focus();
}

/** Show the items that failed, each with its reason. */
function failures(batch) {
  return dialogOf(`What failed of ${batch.title}`, "docs-picker", () => {
    const place = h("div", {});
    const item = ({ position, error }) => h("li", {}, h("strong", {}, `Item ${position}`), h("span", { class: "docs-grow" }, error?.message ?? "", error?.place && h("code", {}, ` ${error.place}`)));
    new Listing(place, { read: async (after) => (await graph(FAILED, { id: batch.id, after })).documentBatchItems, row: item, nothing: () => h("p", { class: "docs-quiet" }, "The single documents are gone.") }).load();
    return place;
  });
}

const options = (values) => values.map(([value, text]) => h("option", { value }, text));

async function create() {
  const templates = (await graph(TEMPLATES)).documentTemplates.nodes.filter(({ published }) => published);
  if (!templates.length) throw new Error("No template is published yet.");
  // Of items that are not written here: the field of the API, and what it says.
  let source = null;
  const template = h("select", { name: "template", class: "docs-field" }, options(templates.map(({ id, title }) => [id, title])));
  const format = h("select", { name: "format", class: "docs-field" });
  const packing = h("select", { name: "packing", class: "docs-field" });
  const area = h("textarea", { name: "data", class: "docs-area docs-short", rows: 8, spellcheck: "false", placeholder: '[{"name": "Ada"}, {"name": "Grace"}]' });
  const chosen = h("span", { class: "docs-quiet", role: "status" });
  const formats = () => {
    const { formats: meant, published } = templates.find(({ id }) => id === template.value);
    const may = published.upload?.kind ? [published.upload.kind] : meant.length ? meant : FORMATS;
    format.replaceChildren(...options(may.map((one) => [one, one])));
    packings();
  };
  const packings = () => packing.replaceChildren(...options([["ZIP", "A zip of all"], ...(format.value === "PDF" ? [["MERGED", "One PDF with all"]] : [])]));
  const take = async (name, choosing) => {
    const found = await choosing;
    if (!found) return;
    source = { [name]: found.id };
    area.value = "";
    chosen.textContent = found.name;
  };
  const fromFile = () => take("dataFile", chooseFile("Choose a file of items", "Lines of JSON, CSV whose first line names the fields, or a list of JSON.", ({ name }) => ITEMS.test(name)));
  const fromImport = () => take("importJob", chooseImport("Choose an import", "Each row that it brought, and nobody has changed since, becomes a document."));
  area.addEventListener("input", () => {
    source = null;
    chosen.textContent = "";
  });
  template.addEventListener("change", formats);
  format.addEventListener("change", packings);
  formats();
  const save = async ({ title, data, ...more }) => {
    const items = source ?? { data: listed(data) };
    await change("createDocumentBatch", { ...more, ...items, ...(title ? { title } : {}) }, "documentBatch { id }");
  };
  const fields = [h("label", {}, "Template", template), h("div", { class: "docs-pair" }, h("label", {}, "Format", format), h("label", {}, "Had as", packing)), field("Title", "title", { maxlength: 255, placeholder: "The template's" }), h("label", {}, "Items, as a list of JSON", area), h("div", { class: "docs-bar" }, button("Take them from a file", fromFile, { kind: "docs-small" }), button("From an import", fromImport, { kind: "docs-small" }), chosen)];
  if (!(await form("New batch", fields, { yes: "Make them", kind: "docs-picker", says: "A document is made of each item.", save }))) return;
  await list.load();
  announce("The batch is asked for.");
  watch();
}

function listed(text) {
  let found = null;
  try {
    found = JSON.parse(text);
  } catch {
    /* said below */
  }
  if (!Array.isArray(found) || !found.length) throw new Error("Items are a list of JSON with one at least, or come from a file or an import.");
  return found;
}

const begin = () => tried(create);
const nothing = () => (told.mayWrite ? emptiness("There are no batches yet.", "A batch makes a document of each of many items, and one file of them.", button("New batch", begin, { kind: "docs-primary" })) : emptiness("There are no batches yet.", "Whoever may have documents made has asked for none yet."));
const list = new Listing(page.querySelector("[data-list]"), {
  read: async (after) => {
    const { documentBatches } = await graph(READ, { after });
    setTimeout(watch);
    return documentBatches;
  },
  row,
  nothing,
});
if (told.mayWrite) page.querySelector("[data-acts]").append(button("New batch", begin, { kind: "docs-primary" }));
list.load();
