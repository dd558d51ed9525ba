// Reads `engine TAB expression TAB zone TAB epoch second TAB count`, prints the next times.
import { createInterface } from "node:readline";
import { Cron } from "croner";

for await (const line of createInterface({ input: process.stdin })) {
  const [, expression, timezone, second, count] = line.split("\t");
  try {
    const cron = new Cron(expression, { timezone, paused: true });
    const found = cron.nextRuns(Number(count), new Date(Number(second) * 1000));
    console.log(found.map((one) => Math.floor(one.getTime() / 1000)).join(","));
  } catch (error) {
    console.log(`!${String(error.message).replaceAll("\n", " ")}`);
  }
}
