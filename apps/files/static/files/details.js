// All about one file, beside the list: what is in it, what is said of it, its versions and its links.
import { change, contentOf, graph, told } from "./api.js";
import { announce, button, h } from "./dom.js";
import { askDay, askText, askYes } from "./dialogs.js";
import { follow } from "./following.js";
import { linksOf } from "./links.js";
import { preview } from "./preview.js";
import { isFinal, isServed, size, standing, when } from "./words.js";
import { versionsOf } from "./versions.js";

const QUERY = `query($id: ID!, $ids: [ID!], $links: Boolean!) {
  file(id: $id) { id name contentType detectedType typeMatches sizeBytes sha256 version state finding scanner basicCheckOnly
    scannedAt held holdReason retainedUntil trashedAt createdAt tags metadata { key value } folder { id path }
    signedUrl(purpose: VIEW) }
  fileVersions(filter: {fileIds: $ids}, first: 20) { nodes { id number note authorName authorId createdAt
    content { sizeBytes state } } pageInfo { hasNextPage } }
  shareLinks(filter: {fileIds: $ids, revoked: false}, first: 20) @include(if: $links) { nodes { id note expiresAt
    mostDownloads downloads protected } } }`;

export class Details {
  /** `acts` are those of the page: rename, move, trash, restore, erase, addVersion; `changed` is told of changes. */
  constructor({ acts, changed }) {
    Object.assign(this, { acts, changed });
    this.title = h("h2", { tabindex: -1 });
    this.problem = h("p", { class: "files-bad", role: "alert" });
    this.body = h("div", { class: "files-details" });
    this.dialog = h("dialog", { class: "files-drawer", "aria-labelledby": "files-details-title" });
    this.title.id = "files-details-title";
    const close = button("Close", () => this.dialog.close(), { label: "Close the details" });
    this.dialog.append(h("div", { class: "files-drawer-head" }, this.title, close), h("p", { class: "sr", role: "status", "data-announcer": true }), this.problem, this.body);
    // What plays is to be heard no more.
    this.dialog.addEventListener("close", () => this.body.replaceChildren());
    document.querySelector("#files").append(this.dialog);
  }

  async open(file) {
    this.id = file.id;
    this.title.textContent = file.name;
    this.body.replaceChildren(h("p", { class: "files-quiet" }, "Loading…"));
    this.dialog.showModal();
    this.title.focus();
    await this.refresh();
  }

  /** Do something to the file, tell its problem, and show what has become of it. */
  async run(work, said = "") {
    this.problem.textContent = "";
    try {
      if ((await work()) === false) return;
      this.changed();
      await this.refresh();
      if (said) announce(said);
    } catch (error) {
      this.problem.textContent = error.message;
    }
  }

  async refresh() {
    const id = this.id;
    try {
      const found = await graph(QUERY, { id, ids: [id], links: told.may.share });
      if (this.id === id && this.dialog.open) await this.draw(found);
    } catch (error) {
      this.problem.textContent = error.message;
    }
  }

  async draw({ file, fileVersions, shareLinks }) {
    this.file = file;
    this.title.textContent = file.name;
    const seen = h("div", { class: "files-preview" });
    // Where somebody was in the panel, they go on.
    const held = this.body.contains(document.activeElement) ? document.activeElement.dataset.keep : "";
    this.body.replaceChildren(
      seen,
      this.buttons(file),
      this.standing(file),
      this.labels(file),
      versionsOf(this, file, fileVersions),
      shareLinks && !file.trashedAt ? linksOf(this, file, shareLinks.nodes) : "",
      this.holds(file),
    );
    if (held) this.body.querySelector(`[data-keep="${held}"]`)?.focus();
    if (!isFinal(file.state)) follow(file.id);
    const read = contentOf(file.id);
    await preview(seen, file, { view: file.signedUrl, read, pages: `${read}/preview/` });
  }

  judged(judged) {
    if (judged.id !== this.id || !this.dialog.open || !isFinal(judged.state)) return;
    announce(`${this.file.name}: ${standing(judged)[0]}.`);
    this.changed();
    // What somebody is writing is not taken from them.
    if (!this.body.querySelector("input:focus, textarea:focus")) this.refresh();
  }

  buttons(file) {
    const { acts } = this;
    const made = [];
    if (isServed(file.state) && !file.trashedAt) made.push(h("a", { class: "files-button files-primary", href: contentOf(file.id), download: file.name }, "Download"));
    if (told.may.write && file.trashedAt) {
      made.push(button("Restore", () => this.leave(acts.restore, file)), button("Delete for ever", () => this.leave(acts.erase, file), { kind: "files-danger" }));
    } else if (told.may.write) {
      made.push(
        button("Rename", () => this.run(() => this.rename(file)), { "data-keep": "rename" }),
        button("Move", () => this.leave(acts.move, file)),
        button("Scan again", () => this.run(() => change("rescanFile", { id: file.id }), `${file.name} is scanned again.`), { "data-keep": "rescan" }),
        button("Move to the trash", () => this.leave(acts.trash, file), { kind: "files-danger" }),
      );
    }
    if (told.may.release && isFinal(file.state) && !isServed(file.state) && !file.trashedAt) {
      made.push(button("Release", () => this.run(() => this.release(file), `${file.name} is released.`), { "data-keep": "release" }));
    }
    return h("div", { class: "files-acts" }, made);
  }

