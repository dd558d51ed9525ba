// What stands at the beginning of a source, and how it is read: guessed, or as somebody says.
import { h } from "../kernel/elements.js";
import { button, nothing, select, sentence, told } from "./api.js";
import { isAtWork } from "./jobs.js";

const FORMATS = { csv: "CSV", tsv: "TSV", xlsx: "Excel (xlsx)", ods: "OpenDocument (ods)", jsonl: "JSON lines", parquet: "Parquet" };
const SIGNS = { ",": "Comma (,)", ";": "Semicolon (;)", "\t": "Tab", "|": "Bar (|)", ":": "Colon (:)", "^": "Caret (^)", " ": "Space" };
const QUOTES = { '"': 'Double (")', "'": "Single (')", "": "None" };
const EMPTY = { true: "An empty text stays one", false: "An empty text is no value" };
const TEXT = new Set(["csv", "tsv"]);
const BOOKS = new Set(["xlsx", "ods"]);

export class Preview {
  constructor(wizard) {
    this.wizard = wizard;
    this.place = h("section", { class: "imp-part", "aria-labelledby": "imp-preview-title" });
    this.shown = "";
  }

  show(job) {
    const now = JSON.stringify([job.state, job.dialect, job.said, job.preview?.rows?.length, job.error, this.wizard.writes]);
    if (now === this.shown) return;
    this.shown = now;
    const title = h("h2", { id: "imp-preview-title", tabindex: -1 }, "How the file is read");
    if (job.state === "ANALYSING") {
      this.place.replaceChildren(title, h("div", { class: "imp-empty" }, h("p", {}, h("strong", {}, "The file is looked at…")), h("progress", { "aria-label": "Looking at the file" })));
      return;
    }
    const failed = job.state === "FAILED" && job.error && h("p", { class: "imp-problem", role: "alert" }, `${sentence(job.error.message)} ${job.preview ? "" : "Say below how it is to be read, or discard it and choose another file."}`);
    this.place.replaceChildren(...[title, failed, this.dialect(job), this.beginning(job), this.on(job)].filter(Boolean));
  }

  /** What is guessed of the file, each to be said otherwise. */
  dialect(job) {
    const { dialect, said, preview } = job;
    const format = said.format ?? dialect.format ?? job.format.toLowerCase();
    const guessed = (name, words) => (name in said ? "Let it be guessed" : dialect[name] === undefined || (dialect[name] === "" && !words[""]) ? "As it is found" : `Guessed: ${words[dialect[name]] ?? dialect[name]}`);
    const field = (label, name, words) => {
      const options = [["", guessed(name, words)], ...Object.entries(words).map(([value, text]) => [`=${value}`, text])];
      if (name in said && !(said[name] in words)) options.push([`=${said[name]}`, said[name]]);
      return h("label", {}, label, select(options, name in said ? `=${said[name]}` : "", { name, disabled: !this.wizard.writes, onchange: () => (again.disabled = false) }));
    };
    const listed = (names) => Object.fromEntries(names.map((name) => [name, name]));
    const again = button("Read it again", () => this.again(form, job), { disabled: true });
    const parts = [field("Format", "format", FORMATS)];
    if (TEXT.has(format)) parts.push(field("Encoding", "encoding", listed(told.encodings)));
    if (format === "csv") parts.push(field("Between values", "delimiter", SIGNS), field("Quotes", "quote", QUOTES));
    if (!BOOKS.has(format)) parts.push(field(TEXT.has(format) ? 'Two quotes ("")' : "Empty texts", "empty_texts", EMPTY));
    if (BOOKS.has(format) && preview?.sheets.length) parts.push(field("Sheet", "sheet", listed(preview.sheets)));
    if (preview?.members.length) parts.push(field("File in the zip", "member", listed(preview.members)));
    if (format !== "jsonl" && format !== "parquet") {
      const usual = "header_row" in said ? said.header_row : (dialect.header_row ?? 1);
      parts.push(h("label", {}, "Row of the header", h("input", { class: "imp-field", type: "number", name: "header_row", min: 0, max: 1000, value: usual, disabled: !this.wizard.writes, title: "0: there is none", oninput: () => (again.disabled = false) })));
    }
    const form = h("form", { class: "imp-card imp-dialect", "aria-label": "How the file is read", onsubmit: (event) => { event.preventDefault(); if (!again.disabled) this.again(form, job); } }, parts, this.wizard.writes && h("div", { class: "imp-acts" }, again));
    return form;
  }

  async again(form, job) {
    const said = {};
    for (const [name, value] of new FormData(form)) {
      if (name === "header_row") {
        const usual = job.dialect.header_row ?? 1;
        if (Number(value) !== usual || "header_row" in job.said) said.header_row = Number(value) || 0;
      } else if (value) said[name] = name === "empty_texts" ? value === "=true" : value.slice(1);
    }
    await this.wizard.act("updateImportJob", { dialect: said }, "preview");
  }

  beginning({ preview, state }) {
    if (!preview) return state === "DRAFT" && nothing("It has no file.", "Discard it, and begin with a file.");
    const { columns, rows, warnings } = preview;
    const head = h("tr", {}, h("th", { scope: "col" }, "#"), columns.map((name) => h("th", { scope: "col" }, name)));
    const body = rows.map((row, index) => h("tr", {}, h("th", { scope: "row" }, String(index + 1)), columns.map((_, at) => h("td", { class: row[at] ? "" : "imp-none" }, row[at] || "empty"))));
    const table = h("table", { class: "imp-table" }, h("caption", {}, `The first ${rows.length} rows, ${columns.length} columns`), h("thead", {}, head), h("tbody", {}, body));
    const heard = warnings.length > 0 && h("ul", { class: "imp-warnings", "aria-label": "Warnings" }, warnings.map((text) => h("li", {}, sentence(text))));
    const none = nothing("It has a header and no rows.", "Choose another sheet or another file.");
    return h("div", { class: "imp-part" }, heard, rows.length ? h("div", { class: "imp-sheet", tabindex: 0, role: "region", "aria-label": "The beginning of the file" }, table) : none);
  }

  on(job) {
    if (!job.preview || isAtWork(job)) return "";
    const text = this.wizard.writes ? "Go on to the mapping" : "Look at the mapping";
    return h("div", { class: "imp-acts" }, button(text, () => this.wizard.go("mapping"), { kind: "imp-primary" }));
  }
}
