/* <septet-inbox token="…" base="https://septet.example.com"></septet-inbox>
 *
 * Somebody's inbox in any page: a button with how many are unread, and a panel with the messages. It
 * takes no framework and no style of the page around it; colours follow the device, or the attribute
 * theme="light" or "dark". `token` is `Subscriber.inboxToken`. Text is set as text, never as HTML.
 * With the attribute `inline` it stands in the page itself, without a button that opens it.
 * With the attribute `push` it offers pushes to this browser, where a provider sends them; `worker`
 * names the service worker where the page is of another origin than this platform.
 */
const STYLE = `
  :host { --ground: #ffffff; --line: #e4e5ec; --text: #14161d; --quiet: #565b6b; --accent: #1d5cf0;
    --new: #eef3ff; display: inline-block; position: relative; font: 15px/1.45 system-ui, sans-serif;
    color-scheme: light; }
  @media (prefers-color-scheme: dark) { :host(:not([theme="light"])) { --ground: #14171f;
    --line: #2c3140; --text: #eef0f6; --quiet: #a2a8b8; --accent: #8fb0ff; --new: #1b2336;
    color-scheme: dark; } }
  :host([theme="dark"]) { --ground: #14171f; --line: #2c3140; --text: #eef0f6; --quiet: #a2a8b8;
    --accent: #8fb0ff; --new: #1b2336; color-scheme: dark; }
  * { box-sizing: border-box; }
  button { font: inherit; color: inherit; background: none; border: 1px solid transparent;
    border-radius: 8px; min-height: 2.75rem; padding: .25rem .625rem; cursor: pointer; }
  button:hover { border-color: var(--line); }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 1px; }
  #open { color: var(--text); background: var(--ground); border-color: var(--line); }
  #count { display: inline-block; min-width: 1.375rem; margin-left: .125rem; padding: 0 .375rem;
    border-radius: 1rem; background: var(--accent); color: var(--ground); font-size: .8125rem;
    font-weight: 650; text-align: center; }
  #count:empty { display: none; }
  .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  #panel { position: absolute; z-index: 10; right: 0; top: calc(100% + .375rem); width: 24rem;
    max-width: calc(100vw - 2rem); max-height: min(32rem, 80vh); overflow: auto; color: var(--text);
    background: var(--ground); border: 1px solid var(--line); border-radius: 12px;
    box-shadow: 0 12px 32px rgb(0 0 0 / .18); }
  #panel[hidden] { display: none; }
  #top { position: sticky; top: 0; background: var(--ground); }
  header { display: flex; align-items: center; gap: .25rem; padding: .375rem .75rem 0; }
  header button { color: var(--accent); font-size: .875rem; }
  h2 { flex: 1; font-size: 1rem; margin: 0; }
  ul { list-style: none; margin: 0; padding: 0; }
  li { padding: .625rem .75rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
  li.unread { background: var(--new); }
  h3 { font-size: .9375rem; margin: 0; }
  li.unread h3::before { content: "● "; color: var(--accent); }
  p { margin: .125rem 0 0; color: var(--quiet); white-space: pre-line; }
  time { font-size: .8125rem; color: var(--quiet); }
  .acts { display: flex; flex-wrap: wrap; gap: 0 .25rem; align-items: center; margin-top: .125rem; }
  .acts time { flex: 1; }
  .acts button { color: var(--accent); font-size: .875rem; }
  #push { display: flex; align-items: center; gap: .75rem; padding: .5rem .75rem;
    border-bottom: 1px solid var(--line); }
  #push span { flex: 1; color: var(--quiet); font-size: .875rem; }
  #push button { color: var(--accent); border-color: var(--line); font-size: .875rem; }
  #empty, #older { padding: 1.5rem .75rem; text-align: center; }
  #older { width: 100%; color: var(--accent); padding: .5rem; }
  #tabs { display: flex; padding: 0 .375rem; border-bottom: 1px solid var(--line); overflow-x: auto; }
  #tabs button:focus-visible { outline-offset: -3px; }
  #tabs button { border-radius: 0; border-bottom: 2px solid transparent; color: var(--quiet); }
  #tabs [aria-selected="true"] { border-bottom-color: var(--accent); color: var(--text); font-weight: 600; }
  #trouble { padding: .5rem .75rem; color: var(--text); border-bottom: 1px solid var(--line); }
  #trouble::before { content: "! "; font-weight: 700; color: var(--accent); }
  :host([inline]) { display: block; }
  :host([inline]) #open { display: none; }
  :host([inline]) #panel { position: static; width: auto; max-width: none; max-height: none; box-shadow: none; }
  [hidden] { display: none !important; }
`;
const MOST_SHOWN = 200;
const TABS = [["all", "Inbox"], ["unread", "Unread"], ["snoozed", "Later"], ["archived", "Archive"]];
const EMPTY = { all: "Nothing is here yet.", unread: "All is read.", snoozed: "Nothing is put off.",
  archived: "Nothing is archived." };