  async release(file) {
    const reason = await askText(`Release ${file.name}`, "Why it may be given out all the same, for the record", { yes: "Release", most: 500 });
    return reason === null ? false : change("releaseFile", { id: file.id, reason });
  }

  async rename(file) {
    const name = await askText(`Rename ${file.name}`, "Name", { value: file.name, yes: "Rename" });
    if (name === null || name === file.name) return false;
    return change("updateFile", { id: file.id, name });
  }

  /** What takes the file out of the list closes its details first. */
  leave(act, file) {
    this.dialog.close();
    act({ files: [file], folders: [] });
  }

  standing(file) {
    const [label, meaning, look] = standing(file);
    const state = [h("span", { class: `files-badge files-${look}` }, label), h("p", {}, meaning)];
    if (file.finding) state.push(h("p", {}, `Found: ${file.finding}`));
    const facts = [
      ["State", state],
      ["Folder", file.folder?.path ?? "/"],
      ["Size", size(file.sizeBytes)],
      ["Type", file.contentType + (file.typeMatches === false ? `, but its bytes are ${file.detectedType}` : "")],
      ["Added", when(file.createdAt)],
      file.scannedAt && ["Scanned", `${when(file.scannedAt)}${file.scanner ? ` by ${file.scanner}` : ""}`],
      file.trashedAt && ["In the trash since", when(file.trashedAt)],
      file.sha256 && ["SHA-256", h("code", {}, file.sha256)],
    ].filter(Boolean);
    return h("dl", { class: "files-facts" }, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  }

  labels(file) {
    const section = h("section", { "aria-labelledby": "files-labels" }, h("h3", { id: "files-labels" }, "Tags and notes"));
    if (!told.may.write || file.trashedAt) {
      section.append(h("p", {}, file.tags.join(", ") || "No tags."), ...file.metadata.map(({ key, value }) => h("p", {}, `${key}: ${value}`)));
      return section;
    }
    const tags = h("input", { type: "text", class: "files-field", value: file.tags.join(", "), autocomplete: "off", maxlength: 1300, "data-keep": "tags" });
    const lines = file.metadata.map(({ key, value }) => `${key}: ${value}`).join("\n");
    const notes = h("textarea", { class: "files-field", rows: 3, "data-keep": "notes" }, lines);
    const form = h(
      "form",
      { class: "files-form" },
      h("label", {}, "Tags, with commas between them", tags),
      h("label", {}, "Metadata, a line such as “project: Runway 25” for each", notes),
      h("button", { class: "files-button", "data-keep": "label" }, "Save"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.run(() => change("labelFile", { id: file.id, tags: split(tags.value, ","), metadata: pairs(notes.value) }), "Saved.");
    });
    section.append(form);
    return section;
  }

  holds(file) {
    if (!told.may.retain && !file.held && !file.retainedUntil) return "";
    const section = h("section", { "aria-labelledby": "files-holds" }, h("h3", { id: "files-holds" }, "Hold and retention"));
    if (file.held) section.append(h("p", {}, `Held: ${file.holdReason || "no reason is told"}.`));
    if (file.retainedUntil) section.append(h("p", {}, `Nobody can remove it until ${when(file.retainedUntil)}.`));
    if (!file.held && !file.retainedUntil) section.append(h("p", { class: "files-quiet" }, "Nothing keeps it from being removed."));
    if (told.may.retain) {
      const act = file.held ? ["Lift the hold", "liftFileHold"] : ["Place a hold", "holdFile"];
      const keep = file.retainedUntil ? "Keep it longer" : "Keep it until a day";
      section.append(h("div", { class: "files-acts" },
        button(act[0], () => this.run(() => this.hold(file, ...act)), { "data-keep": "hold" }),
        button(keep, () => this.run(() => this.retain(file)), { "data-keep": "retain" })));
    }
    return section;
  }

  async hold(file, title, field) {
    const reason = await askText(`${title}: ${file.name}`, "Why, for the record", { yes: title, most: 500 });
    return reason === null ? false : change(field, { id: file.id, reason });
  }

  async retain(file) {
    const from = new Date(Math.max(Date.now(), Date.parse(file.retainedUntil ?? 0)) + 86_400_000);
    const causes = ["Until the end of that day nobody can remove it. The day can be made later, and never earlier."];
    const until = await askDay(`Keep ${file.name}`, "Until", causes, { from, yes: "Keep it" });
    return until === null ? false : change("retainFile", { id: file.id, until: until.toISOString() });
  }

  /** Ask first; false when it is not to be done. */
  sure = (title, cause, yes) => askYes(title, [cause], { yes });
}

const split = (text, mark) => text.split(mark).map((one) => one.trim()).filter(Boolean);

function pairs(text) {
  return split(text, "\n").map((line) => {
    const at = line.indexOf(":");
    return at < 0 ? { key: line, value: "" } : { key: line.slice(0, at).trim(), value: line.slice(at + 1).trim() };
  });
}
