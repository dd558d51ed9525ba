// What a version has beside its texts: pictures, and the file of Word or Excel that it may be.
import { h } from "../kernel/elements.js";
import { announce, ask, badge, button, field } from "./api.js";
import { chooseFile } from "./files.js";

const IMAGES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const OFFICE = /\.(docx|xlsx)$/i;
const STATES = { CHECKING: ["is looked through", "docs-busy"], READY: ["can be filled", "docs-good"], REFUSED: ["cannot be used", "docs-bad"] };

/** The pictures of a version, by the names that blocks have for them. */
export class Pictures {
  constructor(place, { writes, changed, failed }) {
    Object.assign(this, { place, writes, changed, failed, all: [] });
  }

  /** Show these. */
  take(assets) {
    this.all = assets;
    this.draw();
  }

  /** What is said of pictures to the API. */
  static told(assets) {
    return assets.map(({ name, fileId, version, gallery }) => (gallery ? { name, gallery } : { name, fileId, version }));
  }

  get told() {
    return Pictures.told(this.all);
  }

  draw() {
    const rows = this.all.map((one) =>
      h("li", {}, h("span", {}, h("code", {}, one.name), h("span", { class: "docs-quiet" }, one.gallery ? " of the gallery" : ` version ${one.version} of a file`)), this.writes() && button("Remove", () => this.remove(one), { kind: "docs-small", "aria-label": `Remove the picture ${one.name}` })),
    );
    const list = rows.length ? h("ul", { class: "docs-list" }, rows) : h("p", { class: "docs-quiet" }, "There are none.");
    this.place.replaceChildren(list, this.writes() ? h("p", {}, this.adder ?? (this.adder = button("Add a picture", () => this.add(), { kind: "docs-small" }))) : "");
  }

  remove(one) {
    this.all = this.all.filter((each) => each !== one);
    this.draw();
    this.adder.focus();
    announce(`The picture ${one.name} is removed; it is not saved yet.`);
    this.changed();
  }

  async add() {
    try {
      const file = await chooseFile("Add a picture", "Its version of now stays in the template, whatever becomes of the file.", ({ contentType }) => IMAGES.has(contentType));
      if (!file) return;
      const usual = file.name.replace(/\.[^.]*$/, "").slice(0, 60);
      const given = await ask("Name the picture", field("What blocks call it", "name", { required: true, maxlength: 60, value: usual, autocomplete: "off" }), { yes: "Add it" });
      if (!given) return;
      this.all = [...this.all.filter(({ name }) => name !== given.name), { name: given.name, fileId: file.id, version: file.version }];
      this.draw();
      announce(`The picture ${given.name} is added; it is not saved yet.`);
      this.changed();
    } catch (error) {
      this.failed(error.message);
    }
  }
}

/** The file of Word or Excel that is filled in the place of blocks. */
export class Upload {
  constructor(place, { writes, changed, failed }) {
    Object.assign(this, { place, writes, changed, failed, now: null });
  }

  /** Show what a version has. */
  take(upload) {
    this.now = upload;
    this.draw();
  }

  /** What is said of a file to the API. */
  static told(upload) {
    return upload && { fileId: upload.fileId, version: upload.fileVersion };
  }

  get told() {
    return Upload.told(this.now);
  }

  draw() {
    const { now } = this;
    const [says, kind] = (now && STATES[now.state]) ?? ["is not saved yet", ""];
    const standing = now
      ? h("p", {}, `Version ${now.fileVersion} of a file${now.kind ? ` of ${now.kind === "DOCX" ? "Word" : "Excel"}` : ""} `, badge(says, kind))
      : h("p", { class: "docs-quiet" }, "The template is written here. A file of Word or Excel with {{ placeholders }} may be filled in its place.");
    const acts = this.writes()
      ? h("div", { class: "docs-acts" }, button(now ? "Choose another file" : "Choose a file", () => this.choose(), { kind: "docs-small" }), now && button("Write it here again", () => this.set(null), { kind: "docs-small" }))
      : "";
    this.place.replaceChildren(standing, acts);
  }

  set(upload) {
    this.take(upload);
    this.place.querySelector("button")?.focus();
    announce(upload ? "The file is chosen; it is looked through when the draft is saved." : "The template is written here again; it is not saved yet.");
    this.changed();
  }

  async choose() {
    try {
      const file = await chooseFile("Choose a file of Word or Excel", "Its version of now is kept in the template, whatever becomes of the file.", ({ name }) => OFFICE.test(name));
      if (file) this.set({ fileId: file.id, fileVersion: file.version });
    } catch (error) {
      this.failed(error.message);
    }
  }
}
