// A file on its way to the files service by tus, and there until it may be read.
/* global tus */
import { Failure, csrf, graph, told } from "./api.js";

const CHUNK_BYTES = 32 * 1024 * 1024;
const RETRY_MS = [0, 500, 1500, 3000, 6000];
const FIRST_MS = 400;
const SLOWEST_MS = 5000;
const REFUSED = {
  INFECTED: "Something harmful was found in it, so nobody can read it. Choose another file.",
  UNSCANNABLE: "No scanner could look into all of it, so nobody can read it. Save it in another format.",
  REFUSED: "Files of its type are not allowed here. Save it as CSV, or ask who manages the files.",
};

/** Whether this page can upload: the files service is here, and whoever is signed in may. */
export const canUpload = () => typeof tus !== "undefined" && told.mayUpload;

/** An upload that can be left: `done` is settled with the id of the file. */
export class Upload {
  constructor(file, progressed) {
    this.done = new Promise((resolve, reject) => {
      this.upload = new tus.Upload(file, {
        endpoint: "/files/api/uploads/",
        headers: { "X-CSRFToken": csrf },
        metadata: { filename: file.name, filetype: file.type || "application/octet-stream" },
        chunkSize: CHUNK_BYTES,
        retryDelays: RETRY_MS,
        removeFingerprintOnSuccess: true,
        fingerprint: async () => ["septet", told.tenant, "import", file.name, file.size, file.lastModified].join(":"),
        onProgress: (sent, all) => progressed(all ? sent / all : 1),
        onError: (error) => reject(failureOf(error)),
        onSuccess: () => fileOf(this.upload.url.split("/").pop()).then(resolve, reject),
      });
      this.start().catch(reject);
    });
  }

  async start() {
    const [before] = await this.upload.findPreviousUploads();
    if (before) this.upload.resumeFromPreviousUpload(before);
    this.upload.start();
  }

  cancel() {
    this.upload.abort(Boolean(this.upload.url)).catch(() => {});
  }
}

function failureOf(error) {
  if (!error.originalResponse) return new Failure("NETWORK", "The upload was cut off.");
  try {
    const [{ message, extensions }] = JSON.parse(error.originalResponse.getBody()).errors;
    return new Failure(extensions.code, message);
  } catch {
    return new Failure("", `the server answers ${error.originalResponse.getStatus()}: try again later`);
  }
}

async function fileOf(upload) {
  const { uploadSession } = await graph("query($id: ID!) { uploadSession(id: $id) { fileId } }", { id: upload }, "files");
  return clean(uploadSession.fileId);
}

/** Wait until a file may be read; returns its id. */
async function clean(id) {
  for (let wait = FIRST_MS; ; wait = Math.min(wait * 1.4, SLOWEST_MS)) {
    const { file } = await graph("query($id: ID!) { file(id: $id) { state } }", { id }, "files");
    if (!file) throw new Failure("", "The file is not there any more. Choose it again.");
    if (file.state === "CLEAN" || file.state === "RELEASED") return id;
    if (REFUSED[file.state]) throw new Failure("", REFUSED[file.state]);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
