// The dry run: what of the rows can be brought, what is wrong with the others, and how to go on.
import { h } from "../kernel/elements.js";
import { button, nothing, sentence, told } from "./api.js";
import { many } from "./jobs.js";
import { Progress } from "./running.js";

export class Check {
  constructor(wizard) {
    this.wizard = wizard;
    this.progress = new Progress("Rows checked");
    this.title = h("h2", { id: "imp-check-title", tabindex: -1 });
    this.body = h("div", { class: "imp-part" });
    this.bar = h("div", { class: "imp-acts" });
    this.place = h("section", { class: "imp-part", "aria-labelledby": "imp-check-title" }, this.title, this.body, this.bar);
    this.shown = "";
  }

  show(job) {
    if (job.state === "CHECKING") this.progress.show(job);
    if (this.wizard.failures.place.parentElement !== this.place) this.place.append(this.wizard.failures.place);
    const now = JSON.stringify([job.state, job.failed, job.inserted, job.updated, job.unchanged, job.policy, job.error, this.wizard.writes]);
    if (now === this.shown || (job.state === "CHECKING" && this.shown === "CHECKING")) return;
    this.shown = job.state === "CHECKING" ? "CHECKING" : now;
    const held = this.bar.contains(document.activeElement);
    const [title, body] = this.says(job);
    this.title.textContent = title;
    this.body.replaceChildren(...[body].flat().filter(Boolean));
    this.wizard.failures.show(["CHECKED", "FAILED"].includes(job.state) && job.failed ? job : null);
    this.acts();
    if (held) this.title.focus();
  }

  says(job) {
    const { state, failed, inserted, updated, unchanged, progress, error } = job;
    if (state === "CHECKING") return ["All rows are being checked", [h("p", { class: "imp-quiet" }, "Nothing is brought by that."), this.progress.place]];
    if (state === "CHECKED") {
      const good = inserted + updated + unchanged;
      const facts = h("dl", { class: "imp-facts" }, [["Rows", progress.rowsRead], ["Would be new", inserted], ["Would be changed", updated], ["Are the same already", unchanged], ["Cannot be brought", failed]].map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, Number(value).toLocaleString("en")))));
      const all = failed ? `${many(failed, "row")} cannot be brought` : good ? "Every row can be brought" : "There is no row to bring";
      return [all, facts];
    }
    const says = state === "FAILED" && error ? h("p", { class: "imp-problem", role: "alert" }, `${sentence(error.message)} Mend the mapping or the file, or let it skip bad rows; then check it again.`) : nothing("It was not checked yet.", "A check goes over all rows, tells what is wrong, and brings none.");
    return ["Check", says];
  }

  acts() {
    const { job } = this.wizard;
    const { state, failed, inserted, updated, unchanged, policy } = job;
    if (!told.mayWrite || !this.wizard.writes) {
      const stop = state === "CHECKING" && told.mayWrite && button("Cancel", () => this.wizard.act("cancelImportJob"));
      this.bar.replaceChildren(stop || "");
      return;
    }
    const again = button(state === "READY" ? "Check all rows" : "Check again", () => this.again(), { kind: state === "CHECKED" ? "" : "imp-primary" });
    if (state !== "CHECKED") {
      this.bar.replaceChildren(again, state === "READY" ? button("Import without a check", () => this.wizard.act("startImportJob")) : "", button("Change the mapping", () => this.wizard.go("mapping")));
      return;
    }
    const good = inserted + updated + unchanged;
    const mended = this.wizard.failures.ready;
    const words = `Import ${many(good, "row")}${mended ? `, then ${mended} mended` : ""}`;
    const whole = policy === "ALL_OR_NOTHING" && failed > 0;
    const start = whole
      ? button(`Skip bad rows, ${words.toLowerCase()}`, () => this.skip(), { kind: "imp-primary" })
      : button(words, () => this.start(), { kind: "imp-primary", disabled: !good && !mended });
    this.bar.replaceChildren(start, button("Change the mapping", () => this.wizard.go("mapping")), again);
  }

  async again() {
    // One that failed is ready once something is said anew of it.
    if (this.wizard.job.state === "FAILED" && !(await this.wizard.act("updateImportJob", { name: this.wizard.job.name }, "check"))) return;
    await this.wizard.act("checkImportJob", {}, "check");
  }

  /** The imports of mended rows that follow this one. */
  mended() {
    const { ready, waiting } = this.wizard.failures;
    return ready ? [...waiting] : null;
  }

  start() {
    this.wizard.follower = this.mended();
    return this.wizard.act("startImportJob");
  }

  async skip() {
    const follower = this.mended();
    if (!(await this.wizard.act("updateImportJob", { policy: "SKIP_BAD_ROWS" }, "check"))) return;
    this.wizard.follower = follower;
    await this.wizard.act("startImportJob");
  }
}
