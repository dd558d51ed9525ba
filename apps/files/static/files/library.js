// The page of a tenant's files: shows a folder, a search or the trash, and takes files in.
import { told } from "./api.js";
import { Acts, Nest } from "./acts.js";
import { Details } from "./details.js";
import { announce, button, h } from "./dom.js";
import { choose, takeFiles } from "./dropping.js";
import { follow, judgements } from "./following.js";
import { address, filesOf, folderAt, foldersOf, narrowed, read } from "./listing.js";
import { Table } from "./table.js";
import { Tools } from "./tools.js";
import { TransferView } from "./transfer_view.js";
import { Queue } from "./transfers.js";
import { isFinal, size } from "./words.js";

const page = document.querySelector("#files");
const place = page.querySelector("[data-list]");
const heading = page.querySelector("#files-place");
let shown = read();
let folderId = null;
let rows = { files: [], folders: [] };
let next = { files: null, folders: null };
let asked = 0;

const queue = new Queue();
const acts = new Acts({ reload: () => load(), place: () => ({ id: folderId, path: shown.at }) });
acts.addVersion = (file, bytes) => {
  details.dialog.close();
  queue.add(bytes, { follows: file });
};
const details = new Details({ acts, changed: () => load() });
const body = h("div");
const table = new Table(body, {
  open: (file) => details.open(file),
  enter: (folder) => (shown.trash ? announce("Restore the folder to see what is in it.") : go({ at: folder.path, name: "", tag: "", state: "", kind: "" }, { walks: true })),
  chosen: () => tools.choose(table.selection, shown),
  remove: () => (shown.trash ? acts.erase(table.selection) : acts.trash(table.selection)),
});
const tools = new Tools(page.querySelector("[data-tools]"), { go, href: (changes) => address({ ...shown, ...changes }), acts, table });
const end = h("div", { class: "files-end" });

/** Show something else; who walks to a folder finds themselves at its beginning. */
function go(changes, { walks = false } = {}) {
  shown = { ...shown, ...changes };
  history[walks ? "pushState" : "replaceState"](null, "", address(shown));
  load({ walks });
}

/** Ask for what is shown, from its beginning. An answer that another has overtaken is dropped. */
async function load({ walks = false } = {}) {
  const turn = (asked += 1);
  place.setAttribute("aria-busy", "true");
  try {
    const id = await folderAt(shown.trash ? "/" : shown.at);
    const everywhere = narrowed(shown);
    const [files, folders] = await Promise.all([filesOf(shown, id), everywhere ? null : foldersOf(shown, id)]);
    if (turn !== asked) return;
    folderId = id;
    rows = { files: files.nodes, folders: folders?.nodes ?? [] };
    next = { files: cursor(files), folders: folders && cursor(folders) };
    draw();
    if (walks) walked();
  } catch (error) {
    if (turn === asked) place.replaceChildren(h("p", { class: "files-bad", role: "alert" }, error.message), button("Try again", () => load()));
  } finally {
    if (turn === asked) place.setAttribute("aria-busy", "false");
  }
}

const cursor = ({ pageInfo }) => (pageInfo.hasNextPage ? pageInfo.endCursor : null);

function draw() {
  heading.textContent = shown.trash ? "Trash" : narrowed(shown) ? "Found" : shown.at === "/" ? "All files" : shown.at;
  tools.show(shown);
  if (body.parentElement !== place) place.replaceChildren(body, end);
  if (!rows.files.length && !rows.folders.length) {
    table.show(rows, shown);
    body.replaceChildren(empty());
  } else {
    table.show(rows, { view: shown.view, everywhere: narrowed(shown) || Boolean(shown.trash), writes: told.may.write });
  }
  const more = [];
  if (next.folders) more.push(button("More folders", () => extend("folders")));
  if (next.files) more.push(button("More files", () => extend("files")));
  end.replaceChildren(...more);
  for (const { id, state } of rows.files) if (!isFinal(state)) follow(id);
  room();
}

function walked() {
  const number = rows.files.length + rows.folders.length;
  announce(`${heading.textContent}: ${number}${next.files || next.folders ? " or more" : ""} item${number === 1 ? "" : "s"}.`);
  (body.querySelector(".files-open") ?? page.querySelector(".files-crumbs a[aria-current]"))?.focus();
}

async function extend(kind) {
  const turn = asked;
  const found = await (kind === "files" ? filesOf : foldersOf)(shown, folderId, next[kind]);
  if (turn !== asked) return;
  const known = new Set(rows[kind].map(({ id }) => id));
  const fresh = found.nodes.filter(({ id }) => !known.has(id));
  rows = { ...rows, [kind]: [...rows[kind], ...fresh] };
  next[kind] = cursor(found);
  draw();
  if (fresh.length) table.focus(fresh[0].id);
  announce(`${fresh.length} more.`);
}

function empty() {
  if (shown.trash) return h("div", { class: "files-empty" }, h("p", {}, "The trash is empty."));
  if (narrowed(shown)) return h("div", { class: "files-empty" }, h("p", {}, "Nothing fits. Try fewer words, or another type."));
  const invited = told.may.write ? "Drop files or folders here, paste a picture, or choose some." : "Whoever may add files has added none here.";
  return h("div", { class: "files-empty" }, h("p", {}, h("strong", {}, "Nothing is here yet.")), h("p", {}, invited), told.may.write ? button("Add files", () => choose(take), { kind: "files-primary" }) : "");
}

function room() {
  const words = told.room === null ? ` · ${size(told.taken)} taken` : ` · ${size(told.taken)} of ${size(told.room)} taken`;
  page.querySelector("[data-room]").textContent = `${words} · files up to ${size(told.mostBytes)}`;
}

/** Take files in, each into the folder that it was in, below the one that is shown. */
async function take(found) {
  const nest = new Nest({ id: shown.trash ? null : folderId, path: shown.trash ? "/" : shown.at });
  announce(`${found.length} file${found.length === 1 ? "" : "s"} added to the uploads.`);
  for (const { file, folders } of found) {
    try {
      queue.add(file, { folderId: await nest.folder(folders), path: folders });
    } catch (error) {
      announce(`${file.name}: ${error.message}`);
      queue.add(file, { path: folders, refused: error.message });
    }
  }
}

if (told.may.write) {
  new TransferView(page.querySelector("[data-uploads]"), queue);
  let timer = 0;
  queue.addEventListener("change", ({ detail: { state, judged } }) => {
    if (state !== "done" || judged) return;
    clearTimeout(timer);
    timer = setTimeout(() => load(), 300);
  });
  takeFiles(page, take);
  page.querySelector("[data-add]").addEventListener("click", () => choose(take));
  page.querySelector("[data-add-folder]").addEventListener("click", () => choose(take, { folder: true }));
  page.querySelector("[data-new-folder]").addEventListener("click", acts.newFolder);
}
judgements.addEventListener("change", ({ detail }) => {
  table.update(detail);
  details.judged(detail);
});
addEventListener("popstate", () => {
  shown = read();
  load({ walks: true });
});
load();
