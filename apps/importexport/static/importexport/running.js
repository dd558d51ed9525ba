// How far an import is: rows, rate, time left; it rests, goes on, or is stopped.
import { h } from "../kernel/elements.js";
import { ask, button, told } from "./api.js";
import { many } from "./jobs.js";

const UNITS = ["B", "kB", "MB", "GB"];

/** Write a number of bytes for people. */
export function size(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(unit && value < 100 ? 1 : 0)} ${UNITS[unit]}`;
}

/** Write how long something takes yet. */
function left(seconds) {
  if (seconds === null || !Number.isFinite(seconds)) return "";
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s left`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min left`;
  return `${(seconds / 3600).toFixed(1)} h left`;
}

/** A bar and its words, shown anew in place. */
export class Progress {
  constructor(label) {
    this.bar = h("progress", { max: 1, "aria-label": label });
    this.words = h("p", { class: "imp-quiet" });
    this.place = h("div", { class: "imp-progress" }, this.bar, this.words);
  }

  show({ progress, failed, state }) {
    const { fraction, bytesTotal, rowsRead, bytesPerSecond, secondsLeft } = progress;
    if (bytesTotal) this.bar.value = fraction;
    else if (state === "PAUSED") this.bar.value = 0;
    else this.bar.removeAttribute("value");
    const rate = bytesPerSecond && `${size(bytesPerSecond)} a second`;
    this.words.textContent = bytesTotal ? [`${Math.floor(100 * fraction)} %`, many(rowsRead, "row"), failed ? `${many(failed, "row")} failed` : "", rate, left(secondsLeft)].filter(Boolean).join(" · ") : state === "PAUSED" ? "Nothing is brought yet." : "The file is fetched…";
  }
}

export class Running {
  constructor(wizard) {
    this.wizard = wizard;
    this.progress = new Progress("Rows brought");
    this.title = h("h2", { id: "imp-running-title", tabindex: -1 });
    this.acts = h("div", { class: "imp-acts" });
    this.place = h("section", { class: "imp-part imp-card", "aria-labelledby": "imp-running-title" }, this.title, this.progress.place, this.acts);
    this.shown = "";
  }

  show(job) {
    this.progress.show(job);
    if (job.state === this.shown) return;
    const held = this.acts.contains(document.activeElement);
    this.shown = job.state;
    const paused = job.state === "PAUSED";
    this.title.textContent = paused ? "It rests" : "Rows are being brought";
    const onward = paused ? button("Go on", () => this.wizard.act("resumeImportJob"), { kind: "imp-primary" }) : button("Pause", () => this.wizard.act("pauseImportJob"));
    this.acts.replaceChildren(...(told.mayWrite ? [onward, button("Cancel", () => this.cancel())] : []));
    if (held) this.acts.querySelector("button")?.focus();
  }

  async cancel() {
    const says = "What it has brought stays, and can be undone; the rest is not brought.";
    if (await ask("Cancel the import?", h("p", {}, says), { yes: "Cancel it", kind: "imp-danger" })) await this.wizard.act("cancelImportJob");
  }
}
