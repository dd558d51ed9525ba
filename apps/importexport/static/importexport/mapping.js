// Which column is which field, what is done to its texts, and what the import does with the rows.
import { h } from "../kernel/elements.js";
import { HOME, announce, ask, attempt, badge, button, change, graph, nothing, select, sentence } from "./api.js";
import { all } from "./datasets.js";
import { Transforms, nameOf } from "./transforms.js";
import { Trial } from "./trial.js";

const MODES = { INSERT: "Add new rows; one whose key is there is refused", UPDATE: "Change rows that are there; others are refused", UPSERT: "Add new rows, and change those that are there", REPLACE: "As the last, and remove what the file does not have" };
const POLICIES = { SKIP_BAD_ROWS: "Bring the good rows, tell of the others", ALL_OR_NOTHING: "Bring all of them, or none", STOP_AFTER: "Stop after so many rows have failed" };
const KEPT = `query($dataset: String) { importTemplates(filter: {dataset: $dataset}, order: NEWEST_FIRST, first: 50) { nodes { id name mode mapping rules } } }`;
const CONSTANT = "constant";
const SHOWN = 3;

/** Names that differ in case, spaces and signs alone are the same. */
const plain = (name) => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
const sureness = (confidence) => (confidence >= 0.85 ? "imp-good" : confidence >= 0.6 ? "imp-busy" : "imp-warn");

export class Mapping {
  constructor(wizard) {
    this.wizard = wizard;
    this.place = h("section", { class: "imp-part", "aria-labelledby": "imp-mapping-title" });
    this.shown = "";
  }

  title() {
    return h("h2", { id: "imp-mapping-title", tabindex: -1 }, "Which column is which field");
  }

  async show(job) {
    const now = JSON.stringify([job.mapping, job.dataset, job.mode, job.policy, job.stopAfter, job.timeZone, job.error, this.wizard.writes, job.preview?.columns]);
    if (now === this.shown) return;
    this.shown = now;
    this.place.replaceChildren(this.title(), h("p", { class: "imp-quiet" }, "Loading…"));
    try {
      const [datasets, kept] = await Promise.all([all(), graph(KEPT, { dataset: job.dataset })]);
      if (now !== this.shown) return;
      this.datasets = datasets;
      this.kept = kept.importTemplates.nodes;
      this.begin(job);
    } catch (error) {
      this.shown = "";
      this.place.replaceChildren(this.title(), h("p", { class: "imp-problem", role: "alert" }, error.message), button("Try again", () => this.show(this.wizard.job)));
    }
  }

  begin(job) {
    this.job = job;
    this.dataset = this.datasets.find(({ name }) => name === job.dataset);
    this.fields = this.dataset?.fields.filter(({ readOnly }) => !readOnly) ?? [];
    this.suggested = new Map((job.preview?.suggestions ?? []).map((one) => [one.field, one]));
    this.columns = new Map(job.mapping.map((one) => [one.field, structuredClone(one)]));
    this.draw();
  }

  draw() {
    const { job } = this;
    const writes = this.wizard.writes;
    if (!this.dataset) {
      const options = [["", "Choose…"], ...this.datasets.filter(({ writable, modes }) => writable && modes.length).map(({ name, title }) => [name, title || name])];
      const says = job.dataset ? `There is no dataset ${job.dataset} any more, or you may not see it.` : "Nothing says where its rows go.";
      const where = writes && h("label", {}, "Dataset or table", select(options, "", { onchange: ({ target }) => target.value && this.wizard.act("updateImportJob", { dataset: target.value }, "mapping") }));
      this.place.replaceChildren(this.title(), nothing(says, writes ? "Choose where the rows go." : "Nothing more can be shown.", where || ""));
      return;
    }
    const failed = job.state === "FAILED" && job.error && h("p", { class: "imp-problem", role: "alert" }, `${sentence(job.error.message)} Change it below, then check it again.`);
    this.unused = h("p", { class: "imp-quiet" });
    this.missing = h("p", { class: "imp-problem", role: "status", hidden: true });
    this.rows = h("ul", { class: "imp-fields", "aria-label": "Fields" }, this.fields.map((field) => this.row(field)));
    const stray = [...this.columns.keys()].filter((name) => !this.fields.some((field) => field.name === name));
    const lost = stray.length > 0 && h("p", { class: "imp-note" }, `The dataset has no ${stray.join(", ")}: that is left out when it is saved.`);
    this.place.replaceChildren(...[this.title(), failed, this.templates(), lost, this.rows, this.unused, this.missing, this.plan(), this.acts()].filter(Boolean));
    this.tell();
  }

