// Asks for flags by the clients that people have. It gets an address, a server key and a client key,
// prints one line of JSON with what they answered, waits for a line, and prints what was told then.
import { createInterface } from "node:readline";
import { EventSource } from "eventsource";
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature as Server } from "@openfeature/server-sdk";
import { OpenFeature as Web, ProviderEvents } from "@openfeature/web-sdk";
import { UnleashClient } from "unleash-proxy-client";

globalThis.EventSource = EventSource;
const [address, serverKey, clientKey] = process.argv.slice(2);
const ann = { targetingKey: "ann", plan: "pro" };
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const bearer = (key) => [["Authorization", `Bearer ${key}`]];
await Server.setProviderAndWait(new OFREPProvider({ baseUrl: address, headers: bearer(serverKey) }));
const server = Server.getClient();

await Web.setContext(ann);
const provider = new OFREPWebProvider({
  baseUrl: address,
  headers: bearer(clientKey),
  cacheMode: "disabled",
  changeDetection: "sse",
});
await Web.setProviderAndWait(provider);
const web = Web.getClient();

const unleash = new UnleashClient({
  url: `${address}/config/api/unleash/frontend`,
  clientKey,
  appName: "test",
  disableMetrics: true,
  refreshInterval: 0,
  storageProvider: { save: async () => {}, get: async () => undefined },
  context: { userId: "ann", properties: { plan: "pro" } },
});
await unleash.start();

const short = ({ value, variant, reason, errorCode }) => ({ value, variant, reason, errorCode });
console.log(
  JSON.stringify({
    server: {
      switch: short(await server.getBooleanDetails("switch", true, ann)),
      ratio: short(await server.getNumberDetails("ratio", 0, ann)),
      shape: short(await server.getObjectDetails("shape", {}, ann)),
      odd: short(await server.getBooleanDetails("a/b c-ü", true, ann)),
      missing: short(await server.getBooleanDetails("missing", true, ann)),
    },
    web: {
      switch: short(web.getBooleanDetails("switch", true)),
      hidden: short(web.getNumberDetails("ratio", 0)),
    },
    unleash: {
      switch: unleash.isEnabled("switch"),
      colour: unleash.getVariant("colour"),
      hidden: unleash.isEnabled("hidden"),
    },
  }),
);

const changed = new Promise((resolve) => {
  web.addHandler(ProviderEvents.ConfigurationChanged, ({ flagsChanged }) => resolve(flagsChanged));
});
// The stream is open as soon as it has told of the revision of now.
await new Promise((resolve) => setTimeout(resolve, 500));
console.log("waiting");
await lines.next();
const flagsChanged = await changed;
console.log(
  JSON.stringify({ flagsChanged, switch: short(web.getBooleanDetails("switch", true)) }),
);
process.exit(0);
