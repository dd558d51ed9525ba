// Prints the result of every graphql-http audit of the server at a URL: {"id name": "ok" | reason}.
import { serverAudits } from "graphql-http";

const results = {};
for (const { id, name, fn } of serverAudits({ url: process.argv[2] })) {
  const result = await fn();
  results[`${id} ${name}`] = result.status === "ok" ? "ok" : result.reason;
}
console.log(JSON.stringify(results));
