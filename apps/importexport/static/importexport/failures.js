// Rows that failed: counted by field and code, narrowed, and mended in place. What is mended is checked as any other
// import, and brought as one.
import { h } from "../kernel/elements.js";
import { announce, attempt, badge, button, change, complain, graph, select, sentence, showOnceScanned, told } from "./api.js";
import { ASKED, act, ended, many } from "./jobs.js";

const PAGE = 25;
const ROWS = `query($id: ID!, $code: String, $column: String, $first: Int, $after: String) {
  importFailedRows(importId: $id, code: $code, column: $column, first: $first, after: $after) {
    nodes { position line mends values surplus problems { column source code message } }
    pageInfo { hasNextPage endCursor } } }`;
const REPAIRS = `query($id: ID!) { importJobs(filter: {retryOf: $id}, order: NEWEST_FIRST, first: 50) {
  nodes { id name state mends inserted updated failed undoable } } }`;
const MOST_COUNTS = 12;

/** Read all rows of a repair that failed: there are few. */
async function failedOf(id) {
  const found = [];
  let after = null;
  do {
    const { importFailedRows: page } = await graph(ROWS, { id, first: 100, after });
    found.push(...page.nodes);
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after);
  return found;
}

/** The columns of a row that are wrong, each with why; and what is wrong with it as a whole. */
function problemsOf({ values, problems }) {
  const wrong = new Map();
  const whole = [];
  for (const one of problems) {
    const names = one.source.split(", ").filter((name) => values && name in values);
    const exact = values && one.source in values ? [one.source] : names;
    if (!exact.length) whole.push(one);
    for (const name of exact) wrong.set(name, [...(wrong.get(name) ?? []), one]);
  }
  return { wrong, whole };
}

const says = (problems) => problems.map(({ code, message }) => [h("span", {}, sentence(message)), " ", h("code", {}, code), " "]);

export class Failures {
  constructor(wizard, changed) {
    Object.assign(this, { wizard, changed, edits: new Map(), done: new Map(), rows: new Map(), filter: {}, waiting: [], stale: false, repairs: [], fits: new Set(), brought: new Set(), wrong: new Map(), busy: "", shown: "", turn: 0, loading: Promise.resolve() });
    this.counts = h("div", {});
    this.list = h("ol", { class: "imp-rows", "aria-label": "Rows that failed" });
    this.more = h("div", { class: "imp-acts" });
    this.bar = h("div", { class: "imp-mendbar", role: "group", "aria-label": "Mended rows" });
    this.place = h("section", { class: "imp-part", "aria-labelledby": "imp-failures-title", hidden: true }, h("h3", { id: "imp-failures-title" }, "Rows that failed"), this.counts, this.list, this.more, this.bar);
  }

  /** How many mended rows fit, and wait to be brought. */
  get ready() {
    return this.waiting.length && !this.stale ? this.fits.size : 0;
  }

  show(job) {
    this.place.hidden = !job;
    if (!job) {
      this.shown = "";
      return;
    }
    const now = JSON.stringify([job.id, job.state, job.failed, job.finishedAt, job.errors?.id]);
    if (now === this.shown) return;
    this.shown = now;
    this.filter = {};
    this.loading = this.load();
  }

  async load() {
    const mine = (this.turn += 1);
    const { id } = this.wizard.job;
    this.list.setAttribute("aria-busy", "true");
    try {
      const { importJobs } = await graph(REPAIRS, { id });
      if (mine !== this.turn) return;
      await this.takeRepairs(importJobs.nodes);
      this.rows.clear();
      await this.page(null, mine);
      this.drawCounts();
    } catch (error) {
      if (mine === this.turn) this.more.replaceChildren(h("p", { class: "imp-problem", role: "alert" }, error.message), button("Try again", () => this.load()));
    } finally {
      if (mine === this.turn) this.list.setAttribute("aria-busy", "false");
    }
  }

  /** Know of imports of mended rows what they have brought, and which waits. */
  async takeRepairs(repairs) {
    this.repairs = repairs;
    this.brought.clear();
    for (const one of repairs.filter(({ state, mends }) => state === "DONE" && mends.length)) {
      const failed = new Set(one.failed ? (await failedOf(one.id)).map(({ mends }) => mends) : []);
      for (const position of one.mends) if (!failed.has(position)) this.brought.add(position);
    }
    this.waiting = [];
    this.wrong.clear();
    this.fits.clear();
    for (const one of repairs.filter(({ state, mends }) => state === "CHECKED" && mends.length)) await this.judge(one);
    this.changed();
  }

