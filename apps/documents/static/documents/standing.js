// What is done to a template as a whole: described, set aside, brought back, its draft discarded.
import { h } from "../kernel/elements.js";
import { announce, ask, button, change, field, graph } from "./api.js";

const THEMES = "{ documentThemes(first: 100, order: NAME) { nodes { id name } } }";

export class Standing {
  constructor(place, id, { template, writes, may, again, tried }) {
    Object.assign(this, { place, id, template, writes, may, again, tried });
  }

  /** Offer what can be done as it stands. */
  draw() {
    const { archivedAt, draft, published } = this.template();
    const acts = [
      this.writes() && published && h("a", { class: "docs-button", href: `/documents/made/?template=${this.id}` }, "Make a document"),
      this.writes() && button("Settings", this.tried(() => this.describe())),
      this.writes() && draft && button("Discard draft", this.tried(() => this.discard())),
      this.may && (archivedAt ? button("Restore", this.tried(() => this.restore()), { kind: "docs-primary" }) : button("Archive", this.tried(() => this.archive()))),
    ];
    const named = acts.filter(Boolean).map((one) => one.textContent).join();
    if (named === this.named) return;
    this.named = named;
    const focused = this.place.contains(document.activeElement);
    this.place.replaceChildren(...acts.filter(Boolean));
    if (focused) this.place.querySelector("a, button")?.focus();
  }

  async describe() {
    const now = this.template();
    const themes = (await graph(THEMES)).documentThemes.nodes;
    const options = [{ id: "", name: "None" }, ...themes].map(({ id, name }) => h("option", { value: id, selected: id === (now.theme?.id ?? "") }, name));
    const given = await ask(
      "Settings",
      [
        field("Title", "title", { required: true, maxlength: 255, value: now.title }),
        field("Description", "description", { maxlength: 1000, rows: 3, value: now.description }),
        h("label", {}, "Theme", h("select", { name: "themeId", class: "docs-field" }, options)),
      ],
      { yes: "Keep them", says: "A theme counts from the next version on that is published." },
    );
    if (!given) return;
    await change("updateDocumentTemplate", { id: this.id, ...given, themeId: given.themeId || null }, "documentTemplate { id }");
    await this.again(["title", "description", "theme"]);
    announce("The settings are kept.");
  }

  async discard() {
    const { draft, published } = this.template();
    const says = published ? `Version ${published.number} stays as it is.` : "Nothing of the template was published: what it says is gone.";
    if (!(await ask(`Discard draft ${draft.number}?`, [], { yes: "Discard it", says }))) return;
    await change("discardDocumentTemplateDraft", { id: this.id }, "documentTemplateVersion { number }");
    await this.again();
    announce("The draft is discarded.");
  }

  async archive() {
    if (!(await ask("Archive this template?", [], { yes: "Archive it", says: "No document is made of it, and nothing is written, until it is restored." }))) return;
    await change("archiveDocumentTemplate", { id: this.id }, "documentTemplate { id }");
    await this.again();
    announce("The template is archived.");
  }

  async restore() {
    await change("restoreDocumentTemplate", { id: this.id }, "documentTemplate { id }");
    await this.again();
    announce("The template is in use again.");
  }
}
