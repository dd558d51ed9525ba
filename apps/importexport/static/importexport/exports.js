// Exports: asked for, followed until their files are there, fetched, written once more, removed.
import { h } from "../kernel/elements.js";
import { announce, ask, attempt, badge, button, change, graph, nothing, select, sentence, told, unscanned } from "./api.js";
import { askFor } from "./export_asking.js";
import { many, when } from "./jobs.js";
import { size } from "./running.js";

const page = document.querySelector("[data-imports]");
const place = page.querySelector("[data-list]");
const ASKED = `id name state dataset format compression rowCount sizeBytes createdAt expiresAt
  error { code message } files { position name file { id } } deliveries { id endpointId state error { message } }`;
const ONE = `query($id: ID!) { exportJob(id: $id) { ${ASKED} } }`;
const QUERY = `query($filter: ExportJobFilter, $after: String) {
  exportJobs(filter: $filter, order: NEWEST_FIRST, first: 20, after: $after) {
    nodes { ${ASKED} } pageInfo { hasNextPage endCursor } }
  dataEndpoints(order: NAME, first: 50) { nodes { id name state } } }`;
const STATES = {
  QUEUED: ["Waiting", "imp-busy"],
  RUNNING: ["Being written", "imp-busy"],
  READY: ["Ready", "imp-good"],
  FAILED: ["Failed", "imp-bad"],
  CANCELLED: ["Cancelled", "imp-warn"],
  EXPIRED: ["Expired", "imp-warn"],
};
const AGAIN = 1500;
const HIDDEN = 10_000;
const state = select([["", "All"], ...Object.entries(STATES).map(([value, [text]]) => [value, text])], "");
/** The places that exports may be delivered to. */
let places = [];
let turn = 0;

const isAtWork = (one) => ["QUEUED", "RUNNING"].includes(one.state);
const isOnItsWay = (one) => isAtWork(one) || one.files.some(({ waits }) => waits) || (one.state === "READY" && one.deliveries.some(({ state: at }) => at === "WAITING" || at === "QUEUED"));

/** Note which files of exports wait to be given out. */
async function judge(exports) {
  const there = exports.flatMap(({ state: at, files }) => (at === "READY" ? files.filter(({ file }) => file) : []));
  const waiting = await unscanned(there.map(({ file }) => file.id));
  for (const one of there) one.waits = waiting.has(one.file.id);
}

/** Write how far its deliveries are, if there are any. */
function delivered({ deliveries }) {
  const there = deliveries.filter(({ state: at }) => at === "DELIVERED").length;
  return deliveries.length > 0 && `delivered to ${there} of ${many(deliveries.length, "place")}`;
}

function facts(one) {
  const packed = one.compression === "NONE" ? "" : ` in ${one.compression.toLowerCase()}`;
  const ready = one.state === "READY";
  return [
    one.dataset && one.dataset !== one.name ? `of ${one.dataset}` : !one.dataset && "of a question to the graph",
    `${one.format}${packed}`,
    ready && many(one.rowCount, "row"),
    ready && size(one.sizeBytes),
    when(one.createdAt),
    ready && one.expiresAt && `kept until ${when(one.expiresAt)}`,
    one.files.some(({ waits }) => waits) && "looked through for harm…",
    delivered(one),
  ].filter(Boolean);
}

function links({ state: at, name, files }) {
  if (at !== "READY") return [];
  const there = files.filter(({ file, waits }) => file && !waits);
  return there.map((one) =>
    h("a", { class: "imp-button imp-small", href: `/files/api/files/${one.file.id}`, download: one.name, "aria-label": `Download ${name}, file ${one.position} of ${files.length}` }, files.length > 1 ? `File ${one.position}` : "Download"),
  );
}

/** Tell of a delivery what went wrong at the last attempt, and let one that is given up be tried again. */
function failure(one, { id, endpointId, state: at, error }) {
  if (!error) return "";
  const name = places.find((place_) => place_.id === endpointId)?.name ?? "A place";
  const again = () => button("Try again", (event) => retryDelivery(one, event.target.closest("li"), id, name), { kind: "imp-small", "aria-label": `Try again to deliver ${one.name} to ${name}` });
  return h("p", { class: "imp-why" }, `${name}: ${sentence(error.message)}`, " ", at !== "FAILED" ? "It is tried again by itself." : told.mayWrite && one.state === "READY" ? again() : "");
}

/** The places that one could be delivered to, and is not yet. */
const placesFor = ({ deliveries }) => places.filter(({ id, state: at }) => at !== "DISABLED" && !deliveries.some(({ endpointId }) => endpointId === id));

function row(one) {
  const act = (text, work) => button(text, (event) => work(one, event.target.closest("li")), { kind: "imp-small", "aria-label": `${text} ${one.name}` });
  const again = one.state === "FAILED" || one.state === "CANCELLED";
  const made = h(
    "li",
    { "data-export": one.id },
    h(
      "div",
      {},
      h("strong", {}, one.name),
      " ",
      badge(...STATES[one.state]),
      h("p", { class: "imp-quiet" }, facts(one).join(" · ")),
      one.error && h("p", { class: "imp-why" }, one.error.message),
      one.deliveries.map((delivery) => failure(one, delivery)),
    ),
    h("div", { class: "imp-acts" }, links(one), told.mayWrite && [one.state === "READY" && placesFor(one).length > 0 && act("Deliver", deliver), isAtWork(one) ? act("Cancel", cancel) : act("Delete", remove), again && act("Write again", retry)]),
  );
  if (isOnItsWay(one)) follow(one, made);
  return made;
}