  /** Take what a check says of mended rows. */
  async judge(repair) {
    const failed = repair.failed ? await failedOf(repair.id) : [];
    const wrong = new Map(failed.map((row) => [row.mends, row]));
    this.waiting.push(repair);
    for (const position of repair.mends) {
      if (wrong.has(position)) this.wrong.set(position, wrong.get(position));
      else this.fits.add(position);
    }
  }

  async page(after, mine = this.turn) {
    const { id } = this.wizard.job;
    const { importFailedRows: found } = await graph(ROWS, { id, first: PAGE, after, ...this.filter });
    if (mine !== this.turn) return;
    if (!after) this.list.replaceChildren();
    const fresh = found.nodes.map((row) => {
      this.rows.set(row.position, row);
      return this.row(row);
    });
    this.list.append(...fresh);
    const next = found.pageInfo.hasNextPage && button("Show more rows", () => attempt(() => this.page(found.pageInfo.endCursor)));
    const none = !this.list.children.length && h("p", { class: "imp-quiet" }, "Of these no row is kept to be mended here. The file of errors has all of them.");
    this.more.replaceChildren(...[none, next].filter(Boolean));
    if (after) fresh[0]?.querySelector("input, summary")?.focus();
    this.drawBar();
  }

  drawCounts() {
    const { problems, failed, errors } = this.wizard.job;
    const codes = [...new Set(problems.map(({ code }) => code))];
    const columns = [...new Set(problems.map(({ column }) => column))].filter(Boolean);
    const narrow = (name) => ({ onchange: ({ target }) => this.narrow({ [name]: target.value || undefined }) });
    const filters = h(
      "div",
      { class: "imp-filters" },
      h("label", {}, "Field", select([["", "All"], ...columns.map((one) => [one, one])], this.filter.column ?? "", { "data-filter": "column", ...narrow("column") })),
      h("label", {}, "Problem", select([["", "All"], ...codes.map((one) => [one, one])], this.filter.code ?? "", { "data-filter": "code", ...narrow("code") })),
    );
    const body = problems.slice(0, MOST_COUNTS).map(({ column, code, count }) => {
      const both = { column: column || undefined, code };
      return h("tr", {}, h("td", {}, column || "the row"), h("td", {}, button(code, () => this.narrow(both), { kind: "imp-small", "aria-label": `Show rows with ${code}${column && ` in ${column}`}` })), h("td", { class: "imp-number" }, Number(count).toLocaleString("en")));
    });
    const head = h("tr", {}, ["Field", "Problem", "Count"].map((text) => h("th", { scope: "col" }, text)));
    const table = h("table", { class: "imp-table imp-counts" }, h("caption", { class: "sr" }, "Problems by field and code"), h("thead", {}, head), h("tbody", {}, body));
    const file = errors && h("a", { href: `/files/api/files/${errors.id}`, download: "" }, "Download all of them as a file");
    if (file) showOnceScanned(file, errors.id);
    this.counts.replaceChildren(h("p", { class: "imp-quiet" }, `${many(failed, "row")} failed. Mend them here, or in the file. `, file || ""), problems.length ? table : "", filters);
  }

  async narrow(some) {
    this.filter = "column" in some && "code" in some ? some : { ...this.filter, ...some };
    for (const name of ["column", "code"]) this.counts.querySelector(`[data-filter=${name}]`).value = this.filter[name] ?? "";
    this.turn += 1;
    const done = await attempt(() => this.page(null));
    if (done) announce(`${many(this.list.children.length, "row")} shown.`);
  }