  templates() {
    if (!this.wizard.writes) return "";
    const use = this.kept.length > 0 && h("label", {}, "Use a template", select([["", "Choose…"], ...this.kept.map(({ id, name }) => [id, name])], "", { onchange: ({ target }) => this.use(target.value) }));
    return h("div", { class: "imp-bar" }, h("p", { class: "imp-quiet" }, `Into ${this.dataset.title || this.dataset.name}. What is suggested goes by names and contents: look it over.`), use || "");
  }

  /** Take over a kept mapping, as far as this file has its columns. */
  use(id) {
    const template = this.kept.find((one) => one.id === id);
    if (!template) return;
    const headers = new Map(this.job.preview.columns.map((name) => [plain(name), name]));
    this.columns = new Map();
    for (const one of template.mapping) {
      const source = one.source && (headers.get(plain(one.source)) ?? "");
      if (source || one.constant) this.columns.set(one.field, { ...structuredClone(one), source });
    }
    this.job = { ...this.job, mode: template.mode, rules: template.rules };
    this.draw();
    announce(`${template.name} is used; it is not saved yet.`);
    this.place.querySelector("select")?.focus();
  }

  row(field) {
    const { name, title, kind, description } = field;
    const id = `imp-field-${name}`;
    const column = this.columns.get(name);
    const must = this.isMust(field);
    const options = [["", "Not filled"], [CONSTANT, "The same text in every row"], ...this.job.preview.columns.map((one) => [`=${one}`, one])];
    const given = column ? (column.source ? `=${column.source}` : CONSTANT) : "";
    if (column?.source && !this.job.preview.columns.includes(column.source)) options.push([given, `${column.source} (not in the file)`]);
    const source = select(options, given, { id, disabled: !this.wizard.writes, onchange: ({ target }) => this.set(field, target.value) });
    const label = h("label", { for: id }, h("strong", {}, title || name), " ", badge(kind.toLowerCase()), must && [" ", badge("required", "imp-warn")]);
    return h("li", { "data-field": name }, h("div", {}, label, description && h("p", { class: "imp-quiet" }, description)), h("div", { class: "imp-part" }, source, this.about(column, name)));
  }

  /** What a field is filled with: values of the column, how sure that is, and what is done to them. */
  about(column, name) {
    if (!column) return "";
    const writes = this.wizard.writes;
    const suggestion = this.suggested.get(name);
    const parts = [];
    if (column.source) {
      const at = this.job.preview.columns.indexOf(column.source);
      const values = [...new Set(this.job.preview.rows.map((row) => row[at]).filter(Boolean))].slice(0, SHOWN);
      const fits = suggestion?.source === column.source && badge(`${Math.round(100 * suggestion.confidence)} % sure: ${suggestion.why}`, sureness(suggestion.confidence));
      parts.push(h("p", { class: "imp-samples" }, fits || badge("chosen by hand"), values.length ? values.map((value) => h("code", {}, value.slice(0, 60))) : h("span", { class: "imp-quiet" }, "no values in the first rows")));
    } else {
      parts.push(h("input", { class: "imp-field", "aria-label": `Text of ${name} in every row`, value: column.constant, maxlength: 1000, disabled: !writes, oninput: ({ target }) => (column.constant = target.value) }));
    }
    const words = () => (column.transforms.length ? column.transforms.map(nameOf).join(", ") : "taken as it is");
    const told = h("summary", {}, `Transforms: ${words()}`);
    const trial = new Trial(this.job, column);
    const changed = () => {
      column.transforms = steps.steps;
      told.textContent = `Transforms: ${words()}`;
      trial.soon();
    };
    const steps = new Transforms(name, column.transforms, { writes, changed });
    const opened = ({ target }) => target.open && trial.now();
    parts.push(h("details", { class: "imp-more", ontoggle: opened }, told, steps.place, trial.place));
    return parts;
  }

