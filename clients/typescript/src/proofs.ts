/**
 * Checks what the audit log proves, with nothing but its public key.
 *
 * Signed notes and checkpoints: C2SP signed-note and tlog-checkpoint. Proofs: RFC 9162, 2.1.3.2
 * and 2.1.4.2, over the tree of RFC 6962.
 */

import { ProofError } from "./errors.js";

const FORM = "septet.audit-receipt/1";
const ED25519 = 1;
const DASH = "\u2014 ";
const text = new TextEncoder();
type Bytes = Uint8Array<ArrayBuffer>;

/** The key of a log. Get it once from somebody whom you believe, and keep it. */
export interface LogKey {
  name: string;
  id: string;
  key: CryptoKey;
}

/** A log at a size, as it was signed. */
export interface Checkpoint {
  origin: string;
  size: number;
  root: string;
}

export interface Receipt {
  form: string;
  record: string;
  position: number;
  path: string[];
  checkpoint: string;
}

/** Read `name+id+key`, as `manage.py audit_key show` prints it; rejects with ProofError. */
export async function logKey(line: string): Promise<LogKey> {
  const [, name = "", id = "", encoded = ""] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(line.trim()) ?? [];
  const data = decoded(encoded);
  const digest = await sha256(joined(text.encode(`${name}\n`), data));
  if (data.length !== 33 || data[0] !== ED25519 || hex(digest.slice(0, 4)) !== id) {
    throw new ProofError(`${line.slice(0, 80)} is no Ed25519 key of a log`);
  }
  const key = await crypto.subtle.importKey("raw", data.slice(1), "Ed25519", false, ["verify"]);
  return { name, id, key };
}

/** Return what a note says; rejects with ProofError unless one of the keys has signed it. */
export async function openCheckpoint(note: string, keys: readonly LogKey[]): Promise<Checkpoint> {
  const at = note.lastIndexOf("\n\n");
  if (at < 0) throw new ProofError("the checkpoint has no signature");
  const body = note.slice(0, at + 1);
  if (!(await signed(body, note.slice(at + 2), keys))) {
    throw new ProofError("no key that is known has signed the checkpoint");
  }
  const [origin = "", size = "", root = ""] = body.split("\n");
  if (!origin || !/^(0|[1-9]\d{0,15})$/.test(size) || decoded(root).length !== 32) {
    throw new ProofError("the note is no checkpoint: origin, size and root were expected");
  }
  return { origin, size: Number(size), root };
}

/**
 * Return the checkpoint that proves a receipt's record; rejects with ProofError. Keys in the
 * receipt are not believed.
 */
export async function checkReceipt(receipt: Receipt, keys: readonly LogKey[]): Promise<Checkpoint> {
  if (receipt?.form !== FORM) throw new ProofError(`a receipt of the form ${FORM} was expected`);
  const checkpoint = await openCheckpoint(receipt.checkpoint, keys);
  const leaf = await sha256(joined(Uint8Array.of(0), text.encode(receipt.record)));
  const found = await rootAbove(leaf, receipt.position, checkpoint.size, receipt.path.map(decoded));
  if (encoded(found) !== checkpoint.root) {
    throw new ProofError("the record is not in the log that was signed");
  }
  return checkpoint;
}

/** Reject with ProofError unless the log only grew between two checkpoints. */
export async function checkConsistency(
  older: Checkpoint,
  newer: Checkpoint,
  path: readonly string[],
): Promise<void> {
  if (older.origin !== newer.origin || older.size > newer.size) {
    throw new ProofError("these are no two states of one log, the older first");
  }
  if (older.size === 0) return;
  const [before, after] =
    older.size === newer.size
      ? [older.root, older.root]
      : await rootsOf(older, newer.size, path.map(decoded));
  if (before !== older.root || after !== newer.root) {
    throw new ProofError("the log was written anew between the two checkpoints");
  }
}

async function rootsOf(older: Checkpoint, size: number, path: Bytes[]): Promise<[string, string]> {
  const hashes = Number.isInteger(Math.log2(older.size)) ? [decoded(older.root), ...path] : path;
  if (!hashes[0]) throw new ProofError("the proof is empty");
  let [at, last] = [older.size - 1, size - 1];
  while (at % 2) [at, last] = halved(at, last);
  let [before, after] = [hashes[0], hashes[0]];
  for (const one of hashes.slice(1)) {
    if (last === 0) throw new ProofError("the proof is too long");
    if (at % 2 || at === last) {
      [before, after] = [await node(one, before), await node(one, after)];
      [at, last] = upFromLeft(at, last);
    } else {
      after = await node(after, one);
    }
    [at, last] = halved(at, last);
  }
  if (last) throw new ProofError("the proof is too short");
  return [encoded(before), encoded(after)];
}

async function rootAbove(leaf: Bytes, position: number, size: number, path: Bytes[]): Promise<Bytes> {
  if (!(position >= 0 && position < size)) {
    throw new ProofError(`position ${position} is not in a log of ${size}`);
  }
  let [at, last, found] = [position, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) throw new ProofError("the path is too long");
    if (at % 2 || at === last) {
      found = await node(sibling, found);
      [at, last] = upFromLeft(at, last);
    } else {
      found = await node(found, sibling);
    }
    [at, last] = halved(at, last);
  }
  if (last) throw new ProofError("the path is too short");
  return found;
}

/** Sizes are up to 2**53: shifts would cut them at 32 bits. */
function halved(at: number, last: number): [number, number] {
  return [Math.floor(at / 2), Math.floor(last / 2)];
}

function upFromLeft(at: number, last: number): [number, number] {
  while (at && at % 2 === 0) [at, last] = halved(at, last);
  return [at, last];
}

async function signed(body: string, signatures: string, keys: readonly LogKey[]): Promise<boolean> {
  let found = false;
  for (const line of signatures.split("\n").filter(Boolean)) {
    const [name, rest = ""] = line.slice(DASH.length).split(" ");
    const data = decoded(rest);
    const known = keys.find((one) => one.name === name && one.id === hex(data.slice(0, 4)));
    if (!known) continue;
    if (!(await crypto.subtle.verify("Ed25519", known.key, data.slice(4), text.encode(body)))) {
      throw new ProofError(`the signature of ${name} is wrong`);
    }
    found = true;
  }
  return found;
}

function node(left: Bytes, right: Bytes): Promise<Bytes> {
  return sha256(joined(Uint8Array.of(1), left, right));
}

async function sha256(data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

function joined(...parts: Uint8Array[]): Bytes {
  const made = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    made.set(part, at);
    at += part.length;
  }
  return made;
}

function decoded(base64: string): Bytes {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    throw new ProofError(`${base64.slice(0, 80)} is not base64`);
  }
}

function encoded(data: Uint8Array): string {
  return btoa(String.fromCharCode(...data));
}

function hex(data: Uint8Array): string {
  return [...data].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
