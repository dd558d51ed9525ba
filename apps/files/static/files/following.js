// Follows files until somebody has judged them.
import { graph } from "./api.js";
import { isFinal } from "./words.js";

const FIRST_MS = 700;
const SLOWEST_MS = 10_000;
const AT_ONCE = 20;
const ASKED = "id state finding basicCheckOnly";

/** Tells each new state of a file that is followed: a `change` with the file as its detail. */
export const judgements = new EventTarget();
const followed = new Map();
let timer = 0;
let wait = FIRST_MS;

/** Ask after a file until its state is the last. */
export function follow(id) {
  if (followed.has(id)) return;
  followed.set(id, "");
  wait = FIRST_MS;
  schedule();
}

function schedule() {
  clearTimeout(timer);
  if (followed.size) timer = setTimeout(look, document.hidden ? SLOWEST_MS : wait);
}

async function look() {
  const ids = [...followed.keys()].slice(0, AT_ONCE);
  const fields = ids.map((id, index) => `f${index}: file(id: "${id}") { ${ASKED} }`);
  try {
    const data = await graph(`{ ${fields.join(" ")} }`, {}, { partly: true });
    ids.forEach((id, index) => take(id, data[`f${index}`]));
    wait = Math.min(wait * 1.4, SLOWEST_MS);
  } catch {
    wait = SLOWEST_MS;
  }
  schedule();
}

function take(id, file) {
  const before = followed.get(id);
  followed.delete(id);
  if (!file) return;
  // At the end, so that others have their turn.
  if (!isFinal(file.state)) followed.set(id, file.state);
  if (file.state !== before) judgements.dispatchEvent(new CustomEvent("change", { detail: file }));
}
