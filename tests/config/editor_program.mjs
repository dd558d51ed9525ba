// Reads definitions, one on each line, as the editor does, and writes each back: as it is, and after a rule was moved.
import { createInterface } from "node:readline";
const scripts = process.argv[2];
const { compact, parse } = await import(`${scripts}/json.js`);
const { read, write } = await import(`${scripts}/definitions.js`);

for await (const line of createInterface({ input: process.stdin })) {
  const draft = read(parse(line));
  const same = compact(write(draft));
  draft.rules.reverse();
  const custom = JSON.stringify(draft.rules.map(({ when }) => when.items)).split('"custom"').length - 1;
  console.log(JSON.stringify({ same, moved: compact(write(draft)), rules: draft.rules.length, custom }));
}
