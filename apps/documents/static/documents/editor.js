// One template: written on the left, judged and shown on the right while it is written.
import { h } from "../kernel/elements.js";
import { announce, ask, badge, button, change, field, graph, told } from "./api.js";
import { Pictures, Upload } from "./parts.js";
import { lineOf, locate } from "./places.js";
import { Standing } from "./standing.js";
import { Versions } from "./versions.js";

const page = document.querySelector("[data-documents]");
const at = (name) => page.querySelector(`[data-${name}]`);
const id = page.dataset.template;
const TEXTS = "id number state body markdown schema sample note savedAt assets { name fileId version gallery } upload { id fileId fileVersion state kind }";
const READ = `query($id: ID!) { documentTemplate(id: $id) { id title description archivedAt theme { id } published { ${TEXTS} } draft { ${TEXTS} } }
  newest: documentTemplateVersions(filter: {templateId: $id}, first: 1) { nodes { ${TEXTS} } } }`;
const TRY = `query($body: String!, $markdown: String, $schema: String, $sample: String, $names: [String!], $assets: [DocumentTemplateAssetInput!], $themeId: ID, $uploadId: ID, $first: Int) {
  check: checkDocumentTemplate(body: $body, markdown: $markdown, schema: $schema, sample: $sample, assets: $names, themeId: $themeId, uploadId: $uploadId) {
    publishable inferredSchema findings { source place code message block expression at severity } }
  preview: previewDocumentTemplate(body: $body, markdown: $markdown, schema: $schema, sample: $sample, assets: $assets, themeId: $themeId, uploadId: $uploadId, first: $first, count: 3, width: 900) {
    title pages problem format document note pictures { number width height png } } }`;
const NAMES = { markdown: "Text", body: "Template", sample: "Sample data", schema: "Schema" };
const PARTS = { pictures: "Pictures", upload: "File" };
const HINTS = {
  markdown: "Markdown, with {{ expressions }} and lines such as ::: repeat lines as line",
  body: "JSON: the document model",
  sample: "JSON: what the preview is made of",
  schema: "JSON Schema of the data; empty for none",
};
const PAUSE = 500;
/** A file that is looked through is asked for again. */
const LOOK_AGAIN = 1500;
/** Pages of a preview. */
const SHOWN = 3;

let template = null;
let saved = {};
let savedAt = null;
let turn = 0;
let first = 1;
let timer = 0;
let looking = 0;
let inferred = null;
let address = "";
const areas = {};

const texts = () => Object.fromEntries(Object.entries(areas).map(([name, area]) => [name, area.value]));
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const dirty = () => Object.entries(texts()).some(([name, text]) => text !== (saved[name] ?? "")) || !same(pictures.told, saved.pictures) || !same(upload.told, saved.upload);
const writes = () => told.mayWrite && template && !template.archivedAt;

/** Read what there is, and show it to be written. */
async function load() {
  template = await read();
  // Also of one whose versions are withdrawn.
  const version = template.draft ?? template.published ?? template.newest;
  keep({ body: "", markdown: "", schema: "", sample: "", assets: [], upload: null, ...version });
  desk();
  stand();
  await Promise.all([tryOut(), versions.load()]);
}

async function read() {
  const { documentTemplate, newest } = await graph(READ, { id });
  return { ...documentTemplate, newest: newest.nodes[0] };
}

/** Take what the server has for what is saved; what was chosen since it was `sent` stays. */
function keep(version, sent = null) {
  savedAt = template.draft?.savedAt ?? null;
  saved = { ...saved, ...version, pictures: Pictures.told(version.assets), upload: Upload.told(version.upload) };
  if (!sent || same(pictures.told, sent.pictures)) pictures.take(version.assets);
  if (!sent || same(upload.told, sent.upload)) upload.take(version.upload);
  clearTimeout(looking);
  if (version.upload?.state === "CHECKING") looking = setTimeout(tried(look), LOOK_AGAIN);
}

