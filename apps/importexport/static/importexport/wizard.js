// One import on its way: its preview, its mapping, what is wrong with its rows, how far it is, what came of it.
import { h } from "../kernel/elements.js";
import { HOME, announce, ask, attempt, button, complain, told } from "./api.js";
import { Check } from "./check.js";
import { Failures } from "./failures.js";
import { Following, STATES, act, isAtWork, isOpen, read, standing } from "./jobs.js";
import { Mapping } from "./mapping.js";
import { Preview } from "./preview.js";
import { Result } from "./result.js";
import { Running } from "./running.js";

const page = document.querySelector("[data-imports]");
const panels = page.querySelector("[data-panels]");
const NAMES = { preview: "Preview", mapping: "Mapping", check: "Check", import: "Import", result: "Result" };
const OVER = new Set(["DONE", "CANCELLED", "UNDOING", "UNDONE"]);

/** Where an import is by itself. */
function placeOf(job) {
  if (["DRAFT", "ANALYSING", "READY"].includes(job.state)) return "preview";
  if (["CHECKING", "CHECKED"].includes(job.state)) return "check";
  if (["RUNNING", "PAUSED"].includes(job.state)) return "import";
  if (OVER.has(job.state) || !isOpen(job)) return "result";
  if (!job.preview) return "preview";
  return job.failed ? "check" : "mapping";
}

/** Which steps may be looked at. */
function openSteps(job) {
  const open = new Set([placeOf(job)]);
  if (job.preview && !isAtWork(job)) open.add("preview").add("mapping");
  if (isOpen(job) && job.preview && job.dataset) open.add("check");
  return open;
}

class Wizard {
  constructor() {
    this.id = page.dataset.import;
    this.job = null;
    this.at = "";
    /** Imports of mended rows that are brought once the import itself is done. */
    this.follower = null;
    this.following = new Following(this.id, (job) => this.take(job), complain);
    this.failures = new Failures(this, () => this.steps[this.at]?.acts?.());
    this.steps = { preview: new Preview(this), mapping: new Mapping(this), check: new Check(this), import: new Running(this), result: new Result(this) };
    addEventListener("hashchange", () => this.job && this.go(location.hash.slice(1), { quiet: true }));
  }

  /** Whether it may be described anew by whoever looks. */
  get writes() {
    return told.mayWrite && isOpen(this.job) && !isAtWork(this.job);
  }

  async load() {
    try {
      const job = await read(this.id);
      if (!job) throw new Error("This import is not there any more.");
      panels.replaceChildren(...Object.values(this.steps).map(({ place }) => place));
      this.take(job, location.hash.slice(1));
      this.following.at(job);
    } catch (error) {
      panels.replaceChildren(h("p", { class: "imp-problem", role: "alert" }, error.message), h("p", { class: "imp-acts" }, button("Try again", () => this.load()), h("a", { class: "imp-button", href: HOME }, "All imports")));
    } finally {
      panels.setAttribute("aria-busy", "false");
    }
  }

  /** Show an import as it is now; where it has gone on by itself, so does the page. */
  take(job, wanted = "") {
    const before = this.job;
    this.job = job;
    const moved = !before || placeOf(before) !== placeOf(job);
    if (before && before.state !== job.state) announce(`The import is ${STATES[job.state][0].toLowerCase()}.`);
    page.querySelector("[data-standing]").replaceChildren(standing(job));
    const parent = job.retryOf && [" · ", h("a", { href: `${HOME}${job.retryOf}/` }, "rows of another import")];
    page.querySelector("[data-about]").replaceChildren(job.dataset ? `into ${job.dataset}` : "", ...(parent || []));
    // Read otherwise, its rows are others.
    if (job.state === "ANALYSING") this.failures.edits.clear();
    this.acts();
    const open = openSteps(job);
    if (wanted && open.has(wanted)) this.at = wanted;
    else if (moved || !open.has(this.at)) this.at = placeOf(job);
    this.draw();
    // Whoever has pressed what is there no more goes on at the step that has come.
    if (before && moved && !this.held()) this.steps[this.at].place.querySelector("h2")?.focus();
  }

  /** Whether somebody is at something that is to be seen. */
  held() {
    const at = document.activeElement;
    return at && at !== document.body && !at.closest("[hidden]");
  }

  /** Do one thing to the import; returns whether it was done. */
  act(field, more = {}, wanted = "") {
    return attempt(async () => {
      try {
        const job = await act(field, this.id, more);
        this.take(job, wanted);
        this.following.at(job);
      } catch (error) {
        // It has gone on meanwhile: show how it stands.
        if (error.code === "CONFLICT") this.following.ask();
        throw error;
      }
    });
  }

  go(step, { quiet = false } = {}) {
    if (!openSteps(this.job).has(step)) return;
    this.at = step;
    this.draw();
    if (quiet) return;
    const title = this.steps[step].place.querySelector("h2");
    title?.focus();
    title?.scrollIntoView({ block: "nearest" });
  }

  draw() {
    const open = openSteps(this.job);
    const reached = Object.keys(NAMES).indexOf(placeOf(this.job));
    const list = page.querySelector("[data-steps]");
    const held = list.contains(document.activeElement) ? document.activeElement.getAttribute("href") : "";
    list.replaceChildren(
      ...Object.entries(NAMES).map(([step, name], index) => {
        const current = step === this.at;
        const kind = current ? "imp-now" : index < reached ? "imp-past" : "";
        const shown = open.has(step) ? h("a", { href: `#${step}`, "aria-current": current && "step" }, name) : h("span", {}, name);
        return h("li", { class: kind }, shown);
      }),
    );
    if (held) list.querySelector(`[href="${held}"]`)?.focus();
    for (const [step, one] of Object.entries(this.steps)) {
      one.place.hidden = step !== this.at;
      if (step === this.at) one.show(this.job);
    }
  }

  acts() {
    const stoppable = ["DRAFT", "ANALYSING", "READY", "CHECKED"].includes(this.job.state);
    const removable = !isAtWork(this.job) && !stoppable && this.job.state !== "PAUSED";
    const place = page.querySelector("[data-acts]");
    const wanted = told.mayWrite ? (stoppable ? "discard" : removable ? "delete" : "") : "";
    if (place.dataset.now === wanted) return;
    place.dataset.now = wanted;
    if (wanted === "discard") place.replaceChildren(button("Discard", () => this.remove("Nothing of it was brought, and its file stays.")));
    else if (wanted === "delete") place.replaceChildren(button("Delete", () => this.remove("Its rows stay where they were brought, and it can be undone no more.")));
    else place.replaceChildren();
  }

  async remove(says) {
    const sure = await ask(`Remove ${this.job.name}?`, h("p", {}, says), { yes: "Remove it", kind: "imp-danger" });
    if (!sure) return;
    await attempt(async () => {
      if (this.job.state === "ANALYSING") await act("cancelImportJob", this.id);
      this.following.end();
      await act("deleteImportJob", this.id);
      location.assign(HOME);
    });
  }
}

new Wizard().load();
