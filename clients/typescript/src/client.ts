/** The client: typed operations, uploads that resume, downloads, streams. */

import { PATIENCE, type Policy, sent, slept } from "./attempts.js";
import { errorOf, SeptetError, type ToldError, Unreachable } from "./errors.js";
import type { TypedDocumentString } from "./graphql.js";
import type { Receipt } from "./proofs.js";

const ACCEPT = "application/graphql-response+json, application/json;q=0.9";
const TUS = { "Tus-Resumable": "1.0.0" };
/** The platform sends a comment every 15 seconds: who hears nothing for longer is cut off. */
const SILENCE = 45_000;
const LONGEST_PAUSE = 30_000;
/** Also behind a comment or fragments; what only looks like one is merely sent once. */
const MUTATION = /(^|\})\s*mutation\b/m;
/** After these a piece may have arrived in part: the server knows how far it is. */
const CUT = new Set([408, 409, 423, 502, 503, 504]);

/** An upload on its way: keep it to go on from another page or process. */
export interface Upload {
  path: string;
  size: number;
}

export interface StreamEvent {
  id: string;
  event: string;
  data: string;
}

export interface Options {
  policy?: Partial<Policy>;
  pieceBytes?: number;
  fetch?: typeof fetch;
}

/**
 * A client of one platform, by one key. Every call takes at most `policy.milliseconds`, of a
 * download until its bytes begin to come. Queries are repeated when an answer is lost, and so are
 * mutations whose variable `input` bears the idempotency key that it is given.
 */
export class Septet {
  readonly policy: Policy;
  private readonly pieceBytes: number;
  private readonly fetch: typeof fetch;

  constructor(
    readonly url: string,
    private readonly key: string,
    { policy = {}, pieceBytes = 8 * 1024 * 1024, fetch: own = fetch }: Options = {},
  ) {
    this.policy = { ...PATIENCE, ...policy };
    this.pieceBytes = pieceBytes;
    this.fetch = (...request) => own(...request);
  }

  /** Run an operation; rejects with SeptetError, also for what a mutation refused. */
  async run<Result, Variables>(
    document: TypedDocumentString<Result, Variables> | string,
    ...[variables]: Variables extends Record<string, never> ? [] : [Variables]
  ): Promise<Result> {
    const query = document.toString();
    const mutation = MUTATION.test(query);
    const input = mutation ? keyed(variables) : undefined;
    const body = JSON.stringify({ query, variables: input ? { ...variables, input } : variables });
    const headers = { Accept: ACCEPT, "Content-Type": "application/json" };
    const response = await this.send("/graphql", { method: "POST", headers, body }, !mutation || Boolean(input));
    const { data, errors } = await answer<Result>(response);
    if (errors?.[0]) throw errorOf(errors[0], response.status, data);
    if (!data) throw new Unreachable("UNREADABLE", "the answer has neither data nor errors");
    if (mutation) refuse(data);
    return data;
  }

  /** Send a file in pieces and return its id; it is given out as soon as it is clean. */
  async upload(
    file: Blob,
    name: string,
    { folderId = "", told = (_sent: number): void => {} } = {},
  ): Promise<string> {
    return this.resumeUpload(await this.beginUpload(file, name, folderId), file, told);
  }

  /** Begin an upload of which nothing is sent yet. */
  async beginUpload(file: Blob, name: string, folderId = ""): Promise<Upload> {
    const metadata = Object.entries({ filename: name, folderid: folderId, filetype: file.type })
      .filter(([, value]) => value)
      .map(([key, value]) => `${key} ${base64(value)}`)
      .join(",");
    const headers = { ...TUS, "Upload-Length": `${file.size}`, "Upload-Metadata": metadata };
    const response = await checked(await this.send("/files/api/uploads/", { method: "POST", headers }, true));
    return { path: response.headers.get("Location") ?? "", size: file.size };
  }

  /** Send what is missing of an upload and return the id of its file. */
  async resumeUpload(upload: Upload, file: Blob, told = (_sent: number): void => {}): Promise<string> {
    let lost = 0;
    let offset = await this.offset(upload);
    while (offset < upload.size) {
      try {
        offset = await this.sendPiece(upload, file, offset);
        lost = 0;
      } catch (error) {
        lost += 1;
        if (!wasCut(error) || lost >= this.policy.attempts) throw error;
        const before = offset;
        offset = await this.offset(upload);
        // A piece that takes longer than a call may arrives in parts.
        if (offset > before) lost = 0;
      }
      told(offset);
    }
    const id = upload.path.replace(/\/$/, "").split("/").at(-1) ?? "";
    const found = await this.run<{ uploadSession: { fileId: string } }, { id: string }>(
      "query($id: ID!) { uploadSession(id: $id) { fileId } }",
      { id },
    );
    return found.uploadSession.fileId;
  }

  /** Return the answer that has a file's bytes; rejects with SeptetError. */
  async download(fileId: string): Promise<Response> {
    const path = `/files/api/files/${fileId}`;
    return checked(await sent((signal) => this.request(path, { signal }), this.policy, true));
  }

  /** Return the receipt of an audit log, for `checkReceipt`. */
  async receipt(logId: string): Promise<Receipt> {
    return (await this.get(`/audit/api/receipts/${logId}`)).json() as Promise<Receipt>;
  }

  /** Return an answer over plain HTTP; rejects with SeptetError unless it is a success. */
  async get(path: string): Promise<Response> {
    return checked(await this.send(path, {}, true));
  }

