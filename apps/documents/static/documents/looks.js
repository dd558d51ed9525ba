// What themes and partials have in common: a list, forms with a preview, and what removes them.
import { h } from "../kernel/elements.js";
import { announce, ask, button, change, graph } from "./api.js";

const TRY = `query($body: String!, $sample: String, $assets: [DocumentTemplateAssetInput!], $themeId: ID) { preview: previewDocumentTemplate(body: $body, sample: $sample, assets: $assets, themeId: $themeId, count: 1, width: 700) {
  problem pictures { width height png } } }`;
const PAUSE = 400;
const page = document.querySelector("[data-documents]");
const problem = page.querySelector("[data-problem]");

/** Do something, and say on the page what kept it from being done. */
export async function tried(act) {
  problem.hidden = true;
  try {
    return await act();
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
    return null;
  }
}

/** Remove one after asking; `what` is what it is called, such as `Theme`. */
export async function remove(what, { id, name }, says, again) {
  const kind = what.toLowerCase();
  if (!(await ask(`Remove the ${kind} ${name}?`, [], { yes: "Remove it", says }))) return;
  await tried(async () => {
    await change(`deleteDocument${what}`, { id }, `document${what} { id }`);
    await again();
    announce(`The ${kind} ${name} is removed.`);
    page.querySelector("[data-acts] button, [data-list] button")?.focus();
  });
}

/** What can be done to one of a list. */
export const acts = (name, edit, drop) => h("div", { class: "docs-acts" }, button("Edit", edit, { kind: "docs-small", "aria-label": `Edit ${name}` }), button("Remove", drop, { kind: "docs-small", "aria-label": `Remove ${name}` }));

/** A picture of the first page of a template that is never saved; `told` gives it. */
export class Trial {
  constructor(label, told) {
    Object.assign(this, { label, told, turn: 0, timer: 0 });
    this.place = h("div", { class: "docs-trial", role: "group", "aria-label": "Preview", tabindex: "0" });
  }

  /** Show it anew, once nobody has written for a moment. */
  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.show(), PAUSE);
  }

  async show() {
    const turn = (this.turn += 1);
    let shown;
    try {
      const { body, sample = "{}", assets = [], themeId } = this.told();
      const { preview } = await graph(TRY, { body, sample, assets, themeId });
      const [first] = preview.pictures;
      shown = first ? h("img", { alt: this.label, width: first.width, height: first.height, src: `data:image/png;base64,${first.png}` }) : h("p", { class: "docs-quiet", role: "status" }, preview.problem ?? "There is nothing to see.");
    } catch (error) {
      shown = h("p", { class: "docs-quiet", role: "status" }, error.message);
    }
    if (turn === this.turn) this.place.replaceChildren(shown);
  }
}
