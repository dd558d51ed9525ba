// What stands above the list: where one is, what narrows it, and what may be done to what is chosen.
import { told } from "./api.js";
import { button, h, land } from "./dom.js";
import { narrowed } from "./listing.js";
import { undownloadable } from "./acts.js";
import { isServed, STATES } from "./words.js";

const KINDS = [["", "Any type"], ["image/*", "Pictures"], ["application/pdf", "PDF"], ["text/*", "Text and tables"], ["video/*", "Video"], ["audio/*", "Audio"], ["application/zip", "Zip archives"]];
const ORDERS = [["NEWEST_FIRST", "Newest first"], ["OLDEST_FIRST", "Oldest first"], ["NAME", "By name"]];
const WAIT_MS = 300;

export class Tools {
  /** `go(changes)` shows something else; `href(changes)` is the address of it. */
  constructor(place, { go, href, acts, table }) {
    Object.assign(this, { go, href, acts, table });
    this.crumbs = h("nav", { "aria-label": "Folders", class: "files-crumbs" });
    this.narrow = h("search", { class: "files-narrow" });
    this.chosen = h("div", { class: "files-chosen", role: "group", "aria-label": "What is chosen", hidden: true });
    place.append(this.crumbs, this.narrow, this.chosen);
    this.build();
  }

  build() {
    const later = (key) => {
      let timer = 0;
      return ({ target }) => {
        clearTimeout(timer);
        timer = setTimeout(() => this.go({ [key]: target.value.trim() }), WAIT_MS);
      };
    };
    const pick = (key, label, options) => {
      const select = h("select", { class: "files-field", "aria-label": label, onchange: () => this.go({ [key]: select.value }) }, options.map(([value, words]) => h("option", { value }, words)));
      return select;
    };
    this.fields = {
      name: h("input", { type: "search", class: "files-field", placeholder: "Search names and text", "aria-label": "Search names and text", maxlength: 200, oninput: later("name") }),
      tag: h("input", { type: "search", class: "files-field", placeholder: "Tag", "aria-label": "Tag", maxlength: 60, oninput: later("tag") }),
      kind: pick("kind", "Type", KINDS),
      state: pick("state", "State", [["", "Any state"], ...Object.entries(STATES).map(([value, [words]]) => [value, words])]),
      order: pick("order", "Order", ORDERS),
    };
    this.views = ["list", "gallery"].map((view) => button(view === "list" ? "List" : "Gallery", () => this.go({ view })));
    this.narrow.append(...Object.values(this.fields), h("div", { class: "files-views", role: "group", "aria-label": "View" }, this.views));
  }

  show(shown) {
    for (const [key, field] of Object.entries(this.fields)) if (document.activeElement !== field) field.value = shown[key];
    this.views.forEach((one, index) => one.setAttribute("aria-pressed", String(shown.view === ["list", "gallery"][index])));
    this.crumbs.replaceChildren(this.path(shown), this.other(shown));
  }

  path(shown) {
    const names = shown.at === "/" || shown.trash ? [] : shown.at.slice(1).split("/");
    const steps = [[shown.trash ? "Trash" : "All files", "/"], ...names.map((name, index) => [name, `/${names.slice(0, index + 1).join("/")}`])];
    const items = steps.map(([name, at], index) => {
      const last = index === steps.length - 1 && !narrowed(shown);
      return h("li", {}, this.link(name, { at, name: "", tag: "", state: "", kind: "" }, last ? { "aria-current": "page" } : {}));
    });
    if (narrowed(shown)) items.push(h("li", {}, h("span", { "aria-current": "page" }, "Found in all folders")));
    return h("ol", {}, items);
  }

  other({ trash }) {
    return this.link(trash ? "Back to the files" : "Trash", { trash: trash ? "" : "1", at: "/" }, { class: "files-trash-link" });
  }

  link(text, changes, more = {}) {
    const go = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.go(changes, { walks: true });
    };
    return h("a", { href: this.href(changes), onclick: go, ...more }, text);
  }

  /** What may be done to what is chosen. */
  choose(selection, { trash }) {
    const number = selection.files.length + selection.folders.length;
    const held = this.chosen.contains(document.activeElement);
    this.chosen.hidden = !number;
    if (!number) {
      if (held) land();
      return;
    }
    const { acts } = this;
    const made = [h("p", {}, `${number} chosen`)];
    if (!trash) made.push(this.download(selection));
    if (told.may.write && trash) {
      made.push(button("Restore", () => acts.restore(selection)), button("Delete for ever", () => acts.erase(selection), { kind: "files-danger" }));
    } else if (told.may.write) {
      made.push(button("Move", () => acts.move(selection)), button("Move to the trash", () => acts.trash(selection), { kind: "files-danger" }));
      const [folder] = selection.folders;
      if (folder && number === 1) made.push(button("Rename", () => acts.renameFolder(folder)));
    }
    made.push(button("Choose none", () => this.table.forgetChoice(), { kind: "files-quiet-button" }));
    this.chosen.replaceChildren(...made);
  }

  download(selection) {
    const clean = { ...selection, files: selection.files.filter(({ state }) => isServed(state)) };
    const single = clean.files.length === 1 && !clean.folders.length;
    const reason = undownloadable(selection) || (clean.files.length + clean.folders.length ? "" : "Nothing of it is known to be clean.");
    const made = button(single ? "Download" : "Download as a zip", () => this.acts.download(clean), { disabled: Boolean(reason), title: reason || null });
    return reason ? h("span", {}, made, h("span", { class: "files-quiet" }, ` ${reason}`)) : made;
  }
}
