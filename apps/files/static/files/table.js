// Files and folders as a list or as a gallery: what is chosen, and what one may do with each by mouse and by keys.
import { graph } from "./api.js";
import { h, icon } from "./dom.js";
import { kindOf, size, standing, when } from "./words.js";

const AGAIN_MS = 4000;

export class Table {
  /** `open(file)` and `enter(folder)` are what a press does; `chosen()` is told when the choice changes. */
  constructor(place, { open, enter, chosen, remove }) {
    Object.assign(this, { place, open, enter, chosen, remove, files: [], folders: [], picked: new Set() });
    place.addEventListener("keydown", (event) => this.key(event));
  }

  /** Show rows in place of those before; what is chosen and still there stays so. */
  show({ files, folders }, { view, everywhere, writes }) {
    Object.assign(this, { files, folders, view, everywhere, writes });
    const there = new Set([...files, ...folders].map(({ id }) => id));
    this.picked = new Set([...this.picked].filter((id) => there.has(id)));
    const before = [...this.place.querySelectorAll("[data-row]")];
    const held = document.activeElement.closest("[data-row]");
    this.place.replaceChildren(view === "gallery" ? this.gallery() : this.table());
    if (held) this.goOn(held.dataset.row, before.indexOf(held));
    this.chosen();
  }

  /** Go on at the same row, or at what has taken its place. */
  goOn(id, index) {
    const rows = [...this.place.querySelectorAll("[data-row]")];
    const row = this.rowOf(id) ?? rows[Math.min(index, rows.length - 1)];
    row?.querySelector(".files-open").focus();
  }

  get selection() {
    const of = (rows) => rows.filter(({ id }) => this.picked.has(id));
    return { files: of(this.files), folders: of(this.folders) };
  }

  forgetChoice() {
    this.picked.clear();
    for (const box of this.place.querySelectorAll("input[type=checkbox]")) box.checked = false;
    for (const row of this.place.querySelectorAll("[data-row]")) row.classList.remove("files-picked");
    this.chosen();
  }

  rowOf = (id) => this.place.querySelector(`[data-row="${id}"]`);

  focus(id) {
    this.rowOf(id)?.querySelector(".files-open").focus();
  }

  /** A file is in another state than it was. */
  update(judged) {
    const file = this.files.find(({ id }) => id === judged.id);
    const row = this.rowOf(judged.id);
    if (!file || !row) return;
    Object.assign(file, judged);
    row.querySelector(".files-state").replaceChildren(...stateOf(file));
    row.querySelector(".files-thumb").replaceWith(thumb(file));
  }

  table() {
    const heads = ["Name", "State", "Size", this.everywhere ? "Folder" : "Added"];
    const all = h("input", { type: "checkbox", "aria-label": "Choose all", onchange: () => this.pickAll(all.checked) });
    const head = h("tr", {}, h("td", {}, all), heads.map((words) => h("th", { scope: "col" }, words)));
    const rows = [...this.folders.map((one) => this.folderRow(one)), ...this.files.map((one) => this.fileRow(one))];
    return h("table", { class: "files-table" }, h("thead", {}, head), h("tbody", {}, rows));
  }

  folderRow(folder) {
    return this.row("tr", folder, h("td", {}, this.box(folder)), h("th", { scope: "row", colspan: 4 }, this.opener(folder, icon("folder"), () => this.enter(folder))));
  }

  fileRow(file) {
    const last = this.everywhere ? (file.folder?.path ?? "/") : when(file.createdAt);
    return this.row(
      "tr",
      file,
      h("td", {}, this.box(file)),
      h("th", { scope: "row" }, this.opener(file, thumb(file), () => this.open(file))),
      h("td", { class: "files-state" }, stateOf(file)),
      h("td", { class: "files-size" }, size(file.sizeBytes)),
      h("td", { class: "files-last" }, last),
    );
  }

  gallery() {
    const folders = this.folders.map((one) => this.row("li", one, this.box(one), this.opener(one, h("span", { class: "files-thumb" }, icon("folder")), () => this.enter(one))));
    const files = this.files.map((one) =>
      this.row("li", one, this.box(one), this.opener(one, thumb(one), () => this.open(one)), h("p", { class: "files-state" }, stateOf(one)), h("p", { class: "files-quiet" }, size(one.sizeBytes))),
    );
    return h("ul", { class: "files-gallery" }, folders, files);
  }

  row(name, { id }, ...children) {
    return h(name, { "data-row": id, class: this.picked.has(id) ? "files-picked" : null }, ...children);
  }

  opener({ name }, picture, act) {
    return h("button", { type: "button", class: "files-open", onclick: act, title: name }, picture, h("span", {}, name));
  }

  box({ id, name }) {
    const box = h("input", { type: "checkbox", "aria-label": `Choose ${name}`, onchange: () => this.pick(id, box.checked) });
    box.checked = this.picked.has(id);
    return box;
  }

  pick(id, yes) {
    if (yes) this.picked.add(id);
    else this.picked.delete(id);
    this.rowOf(id).classList.toggle("files-picked", yes);
    this.chosen();
  }

  pickAll(yes) {
    for (const box of this.place.querySelectorAll("[data-row] input")) box.checked = yes;
    for (const { id } of [...this.folders, ...this.files]) this.pick(id, yes);
  }

  /** Up and down go from row to row, space chooses with Ctrl, Delete puts away what is chosen or at hand. */
  key(event) {
    const row = event.target.closest("[data-row]");
    if (!row) return;
    const step = { ArrowDown: 1, ArrowUp: -1, ...(this.view === "gallery" && { ArrowRight: 1, ArrowLeft: -1 }) }[event.key];
    if (step) {
      const rows = [...this.place.querySelectorAll("[data-row]")];
      rows[rows.indexOf(row) + step]?.querySelector(".files-open").focus();
    } else if (event.key === "Delete" && this.writes) {
      if (!this.picked.has(row.dataset.row)) this.forgetChoice();
      this.picked.add(row.dataset.row);
      this.remove();
    } else if (event.key === " " && event.ctrlKey) {
      row.querySelector("input").click();
    } else return;
    event.preventDefault();
  }
}

function stateOf(file) {
  const [label, meaning, look] = standing(file);
  const shown = h("span", { class: `files-badge files-${look}`, title: meaning }, label);
  return [shown, file.held ? h("span", { class: "files-badge files-warn" }, "Held") : null].filter(Boolean);
}

/** A small picture of a file, or the icon of its kind while there is none. */
function thumb(file) {
  const place = h("span", { class: "files-thumb" }, icon(kindOf(file.contentType)));
  if (file.thumbnail?.state === "READY") picture(place, file);
  else if (file.thumbnail?.state === "PENDING") setTimeout(() => later(place, file), AGAIN_MS);
  return place;
}

function picture(place, file) {
  const shown = h("img", { src: `/files/api/files/${file.id}/thumbnail/`, alt: "", loading: "lazy", decoding: "async" });
  shown.addEventListener("load", () => place.classList.add("files-pictured"));
  shown.addEventListener("error", () => shown.remove());
  place.append(shown);
}

/** Of a file that was just added the picture is still being made: ask for it once more, then do without. */
async function later(place, file) {
  if (!place.isConnected) return;
  const found = await graph("query($id: ID!) { file(id: $id) { thumbnail { state } } }", { id: file.id }).catch(() => null);
  if (found?.file?.thumbnail?.state === "READY") picture(place, file);
}
