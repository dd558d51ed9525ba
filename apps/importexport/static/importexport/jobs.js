// Imports as the API has them: what is asked of one, how its state is called, and how it is followed.
import { badge, change, graph } from "./api.js";

export const ASKED = `id name state format dataset mode policy stopAfter timeZone dialect said mapping
  preview { columns rows warnings sheets members suggestions { field source confidence why } }
  progress { bytesTotal fraction rowsRead bytesPerSecond secondsLeft }
  rowCount inserted updated unchanged failed removed undone kept undoable createdAt finishedAt retryOf mends jobId
  errors { id } problems { column code count } error { code message }`;
const ONE = `query($id: ID!) { importJob(id: $id) { ${ASKED} } }`;

/** What each state is called, and how it looks. */
export const STATES = {
  DRAFT: ["Without a source", ""],
  ANALYSING: ["Being read", "imp-busy"],
  READY: ["Ready", "imp-busy"],
  CHECKING: ["Being checked", "imp-busy"],
  CHECKED: ["Checked", "imp-good"],
  RUNNING: ["Running", "imp-busy"],
  PAUSED: ["Paused", "imp-warn"],
  DONE: ["Done", "imp-good"],
  FAILED: ["Failed", "imp-bad"],
  CANCELLED: ["Cancelled", "imp-warn"],
  UNDOING: ["Being undone", "imp-busy"],
  UNDONE: ["Undone", "imp-warn"],
};
const AT_WORK = new Set(["ANALYSING", "CHECKING", "RUNNING", "UNDOING"]);

export const isAtWork = ({ state }) => AT_WORK.has(state);
/** Whether it may be described anew: it has brought nothing. */
export const isOpen = ({ state, rowCount, removed, undoable }) => ["DRAFT", "READY", "CHECKED"].includes(state) || (state === "FAILED" && !rowCount && !removed && !undoable);
export const standing = ({ state }) => badge(...STATES[state]);
export const many = (count, one, more = `${one}s`) => `${Number(count).toLocaleString("en")} ${Number(count) === 1 ? one : more}`;

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
/** Write a moment in the reader's own zone. */
export const when = (text) => (text ? moments.format(new Date(text)) : "");

/** Read an import. */
export const read = async (id) => (await graph(ONE, { id })).importJob;

/** Change an import, and return it as it is then. */
export const act = async (field, id, more = {}) => (await change(field, { id, ...more }, `importJob { ${ASKED} }`)).importJob;

const SOON = 400;
const LATER = 1500;
const HIDDEN = 10_000;

/** Tells an import anew as long as something works on it: by its stream of events, and by asking. */
export class Following {
  constructor(id, told, failed) {
    Object.assign(this, { id, told, failed, stream: null, heard: "", timer: 0, asked: 0, hurries: false });
  }

  /** Go on from what is known of it. */
  at(job) {
    clearTimeout(this.timer);
    if (!isAtWork(job)) return this.end();
    if (job.jobId && job.jobId !== this.heard) {
      this.stream?.close();
      this.heard = job.jobId;
      this.stream = new EventSource(`/importexport/api/jobs/${job.jobId}/events`);
      this.stream.addEventListener("progress", () => this.soon());
      this.stream.addEventListener("end", () => {
        this.stream?.close();
        this.soon();
      });
    }
    this.timer = setTimeout(() => this.ask(), document.hidden ? HIDDEN : LATER);
    return undefined;
  }

  end() {
    clearTimeout(this.timer);
    this.hurries = false;
    this.stream?.close();
    this.stream = null;
    this.heard = "";
  }

  soon() {
    // Events that come quickly do not put it off for ever.
    if (this.hurries) return;
    this.hurries = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), SOON);
  }

  async ask() {
    const turn = (this.asked += 1);
    this.hurries = false;
    try {
      const job = await read(this.id);
      if (turn !== this.asked) return;
      if (!job) return void this.end();
      this.told(job);
      this.at(job);
    } catch (error) {
      if (turn !== this.asked) return;
      this.failed(error);
      if (error.code === "NETWORK" || error.code === "RATE_LIMITED") this.timer = setTimeout(() => this.ask(), HIDDEN);
    }
  }
}

/** Follow an import until nothing works on it; returns it as it is then. Throws Failure. */
export function ended(job) {
  if (!isAtWork(job)) return Promise.resolve(job);
  return new Promise((resolve, reject) => {
    const following = new Following(
      job.id,
      (now) => !isAtWork(now) && resolve(now),
      (error) => {
        following.end();
        reject(error);
      },
    );
    following.at(job);
  });
}
