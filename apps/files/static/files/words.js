// What things are called: sizes, times, kinds of files, states, and what went wrong.

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** Write a number of bytes for people. */
export function size(bytes) {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** Write how long something takes yet. */
export function left(seconds) {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s left`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min left`;
  return `${(seconds / 3600).toFixed(1)} h left`;
}

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Write a moment in the reader's own zone. */
export const when = (text) => (text ? moments.format(new Date(text)) : "");

/** What each state is called, what it means, and how it looks. */
export const STATES = {
  RECEIVING: ["Arriving", "Not all of it has come yet.", "busy"],
  QUARANTINED: ["Waiting for its scan", "It is given out once it was found clean.", "busy"],
  SCANNING: ["Being scanned", "It is given out once it is found clean.", "busy"],
  CLEAN: ["Clean", "It was scanned, and nothing was found.", "good"],
  INFECTED: ["Infected", "Something harmful was found in it. Nobody can open or download it.", "bad"],
  UNSCANNABLE: ["Cannot be scanned", "No scanner could look into all of it, so nobody can open or download it.", "bad"],
  REFUSED: ["Refused", "Files of its type are not allowed here. Nobody can open or download it.", "bad"],
  RELEASED: ["Released", "A person decided that it may be given out.", "warn"],
};

const BASIC = ["Basic check only", "No virus scanner has seen it, only a check for the test signature and for archives that break limits.", "warn"];

/** Return what the state of a file is called, what it means and how it looks. */
export const standing = ({ state, basicCheckOnly = false }) => (basicCheckOnly && isServed(state) ? BASIC : STATES[state]);

export const isFinal = (state) => !["RECEIVING", "QUARANTINED", "SCANNING"].includes(state);
export const isServed = (state) => state === "CLEAN" || state === "RELEASED";

const PACKED = /zip|x-tar|gzip|x-bzip|x-xz|x-7z|x-rar|zstd/;
const TEXTS = /^text\/|json$|xml$|yaml$|javascript$/;

/** Return which kind a media type is of. */
export function kindOf(type) {
  const [family] = type.split("/");
  if (family === "image" || family === "video" || family === "audio") return family;
  if (type === "application/pdf") return "pdf";
  if (type === "text/csv" || type === "text/tab-separated-values" || type.includes("spreadsheet")) return "table";
  if (TEXTS.test(type)) return "text";
  return PACKED.test(type) ? "archive" : "file";
}

const PROBLEMS = {
  NETWORK: "The server cannot be reached.",
  UNAUTHENTICATED: "Your session has ended: load this page again and sign in.",
  FORBIDDEN: "Your role does not allow this.",
  QUOTA_EXCEEDED: "There is no room for it: delete something first, also from the trash.",
  PAYLOAD_TOO_LARGE: "It is larger than files may be here.",
  FILE_HELD: "It is under a legal hold, or has to be kept for a time.",
  PRECONDITION_FAILED: "Somebody has changed it meanwhile: look at the newest version first.",
  UPLOAD_GONE: "The upload has expired: begin again.",
  NOT_FOUND: "It is not there any more.",
  RATE_LIMITED: "That was too much at once: wait a moment.",
  FILE_NOT_SERVED: "It is not known to be clean.",
};

/** Say what went wrong, in words of ours where there are some. */
export const problem = (code, message) => PROBLEMS[code] ?? `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? "" : "."}`;
