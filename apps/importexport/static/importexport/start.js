// How an import begins: where its rows go, and what they come from.
import { h } from "../kernel/elements.js";
import { HOME, announce, ask, attempt, button, change, complain, dialogOf, graph, nothing, select, told } from "./api.js";
import { grouped } from "./datasets.js";
import { many } from "./jobs.js";
import { Upload, canUpload } from "./uploading.js";

const place = document.querySelector("[data-start]");
const DATASETS = `{ datasets { name title description writable modes fields { name title kind required readOnly } key }
  dataEndpoints(order: NAME, first: 50) { nodes { id name kind state } } }`;
const FIND = `query($name: String) { files(filter: {nameContains: $name, state: CLEAN}, first: 20) { nodes { id name version } } }`;
const TABLES = /\.(csv|tsv|tab|txt|xlsx|ods|jsonl|ndjson|json|parquet)(\.(gz|zst|zip))?$|\.zip$/i;
const FORMATS = [["csv", "CSV"], ["xlsx", "Excel"], ["ods", "OpenDocument"]];
const PAUSE = 250;
const ADDRESS = "";
let datasets = [];
/** The places outside that files are read from. */
let places = [];
/** What is chosen: its name, and what the API is told of it. */
let source = null;
let busy = null;

const dataset = () => datasets.find(({ name }) => name === place.elements.dataset?.value);

/** Let a file of the files service be chosen; returns it, or null. */
function choose() {
  return dialogOf("Choose a file", (pick) => {
    const list = h("ul", { class: "imp-list", "aria-label": "Files" });
    const heard = h("p", { class: "imp-quiet", role: "status" });
    const word = h("input", { class: "imp-field", type: "search", autofocus: true, maxlength: 100, "aria-label": "Find files by name", placeholder: "Name of the file" });
    let turn = 0;
    let timer = 0;
    const find = async () => {
      const mine = (turn += 1);
      try {
        const { files } = await graph(FIND, { name: word.value.trim() || null }, "files");
        if (mine !== turn) return;
        const found = files.nodes.filter(({ name }) => TABLES.test(name));
        list.replaceChildren(...found.map((one) => h("li", {}, button(one.name, () => pick(one)), h("span", { class: "imp-quiet" }, `version ${one.version}`))));
        list.hidden = !found.length;
        heard.textContent = found.length ? `${many(found.length, "file")} found.` : "No table is called so. Upload it, or try another name.";
      } catch (error) {
        if (mine === turn) heard.textContent = error.message;
      }
    };
    word.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(find, PAUSE);
    });
    find();
    return h("div", { class: "imp-part" }, word, heard, list);
  });
}

function about() {
  const one = dataset();
  if (!one) return h("p", { class: "imp-quiet" }, "Its fields are shown here once it is chosen.");
  const fields = one.fields.filter(({ readOnly }) => !readOnly);
  const links = FORMATS.map(([format, title]) => h("a", { href: `/importexport/api/datasets/${encodeURIComponent(one.name)}/template/?format=${format}`, download: "" }, title));
  return [
    one.description && h("p", { class: "imp-quiet" }, one.description),
    h("p", { class: "imp-chips" }, fields.map(({ name, required }) => h("span", { class: "imp-badge" }, name, (required || one.key.includes(name)) && h("span", { class: "imp-must" }, " required")))),
    h("p", { class: "imp-quiet" }, "An empty file with these columns: ", links.flatMap((link, at) => (at ? [", ", link] : [link])), "."),
  ];
}

function draw() {
  const held = document.activeElement?.dataset?.key;
  const chosen = place.elements.dataset?.value ?? new URLSearchParams(location.search).get("dataset") ?? "";
  const where = h("select", { class: "imp-field", name: "dataset", id: "imp-dataset", "data-key": "dataset", onchange: () => draw() }, h("option", { value: "" }, "Choose…"), grouped(datasets));
  where.value = datasets.some(({ name }) => name === chosen) ? chosen : "";
  const details = h("div", { class: "imp-part" });
  const go = button("Read it", begin, { kind: "imp-primary", "data-key": "go", disabled: !source || !where.value || Boolean(busy) });
  place.replaceChildren(
    h("section", { class: "imp-card", "aria-labelledby": "imp-where" }, h("h2", { id: "imp-where" }, "1. Where do the rows go?"), h("label", { for: "imp-dataset" }, "Dataset or table"), where, details),
    h("section", { class: "imp-card", "aria-labelledby": "imp-what" }, h("h2", { id: "imp-what" }, "2. Which file?"), file()),
    h("div", { class: "imp-acts" }, go, h("span", { class: "imp-quiet" }, source && where.value ? "It is looked at first: nothing is brought yet." : "Choose a dataset and a file to go on.")),
  );
  details.append(...[about()].flat().filter(Boolean));
  if (held) place.querySelector(`[data-key="${held}"]:not(:disabled)`)?.focus();
}

