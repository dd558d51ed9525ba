// What the transforms of a field make of the first rows, asked anew while they are changed.
import { h } from "../kernel/elements.js";
import { announce, graph, sentence } from "./api.js";

const TRIED = `query($id: ID!, $column: JSON!, $first: Int) {
  importTriedColumn(importId: $id, column: $column, first: $first) { given text code message } }`;
const ROWS = 20;
const SHOWN = 5;
const PAUSE_MS = 300;

/** The first different values of a column, and what each becomes. */
export class Trial {
  constructor(job, column) {
    Object.assign(this, { job, column, turn: 0, waiting: 0 });
    this.place = h("div", { class: "imp-trial", role: "group", "aria-label": `What becomes of ${column.field}` });
  }

  /** Ask once nobody has changed anything for a moment. */
  soon() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.now({ aloud: true }), PAUSE_MS);
  }

  async now({ aloud = false } = {}) {
    const mine = (this.turn += 1);
    try {
      const { importTriedColumn: tried } = await graph(TRIED, { id: this.job.id, column: this.column, first: ROWS });
      if (mine !== this.turn) return;
      this.show(tried);
      const wrong = tried.filter(({ code }) => code).length;
      if (aloud) announce(wrong ? `${wrong} of the first ${tried.length} values are refused.` : `The first ${tried.length} values fit.`);
    } catch (error) {
      // Such as a step that is not filled in yet.
      if (mine === this.turn) this.place.replaceChildren(h("p", { class: "imp-quiet" }, error.message));
    }
  }

  show(tried) {
    const different = [...new Map(tried.map((one) => [one.given, one])).values()].slice(0, SHOWN);
    const rows = different.map((one) => h("tr", {}, h("th", { scope: "row", class: one.given ? "" : "imp-none" }, one.given || "empty"), this.becomes(one)));
    const head = h("tr", {}, h("th", { scope: "col" }, "In the file"), h("th", { scope: "col" }, "Becomes"));
    const table = h("table", { class: "imp-table" }, h("caption", {}, "The first values"), h("thead", {}, head), h("tbody", {}, rows));
    this.place.replaceChildren(rows.length ? table : h("p", { class: "imp-quiet" }, "There are no rows to try it on."));
  }

  becomes({ text, code, message }) {
    if (code) return h("td", { class: "imp-wrong" }, sentence(message), " ", h("code", {}, code));
    return h("td", { class: text ? "" : "imp-none" }, text || (text === "" ? "an empty text" : "no value"));
  }
}
