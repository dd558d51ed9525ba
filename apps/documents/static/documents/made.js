// The documents of a tenant: asked for one by one, watched while they are made, taken.
import { h } from "../kernel/elements.js";
import { announce, button, change, field, form, graph, told } from "./api.js";
import { emptiness } from "./listing.js";
import { tried } from "./looks.js";
import { Choice, Making, Source, actOf, download, madeOf, options, read, when } from "./making.js";

const page = document.querySelector("[data-documents]");
const FIELDS = "id title state format pages sizeBytes createdAt protected signingKey { name } operation { name } error { code message place } output { id } version { number template { title } }";
const READ = `query($after: String) { documents(order: NEWEST_FIRST, first: 20, after: $after) { nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } } }`;
const SAMPLE = "query($id: ID!) { documentTemplate(id: $id) { published { sample } } }";
const KEYS = "{ documentSigningKeys(first: 100) { nodes { id name } } }";
const STATES = { QUEUED: ["waits", "docs-busy"], RENDERING: ["is made", "docs-busy"], READY: ["ready", "docs-good"], FAILED: ["failed", "docs-bad"], CANCELLED: ["stopped", "docs-warn"] };
const OPERATIONS = { merge: "put together", split: "pages of a PDF", fill: "a form, filled in" };

function sized(bytes) {
  const [unit, many] = bytes < 1e6 ? ["KB", bytes / 1e3] : ["MB", bytes / 1e6];
  return `${many.toLocaleString(undefined, { maximumFractionDigits: 1 })} ${unit}`;
}

/** What is known of one, in few words. */
function known(made) {
  const { format, pages, sizeBytes, operation, signingKey, protected: closed } = made;
  const paged = pages && `${pages.toLocaleString()} ${pages === 1 ? "page" : "pages"}`;
  return [format, operation ? OPERATIONS[operation.name] : madeOf(made), paged, sizeBytes && sized(sizeBytes), signingKey && `signed with ${signingKey.name}`, closed && "takes a password"].filter(Boolean).join(" · ");
}

function row(made) {
  const open = list.isOpen(made);
  const again = made.state === "CANCELLED" || made.state === "FAILED";
  const { error } = made;
  return h(
    "li",
    { "data-made": made.id },
    h(
      "div",
      { class: "docs-grow" },
      h("strong", {}, made.title),
      h("p", { class: "docs-quiet" }, `${known(made)} · `, when(made)),
      open && h("progress", { class: "docs-progress", "aria-label": `${made.title} ${STATES[made.state][0]}` }),
      error && h("p", { class: "docs-wrong" }, error.message, error.place && !error.message.includes(error.place) && h("code", {}, ` ${error.place}`)),
    ),
    h(
      "div",
      { class: "docs-acts" },
      list.standing(made),
      made.output && actOf(made, "Download", () => download(made), "docs-primary"),
      told.mayWrite && open && actOf(made, "Stop", () => list.act("stop", made, "It is stopped.")),
      told.mayWrite && again && actOf(made, "Make once more", () => list.act("again", made, "It is made once more.")),
      told.mayWrite && actOf(made, "Remove", () => list.drop(made, "The file that it was made as stays among the files.")),
    ),
  );
}

/** How a PDF is sealed: signed, or closed by a password. */
async function sealing() {
  const keys = told.maySign ? (await graph(KEYS)).documentSigningKeys.nodes : [];
  const signed = h("select", { name: "signWith", class: "docs-field" }, options([["", "Nobody"], ...keys.map(({ id, name }) => [id, name])]));
  return h("div", { class: keys.length ? "docs-pair" : "" }, keys.length ? h("label", {}, "Signed with", signed) : "", field("Password that opens it", "password", { type: "password", autocomplete: "new-password", maxlength: 127, placeholder: "None" }));
}

async function create(template = null) {
  const seals = await sealing();
  const source = new Source("Data, as an object of JSON", {
    placeholder: '{"name": "Ada"}',
    parsed: given,
    file: "A file of JSON that holds one object.",
    suits: ({ name }) => /\.json$/i.test(name),
    imported: "Its rows that nobody has changed since are what the template has as rows.",
  });
  let sampled = "";
  const choice = await Choice.read(() => tried(chosen));
  const chosen = async () => {
    seals.hidden = choice.format.value !== "PDF";
    const id = choice.template.value;
    if (sampled === id) return;
    sampled = id;
    const { documentTemplate } = await graph(SAMPLE, { id });
    if (sampled === id) source.suggest(documentTemplate.published?.sample ?? "");
  };
  choice.begin(template);
  const save = async ({ template: of, format, title, signWith, password }) => {
    const more = format === "PDF" ? { ...(signWith ? { signWith } : {}), ...(password ? { protect: { password } } : {}) } : {};
    await change("createDocument", { template: of, format, ...source.told, ...more, ...(title ? { title } : {}) }, "document { id }");
  };
  const fields = [h("div", { class: "docs-pair" }, h("label", {}, "Template", choice.template), h("label", {}, "Format", choice.format)), field("Title", "title", { maxlength: 255, placeholder: "The template's" }), source.parts, seals];
  if (!(await form("New document", fields, { yes: "Make it", kind: "docs-picker", says: "It is made of the version that is published. Put your data in the place of the sample.", save }))) return;
  await list.load();
  announce("The document is asked for.");
}

function given(text) {
  const found = read(text);
  if (found === null || typeof found !== "object" || Array.isArray(found)) throw new Error("Data is an object of JSON, or comes from a file or an import.");
  return found;
}

const begin = (template = null) => tried(() => create(template));
const nothing = () => (told.mayWrite ? emptiness("There are no documents yet.", "A document is made of a template that is published, and of data.", button("New document", () => begin(), { kind: "docs-primary" })) : emptiness("There are no documents yet.", "Whoever may have documents made has asked for none yet."));
const list = new Making({
  one: "document",
  fields: FIELDS,
  states: STATES,
  open: new Set(["QUEUED", "RENDERING"]),
  mutations: { stop: "cancelDocument", again: "retryDocument", remove: "deleteDocument" },
  read: async (after) => (await graph(READ, { after })).documents,
  row,
  nothing,
});
if (told.mayWrite) page.querySelector("[data-acts]").append(button("New document", () => begin(), { kind: "docs-primary" }));
list.load();
const wanted = new URLSearchParams(location.search).get("template");
if (wanted && told.mayWrite) begin(wanted);