  set(field, value) {
    const { name } = field;
    const before = this.columns.get(name);
    if (!value) this.columns.delete(name);
    else this.columns.set(name, { field: name, source: value === CONSTANT ? "" : value.slice(1), constant: "", transforms: before?.transforms ?? [] });
    const row = this.rows.querySelector(`[data-field="${CSS.escape(name)}"]`);
    row.replaceWith(this.row(field));
    document.getElementById(`imp-field-${name}`).focus();
    this.tell();
  }

  isMust({ name, required }) {
    return this.dataset.key.includes(name) || (required && this.job.mode !== "UPDATE");
  }

  /** Say which columns are not used, and what is still missing. */
  tell() {
    const used = new Set([...this.columns.values()].map(({ source }) => source));
    const left = this.job.preview.columns.filter((name) => !used.has(name));
    this.unused.textContent = left.length ? `Not used: ${left.join(", ")}.` : "Every column is used.";
    const missing = this.fields.filter((field) => this.isMust(field) && !this.columns.has(field.name)).map(({ name }) => name);
    this.missing.hidden = !missing.length;
    this.missing.textContent = missing.length ? `Nothing fills ${missing.join(", ")}, which every row needs. Choose a column for it, or a text.` : "";
    for (const one of this.place.querySelectorAll("[data-check]")) one.disabled = missing.length > 0;
  }

  plan() {
    const { job } = this;
    const off = { disabled: !this.wizard.writes };
    const set = (name) => ({ ...off, onchange: ({ target }) => { this.job = { ...this.job, [name]: target.value }; this.tell(); } });
    const most = h("label", { hidden: job.policy !== "STOP_AFTER" }, "So many rows", h("input", { class: "imp-field", name: "stopAfter", type: "number", min: 1, value: job.stopAfter ?? 10, ...off }));
    const policy = select(Object.entries(POLICIES), job.policy, { name: "policy", ...off, onchange: ({ target }) => (most.hidden = target.value !== "STOP_AFTER") });
    const zone = h("input", { class: "imp-field", name: "timeZone", value: job.timeZone, maxlength: 64, ...off });
    const modes = this.dataset.modes.map((mode) => [mode, MODES[mode]]);
    this.form = h(
      "form",
      { class: "imp-card imp-dialect imp-plan", "aria-label": "What is done with the rows", onsubmit: (event) => event.preventDefault() },
      h("label", {}, "Rows", select(modes, this.dataset.modes.includes(job.mode) ? job.mode : this.dataset.modes[0], { name: "mode", ...set("mode") })),
      h("label", {}, "Bad rows", policy),
      most,
      h("label", {}, "Time zone of times that name none", zone),
    );
    return this.form;
  }

  acts() {
    if (!this.wizard.writes) return "";
    return h(
      "div",
      { class: "imp-acts" },
      button("Save and check all rows", () => this.check(), { kind: "imp-primary", "data-check": "" }),
      button("Save", async () => (await this.save()) && announce("The mapping is saved.")),
      button("Keep as a template", () => this.keep()),
      h("a", { class: "imp-link", href: `${HOME}templates/` }, "All templates"),
    );
  }

  save(wanted = "mapping") {
    const { mode, policy, stopAfter, timeZone } = Object.fromEntries(new FormData(this.form));
    const mapping = this.fields.map(({ name }) => this.columns.get(name)).filter(Boolean);
    return this.wizard.act("updateImportJob", { mapping, rules: this.job.rules, mode, policy, timeZone, ...(policy === "STOP_AFTER" && { stopAfter: Number(stopAfter) || 1 }) }, wanted);
  }

  async check() {
    if (await this.save("check")) await this.wizard.act("checkImportJob", {}, "check");
  }

  async keep() {
    const given = await ask("Keep as a template", [h("p", { class: "imp-quiet" }, "The next file with this header is mapped as this one is."), h("label", {}, "Name", h("input", { class: "imp-field", name: "name", required: true, maxlength: 100, autocomplete: "off" }))], { yes: "Keep it" });
    if (!given || !(await this.save())) return;
    const done = await attempt(() => change("createImportTemplate", { name: given.name.trim(), importId: this.job.id }, "importTemplate { id }"));
    if (done) announce(`${given.name.trim()} is kept.`);
  }
}