/** Look at one again until nothing works on it; as long as it is shown. */
function follow(one, shown) {
  setTimeout(async () => {
    if (!shown.isConnected) return;
    try {
      const { exportJob: now } = await graph(ONE, { id: one.id });
      await judge([now]);
      if (!shown.isConnected) return;
      show(now, shown);
      if (now.state !== one.state) announce(`${now.name}: ${STATES[now.state][0].toLowerCase()}.`);
    } catch (error) {
      // Somebody else has removed it.
      if (error.code === "NOT_FOUND") await load();
      else follow(one, shown);
    }
  }, document.hidden ? HIDDEN : AGAIN);
}

/** Show one as it is now, and leave whoever is at it there. */
function show(one, shown) {
  const held = shown.contains(document.activeElement);
  const made = row(one);
  shown.replaceWith(made);
  if (held) made.querySelector("a, button")?.focus();
}

/** Have something done to one and show it as it is then. */
async function done(one, shown, field, says) {
  let now;
  const well = await attempt(async () => ({ exportJob: now } = await change(field, { id: one.id }, `exportJob { ${ASKED} }`)));
  if (!well) return;
  // What is followed has been drawn anew meanwhile.
  show(now, shown.isConnected ? shown : place.querySelector(`[data-export="${one.id}"]`));
  announce(says);
}

const retry = (one, shown) => done(one, shown, "retryExportJob", `${one.name} is written again.`);

/** Let a delivery be made or tried again, and show the export as it is then. */
async function send(one, shown, field, input, says) {
  let now;
  const well = await attempt(async () => {
    await change(field, input, "exportDelivery { id }");
    ({ exportJob: now } = await graph(ONE, { id: one.id }));
    await judge([now]);
  });
  if (!well) return;
  show(now, shown.isConnected ? shown : place.querySelector(`[data-export="${one.id}"]`));
  announce(says);
}

async function deliver(one, shown) {
  const options = placesFor(one).map(({ id, name }) => [id, name]);
  const given = await ask(`Deliver ${one.name}`, h("label", {}, "Place", select(options, options[0][0], { name: "place" })), { yes: "Deliver it" });
  if (given) await send(one, shown, "deliverExportJob", { id: one.id, endpointId: given.place }, `${one.name} is on its way.`);
}

const retryDelivery = (one, shown, id, name) => send(one, shown, "retryExportDelivery", { id }, `${one.name} is on its way to ${name} again.`);

async function cancel(one, shown) {
  const says = h("p", {}, "Nothing of it is kept. It may be written again later.");
  if (await ask(`Cancel ${one.name}?`, says, { yes: "Cancel it", kind: "imp-danger" })) await done(one, shown, "cancelExportJob", `${one.name} is cancelled.`);
}

async function remove(one, shown) {
  const says = h("p", {}, one.state === "READY" ? "It leaves this list. Its files stay among the files of this tenant." : "It leaves this list.");
  if (!(await ask(`Delete ${one.name}?`, says, { yes: "Delete it", kind: "imp-danger" }))) return;
  if (!(await attempt(() => change("deleteExportJob", { id: one.id }, "exportJob { id }")))) return;
  const next = shown.nextElementSibling ?? shown.previousElementSibling;
  shown.remove();
  announce(`${one.name} is deleted.`);
  if (next) next.querySelector("a, button")?.focus();
  else load();
}

async function add() {
  let asked;
  if (!(await attempt(async () => (asked = await askFor())))) return;
  if (!asked) return;
  if (!(await attempt(() => change("createExportJob", asked, "exportJob { id }")))) return;
  state.value = "";
  await load();
  announce("It is being written. It can be downloaded here once it is ready.");
  place.querySelector("li :is(a, button)")?.focus();
}

function empty() {
  if (state.value) return nothing("No export is in this state.", "Choose another state to see more.", button("Show all", () => { state.value = ""; load(); state.focus(); }));
  if (!told.mayWrite) return nothing("Nothing was exported yet.", "You may look at exports; whoever may write them has made none yet.");
  return nothing("Nothing was exported yet.", "Take rows of a table or of a dataset out as CSV, Excel, OpenDocument, JSON lines or Parquet.", button("New export", add, { kind: "imp-primary" }));
}

async function load(after = null) {
  const mine = (turn += 1);
  place.setAttribute("aria-busy", "true");
  try {
    const { exportJobs: found, dataEndpoints } = await graph(QUERY, { filter: state.value ? { state: state.value } : null, after });
    await judge(found.nodes);
    if (mine !== turn) return;
    places = dataEndpoints.nodes;
    const list = after ? place.querySelector("ul") : h("ul", { class: "imp-list", "aria-label": "Exports" });
    const first = found.nodes.map(row);
    list.append(...first);
    const more = found.pageInfo.hasNextPage && button("Show more", () => load(found.pageInfo.endCursor));
    place.replaceChildren(list.children.length ? list : empty(), more ? h("p", { class: "imp-acts" }, more) : "");
    if (after) first[0]?.querySelector("a, button")?.focus();
    if (after || state.value) announce(`${many(list.children.length, "export")} shown.`);
  } catch (error) {
    if (mine === turn) place.replaceChildren(h("p", { class: "imp-problem", role: "alert" }, error.message), button("Try again", () => load(after)));
  } finally {
    if (mine === turn) place.setAttribute("aria-busy", "false");
  }
}

page.querySelector("[data-state]").replaceWith(state);
state.addEventListener("change", () => load());
page.querySelector("[data-add]").replaceWith(told.mayWrite ? button("New export", add, { kind: "imp-primary" }) : "");
load();