  /** One row: its wrong values to be mended, the others behind. */
  row(row) {
    const { position, line, values, surplus } = row;
    const right = this.fits.has(position) || this.brought.has(position);
    const { wrong, whole } = problemsOf({ values, problems: right ? [] : (this.wrong.get(position)?.problems ?? row.problems) });
    // What was wrong stays where it was looked for.
    const front = new Set([...problemsOf(row).wrong.keys(), ...wrong.keys()]);
    const head = h("div", { class: "imp-bar" }, h("strong", {}, `Line ${Number(line).toLocaleString("en")}`), h("span", { "data-verdict": "" }));
    const parts = [head];
    if (whole.length) parts.push(h("p", { class: "imp-why" }, says(whole)));
    if (surplus.length) parts.push(h("p", { class: "imp-quiet" }, `Behind the last column: ${surplus.join(", ")}. A mended row is without it.`));
    if (!values) parts.push(h("p", { class: "imp-quiet" }, "It is too long to be mended here: take the file of errors."));
    else {
      const order = [...new Set([...(this.wizard.job.preview?.columns ?? []), ...Object.keys(values)])].filter((name) => name in values);
      const rest = order.filter((name) => !front.has(name));
      parts.push(h("div", { class: "imp-cells" }, order.filter((name) => front.has(name)).map((name) => this.cell(row, name, wrong.get(name) ?? null))));
      if (rest.length) parts.push(h("details", { class: "imp-more", open: !front.size }, h("summary", {}, `${front.size ? "The other values" : "Its values"} (${rest.length})`), h("div", { class: "imp-cells" }, rest.map((name) => this.cell(row, name, null)))));
    }
    const made = h("li", { "data-position": position }, parts);
    this.verdict(made, position);
    return made;
  }

  cell({ position, line, values }, name, problems) {
    const id = `imp-why-${position}-${name.replace(/\W/g, "_")}`;
    const now = { ...values, ...this.done.get(position), ...this.edits.get(position) }[name];
    const field = h("input", {
      class: "imp-field",
      value: now,
      maxlength: told.mostCharacters,
      autocomplete: "off",
      readonly: !told.mayWrite || this.brought.has(position),
      "aria-label": `${name} of line ${line}`,
      "aria-invalid": problems && "true",
      "aria-describedby": problems && id,
      oninput: ({ target }) => this.edit(position, name, target.value),
    });
    field.addEventListener("keydown", (event) => event.key === "Enter" && this.edits.size && this.check());
    return h("div", { class: "imp-cell", "data-cell": name }, h("span", { class: "imp-name", "aria-hidden": "true" }, name), field, problems && h("p", { class: "imp-why", id }, says(problems)));
  }

  edit(position, name, text) {
    const mended = { ...this.edits.get(position), [name]: text };
    if (this.rows.get(position).values[name] === text) delete mended[name];
    if (Object.keys(mended).length) this.edits.set(position, mended);
    else this.edits.delete(position);
    // What was said of it is not true any more, and what was checked is not what is meant.
    this.fits.delete(position);
    this.wrong.delete(position);
    if (this.waiting.some(({ mends }) => mends.includes(position))) this.stale = true;
    this.verdict(this.list.querySelector(`[data-position="${position}"]`), position);
    this.drawBar();
    this.changed();
  }

  verdict(place, position) {
    const words = this.brought.has(position) ? badge("brought", "imp-good") : this.fits.has(position) ? badge("fits now", "imp-good") : this.wrong.has(position) ? badge("still wrong", "imp-bad") : this.edits.has(position) ? badge("changed, not checked", "imp-busy") : "";
    place?.querySelector("[data-verdict]").replaceChildren(words);
  }

  drawBar() {
    const { job } = this.wizard;
    const held = this.bar.contains(document.activeElement);
    // Of what was to come whole and did not, mended rows do not come alone.
    const over = ["DONE", "CANCELLED"].includes(job.state) || (job.state === "FAILED" && job.undoable);
    this.bar.hidden = !told.mayWrite || !(this.edits.size || this.ready || this.busy);
    if (this.busy) {
      this.bar.replaceChildren(h("p", { role: "status" }, this.busy), h("progress", { "aria-label": this.busy }));
      return;
    }
    const unchecked = [...this.edits.keys()].filter((position) => this.stale || !(this.fits.has(position) || this.wrong.has(position)));
    const acts = [];
    if (unchecked.length) acts.push(button(`Check ${many(this.edits.size, "changed row")}`, () => this.check(), { kind: "imp-primary", "data-act": "" }));
    else if (this.ready && over) acts.push(button(`Bring ${many(this.ready, "mended row")}`, () => this.bring(), { kind: "imp-primary", "data-act": "" }));
    acts.push(button("Forget the changes", () => this.forget()));
    const after = over ? "" : `, and ${this.ready === 1 ? "is" : "are"} brought after the others`;
    const what = [
      unchecked.length > 0 && `${many(unchecked.length, "row")} changed and not checked.`,
      this.wrong.size > 0 && `${many(this.wrong.size, "row")} still wrong: change ${this.wrong.size === 1 ? "it" : "them"} further.`,
      this.ready > 0 && `${many(this.ready, "mended row")} fit${this.ready === 1 ? "s" : ""}${after}.`,
    ].filter(Boolean).join(" ");
    this.bar.replaceChildren(h("p", {}, what), h("div", { class: "imp-acts" }, acts));
    if (held) this.bar.querySelector("button")?.focus();
  }

