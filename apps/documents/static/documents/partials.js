// The partials of a tenant: blocks that templates include, tried while they are written.
import { h } from "../kernel/elements.js";
import { NAMED, announce, button, change, field, form, graph, timeOf, told } from "./api.js";
import { Listing, emptiness } from "./listing.js";
import { Trial, acts, remove, tried } from "./looks.js";

const page = document.querySelector("[data-documents]");
const READ = `query($after: String) { documentPartials(order: NAME, first: 50, after: $after) { nodes { id name description body updatedAt } pageInfo { hasNextPage endCursor } } }`;
const BEGUN = JSON.stringify({ takes: ["who"], blocks: [{ type: "paragraph", text: "Kind regards, {{ who }}" }] }, null, 2);

/** A template that includes a partial; each value that it takes is its own name. */
function tasteOf(text) {
  const partial = JSON.parse(text);
  const names = Array.isArray(partial.takes) ? partial.takes.map(String) : [];
  const given = Object.fromEntries(names.map((name) => [name, `given.${name}`]));
  const include = { type: "include", partial: "this", ...(names.length ? { with: given } : {}) };
  const body = { septet: 1, title: "Partial", page: { size: [160, 110], margins: [10, 12, 10, 12] }, partials: { this: partial }, blocks: [include] };
  return { body: JSON.stringify(body), sample: JSON.stringify({ given: Object.fromEntries(names.map((name) => [name, name])) }) };
}

const row = (partial) =>
  h(
    "li",
    {},
    h("div", {}, h("code", {}, partial.name), partial.description && h("p", { class: "docs-quiet" }, partial.description), h("p", { class: "docs-quiet" }, "Changed ", timeOf(partial.updatedAt))),
    told.mayWrite && acts(partial.name, () => edit(partial), () => remove("Partial", partial, "Drafts that include it cannot be published then; what was published keeps it.", () => list.load())),
  );

async function edit(partial) {
  const area = h("textarea", { name: "body", class: "docs-area", rows: 16, required: true, spellcheck: "false", value: partial?.body ?? BEGUN });
  const trial = new Trial("What the partial says", () => tasteOf(area.value));
  area.addEventListener("input", () => trial.soon());
  const fields = h(
    "div",
    { class: "docs-beside" },
    h("div", { class: "docs-fields" }, field("Name, for programs", "name", { ...NAMED, value: partial?.name ?? "" }), field("Description", "description", { maxlength: 500, value: partial?.description ?? "" }), h("label", {}, "Blocks, as JSON, and what it takes", area)),
    trial.place,
  );
  const save = (kept) => (partial ? change("updateDocumentPartial", { id: partial.id, ...kept }, "documentPartial { id }") : change("createDocumentPartial", kept, "documentPartial { id }"));
  const asking = form(partial ? `Partial ${partial.name}` : "New partial", fields, { yes: partial ? "Keep it" : "Create it", kind: "docs-wide", says: partial ? "What was published keeps the partial that it has." : "", save });
  trial.show();
  if (!(await asking)) return;
  await list.load();
  announce("The partial is kept.");
}

const nothing = () => (told.mayWrite ? emptiness("There are no partials yet.", "A partial is written once, such as a letterhead, and included by many templates.", button("New partial", () => edit(null), { kind: "docs-primary" })) : emptiness("There are no partials yet.", "Whoever may write templates has made none yet."));
const list = new Listing(page.querySelector("[data-list]"), { read: async (after) => (await graph(READ, { after })).documentPartials, row, nothing });
if (told.mayWrite) page.querySelector("[data-acts]").append(button("New partial", () => tried(() => edit(null)), { kind: "docs-primary" }));
list.load();
