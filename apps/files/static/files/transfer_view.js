// The list of uploads: each with its progress, and with what may be done to it.
import { announce, button, h, icon } from "./dom.js";
import { choose } from "./dropping.js";
import { forget, isSame, placeOf, unfinished } from "./transfers.js";
import { isFinal, isServed, kindOf, left, size, standing } from "./words.js";

const SAID = {
  waiting: "Waits for its turn",
  paused: "Paused",
  offline: "Waits for the network, then goes on",
  cancelled: "Cancelled",
};
/** Progress is painted no more often than this. */
const PAINT_MS = 120;

export class TransferView {
  constructor(place, queue) {
    Object.assign(this, { place, queue, rows: new Map(), left: unfinished() });
    this.head = h("p", { class: "files-uploads-said" });
    this.list = h("ul", { class: "files-transfers", tabindex: 0, "aria-label": "Uploads" });
    this.clear = button("Clear the list", () => queue.clear(), { kind: "files-quiet-button" });
    place.append(h("div", { class: "files-uploads-head" }, h("h2", {}, "Uploads"), this.head, this.clear), this.list);
    this.interrupted = this.left.map((one) => this.begun(one));
    this.list.append(...this.interrupted);
    queue.addEventListener("change", ({ detail }) => this.changed(detail));
    queue.addEventListener("clear", () => this.cleared());
    this.summarise();
  }

  changed(transfer) {
    const row = this.rows.get(transfer) ?? this.add(transfer);
    const told = `${transfer.state} ${transfer.judged?.state ?? ""} ${transfer.fileId}`;
    if (row.told !== told) this.paint(transfer, row, told);
    else if (!row.timer) row.timer = setTimeout(() => this.progress(transfer, row), PAINT_MS);
  }

  add(transfer) {
    const row = { told: "", timer: 0 };
    row.bar = h("progress", { max: 1, value: 0, "aria-label": `${transfer.name}, sent` });
    row.said = h("p", { class: "files-said" });
    row.acts = h("div", { class: "files-acts" });
    const where = [...transfer.path, ""].join("/");
    const name = h("p", { class: "files-name" }, h("span", { class: "files-quiet" }, where), transfer.name);
    row.element = h("li", {}, icon(kindOf(transfer.file.type)), h("div", {}, name, row.bar, row.said), row.acts);
    this.rows.set(transfer, row);
    this.list.append(row.element);
    this.dropInterrupted(transfer);
    return row;
  }

  /** What was begun before and is chosen again is one row, not two. */
  dropInterrupted({ file }) {
    this.left = this.left.filter((one, index) => {
      const same = isSame(one, file);
      if (same) this.interrupted[index].remove();
      if (same) this.interrupted.splice(index, 1);
      return !same;
    });
  }

  paint(transfer, row, told) {
    row.told = told;
    const held = row.acts.contains(document.activeElement);
    row.element.dataset.state = transfer.state;
    row.bar.hidden = transfer.over || transfer.state === "failed";
    row.acts.replaceChildren(...this.acts(transfer));
    // Whoever pressed what is there no more goes on with what took its place.
    if (held) (row.acts.querySelector("button") ?? this.clear).focus();
    this.progress(transfer, row);
    this.speak(transfer);
    this.summarise();
  }

  acts(transfer) {
    const { state, name } = transfer;
    const made = [];
    if (state === "sending") made.push(button("Pause", () => transfer.pause(), { label: `Pause ${name}` }));
    if (state === "paused") made.push(button("Resume", () => transfer.resume(), { label: `Resume ${name}` }));
    if (state === "failed") made.push(button("Try again", () => transfer.resume(), { label: `Try ${name} again` }));
    if (!transfer.over) made.push(button("Cancel", () => transfer.cancel(), { label: `Cancel ${name}` }));
    return made;
  }

  progress(transfer, row) {
    row.timer = 0;
    row.bar.value = transfer.file.size ? transfer.sent / transfer.file.size : 1;
    row.said.replaceChildren(...this.words(transfer));
  }

  words(transfer) {
    const { state, sent, file, rate, judged } = transfer;
    if (state === "failed") return [h("span", { class: "files-bad" }, transfer.problem)];
    if (state === "done") {
      const [label, meaning, look] = standing(judged ?? { state: "QUARANTINED" });
      return [h("span", { class: `files-badge files-${look}` }, label), ` ${isServed(judged?.state) ? size(file.size) : meaning}`];
    }
    const far = `${size(sent)} of ${size(file.size)}`;
    if (state !== "sending") return [`${SAID[state]}${state === "cancelled" ? "" : `, ${far}`}`];
    const more = rate ? ` · ${size(rate)}/s · ${left((file.size - sent) / rate)}` : "";
    return [`${far}${more}`];
  }

  speak({ state, name, judged, problem }) {
    if (state === "failed") announce(`${name}: ${problem}`);
    else if (state === "done" && judged && isFinal(judged.state)) announce(`${name} is uploaded: ${standing(judged)[0]}.`);
    else if (state === "paused" || state === "offline") announce(`${name}: ${SAID[state]}.`);
  }

  /** A row of what an earlier page has begun: its bytes are to be chosen again. */
  begun(one) {
    const { filename } = one.metadata;
    const row = h(
      "li",
      { "data-state": "begun" },
      icon(kindOf(one.metadata.filetype ?? "")),
      h("div", {}, h("p", { class: "files-name" }, filename), h("p", { class: "files-said" }, `Not finished, ${size(one.size)}: choose the same file, and it goes on where it was.`)),
      h(
        "div",
        { class: "files-acts" },
        button("Choose it", () => choose((chosen) => this.again(one, chosen, row), { several: false }), { label: `Choose ${filename} again` }),
        button("Forget", () => this.forget(one, row), { label: `Forget ${filename}` }),
      ),
    );
    return row;
  }

  again(one, [{ file }], row) {
    if (isSame(one, file)) {
      this.queue.add(file, placeOf(one));
      return;
    }
    const words = `${file.name} is not the file that was begun, or has changed since. Choose it again, or forget it and add the new one.`;
    row.querySelector(".files-said").replaceChildren(h("span", { class: "files-bad" }, words));
    announce(words);
  }

  async forget(one, row) {
    await forget(one);
    const index = this.left.indexOf(one);
    this.left.splice(index, 1);
    this.interrupted.splice(index, 1);
    row.remove();
    this.summarise();
    announce(`${one.metadata.filename} is forgotten.`);
  }

  cleared() {
    for (const [transfer, row] of this.rows) {
      if (this.queue.transfers.includes(transfer)) continue;
      row.element.remove();
      this.rows.delete(transfer);
    }
    this.summarise();
  }

  summarise() {
    const all = this.queue.transfers;
    const done = all.filter(({ state }) => state === "done").length;
    this.place.hidden = !all.length && !this.left.length;
    this.head.textContent = all.length ? `${done} of ${all.length} sent` : "";
    this.clear.hidden = !all.some(({ over }) => over);
  }
}