  /**
   * Give the events of a stream until the signal ends it; what was missed while the line was cut
   * comes first. An event may come twice, with the same id. Rejects when the stream is refused.
   */
  async *listen(path: string, signal?: AbortSignal): AsyncGenerator<StreamEvent> {
    let [lastId, failed] = ["", 0];
    while (!signal?.aborted) {
      const cut = new AbortController();
      const end = () => cut.abort();
      signal?.addEventListener("abort", end, { once: true });
      const headers = { Accept: "text/event-stream", ...(lastId && { "Last-Event-ID": lastId }) };
      const silent = setTimeout(end, SILENCE);
      try {
        const response = await this.request(path, { headers, signal: cut.signal }).finally(() => clearTimeout(silent));
        if (response.ok && response.body) {
          for await (const event of eventsOf(response.body, cut)) {
            failed = 0;
            lastId = event.id || lastId;
            if (event.data) yield event;
          }
        } else if (!CUT.has(response.status) && response.status !== 429) {
          await checked(response);
        }
      } catch (error) {
        if (error instanceof SeptetError) throw error;
      } finally {
        signal?.removeEventListener("abort", end);
        cut.abort();
      }
      failed += 1;
      const longest = Math.min(LONGEST_PAUSE, 500 * 2 ** Math.min(failed, 8));
      if (!signal?.aborted) await slept(100 + Math.random() * longest);
    }
  }

  private async offset(upload: Upload): Promise<number> {
    const response = await this.send(upload.path, { method: "HEAD", headers: TUS }, true);
    return offsetOf(await checked(response));
  }

  private async sendPiece(upload: Upload, file: Blob, offset: number): Promise<number> {
    const headers = {
      ...TUS,
      "Upload-Offset": `${offset}`,
      "Content-Type": "application/offset+octet-stream",
    };
    const body = file.slice(offset, offset + this.pieceBytes);
    const response = await this.send(upload.path, { method: "PATCH", headers, body }, false);
    return offsetOf(await checked(response));
  }

  private send(path: string, init: RequestInit, safe: boolean): Promise<Response> {
    return sent(async (signal) => read(await this.request(path, { ...init, signal })), this.policy, safe);
  }

  private request(path: string, init: RequestInit): Promise<Response> {
    const headers = { ...init.headers, Authorization: `Bearer ${this.key}` };
    return this.fetch(new URL(path, this.url), { ...init, headers });
  }
}

async function answer<Result>(
  response: Response,
): Promise<{ data?: Result | null; errors?: ToldError[] }> {
  const body = await response.text();
  try {
    const told: unknown = JSON.parse(body);
    if (told && typeof told === "object") return told;
  } catch {
    // Told below.
  }
  const reason = `status ${response.status}, and not by the platform: ${body.slice(0, 200)}`;
  throw new Unreachable("UNREADABLE", reason, { status: response.status });
}

async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  const { errors } = await answer(response);
  throw errorOf(errors?.[0] ?? { message: `status ${response.status}` }, response.status);
}

/** Throw what a mutation refused: it stands beside what it would have changed. */
function refuse(data: object): void {
  for (const [path, payload] of Object.entries(data)) {
    const refused = (payload as { error?: { code: string; message: string } | null } | null)?.error;
    if (refused) throw new SeptetError(refused.code, refused.message, { path, data });
  }
}

/** Return a mutation's input with the key by which it is done once; undefined where it has no input. */
function keyed(variables: unknown): object | undefined {
  const { input } = (variables ?? {}) as { input?: { idempotencyKey?: string | null } };
  if (!input || typeof input !== "object") return undefined;
  return { ...input, idempotencyKey: input.idempotencyKey ?? crypto.randomUUID() };
}

/** Read an answer to its end, so that it comes within its time. */
async function read(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  return new Response(body.byteLength ? body : null, response);
}

function offsetOf(response: Response): number {
  const told = response.headers.get("Upload-Offset");
  // Else a proxy that hides it would have the first piece sent for ever.
  if (told === null) throw new Unreachable("UNREADABLE", "the answer does not say how far the upload is");
  return Number(told);
}

function wasCut(error: unknown): boolean {
  if (!(error instanceof SeptetError)) return false;
  return error instanceof Unreachable || CUT.has(error.told.status ?? 0);
}

function base64(value: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(value)));
}

/** Give the events of a body (WHATWG, server-sent events, 9.2.6); cut it off when it is silent. */
async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  cut: AbortController,
): AsyncGenerator<StreamEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as never).getReader() as ReadableStreamDefaultReader<string>;
  let waiting = "";
  for (;;) {
    const silent = setTimeout(() => cut.abort(), SILENCE);
    const { value, done } = await reader.read().finally(() => clearTimeout(silent));
    if (done) return;
    waiting = (waiting + value).replaceAll("\r\n", "\n");
    const blocks = waiting.split("\n\n");
    waiting = blocks.pop() ?? "";
    for (const block of blocks) yield eventOf(block);
  }
}

function eventOf(block: string): StreamEvent {
  const told: Record<string, string[]> = {};
  for (const line of block.split("\n")) {
    const [, field = "", value = ""] = /^([^:]+):? ?(.*)$/.exec(line) ?? [];
    (told[field] ??= []).push(value);
  }
  return {
    id: told["id"]?.at(-1) ?? "",
    event: told["event"]?.at(-1) ?? "message",
    data: (told["data"] ?? []).join("\n"),
  };
}