/** See whether the file has been looked through; what is written meanwhile stays. */
async function look() {
  const found = await read();
  const now = (found.draft ?? found.published ?? found.newest)?.upload;
  if (now?.state === "CHECKING") looking = setTimeout(tried(look), LOOK_AGAIN);
  if (!now || now.id !== upload.now?.id) return;
  upload.take(now);
  if (now.state === "CHECKING") return;
  announce(now.state === "READY" ? "The file has been looked through." : "The file cannot be used.");
  await tryOut();
}

/** Lay out the texts, each in a tab of its own. */
function desk() {
  const names = Object.keys(NAMES).filter((name) => name !== "markdown" || saved.markdown);
  const all = [...names, ...Object.keys(PARTS)];
  for (const name of Object.keys(areas)) delete areas[name];
  const tabs = all.map((name) => h("button", { type: "button", role: "tab", id: `docs-tab-${name}`, "aria-controls": `docs-panel-${name}`, onclick: () => choose(name), onkeydown: (event) => walk(event, all) }, name === "body" && saved.markdown ? "Head" : (NAMES[name] ?? PARTS[name])));
  const panels = names.map((name) => {
    areas[name] = h("textarea", { class: "docs-area", "aria-label": NAMES[name], "aria-describedby": `docs-hint-${name}`, spellcheck: name === "markdown" ? "true" : "false", readonly: !writes(), value: saved[name], oninput: written });
    const more = name === "schema" && writes() ? button("Infer from the template", infer, { kind: "docs-small" }) : null;
    return h("div", { role: "tabpanel", id: `docs-panel-${name}`, "aria-labelledby": `docs-tab-${name}` }, areas[name], h("p", { class: "docs-quiet docs-hint", id: `docs-hint-${name}` }, HINTS[name], " ", more));
  });
  at("tabs").replaceChildren(...tabs);
  const parts = { pictures, upload };
  const others = Object.keys(PARTS).map((name) => h("div", { role: "tabpanel", id: `docs-panel-${name}`, "aria-labelledby": `docs-tab-${name}`, tabindex: 0, class: "docs-part" }, parts[name].place));
  for (const one of Object.values(parts)) one.draw();
  at("panels").replaceChildren(...panels, ...others);
  choose(names[0]);
}

function choose(name) {
  for (const tab of at("tabs").children) {
    const chosen = tab.id === `docs-tab-${name}`;
    tab.setAttribute("aria-selected", chosen);
    tab.tabIndex = chosen ? 0 : -1;
  }
  for (const panel of at("panels").children) panel.hidden = panel.id !== `docs-panel-${name}`;
}