/* The server knows the zone of whom it is for, and when its clocks change. */
const LATER = [["later", "In 3 hours"], ["tomorrow", "Tomorrow at 9"], ["monday", "Monday at 9"]];
/* Where events do not come through, it is looked for them so often. */
const POLL_MS = 30_000;
/* Many that come together are looked for once. */
const SOON_MS = 200;
const CLOSED = "This inbox is closed by now. Load the page anew.";

function made(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/* Bytes in base64url without padding, as the platform has them. */
function packed(buffer) {
  const text = btoa(String.fromCharCode(...new Uint8Array(buffer ?? [])));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

class SeptetInbox extends HTMLElement {
  static observedAttributes = ["token", "base", "push", "inline"];

  constructor() {
    super();
    this._messages = new Map();
    this._heard = new Set();
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    this._count = made("span", { id: "count" });
    this._unread = made("span", { className: "unseen" });
    this._open = made("button", { id: "open", type: "button" }, "Inbox ", this._count, this._unread);
    this._open.setAttribute("aria-expanded", "false");
    this._open.setAttribute("aria-controls", "panel");
    this._list = made("ul");
    this._empty = made("p", { id: "empty" });
    this._older = made("button", { id: "older", type: "button", hidden: true }, "Older");
    this._tab = "all";
    this._tabs = this._tablist();
    const all = made("button", { type: "button" }, "Mark all read");
    const away = made("button", { type: "button" }, "Archive read");
    this._title = made("h2", { id: "title" });
    const head = made("header", {}, this._title, all, away);
    this._pushSaid = made("span");
    this._pushButton = made("button", { type: "button" });
    this._push = made("div", { id: "push", hidden: true }, this._pushSaid, this._pushButton);
    this._pushButton.addEventListener("click", () => this._switchPush());
    this._trouble = made("p", { id: "trouble", hidden: true });
    const top = made("div", { id: "top" }, head, this._push, this._tabs, this._trouble);
    const shown = made("div", { id: "shown" }, this._list, this._empty, this._older);
    shown.setAttribute("role", "tabpanel");
    shown.setAttribute("aria-labelledby", "tab-all");
    this._shown = shown;
    this._panel = made("section", { id: "panel", hidden: true }, top, shown);
    this._panel.setAttribute("aria-labelledby", "title");
    this._said = made("div", { className: "unseen" });
    this._said.setAttribute("role", "status");
    root.append(this._open, this._panel, this._said);
    this._open.addEventListener("click", () => this._show(this._panel.hidden));
    all.addEventListener("click", () => this._mark("read", "all"));
    away.addEventListener("click", () => this._archiveRead());
    this._older.addEventListener("click", () => this._load([...this._messages.keys()].at(-1)));
    this._outside = (event) => {
      const within = this.hasAttribute("inline") || event.composedPath().includes(this);
      if (!this._panel.hidden && !within) this._show(false);
    };
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this._panel.hidden && !this.hasAttribute("inline")) {
        this._show(false);
        this._open.focus();
      }
    });
  }

  connectedCallback() {
    document.addEventListener("click", this._outside);
    this._begin();
  }

  disconnectedCallback() {
    document.removeEventListener("click", this._outside);
    this._end();
  }

  attributeChangedCallback() {
    if (this.isConnected) this._begin();
  }

  _url(what) {
    return `${this.getAttribute("base") ?? ""}/notifications/api/inbox/${what}/${this.getAttribute("token")}`;
  }

  _begin() {
    this._end();
    this._closed = false;
    this._messages.clear();
    if (!this.getAttribute("token")) return;
    const inline = this.hasAttribute("inline");
    this._title.textContent = inline ? "Messages" : "Inbox";
    if (inline) this._show(true);
    else this._load();
    if (this.hasAttribute("push")) this._offerPush();
    this._listen();
    this._timer = setInterval(() => {
      if (this._events.readyState === EventSource.OPEN) return;
      // A browser tries again after silence, and never after an answer such as 502.
      if (this._events.readyState === EventSource.CLOSED) this._listen();
      this._load();
    }, POLL_MS);
  }

  _listen() {
    this._events = new EventSource(this._url("events"));
    this._events.addEventListener("message", (event) => this._came(JSON.parse(event.data)));
  }

  _end() {
    this._events?.close();
    clearInterval(this._timer);
    clearTimeout(this._soon);
    this._soon = undefined;
  }

  /* What the platform answers; null where it answers nothing, or no. */
  async _ask(what, told) {
    try {
      const answer = await fetch(what, told);
      // A token is good for a time; nothing that is asked with it is answered after that.
      if (answer.status === 404) {
        this._closed = true;
        this._end();
      }
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  _tell(trouble) {
    this._trouble.hidden = !trouble;
    this._trouble.textContent = trouble;
    if (trouble) this._said.textContent = trouble;
  }

  _tablist() {
    const list = made("div", { id: "tabs" });
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", "Which messages");
    for (const [name, title] of TABS) {
      const tab = made("button", { id: `tab-${name}`, type: "button" }, title);
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", "shown");
      tab.setAttribute("aria-selected", String(name === this._tab));
      tab.tabIndex = name === this._tab ? 0 : -1;
      tab.addEventListener("click", () => this._choose(name));
      list.append(tab);
    }
    list.addEventListener("keydown", (event) => {
      const now = TABS.findIndex(([name]) => name === this._tab);
      const at = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: -1 }[event.key];
      if (at === undefined) return;
      event.preventDefault();
      this._choose(TABS.at(at % TABS.length)[0]);
      this.shadowRoot.getElementById(`tab-${this._tab}`).focus();
    });
    return list;
  }

  _choose(name) {
    this._tab = name;
    for (const tab of this._tabs.children) {
      const chosen = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    this._shown.setAttribute("aria-labelledby", `tab-${name}`);
    this._messages.clear();
    this._load();
  }

  /* What is shown of the tab anew, or what is older than a message behind that. */
  async _load(before) {
    const tab = this._tab;
    const found = new Map(before ? this._messages : []);
    const most = before ? found.size + 1 : Math.max(this._messages.size, 1);
    let told, size;
    do {
      size = found.size;
      const asked = new URLSearchParams(before ? { tab, before } : { tab });
      told = await this._ask(`${this._url("messages")}?${asked}`);
      if (tab !== this._tab) return;
      if (!told) return this._tell(this._closed ? CLOSED : "The inbox cannot be read now. It is tried again.");
      for (const message of told.messages) found.set(message.id, message);
      before = told.messages.at(-1)?.id;
    } while (told.more && found.size > size && found.size < most);
    this._tell("");
    this._messages = found;
    this._older.hidden = !told.more || found.size >= MOST_SHOWN;
    this._draw(told.unread);
  }

  _came(message) {
    // Those that were late before the last one may be told again.
    if (!this._heard.has(`${message.id} ${message.sentAt}`)) {
      this._heard.add(`${message.id} ${message.sentAt}`);
      this._said.textContent = `New message: ${message.subject}`;
      this.dispatchEvent(new CustomEvent("septet-message", { detail: message }));
    }
    this._soon ??= setTimeout(() => {
      this._soon = undefined;
      this._load();
    }, SOON_MS);
  }

  async _mark(verb, ids, until) {
    const body = new URLSearchParams({ verb, ids, ...(until && { until }) });
    const kept = await this._ask(this._url("marks"), { method: "POST", body });
    await this._load();
    if (!kept && !this._closed) this._tell("That was not kept. Try it again.");
  }

  async _worker() {
    return navigator.serviceWorker.register(this.getAttribute("worker") ?? "/notifications/push-worker.js");
  }

  /* Shows how this browser stands. One that subscribed by a former key does so anew by itself. */
  async _offerPush() {
    this._push.hidden = true;
    if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return;
    this._key = (await this._ask(this._url("push")))?.publicKey;
    if (!this._key) return;
    const found = await (await this._worker()).pushManager.getSubscription();
    const former = found && packed(found.options.applicationServerKey) !== this._key;
    if (former) await found.unsubscribe();
    if (found && (!former || (await this._subscribe()))) return this._drawPush(true);
    this._drawPush(false);
  }

  _drawPush(on) {
    this._pushed = on;
    this._push.hidden = false;
    const denied = !on && Notification.permission === "denied";
    this._pushButton.hidden = denied;
    this._pushButton.textContent = on ? "Stop" : "Notify me";
    if (denied) this._pushSaid.textContent = "This browser does not let the page notify you.";
    else if (on) this._pushSaid.textContent = "This browser is notified.";
    else this._pushSaid.textContent = "Be notified on this device?";
  }

  async _switchPush() {
    this._pushButton.disabled = true;
    try {
      const wanted = !this._pushed;
      const on = wanted && (await this._subscribe());
      if (!wanted) await this._unsubscribe();
      this._drawPush(on);
      if (wanted && !on && !this._pushButton.hidden) {
        this._pushSaid.textContent = "That did not work. Try again later.";
      }
      this._said.textContent = this._pushSaid.textContent;
    } finally {
      this._pushButton.disabled = false;
    }
  }

  async _subscribe() {
    try {
      const { pushManager } = await this._worker();
      const how = { userVisibleOnly: true, applicationServerKey: this._key };
      const made = await pushManager.subscribe(how);
      return (await this._tellDevice(made, "register")).ok;
    } catch {
      return false;
    }
  }

  async _unsubscribe() {
    const found = await (await this._worker()).pushManager.getSubscription();
    if (!found) return;
    await this._tellDevice(found, "forget");
    await found.unsubscribe();
  }

  _tellDevice(subscription, verb) {
    const told = { verb, subscription: JSON.stringify(subscription), key: this._key };
    return fetch(this._url("devices"), { method: "POST", body: new URLSearchParams(told) });
  }

  _archiveRead() {
    const read = [...this._messages.values()].filter((one) => one.readAt && !one.archivedAt);
    if (read.length) this._mark("archive", read.slice(0, 100).map((one) => one.id).join(","));
  }

  _show(open) {
    this._panel.hidden = !open;
    this._open.setAttribute("aria-expanded", String(open));
    if (!open) return;
    if (!this.hasAttribute("inline")) this._place();
    this._mark("seen", "all");
  }

  /* Under the button, to the left, but never beyond the edge of the window. */
  _place() {
    this._panel.style.right = "0";
    const { left } = this._panel.getBoundingClientRect();
    if (left < 8) this._panel.style.right = `${left - 8}px`;
  }

  _draw(unread) {
    this._count.textContent = unread ? (unread > 99 ? "99+" : unread) : "";
    this._unread.textContent = unread ? " unread" : "";
    const unreads = this._tabs.querySelector("#tab-unread");
    unreads.textContent = unread ? `Unread (${unread > 99 ? "99+" : unread})` : "Unread";
    const newest = [...this._messages.values()];
    const focused = this.shadowRoot.activeElement;
    const at = [...this._list.children].findIndex((row) => row.contains(focused));
    this._list.replaceChildren(...newest.map((message) => this._row(message)));
    this._empty.hidden = newest.length > 0;
    this._empty.textContent = EMPTY[this._tab];
    if (at >= 0) this._focus(focused.dataset.key, at);
  }

  /* What was acted on may be gone: the keyboard goes on where it was, else from the tab. */
  _focus(key, at) {
    const same = this._list.querySelector(`[data-key="${key}"]`);
    const row = this._list.children[Math.min(at, this._list.children.length - 1)];
    const next = same ?? row?.querySelector("button") ?? this._tabs.querySelector("[aria-selected=true]");
    next.focus();
  }

  _row(message) {
    const shown = new Date(message.sentAt).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    const when = made("time", { dateTime: message.sentAt }, shown);
    const acts = made("div", { className: "acts" }, when);
    const act = (title, verb) => {
      const button = made("button", { type: "button" }, title);
      button.dataset.key = `${verb}-${message.id}`;
      button.setAttribute("aria-label", `${title}: ${message.subject}`);
      button.addEventListener("click", () => this._mark(verb, message.id));
      acts.append(button);
    };
    let open, choices;
    if (message.snoozedUntil) act("Show now", "unsnooze");
    else {
      if (message.readAt) act("Mark unread", "unread");
      else act("Mark read", "read");
      if (!message.archivedAt) {
        [open, choices] = this._later(message);
        acts.append(open);
      }
    }
    if (message.archivedAt) act("Back to inbox", "unarchive");
    else act("Archive", "archive");
    const row = made("li", {}, made("h3", {}, message.subject));
    if (message.body) row.append(made("p", {}, message.body));
    row.append(acts);
    if (choices) row.append(choices);
    row.classList.toggle("unread", !message.readAt);
    if (message.snoozedUntil) {
      const until = new Date(message.snoozedUntil).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
      row.append(made("p", {}, `Comes back ${until}`));
    }
    return row;
  }

  /* A button, and what it opens: a list that is chosen from by arrows would choose at the first. */
  _later(message) {
    const choices = made("div", { className: "acts", hidden: this._choosing !== message.id });
    for (const [until, title] of LATER) {
      const button = made("button", { type: "button" }, title);
      button.dataset.key = `until-${until}-${message.id}`;
      button.setAttribute("aria-label", `${title}: ${message.subject}`);
      button.addEventListener("click", () => this._mark("snooze", message.id, until));
      choices.append(button);
    }
    const open = made("button", { type: "button" }, "Later");
    open.dataset.key = `later-${message.id}`;
    open.setAttribute("aria-label", `Later: ${message.subject}`);
    open.setAttribute("aria-expanded", String(!choices.hidden));
    open.addEventListener("click", () => {
      choices.hidden = !choices.hidden;
      this._choosing = choices.hidden ? undefined : message.id;
      open.setAttribute("aria-expanded", String(!choices.hidden));
    });
    return [open, choices];
  }
}

customElements.define("septet-inbox", SeptetInbox);