  /** Have the changed rows checked, these alone. */
  async check() {
    if (this.busy) return;
    const all = [...this.edits];
    if (all.length > told.mostRows) return void complain({ message: `At most ${told.mostRows} rows are checked at a time. Bring some of them first.` });
    await this.work("The changed rows are checked…", async () => {
      await this.leave((mends) => mends.some((position) => this.edits.has(position)));
      const rows = all.map(([position, values]) => ({ position, values }));
      const { importJob } = await change("repairImportRows", { id: this.wizard.job.id, rows }, `importJob { ${ASKED} }`);
      const job = await ended(importJob);
      if (job.state !== "CHECKED") throw new Error(`${sentence(job.error?.message ?? "the check has stopped")} Check them again.`);
      this.stale = false;
      await this.judge(job);
      this.redraw(all.map(([position]) => position));
      announce(this.wrong.size ? `${many(this.wrong.size, "row")} still wrong, ${this.fits.size} fit.` : `${many(this.fits.size, "mended row")} fit.`);
    });
  }

  /** Give up imports of mended rows that wait, and what was said of those. */
  async leave(which) {
    for (const one of this.waiting.filter(({ mends }) => which(mends))) {
      await act("deleteImportJob", one.id);
      this.waiting = this.waiting.filter((other) => other !== one);
      for (const position of one.mends) {
        this.fits.delete(position);
        this.wrong.delete(position);
      }
      this.redraw(one.mends);
    }
  }

  /** Bring the mended rows that fit. */
  async bring(repairs = [...this.waiting]) {
    await this.work("The mended rows are brought…", async () => {
      let count = 0;
      for (const one of repairs) {
        const job = await ended(await act("startImportJob", one.id));
        if (job.state !== "DONE") throw new Error(`${sentence(job.error?.message ?? "the import of mended rows has stopped")} Look at it in the list of imports.`);
        count += job.inserted + job.updated;
        await this.settle(job);
      }
      announce(`${many(count, "mended row")} brought.`);
    });
  }

  /** Show what an import of mended rows has brought. */
  async settle(job) {
    const failed = new Map((job.failed ? await failedOf(job.id) : []).map((row) => [row.mends, row]));
    this.waiting = this.waiting.filter(({ id }) => id !== job.id);
    this.repairs = [job, ...this.repairs.filter(({ id }) => id !== job.id)];
    for (const position of job.mends) {
      this.fits.delete(position);
      if (failed.has(position)) {
        this.wrong.set(position, failed.get(position));
        continue;
      }
      this.wrong.delete(position);
      this.brought.add(position);
      this.done.set(position, this.edits.get(position));
      this.edits.delete(position);
    }
    this.redraw(job.mends);
  }

  async work(words, doing) {
    this.busy = words;
    this.drawBar();
    await attempt(doing);
    this.busy = "";
    this.drawBar();
    this.changed();
    this.bar.querySelector("[data-act]")?.focus();
  }

  /** Show these rows with what is said of them now. */
  redraw(positions) {
    for (const position of positions) {
      const row = this.rows.get(position);
      const before = this.list.querySelector(`[data-position="${position}"]`);
      if (!row || !before) continue;
      const held = before.contains(document.activeElement) ? document.activeElement.closest("[data-cell]")?.dataset.cell : null;
      const fresh = this.row(row);
      if (before.querySelector("details[open]")) fresh.querySelector("details")?.setAttribute("open", "");
      before.replaceWith(fresh);
      if (held) fresh.querySelector(`[data-cell="${CSS.escape(held)}"] input`)?.focus();
    }
  }

  async forget() {
    const positions = [...this.edits.keys()];
    await this.work("The changes are forgotten…", async () => {
      await this.leave(() => true);
      this.edits.clear();
      this.stale = false;
      this.redraw(positions);
      announce("The changes are forgotten.");
    });
    this.list.querySelector("input")?.focus();
  }
}