function walk(event, names) {
  const step = { ArrowRight: 1, ArrowLeft: -1, Home: 0, End: 0 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const here = names.findIndex((name) => event.target.id === `docs-tab-${name}`);
  const next = { Home: names[0], End: names.at(-1) }[event.key] ?? names[(here + step + names.length) % names.length];
  choose(next);
  page.querySelector(`#docs-tab-${next}`).focus();
}

function infer() {
  if (!inferred) return;
  areas.schema.value = JSON.stringify(JSON.parse(inferred), null, 2);
  written();
}

function written() {
  stand();
  clearTimeout(timer);
  timer = setTimeout(() => tryOut(), PAUSE);
}

/** Say where the template stands, and offer what can be done. */
function stand() {
  const { title, archivedAt, published, draft } = template;
  at("title").textContent = title;
  at("standing").replaceChildren(
    ...[archivedAt ? badge("archived", "docs-warn") : published ? badge(`version ${published.number} is published`, "docs-good") : badge("not published"), draft ? badge(`draft ${draft.number}`, "docs-busy") : ""].flatMap((one) => [one, " "]),
  );
  at("save").disabled = !writes() || !dirty();
  at("publish").disabled = !writes() || !(draft || dirty());
  standing.draw();
  at("saved").textContent = !told.mayWrite ? "You may look, not write." : dirty() ? "Not saved" : draft ? "Saved" : "";
}

/** Judge and show what is written; an answer that was overtaken is dropped. */
async function tryOut() {
  const mine = (turn += 1);
  at("sheets").setAttribute("aria-busy", "true");
  try {
    const assets = pictures.told;
    const names = assets.map(({ name }) => name);
    const { check, preview } = await graph(TRY, { ...texts(), names, assets, themeId: template.theme?.id, uploadId: upload.now?.id, first });
    if (mine !== turn) return;
    inferred = check.inferredSchema;
    judge(allOf(check.findings, preview));
    show(preview);
    trouble("");
  } catch (error) {
    if (mine === turn) trouble(error.message);
  } finally {
    if (mine === turn) at("sheets").setAttribute("aria-busy", "false");
  }
}

/** What is found by making a document of the sample alone is told beside the rest. */
function allOf(findings, { problem }) {
  if (!problem || findings.some(({ severity }) => severity === "ERROR")) return findings;
  return [{ source: "PREVIEW", place: "", message: problem, block: "", expression: "", severity: "ERROR" }, ...findings];
}

function judge(findings) {
  const errors = findings.filter(({ severity }) => severity === "ERROR").length;
  const count = at("count");
  count.textContent = findings.length ? `${errors} to mend, ${findings.length - errors} advised` : "none";
  count.className = `docs-badge ${errors ? "docs-bad" : findings.length ? "docs-warn" : "docs-good"}`;
  at("findings").replaceChildren(...findings.map(finding));
}

function finding(one) {
  const range = rangeOf(one);
  const name = areaOf(one);
  const line = range && lineOf(areas[name].value, range[0]);
  const where = [NAMES[name] ?? PARTS[name] ?? "Preview", line ? `line ${line}` : one.place, one.block].filter(Boolean).join(", ");
  const what = [h("span", { class: "docs-where" }, where), h("span", {}, one.message), one.expression && h("code", {}, one.expression.slice(0, 120))];
  const kind = one.severity === "ERROR" ? "docs-error" : "docs-advice";
  return h("li", { class: kind }, h("span", { class: "sr" }, one.severity === "ERROR" ? "To mend: " : "Advice: "), range ? h("button", { type: "button", onclick: () => lead(name, range) }, what) : h("div", {}, what));
}

/** Which text a finding is about. */
const areaOf = ({ source, expression }) => (source === "BODY" && areas.markdown && expression ? "markdown" : source.toLowerCase());

function rangeOf(one) {
  const name = areaOf(one);
  const text = areas[name]?.value;
  if (text === undefined) return null;
  if (one.source === "MARKDOWN") {
    const before = text.split("\n").slice(0, Math.max(Number(one.place.slice(1)) - 1, 0));
    const start = before.join("\n").length + (before.length ? 1 : 0);
    return [start, start + (text.slice(start).split("\n")[0]?.length ?? 0)];
  }
  if (name === "markdown") {
    const start = text.indexOf(one.expression);
    return start < 0 ? null : [start, start + one.expression.length];
  }
  const range = locate(text, one.place);
  if (!range || !one.expression) return range;
  const inside = text.indexOf(one.expression, range[0]);
  return inside >= 0 && inside < range[1] ? [inside, inside + one.expression.length] : range;
}

/** Put the caret where a finding is. */
function lead(name, [start, end]) {
  choose(name);
  const area = areas[name];
  area.focus();
  area.setSelectionRange(start, end);
  const line = lineOf(area.value, start);
  const height = parseFloat(getComputedStyle(area).lineHeight);
  area.scrollTop = Math.max((line - 4) * height, 0);
}

function show({ title, pages, problem, format, document: made, note, pictures: shown }) {
  if (problem) {
    // What could be made last stays to be seen.
    at("pages").textContent = "Not up to date";
    at("sheets").classList.add("docs-stale");
    if (!at("sheets").children.length) at("sheets").replaceChildren(h("p", { class: "docs-quiet" }, problem));
    return;
  }
  const had = made && file(title, format, made, note);
  if (made && !shown.length && first === 1) {
    at("turn").replaceChildren();
    at("sheets").replaceChildren(had);
    return;
  }
  if (!shown.length && first > 1) {
    first = 1;
    tryOut();
    return;
  }
  at("sheets").classList.remove("docs-stale");
  const last = first + shown.length - 1;
  at("pages").textContent = pages === 1 ? "1 page" : `Pages ${first} to ${last} of ${pages}`;
  at("turn").replaceChildren(...(pages > SHOWN ? [button("Back", () => leaf(-SHOWN), { kind: "docs-small", disabled: first === 1 }), button("On", () => leaf(SHOWN), { kind: "docs-small", disabled: last >= pages })] : []));
  at("sheets").replaceChildren(had ?? "", ...shown.map(({ number, width, height, png }) => h("img", { src: `data:image/png;base64,${png}`, width, height, alt: `Page ${number} of ${title}` })));
}

/** A file of Word or Excel is had as it would be made, also where nothing makes pictures of it. */
function file(title, format, made, note) {
  const bytes = Uint8Array.from(atob(made), (one) => one.charCodeAt(0));
  const name = `${title || "Preview"}.${format.toLowerCase()}`;
  if (address) URL.revokeObjectURL(address);
  address = URL.createObjectURL(new Blob([bytes]));
  at("sheets").classList.remove("docs-stale");
  at("pages").textContent = `${Math.ceil(bytes.length / 1024).toLocaleString()} KB`;
  return h("p", {}, "The file, filled with the sample: ", h("a", { href: address, download: name }, `Download ${name}`), note && h("span", { class: "docs-quiet" }, ` (${note})`));
}

function leaf(step) {
  first = Math.max(first + step, 1);
  announce(`From page ${first}.`);
  tryOut();
}

function trouble(text) {
  at("problem").hidden = !text;
  at("problem").textContent = text;
}

async function save() {
  const sent = { pictures: pictures.told, upload: upload.told };
  const more = same(sent.upload, saved.upload) ? {} : { upload: sent.upload };
  const { documentTemplateVersion: draft } = await change("saveDocumentTemplateDraft", { id, ...texts(), assets: sent.pictures, ...more, savedAt }, `documentTemplateVersion { ${TEXTS} }`);
  template.draft = draft;
  keep(draft, sent);
  stand();
  announce("The draft is saved.");
  if (more.upload !== undefined) await tryOut();
}

async function publish() {
  const given = await ask("Publish this version?", field("What is new", "note", { maxlength: 1000, rows: 3 }), {
    yes: "Publish it",
    says: "Documents that name no version are made of it from then on. It never changes again.",
  });
  if (!given) return;
  if (dirty()) await save();
  await change("publishDocumentTemplate", { id, note: given.note }, "documentTemplateVersion { number }");
  await load();
  announce("It is published.");
}

/** Do something, and say what went wrong. */
const tried = (work) => async () => {
  trouble("");
  try {
    await work();
  } catch (error) {
    trouble(error.message);
  }
};

const part = { writes: () => writes(), changed: written, failed: trouble };
const pictures = new Pictures(h("div"), part);
const upload = new Upload(h("div"), part);

/** Read the template again; of what is written all stays, if only some of it has changed. */
async function again(names) {
  if (!names) return load();
  const found = await read();
  for (const name of names) template[name] = found[name];
  stand();
  return tryOut();
}

const standing = new Standing(at("template-acts"), id, { template: () => template, writes, may: told.mayWrite, again, tried });
const versions = new Versions(at("versions"), id, {
  use: writes,
  take: (version) => {
    for (const [name, area] of Object.entries(areas)) area.value = version[name] ?? "";
    pictures.take(version.assets);
    upload.take(version.upload);
    written();
    announce(`Version ${version.number} is in the editor; it is not saved yet.`);
    page.querySelector("[role=tab][aria-selected=true]").focus();
  },
  again,
  failed: trouble,
});

at("save").addEventListener("click", tried(save));
at("publish").addEventListener("click", tried(publish));
addEventListener("keydown", (event) => {
  if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  if (!at("save").disabled) tried(save)();
});
addEventListener("beforeunload", (event) => {
  if (template && writes() && dirty()) event.preventDefault();
});
tried(load)();
