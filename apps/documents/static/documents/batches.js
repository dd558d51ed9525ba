// The batches of a tenant: asked for, watched while they are made, taken.
import { h } from "../kernel/elements.js";
import { announce, button, change, dialogOf, field, form, graph, told } from "./api.js";
import { Listing, emptiness } from "./listing.js";
import { tried } from "./looks.js";
import { Choice, Making, Source, actOf, download, madeOf, options, read, when } from "./making.js";

const page = document.querySelector("[data-documents]");
const FIELDS = "id title state packing format total made failed pages createdAt error { code message } output { id } version { number template { title } }";
const READ = `query($after: String) { documentBatches(order: NEWEST_FIRST, first: 20, after: $after) { nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } } }`;
const FAILED = `query($id: ID!, $after: String) { documentBatchItems(filter: {batchId: $id, state: FAILED}, first: 50, after: $after) {
  nodes { position error { code message place } } pageInfo { hasNextPage endCursor } } }`;
const STATES = { READING: ["reads items", "docs-busy"], RENDERING: ["is made", "docs-busy"], JOINING: ["becomes one file", "docs-busy"], READY: ["ready", "docs-good"], FAILED: ["failed", "docs-bad"], CANCELLED: ["stopped", "docs-warn"] };
const ITEMS = /\.(jsonl|ndjson|csv|json)$/i;

function counted({ state, total, made, failed }) {
  if (state === "READING") return "Its items are counted while they are read";
  return `${made.toLocaleString()} of ${total.toLocaleString()} made${failed ? `, ${failed.toLocaleString()} failed` : ""}`;
}

function row(batch) {
  const open = list.isOpen(batch);
  const bar = open && h("progress", { class: "docs-progress", max: Math.max(batch.total, 1), "aria-label": `How far ${batch.title} is`, ...(batch.state === "READING" ? {} : { value: batch.made + batch.failed }) });
  const again = batch.state === "CANCELLED" || batch.state === "FAILED" || (batch.state === "READY" && batch.failed > 0);
  return h(
    "li",
    { "data-made": batch.id },
    h("div", { class: "docs-grow" }, h("strong", {}, batch.title), h("p", { class: "docs-quiet" }, `${[`${batch.format}, ${batch.packing === "ZIP" ? "in a zip" : "as one"}`, madeOf(batch), counted(batch)].filter(Boolean).join(" · ")} · `, when(batch)), bar, batch.error && h("p", { class: "docs-wrong" }, batch.error.message)),
    h(
      "div",
      { class: "docs-acts" },
      list.standing(batch),
      batch.output && actOf(batch, "Download", () => download(batch), "docs-primary"),
      batch.failed > 0 && actOf(batch, "What failed", () => failures(batch)),
      told.mayWrite && open && actOf(batch, "Stop", () => list.act("stop", batch, "It is stopped.")),
      told.mayWrite && again && actOf(batch, batch.state === "CANCELLED" ? "Go on" : "Try again", () => list.act("again", batch, "It goes on.")),
      told.mayWrite && actOf(batch, "Remove", () => list.drop(batch, "The file that it was made as stays among the files.")),
    ),
  );
}

/** Show the items that failed, each with its reason. */
function failures(batch) {
  return dialogOf(`What failed of ${batch.title}`, "docs-picker", () => {
    const place = h("div", {});
    const item = ({ position, error }) => h("li", {}, h("strong", {}, `Item ${position}`), h("span", { class: "docs-grow" }, error?.message ?? "", error?.place && !error.message.includes(error.place) && h("code", {}, ` ${error.place}`)));
    new Listing(place, { read: async (after) => (await graph(FAILED, { id: batch.id, after })).documentBatchItems, row: item, nothing: () => h("p", { class: "docs-quiet" }, "The single documents are gone.") }).load();
    return place;
  });
}

async function create() {
  const packing = h("select", { name: "packing", class: "docs-field" });
  const choice = await Choice.read(() => packing.replaceChildren(...options([["ZIP", "A zip of all"], ...(choice.format.value === "PDF" ? [["MERGED", "One PDF with all"]] : [])])));
  choice.begin();
  const source = new Source("Items, as a list of JSON", {
    placeholder: '[{"name": "Ada"}, {"name": "Grace"}]',
    parsed: listed,
    file: "Lines of JSON, CSV whose first line names the fields, or a list of JSON.",
    suits: ({ name }) => ITEMS.test(name),
    imported: "Each row that it brought, and nobody has changed since, becomes a document.",
  });
  const save = async ({ template, format, packing: had, title }) => {
    await change("createDocumentBatch", { template, format, packing: had, ...source.told, ...(title ? { title } : {}) }, "documentBatch { id }");
  };
  const fields = [h("label", {}, "Template", choice.template), h("div", { class: "docs-pair" }, h("label", {}, "Format", choice.format), h("label", {}, "Had as", packing)), field("Title", "title", { maxlength: 255, placeholder: "The template's" }), source.parts];
  if (!(await form("New batch", fields, { yes: "Make them", kind: "docs-picker", says: "A document is made of each item.", save }))) return;
  await list.load();
  announce("The batch is asked for.");
}

function listed(text) {
  const found = read(text);
  if (!Array.isArray(found) || !found.length) throw new Error("Items are a list of JSON with one at least, or come from a file or an import.");
  return found;
}

const begin = () => tried(create);
const nothing = () => (told.mayWrite ? emptiness("There are no batches yet.", "A batch makes a document of each of many items, and one file of them.", button("New batch", begin, { kind: "docs-primary" })) : emptiness("There are no batches yet.", "Whoever may have documents made has asked for none yet."));
const list = new Making({
  one: "documentBatch",
  fields: FIELDS,
  states: STATES,
  open: new Set(["READING", "RENDERING", "JOINING"]),
  mutations: { stop: "cancelDocumentBatch", again: "resumeDocumentBatch", remove: "deleteDocumentBatch" },
  read: async (after) => (await graph(READ, { after })).documentBatches,
  row,
  nothing,
});
if (told.mayWrite) page.querySelector("[data-acts]").append(button("New batch", begin, { kind: "docs-primary" }));
list.load();