function file() {
  if (busy) {
    const bar = h("progress", { max: 1, value: 0, "aria-label": `Upload of ${busy.name}`, "data-bar": "" });
    return h("div", { class: "imp-part" }, h("p", {}, h("strong", {}, busy.name), " ", h("span", { class: "imp-quiet", "data-sent": "" }, "is uploaded…")), bar, h("div", { class: "imp-acts" }, button("Cancel", stop, { "data-key": "cancel" })));
  }
  const acts = [canUpload() && button(source ? "Upload another" : "Upload a file", browse, { "data-key": "upload", kind: source ? "" : "imp-primary" }), button("Choose one that is here", pick, { "data-key": "pick" }), button("Fetch it from elsewhere", fetch_, { "data-key": "fetch" })];
  const says = canUpload() ? "CSV, TSV, Excel, OpenDocument, JSON lines or Parquet; also in gzip, zstd or zip. Or drop it here." : "It is chosen among the files of this tenant.";
  return h("div", { class: "imp-drop", "data-drop": "" }, source ? h("p", {}, h("strong", {}, source.name), h("span", { class: "imp-quiet" }, " is chosen.")) : "", h("div", { class: "imp-acts" }, acts), h("p", { class: "imp-quiet" }, says));
}

function browse() {
  const chooser = h("input", { type: "file" });
  chooser.addEventListener("change", () => chooser.files[0] && upload(chooser.files[0]));
  chooser.click();
}

async function upload(chosen) {
  complain();
  const mine = { name: chosen.name };
  busy = mine;
  draw();
  place.querySelector("[data-key=cancel]").focus();
  announce(`${chosen.name} is uploaded.`);
  mine.upload = new Upload(chosen, (share) => {
    if (busy !== mine) return;
    place.querySelector("[data-bar]").value = share;
    place.querySelector("[data-sent]").textContent = share < 1 ? `${Math.floor(100 * share)} % is uploaded` : "is uploaded, and looked through for harm…";
  });
  try {
    const id = await mine.upload.done;
    if (busy !== mine) return;
    source = { name: chosen.name, from: { sourceId: id } };
    announce(`${chosen.name} is there.`);
  } catch (error) {
    if (busy === mine) complain(error);
  }
  if (busy !== mine) return;
  busy = null;
  draw();
  goOn(source ? "dataset" : "upload");
}

function stop() {
  busy?.upload?.cancel();
  busy = null;
  draw();
  place.querySelector("[data-key=upload]")?.focus();
  announce("The upload is cancelled.");
}

/** Be at what goes on, once it can; before that at what is missing. */
function goOn(otherwise) {
  (place.querySelector("[data-key=go]:not(:disabled)") ?? place.querySelector(`[data-key=${otherwise}]`))?.focus();
}

async function pick() {
  const found = await choose();
  if (found) source = { name: found.name, from: { sourceId: found.id } };
  draw();
  goOn("pick");
}

/** Ask where a file is: at an address, or at a place outside. It is fetched when it is read. */
async function fetch_() {
  const where = select([[ADDRESS, "An address on the web"], ...places.map(({ id, name }) => [id, name])], ADDRESS, { name: "place" });
  const path = h("input", { class: "imp-field", name: "path", required: true, autocomplete: "off" });
  const words = h("span", {});
  const says = h("p", { class: "imp-quiet" });
  const show = () => {
    const web = where.value === ADDRESS;
    Object.assign(path, web ? { type: "url", pattern: "https?://.+", maxLength: 2000, placeholder: "https://example.com/table.csv" } : { type: "text", maxLength: 1000, placeholder: "folder/table.csv" });
    if (!web) path.removeAttribute("pattern");
    words.textContent = web ? "Address" : "Path of the file there";
    says.textContent = web ? "It is fetched once, from the public internet alone, and kept with the import." : "It is read there as it is now.";
  };
  where.addEventListener("change", show);
  show();
  const given = await ask("Fetch a file from elsewhere", [h("label", {}, "Where is it?", where), h("label", {}, words, path), says], { yes: "Choose it" });
  if (given) {
    const text = given.path.trim();
    const name = text.replace(/[?#].*$/, "").replace(/\/+$/, "").split("/").pop() || text;
    source = { name, from: given.place === ADDRESS ? { sourceUrl: text } : { endpointId: given.place, sourcePath: text } };
  }
  draw();
  goOn("fetch");
}

async function begin() {
  const button_ = place.querySelector("[data-key=go]");
  button_.disabled = true;
  const done = await attempt(async () => {
    const { importJob } = await change("createImportJob", { name: source.name.slice(0, 255), ...source.from, dataset: dataset().name }, "importJob { id }");
    location.assign(`${HOME}${importJob.id}/`);
  });
  button_.disabled = done;
}

place.addEventListener("submit", (event) => event.preventDefault());
place.addEventListener("dragover", (event) => canUpload() && event.preventDefault());
place.addEventListener("drop", (event) => {
  if (!canUpload() || busy) return;
  event.preventDefault();
  const [dropped] = event.dataTransfer.files;
  if (dropped) upload(dropped);
});

async function load() {
  if (!told.mayWrite) {
    place.replaceChildren(nothing("You may look at imports, and not make one.", "Ask whoever manages this tenant for the right importexport:write.", h("a", { class: "imp-button", href: HOME }, "Look at imports")));
    return;
  }
  try {
    const found = await graph(DATASETS);
    datasets = found.datasets.filter(({ writable, modes }) => writable && modes.length);
    places = found.dataEndpoints.nodes.filter(({ kind, state }) => ["S3", "SFTP"].includes(kind) && state !== "DISABLED");
    if (datasets.length) draw();
    else place.replaceChildren(nothing("There is nothing to import into yet.", "Describe a table of your own first: createDataTable in GraphiQL.", h("a", { class: "imp-button", href: "/docs/importexport" }, "How that is done")));
  } catch (error) {
    place.replaceChildren(h("p", { class: "imp-problem", role: "alert" }, error.message), button("Try again", load));
  } finally {
    place.setAttribute("aria-busy", "false");
  }
}

load();
