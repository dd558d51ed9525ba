// Uploads by tus: some at a time, each paused, resumed, retried and cancelled by itself, and gone on with after the
// network, the server or the page was away.
/* global tus */
import { csrf, graph, told, UPLOADS } from "./api.js";
import { follow, judgements } from "./following.js";
import { problem, size } from "./words.js";

const AT_ONCE = 3;
const RETRY_MS = [0, 500, 1500, 3000, 6000];
/** Of what is sent by one request: proxies have limits. */
const CHUNK_BYTES = 32 * 1024 * 1024;
/** The rate is that of the last seconds. */
const RATE_MS = 4000;
const OURS = `septet:${told.tenant}:`;

/** One file on its way: waiting, sending, paused, offline, failed, done or cancelled. */
export class Transfer {
  constructor(queue, file, { folderId = null, follows = null, path = [], refused = "" }) {
    Object.assign(this, { queue, file, folderId, follows, path });
    this.id = crypto.randomUUID?.() ?? String(Math.random());
    this.state = "waiting";
    this.sent = 0;
    this.problem = "";
    this.fileId = follows?.id ?? "";
    /** What the platform says of the file, once all of it is there. */
    this.judged = null;
    this.samples = [];
    const refusal = refused || this.refusal();
    if (refusal) this.fail(refusal);
  }

  get name() {
    return this.follows?.name ?? this.file.name;
  }

  get rate() {
    const [first] = this.samples;
    const last = this.samples.at(-1);
    return last && last.at > first.at ? (1000 * (last.sent - first.sent)) / (last.at - first.at) : 0;
  }

  get over() {
    return this.state === "done" || this.state === "cancelled";
  }

  /** Say why it need not be sent: the server would refuse it. */
  refusal() {
    if (this.file.size > told.mostBytes) return `It has ${size(this.file.size)}, and a file may have ${size(told.mostBytes)}.`;
    const free = told.room === null ? Infinity : told.room - told.taken - this.queue.held;
    if (this.file.size > free) return `It has ${size(this.file.size)}, and there is room for ${size(Math.max(0, free))}.`;
    return "";
  }

  async start() {
    this.go("sending");
    this.samples = [];
    if (!this.upload) {
      this.upload = new tus.Upload(this.file, this.options());
      const [before] = await this.upload.findPreviousUploads();
      if (before) this.upload.resumeFromPreviousUpload(before);
      // It was paused or cancelled meanwhile.
      if (this.state !== "sending") return;
    }
    this.upload.start();
  }

  options() {
    const metadata = { filename: this.file.name, filetype: this.file.type || "application/octet-stream" };
    if (this.follows) metadata.fileid = this.follows.id;
    else if (this.folderId) metadata.folderid = this.folderId;
    return {
      endpoint: UPLOADS,
      headers: { "X-CSRFToken": csrf, ...(this.follows && { "If-Match": `"${this.follows.sha256}"` }) },
      metadata,
      chunkSize: CHUNK_BYTES,
      retryDelays: RETRY_MS,
      removeFingerprintOnSuccess: true,
      fingerprint: async () => fingerprintOf(this.file, this.follows?.id ?? this.folderId ?? ""),
      onProgress: (sent) => this.progressed(sent),
      onError: (error) => this.refused(error),
      onSuccess: () => this.finish(),
    };
  }

  progressed(sent) {
    if (this.state !== "sending") return;
    this.sent = sent;
    const at = performance.now();
    this.samples.push({ at, sent });
    while (this.samples[0].at < at - RATE_MS) this.samples.shift();
    this.queue.tell(this);
  }

  refused(error) {
    if (this.state !== "sending") return undefined;
    if (!navigator.onLine || !error.originalResponse) {
      if (!navigator.onLine) return this.go("offline");
      return this.fail(problem("NETWORK", ""));
    }
    let code = "";
    let message = `the server says ${error.originalResponse.getStatus()}`;
    try {
      const [first] = JSON.parse(error.originalResponse.getBody()).errors;
      ({ message, extensions: { code } } = first);
    } catch {
      // It was not the platform that answered.
    }
    return this.fail(problem(code, message));
  }

