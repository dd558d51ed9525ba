// A list that is read page by page, with what is said where there is nothing in it.
import { h } from "../kernel/elements.js";
import { button } from "./api.js";

/** Say that there is nothing, why, and what can be done. */
export const emptiness = (title, more, ...acts) => h("div", { class: "docs-empty" }, h("p", {}, h("strong", {}, title)), h("p", {}, more), acts.length && h("div", { class: "docs-acts" }, acts));

export class Listing {
  /** `read` gives a page behind a cursor, `row` an item, `nothing` what stands for no items. */
  constructor(place, { read, row, nothing }) {
    Object.assign(this, { place, read, row, nothing, turn: 0, shown: [] });
  }

  /** Show the first page, or one more; an answer that comes late is passed over. */
  async load(after = null) {
    const { place } = this;
    const turn = (this.turn += 1);
    place.setAttribute("aria-busy", "true");
    try {
      const { nodes, pageInfo } = await this.read(after);
      if (turn !== this.turn) return;
      this.shown = after ? [...this.shown, ...nodes] : nodes;
      const list = after ? place.querySelector("ul") : h("ul", { class: "docs-list" });
      list.append(...nodes.map((one) => this.row(one)));
      place.replaceChildren(list.children.length ? list : this.nothing(), pageInfo.hasNextPage ? button("More", () => this.load(pageInfo.endCursor)) : "");
    } catch (error) {
      if (turn === this.turn) place.replaceChildren(h("p", { class: "docs-problem", role: "alert" }, error.message), button("Try again", () => this.load()));
    } finally {
      if (turn === this.turn) place.setAttribute("aria-busy", "false");
    }
  }
}
