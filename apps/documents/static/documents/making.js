// What documents and batches have in common: they are asked for, looked at again while they are made, and taken.
import { h } from "../kernel/elements.js";
import { announce, ask, badge, button, change, graph, timeOf } from "./api.js";
import { chooseFile } from "./files.js";
import { chooseImport } from "./imports.js";
import { Listing } from "./listing.js";
import { tried } from "./looks.js";

const page = document.querySelector("[data-documents]");
const ADDRESS = "query($id: ID!) { file(id: $id) { signedUrl(seconds: 300) } }";
const TEMPLATES = `query($after: String) { documentTemplates(filter: {archived: false}, order: TITLE, first: 100, after: $after) {
  nodes { id title formats published { number upload { kind } } } pageInfo { hasNextPage endCursor } } }`;
const FORMATS = ["PDF", "XLSX", "DOCX", "HTML", "CSV"];
/** While something is made it is looked at again. */
const LOOK_AGAIN = 1500;

export const options = (values) => values.map(([value, text]) => h("option", { value }, text));

/** A button that belongs to one of a list. */
export const actOf = ({ title }, text, act, kind = "") => button(text, () => tried(act), { kind: `docs-small ${kind}`, "aria-label": `${text}: ${title}` });

export const when = ({ createdAt }) => timeOf(createdAt);

/** What a document or a batch is made of. */
export const madeOf = ({ version }) => version && `${version.template.title}, version ${version.number}`;

/** A list of what is made: `one` is the API's field for one of them, `states` what each is called, `open` those of what is being made. */
export class Making extends Listing {
  constructor({ one, fields, states, open, mutations, ...more }) {
    super(page.querySelector("[data-list]"), more);
    Object.assign(this, { one, fields, states, open, mutations, timer: 0 });
  }

  async load(after = null) {
    await super.load(after);
    this.watch();
  }

  isOpen({ state }) {
    return this.open.has(state);
  }

  /** How it stands, for whoever reads a list. */
  standing({ state }) {
    return badge(...this.states[state]);
  }

  /** Show one anew where it stands; the focus stays on what was done. */
  redraw(made) {
    const old = this.place.querySelector(`[data-made="${made.id}"]`);
    if (!old) return;
    const focused = old.contains(document.activeElement) && document.activeElement.textContent;
    const fresh = this.row(made);
    old.replaceWith(fresh);
    this.shown = this.shown.map((one) => (one.id === made.id ? made : one));
    if (focused) ([...fresh.querySelectorAll("button")].find((one) => one.textContent === focused) ?? fresh.querySelector("button"))?.focus();
  }

  /** Look again at those that are being made, as long as there are some and the page is seen. */
  watch() {
    clearTimeout(this.timer);
    if (!this.shown.some((one) => this.isOpen(one))) return;
    this.timer = setTimeout(async () => {
      if (!document.hidden) for (const one of this.shown.filter((each) => this.isOpen(each))) await this.look(one);
      this.watch();
    }, LOOK_AGAIN);
  }

  async look({ id }) {
    try {
      const { now } = await graph(`query($id: ID!) { now: ${this.one}(id: $id) { ${this.fields} } }`, { id });
      this.redraw(now);
      if (!this.isOpen(now)) announce(`${now.title}: ${this.states[now.state][0]}.`);
    } catch (error) {
      if (error.code === "NOT_FOUND") await this.load();
    }
  }

  /** Stop one, or go on with it. */
  async act(what, { id }, says) {
    const answer = await change(this.mutations[what], { id }, `${this.one} { ${this.fields} }`);
    this.redraw(answer[this.one]);
    announce(says);
    this.watch();
  }

  async drop(made, says) {
    if (!(await ask(`Remove ${made.title}?`, [], { yes: "Remove it", says }))) return;
    await change(this.mutations.remove, { id: made.id }, `${this.one} { id }`);
    await this.load();
    announce(`${made.title} is removed.`);
    page.querySelector("[data-acts] button, [data-list] button")?.focus();
  }
}

/** Take the file that something was made as. */
export async function download({ output }) {
  const { file } = await graph(ADDRESS, { id: output.id }, "files");
  if (!file.signedUrl) throw new Error("The file is not given out yet: it is being scanned.");
  location.assign(file.signedUrl);
}

/** Which template, and as what; `changed` is told of each choice. */
export class Choice {
  /** Throws where there is no template to choose. */
  static async read(changed) {
    const found = [];
    let after = null;
    do {
      const { nodes, pageInfo } = (await graph(TEMPLATES, { after })).documentTemplates;
      found.push(...nodes.filter(({ published }) => published));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after);
    if (!found.length) throw new Error("No template is published yet.");
    return new Choice(found, changed);
  }

  constructor(templates, changed) {
    Object.assign(this, { templates, changed });
    this.template = h("select", { name: "template", class: "docs-field" }, options(templates.map(({ id, title }) => [id, title])));
    this.format = h("select", { name: "format", class: "docs-field" });
    this.template.addEventListener("change", () => this.formats());
    this.format.addEventListener("change", () => this.changed());
  }

  /** Choose a template, if there is one of that id. */
  begin(id = null) {
    if (this.templates.some((one) => one.id === id)) this.template.value = id;
    this.formats();
  }

  formats() {
    const { formats: meant, published } = this.templates.find(({ id }) => id === this.template.value);
    const may = published.upload?.kind ? [published.upload.kind] : meant.length ? meant : FORMATS;
    this.format.replaceChildren(...options(may.map((one) => [one, one])));
    this.changed();
  }
}

/** Where data comes from: it is written here, or is a file or an import. */
export class Source {
  constructor(label, { placeholder, parsed, file, suits, imported }) {
    Object.assign(this, { parsed, other: null, written: false });
    this.area = h("textarea", { name: "data", class: "docs-area docs-short", rows: 8, spellcheck: "false", placeholder });
    this.chosen = h("span", { class: "docs-quiet", role: "status" });
    this.area.addEventListener("input", () => {
      this.written = true;
      this.none();
    });
    const fromFile = () => this.take("dataFile", chooseFile("Choose a file", file, suits));
    const fromImport = () => this.take("importJob", chooseImport("Choose an import", imported));
    this.parts = [h("label", {}, label, this.area), h("div", { class: "docs-bar" }, button("Take it from a file", fromFile, { kind: "docs-small" }), button("From an import", fromImport, { kind: "docs-small" }), this.chosen)];
  }

  /** Show a sample, unless somebody has written or chosen something. */
  suggest(text) {
    if (!this.written && !this.other) this.area.value = text;
  }

  none() {
    this.other = null;
    this.chosen.textContent = "";
  }

  async take(name, choosing) {
    const found = await choosing;
    if (!found) return;
    this.other = { [name]: found.id };
    this.area.value = "";
    this.chosen.textContent = found.name;
  }

  /** What is said of it to the API; throws where what is written is not understood. */
  get told() {
    return this.other ?? { data: this.parsed(this.area.value) };
  }
}

/** JSON of somebody who may have mistyped it. */
export function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
