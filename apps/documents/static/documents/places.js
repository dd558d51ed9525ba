// Where in a JSON text the value is that a JSON pointer leads to.

const SPACE = /[\s]/;

/** Return [start, end] of what a pointer leads to, or of the nearest around it; null in what is no JSON. */
export function locate(text, pointer) {
  const steps = pointer.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  let at = 0;
  let found = null;

  const skip = () => {
    while (at < text.length && SPACE.test(text[at])) at += 1;
  };
  const string = () => {
    const start = at;
    at += 1;
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    at += 1;
    return JSON.parse(text.slice(start, at));
  };
  const value = (depth, wanted) => {
    skip();
    const start = at;
    if (text[at] === "{" || text[at] === "[") inside(depth, wanted, text[at] === "{");
    else if (text[at] === '"') string();
    else while (at < text.length && !/[,\]}\s]/.test(text[at])) at += 1;
    if (at === start) throw new SyntaxError("no JSON");
    if (wanted && (!found || depth > found.depth)) found = { depth, range: [start, at] };
  };
  const inside = (depth, wanted, object) => {
    const end = object ? "}" : "]";
    at += 1;
    skip();
    for (let index = 0; text[at] !== end; index += 1) {
      const name = object ? string() : String(index);
      if (object) {
        skip();
        at += 1;
      }
      value(depth + 1, wanted && steps[depth] === name);
      skip();
      if (text[at] === ",") at += 1;
      else if (text[at] !== end) throw new SyntaxError("no JSON");
      skip();
    }
    at += 1;
  };

  try {
    value(0, true);
  } catch {
    return null;
  }
  return found?.range ?? null;
}

/** Return the line of a place in a text, from 1. */
export const lineOf = (text, at) => text.slice(0, at).split("\n").length;