  fail(words) {
    this.problem = words;
    this.go("failed");
  }

  async finish() {
    this.sent = this.file.size;
    told.taken += this.file.size;
    const upload = this.upload.url.split("/").pop();
    this.go("done");
    const data = await graph("query($id: ID!) { uploadSession(id: $id) { fileId } }", { id: upload }).catch(() => null);
    this.fileId = data?.uploadSession?.fileId ?? this.fileId;
    if (!this.fileId) return;
    follow(this.fileId);
    this.queue.tell(this);
  }

  pause() {
    this.upload?.abort();
    this.go("paused");
  }

  /** Go on, when its turn comes. What there is room for by now the server knows. */
  resume() {
    this.problem = "";
    this.go("waiting");
  }

  cancel() {
    const begun = this.upload?.url;
    // What it holds on the server is given back.
    this.upload?.abort(Boolean(begun)).catch(() => {});
    this.go("cancelled");
  }

  go(state) {
    this.state = state;
    this.queue.tell(this);
  }
}

/** All transfers of a page; a `change` event has the transfer as its detail, once it is in the queue. */
export class Queue extends EventTarget {
  constructor() {
    super();
    this.transfers = [];
    judgements.addEventListener("change", ({ detail }) => {
      for (const one of this.transfers) {
        if (one.fileId !== detail.id || one.state !== "done") continue;
        one.judged = detail;
        this.tell(one);
      }
    });
    addEventListener("online", () => this.transfers.forEach((one) => one.state === "offline" && one.resume()));
    addEventListener("offline", () => {
      for (const one of this.transfers) {
        if (one.state !== "sending") continue;
        one.upload?.abort();
        one.go("offline");
      }
    });
    addEventListener("beforeunload", (event) => {
      if (this.transfers.some((one) => one.state === "sending" || one.state === "waiting")) event.preventDefault();
    });
  }

  /** How many bytes are wanted for what is on its way. */
  get held() {
    return this.transfers.reduce((sum, one) => sum + (one.over || one.state === "failed" ? 0 : one.file.size), 0);
  }

  add(file, more = {}) {
    const transfer = new Transfer(this, file, more);
    this.transfers.push(transfer);
    this.tell(transfer);
    return transfer;
  }

  /** Take what has ended out of sight. */
  clear() {
    this.transfers = this.transfers.filter((one) => !one.over);
    this.dispatchEvent(new CustomEvent("clear"));
  }

  tell(transfer) {
    if (!this.transfers.includes(transfer)) return;
    this.dispatchEvent(new CustomEvent("change", { detail: transfer }));
    const busy = this.transfers.filter((one) => one.state === "sending").length;
    if (busy >= AT_ONCE) return;
    this.transfers.find((one) => one.state === "waiting")?.start();
  }
}

/** What a file is known by when somebody chooses it again. */
const fingerprintOf = (file, place) => [`${OURS}${place}`, file.name, file.type, file.size, file.lastModified].join(":");

/** Return what this browser has begun to upload here, and not finished. */
export function unfinished() {
  return Object.keys(localStorage)
    .filter((key) => key.startsWith(`tus::${OURS}`))
    .map((key) => ({ key, ...JSON.parse(localStorage.getItem(key)) }))
    .filter((one) => one.uploadUrl);
}

/** Say whether this is the very file of such an upload, as it was: bytes of two are never mixed. */
export const isSame = ({ key, metadata }, file) => key.startsWith(`tus::${fingerprintOf(file, metadata.fileid ?? metadata.folderid ?? "")}::`);

/** End an upload that nobody goes on with. */
export async function forget({ key, uploadUrl }) {
  localStorage.removeItem(key);
  await tus.Upload.terminate(uploadUrl, { headers: { "X-CSRFToken": csrf } }).catch(() => {});
}

/** Return where such an upload belongs, for whoever chooses its file again. */
export function placeOf({ metadata: { fileid, folderid = null, filename } }) {
  return fileid ? { follows: { id: fileid, name: filename, sha256: "" } } : { folderId: folderid };
}
