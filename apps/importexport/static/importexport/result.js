// What came of an import, what may still be mended, and the way back.
import { h } from "../kernel/elements.js";
import { HOME, announce, ask, attempt, button, sentence, told } from "./api.js";
import { act, ended, many, when } from "./jobs.js";

const TITLES = { DONE: "It is done", FAILED: "It did not come to its end", CANCELLED: "It was cancelled", UNDOING: "It is being taken back", UNDONE: "It was taken back" };

export class Result {
  constructor(wizard) {
    this.wizard = wizard;
    this.title = h("h2", { id: "imp-result-title", tabindex: -1 });
    this.body = h("div", { class: "imp-part" });
    this.bar = h("div", { class: "imp-acts" });
    this.place = h("section", { class: "imp-part", "aria-labelledby": "imp-result-title" }, this.title, this.body, this.bar);
    this.shown = "";
  }

  show(job) {
    const { failures } = this.wizard;
    if (failures.place.parentElement !== this.place) this.place.append(failures.place);
    const now = JSON.stringify([job.state, job.failed, job.undone, job.error, job.undoable]);
    if (now === this.shown) return;
    this.shown = now;
    const held = this.bar.contains(document.activeElement);
    this.title.textContent = TITLES[job.state] ?? "Result";
    this.body.replaceChildren(...this.says(job).filter(Boolean));
    failures.show(["DONE", "FAILED", "CANCELLED"].includes(job.state) && job.failed ? job : null);
    this.acts();
    if (held) this.title.focus();
    const follower = job.state === "DONE" ? this.wizard.follower : null;
    this.wizard.follower = null;
    if (follower) failures.loading.then(() => failures.bring(follower));
  }

  /** The imports of mended rows that can be undone with it. */
  get mended() {
    return this.wizard.failures.repairs.filter(({ state, undoable }) => state === "DONE" && undoable);
  }

  says(job) {
    const { state, error, inserted, updated, unchanged, removed, failed, undone, kept, finishedAt } = job;
    const parts = [["New", inserted], ["Changed", updated], unchanged && ["The same already", unchanged], removed && ["Removed", removed], ["Failed", failed], state === "UNDONE" && ["Taken back", undone], state === "UNDONE" && ["Kept, as somebody has changed them since", kept]];
    const facts = h("dl", { class: "imp-facts" }, parts.filter(Boolean).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, Number(value).toLocaleString("en")))));
    return [
      error && h("p", { class: "imp-problem", role: "alert" }, `${sentence(error.message)} ${job.undoable ? "Go on from where it stopped, or undo it." : "Begin with another import."}`),
      state === "UNDOING" && h("progress", { max: 1, value: job.progress.fraction, "aria-label": "Rows taken back" }),
      facts,
      finishedAt && h("p", { class: "imp-quiet" }, `Ended ${when(finishedAt)}.`),
    ];
  }

  acts() {
    const { job, failures } = this.wizard;
    const also = this.mended.reduce((sum, { inserted, updated }) => sum + inserted + updated, 0);
    if (this.extra) this.extra.remove();
    this.extra = also ? h("p", { class: "imp-quiet", "data-mended": "" }, `${many(also, "more row")} came by mending.`) : null;
    if (this.extra) this.body.append(this.extra);
    const held = this.bar.contains(document.activeElement);
    const parts = [];
    if (told.mayWrite) {
      if (job.state === "FAILED" && job.undoable) parts.push(button("Go on", () => this.wizard.act("resumeImportJob"), { kind: "imp-primary" }));
      if (job.undoable && ["DONE", "FAILED", "CANCELLED"].includes(job.state)) parts.push(button("Undo", () => this.undo(), { disabled: Boolean(failures.busy) }));
      parts.push(h("a", { class: "imp-button", href: `${HOME}new/?dataset=${encodeURIComponent(job.dataset)}` }, "Import another file"));
    }
    this.bar.replaceChildren(...parts);
    if (held) this.bar.querySelector("button, a")?.focus();
  }

  async undo() {
    const { job } = this.wizard;
    const mended = this.mended;
    const parts = [
      job.inserted && `${many(job.inserted, "row")} that it made ${job.inserted === 1 ? "is" : "are"} deleted`,
      job.updated && `${many(job.updated, "row")} that it changed ${job.updated === 1 ? "is" : "are"} as before`,
      job.removed && `${many(job.removed, "row")} that it removed ${job.removed === 1 ? "comes" : "come"} back`,
    ].filter(Boolean);
    const says = [
      h("p", {}, parts.length ? `${parts.join(", ")}.` : "It has brought no row."),
      mended.length > 0 && h("p", {}, "What came by mending is taken back, too."),
      h("p", { class: "imp-quiet" }, "Rows that somebody has changed since stay as they are."),
    ];
    if (!(await ask(`Undo ${job.name}?`, says, { yes: "Undo it", kind: "imp-danger" }))) return;
    // What came last goes first.
    const all = await attempt(async () => {
      for (const one of mended) {
        const gone = await ended(await act("undoImportJob", one.id));
        if (gone.state !== "UNDONE") throw new Error(`${sentence(gone.error?.message ?? "the mended rows were not taken back")} Try it again.`);
        one.state = "UNDONE";
      }
    });
    if (all && (await this.wizard.act("undoImportJob"))) announce("It is taken back.");
  }
}
